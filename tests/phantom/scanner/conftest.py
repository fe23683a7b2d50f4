"""The smallest digital spine that shows what the scanner does: blocks in a cylinder."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from spinemets.anatomy import STANDARD_NUMBERING, Anatomy, Element, Level
from spinemets.phantom.digital import CanalSection, DigitalSpine, VertebraFrame
from spinemets.phantom.protocol import (
    FatSuppression,
    Imperfections,
    PhaseAxis,
    SequenceKind,
    SeriesProtocol,
    SliceGeometry,
    Station,
    Timing,
    Vendor,
)
from spinemets.phantom.spec import CurveSpec, HabitusSpec, SpineSpec
from spinemets.phantom.tissue import Tissue
from spinemets.study.records import Plane, Weighting

BLOCK_LEVELS = (Level.L1, Level.L2, Level.L3)
# Bodies 26 mm high, discs 10 mm: one every 36 mm.
BLOCK_CENTRES_MM = (36.0, 0.0, -36.0)
NO_FLAWS = Imperfections(
    noise_sd=0.0,
    coil_radius_mm=1e5,
    anterior_coil=0.0,
    intensity_correction=0.0,
    shading=0.0,
    ghosting=0.0,
    flow_void=0.0,
    chemical_shift=False,
)


def _grid(
    shape: tuple[int, int, int], spacing_mm: float, start_mm: tuple[float, float, float]
) -> tuple[npt.NDArray[np.float64], list[npt.NDArray[np.float64]]]:
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = start_mm
    axes = [start_mm[axis] + spacing_mm * np.arange(shape[axis]) for axis in range(3)]
    return affine, list(np.meshgrid(*axes, indexing="ij", sparse=True))


def _block_spine() -> DigitalSpine:
    shape, far_shape = (48, 64, 96), (60, 60, 50)
    affine, (right, anterior, superior) = _grid(shape, 1.25, (-29.375, -40.0, -59.375))
    far_affine, (far_right, far_anterior, _) = _grid(far_shape, 3.0, (-88.5, -88.5, -73.5))
    tissue = np.full(shape, Tissue.MUSCLE, dtype=np.uint8)
    level, anatomy, element = (np.zeros(shape, dtype=np.uint8) for _ in range(3))
    column = np.broadcast_to((np.abs(right) < 18) & (anterior > 0) & (anterior < 28), shape)
    tissue[column], anatomy[column] = Tissue.DISC_NUCLEUS, Anatomy.DISC
    for name, centre in zip(BLOCK_LEVELS, BLOCK_CENTRES_MM, strict=True):
        body = column & (np.abs(superior - centre) < 13)
        tissue[body], level[body] = Tissue.BODY_MARROW, name.code
        anatomy[body], element[body] = Anatomy.VERTEBRAL_BODY, Element.BODY
    sac = np.broadcast_to(right**2 + (anterior + 10) ** 2 < 64, shape)
    tissue[sac], anatomy[sac] = Tissue.CEREBROSPINAL_FLUID, Anatomy.THECAL_SAC
    radius = np.broadcast_to(np.hypot(far_right, far_anterior), far_shape)
    far = np.zeros(far_shape, dtype=np.uint8)
    far[radius < 75.0] = Tissue.SUBCUTANEOUS_FAT
    far[radius < 60.0] = Tissue.MUSCLE
    lesion = ((level == Level.L2.code) & (right > 5)).astype(np.uint8)
    habitus = HabitusSpec(150.0, 150.0, 100.0, 100.0, 15.0, 0.05, 0.45)
    spec = SpineSpec(7, STANDARD_NUMBERING, CurveSpec(30.0, 40.0, 50.0, 40.0), habitus, (), ())
    return DigitalSpine(
        spec, affine, tissue, anatomy, level, element, lesion, far_affine, far, _frames(), _canal()
    )


def _frames() -> tuple[VertebraFrame, ...]:
    return tuple(
        VertebraFrame(level, np.array([0.0, 14.0, height]), np.eye(3), (18.0, 14.0, 13.0))
        for level, height in zip(BLOCK_LEVELS, BLOCK_CENTRES_MM, strict=True)
    )


def _canal() -> tuple[CanalSection, ...]:
    right, anterior, superior = np.eye(3)
    return tuple(
        CanalSection(
            Level.L2, np.array([0.0, -10.0, z]), right, anterior, superior, 9.0, 9.0, 8.0, 8.0, 0.0, 0.0
        )
        for z in np.arange(55.0, -56.0, -1.0)
    )


@pytest.fixture(scope="session")
def block_spine() -> DigitalSpine:
    """Three square bodies, L1 to L3, with discs, a round sac behind, in a cylinder of muscle and fat.

    The lesion map marks the right part of L2; its tissue is left as marrow.
    """
    return _block_spine()


@pytest.fixture(scope="session")
def ideal_t2() -> SeriesProtocol:
    """A sagittal T2 without flaws, 3 mm slices, 1.25 mm pixels, at 1.5 T."""
    geometry = SliceGeometry(
        centre_ras_mm=np.array([0.0, 0.0, 0.0]),
        axes_ras=np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]]),
        slice_count=5,
        thickness_mm=3.0,
        gap_mm=1.0,
        field_of_view_mm=(160.0, 160.0),
        acquired_matrix=(128, 128),
        reconstructed_matrix=(128, 128),
    )
    return SeriesProtocol(
        name="lumbar_sag_T2",
        station=Station.LUMBAR,
        plane=Plane.SAGITTAL,
        weighting=Weighting.T2,
        vendor=Vendor.SIEMENS,
        field_strength_t=1.5,
        timing=Timing(SequenceKind.SPIN_ECHO, 3500.0, 100.0, 150.0, 16, 10.0, 200.0),
        geometry=geometry,
        phase_axis=PhaseAxis.ROW,
        imperfections=NO_FLAWS,
    )


@pytest.fixture(scope="session")
def ideal_stir(ideal_t2: SeriesProtocol) -> SeriesProtocol:
    """The same slices as STIR."""
    timing = replace(
        ideal_t2.timing,
        kind=SequenceKind.INVERSION_RECOVERY,
        repetition_time_ms=4000.0,
        echo_time_ms=45.0,
        inversion_time_ms=155.0,
        fat_suppression=FatSuppression.INVERSION,
    )
    return replace(ideal_t2, name="lumbar_sag_STIR", weighting=Weighting.STIR, timing=timing)


@pytest.fixture(scope="session")
def ideal_t1(ideal_t2: SeriesProtocol) -> SeriesProtocol:
    """The same slices as T1."""
    timing = Timing(SequenceKind.SPIN_ECHO, 550.0, 10.0, 150.0, 3, 10.0, 200.0)
    return replace(ideal_t2, name="lumbar_sag_T1", weighting=Weighting.T1, timing=timing)
