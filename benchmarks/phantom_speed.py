"""Seconds and memory of one phantom study: three sagittal series of 18 x 384 x 384 and 60 axial slices.

Run by hand: ``python benchmarks/phantom_speed.py``. The anatomy is built, every series acquired, and the
anatomy, level, element and lesion truth of every series mapped; files are not written.
"""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from spinemets.phantom.build import build_spine, station_box
from spinemets.phantom.digital import DigitalSpine
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
from spinemets.phantom.texture import texture_of
from spinemets.study.records import Plane, Weighting

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


def main() -> None:
    """Time each part and the whole."""
    with _timed("whole study"):
        with _timed("anatomy"):
            spec = draw_healthy_spec(np.random.default_rng(3))
            spine = build_spine(spec, station_box(spec, Station.LUMBAR))
        with _timed("texture"):
            texture = texture_of(spine)
        for number, protocol in enumerate(_protocols(spine)):
            with _timed(f"{protocol.name} {protocol.geometry.shape}"):
                acquire(spine, protocol, np.random.default_rng(number), texture)
            with _timed("    its four truth maps"):
                for what in ("anatomy", "level", "element", "lesion"):
                    acquire_labels(spine, protocol, what)
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak_gib:.2f} GiB, near grid {spine.tissue.shape}, {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
