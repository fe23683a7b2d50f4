"""Studies made of headers alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spinemets.study.archive import ArchiveSettings
from spinemets.study.plane import plane_of
from spinemets.study.pseudonym import PseudonymKey
from spinemets.study.records import (
    AcquisitionParameters,
    Evidence,
    FileSource,
    Plane,
    Series,
    Study,
    Weighting,
    WeightingJudgement,
)

# Directions of (slice, row, column) in RAS.
_DIRECTIONS = {
    Plane.SAGITTAL: [[-1.0, 0, 0], [0, 0, -1.0], [0, -1.0, 0]],
    Plane.AXIAL: [[0, 0, -1.0], [0, -1.0, 0], [1.0, 0, 0]],
    Plane.CORONAL: [[0, 0, -1.0], [-1.0, 0, 0], [0, -1.0, 0]],
}

SeriesMaker = Callable[..., Series]
StudyMaker = Callable[..., Study]


@pytest.fixture(scope="session")
def make_series() -> SeriesMaker:
    """Makes a series whose slices show a craniocaudal range; everything else has usual values."""

    def make(
        key: str,
        weighting: Weighting = Weighting.T2,
        plane: Plane = Plane.SAGITTAL,
        *,
        s_mm: tuple[float, float] = (-140.0, 140.0),
        slices: int = 15,
        in_plane_mm: float = 0.7,
        slice_mm: float = 4.0,
        description: str = "",
        frame: str = "frame",
        number: int | None = None,
        evidence: Evidence = Evidence.PARAMETERS,
        **parameters,
    ) -> Series:
        length_mm = s_mm[1] - s_mm[0]
        if plane is Plane.AXIAL:
            shape = (max(1, round(length_mm / slice_mm)), 320, 320)
        else:
            shape = (slices, round(length_mm / in_plane_mm), 320)
        affine_ras = np.eye(4)
        affine_ras[:3, :3] = np.array(_DIRECTIONS[plane]) * [slice_mm, in_plane_mm, in_plane_mm]
        start = affine_ras[:3, :3] @ (np.array(shape) - 1) / 2.0
        affine_ras[:3, 3] = np.array([0.0, 0.0, sum(s_mm) / 2.0]) - start
        return Series(
            key=key,
            plane=plane_of(affine_ras, shape),
            weighting=WeightingJudgement(weighting, evidence, "As the test says."),
            parameters=AcquisitionParameters(series_description=description, **parameters),
            shape=shape,
            affine_ras=affine_ras,
            slice_thickness_mm=slice_mm,
            source=FileSource(Path(f"{key}.nii.gz")),
            frame_of_reference=frame,
            number=number,
        )

    return make


@pytest.fixture(scope="session")
def make_study() -> StudyMaker:
    """Makes a study of series, in their order."""

    def make(*series: Series, key: str = "study") -> Study:
        return Study(key, key, series)

    return make


@pytest.fixture(scope="session")
def archive_settings() -> ArchiveSettings:
    """Settings of an archive, with a key of the tests' own."""
    key = PseudonymKey(b"a key for tests, of 32 bytes ....")
    return ArchiveSettings(key, largest_image_voxels=2**28, most_stacks_per_series=64, workers=1)
