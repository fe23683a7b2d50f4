"""Short pieces of the digital spine with disease that is asked for, and its truth on a thick-slice grid."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from spinemets.anatomy import Level
from spinemets.findings.canal_escc import measured_escc
from spinemets.findings.drawn_masks import DrawnStation, drawn_station
from spinemets.findings.records import StationFindings
from spinemets.phantom.build import BoxRas, GridSettings, build_spine
from spinemets.phantom.chain import frames_of
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.protocol import (
    PhaseAxis,
    SequenceKind,
    SeriesProtocol,
    SliceGeometry,
    Station,
    Timing,
    Vendor,
)
from spinemets.phantom.scanner import acquire_labels
from spinemets.phantom.truth import SpineTruth, measure_truth
from spinemets.phantom.vertebra_truth import VertebraTruth, measure_vertebrae
from spinemets.scoring.escc import EsccFindings
from spinemets.study.records import Plane, Weighting

_TIMING = Timing(SequenceKind.SPIN_ECHO, 600.0, 11.0, 150.0, 3, 10.0, 200.0)
_SLICES, _SLICE_MM, _PIXEL_MM, _WITHIN_MM = 15, 4.0, 0.75, 16.0


@dataclass(frozen=True)
class Piece:
    """A piece of spine that was imaged, and what is true of it."""

    station: DrawnStation
    found: StationFindings
    escc: dict[int, EsccFindings]
    truth: SpineTruth
    vertebrae: dict[Level, VertebraTruth]

    def vertebra(self, level):
        """What was found at a level."""
        number = self.station.levels.index(level) + 1
        (own,) = [one for one in self.found.vertebrae if one.number == number]
        return own


def healthy_spec(seed):
    """A person with the usual number of vertebrae."""
    return draw_healthy_spec(np.random.default_rng(seed))


def piece_of_spine(spec, upper, lower, turn_deg=(0.0, 0.0, 0.0), from_left=False):
    """Draw the spine from one level to another and sample its truth on sagittal slices.

    Args:
        spec: With disease.
        upper, lower: Levels in the middle of whose bodies the piece ends.
        turn_deg: Of the slices, about the right, anterior and superior axes.
        from_left: Whether the first slice is the leftmost.
    """
    frames = frames_of(spec)
    ends = np.array([frames[upper].origin_ras_mm, frames[lower].origin_ras_mm])
    middle = ends.mean(axis=0)
    half = np.array([46.0, 75.0, abs(ends[0, 2] - ends[1, 2]) / 2.0])
    box = BoxRas(tuple(middle - half), tuple(middle + half))
    spine = paint_disease(build_spine(spec, box, GridSettings(0.75, 4.0, 42.0)))
    turn = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    axes = turn @ np.array([[-1.0, 0, 0], [0, 0, -1.0], [0, -1.0, 0]]).T
    axes = axes * np.array([-1.0, 1.0, 1.0]) if from_left else axes
    # The image ends within the box, however it is turned.
    rows, columns = (round((2.0 * half[axis] - _WITHIN_MM) / _PIXEL_MM) for axis in (2, 1))
    geometry = SliceGeometry(
        centre_ras_mm=middle - np.array([0.0, 12.0, 0.0]),
        axes_ras=axes,
        slice_count=_SLICES,
        thickness_mm=_SLICE_MM - 0.4,
        gap_mm=0.4,
        field_of_view_mm=(rows * _PIXEL_MM, columns * _PIXEL_MM),
        acquired_matrix=(rows, columns),
        reconstructed_matrix=(rows, columns),
    )
    protocol = SeriesProtocol(
        "sag",
        Station.WHOLE,
        Plane.SAGITTAL,
        Weighting.T1,
        Vendor.SIEMENS,
        1.5,
        _TIMING,
        geometry,
        PhaseAxis.ROW,
    )
    anatomy, levels, lesions = (
        acquire_labels(spine, protocol, what) for what in ("anatomy", "level", "lesion")
    )
    station = drawn_station(anatomy, levels, lesions, {}, "sag")
    truth = {one.level: one for one in measure_vertebrae(spine)}
    return Piece(station, station.findings, measured_escc(station.maps), measure_truth(spine), truth)
