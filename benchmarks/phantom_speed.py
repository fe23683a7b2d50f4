"""Seconds and memory of one phantom study: three sagittal series of 18 x 384 x 384 and 60 axial slices.

Run by hand: ``python benchmarks/phantom_speed.py``. A patient with metastases and epidural tumour is built,
every series acquired and written as DICOM, and all truth measured, mapped and written.
"""

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from spinemets.anatomy import Level
from spinemets.phantom.build import build_spine, station_box
from spinemets.phantom.dicom_writer import StudyIdentity, write_dicom_series
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.disease import draw_disease
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.healthy import draw_healthy_spec
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
from spinemets.phantom.scanner import acquire, acquire_labels
from spinemets.phantom.spec import SpineSpec
from spinemets.phantom.study import TRUTH_MAPS
from spinemets.phantom.texture import texture_of
from spinemets.phantom.truth import measure_truth, truth_of_slices
from spinemets.study.records import Plane, Weighting
from spinemets.volume import write_volume

_TIMING = {
    Weighting.T1: Timing(SequenceKind.SPIN_ECHO, 560.0, 11.0, 150.0, 3, 10.0, 200.0),
    Weighting.T2: Timing(SequenceKind.SPIN_ECHO, 3600.0, 102.0, 150.0, 17, 10.0, 200.0),
    Weighting.STIR: Timing(
        SequenceKind.INVERSION_RECOVERY,
        4000.0,
        45.0,
        150.0,
        12,
        9.0,
        200.0,
        inversion_time_ms=160.0,
        fat_suppression=FatSuppression.INVERSION,
    ),
}


@contextmanager
def _timed(what: str) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what:<34} {wall:6.2f} s   processor {processor:6.2f} s")


def _protocols(spine: DigitalSpine) -> list[SeriesProtocol]:
    centre = np.mean([section.centre_ras_mm for section in spine.canal], axis=0)
    sagittal = SliceGeometry(
        centre_ras_mm=centre,
        axes_ras=np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]]),
        slice_count=18,
        thickness_mm=4.0,
        gap_mm=0.4,
        field_of_view_mm=(300.0, 300.0),
        acquired_matrix=(270, 320),
        reconstructed_matrix=(384, 384),
    )
    axial = replace(
        sagittal,
        axes_ras=np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]]),
        slice_count=60,
        field_of_view_mm=(200.0, 200.0),
        acquired_matrix=(288, 230),
        reconstructed_matrix=(320, 320),
    )
    common = {
        "station": Station.LUMBAR,
        "vendor": Vendor.SIEMENS,
        "field_strength_t": 1.5,
        "imperfections": Imperfections(),
    }
    series = [
        SeriesProtocol(
            name=f"sag_{weighting}",
            plane=Plane.SAGITTAL,
            weighting=weighting,
            timing=timing,
            geometry=sagittal,
            phase_axis=PhaseAxis.ROW,
            **common,
        )
        for weighting, timing in _TIMING.items()
    ]
    series.append(
        SeriesProtocol(
            name="ax_T2",
            plane=Plane.AXIAL,
            weighting=Weighting.T2,
            timing=_TIMING[Weighting.T2],
            geometry=axial,
            phase_axis=PhaseAxis.COLUMN,
            **common,
        )
    )
    return series


def _patient() -> SpineSpec:
    rng = np.random.default_rng(3)
    priors = DiseasePriors(lesion_free_chance=0.0, epidural_chance=1.0)
    return draw_disease(
        draw_healthy_spec(rng), rng, priors, [Level.T12, Level.L1, Level.L2, Level.L3, Level.L4]
    )


def main() -> None:
    """Time each part and the whole."""
    with tempfile.TemporaryDirectory() as folder, _timed("whole study"):
        with _timed("anatomy"):
            spec = _patient()
            spine = build_spine(spec, station_box(spec, Station.LUMBAR))
        with _timed("disease"):
            spine = paint_disease(spine)
        with _timed("truth of levels and lesions"):
            measure_truth(spine)
        with _timed("texture"):
            texture = texture_of(spine)
        for number, protocol in enumerate(_protocols(spine)):
            with _timed(f"{protocol.name} {protocol.geometry.shape}"):
                image = acquire(spine, protocol, np.random.default_rng(number), texture)
            with _timed("    its truth maps, written"):
                for what in TRUTH_MAPS:
                    path = Path(folder) / f"{protocol.name}_{what}.nii.gz"
                    write_volume(path, acquire_labels(spine, protocol, what))
            with _timed("    ESCC of its slices"):
                truth_of_slices(spine, image.affine_ras, image.shape)
            with _timed("    DICOM files"):
                identity = StudyIdentity("benchmark", 1, "PHANTOM-1")
                write_dicom_series(Path(folder) / protocol.name, protocol, image, identity, number + 1)
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak_gib:.2f} GiB, near grid {spine.tissue.shape}, {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
