"""One phantom study from a seed: who, what disease, which stations, how acquired, and what is true of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from spinemets.anatomy import EsccGrade, Level, Region
from spinemets.phantom.build import BoxRas, GridSettings, build_spine, station_box
from spinemets.phantom.chain import frames_of
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.disease import draw_disease
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.disease_priors import DiseasePriors
from spinemets.phantom.followup import FollowUp, FollowUpPriors, draw_followup
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.protocol import SeriesProtocol, Station
from spinemets.phantom.protocol_draw import acquisition_places, draw_protocols
from spinemets.phantom.protocol_ranges import ProtocolRanges
from spinemets.phantom.sampling import moved_affine
from spinemets.phantom.scanner import Truth, acquire, acquire_labels
from spinemets.phantom.spec import SpineSpec
from spinemets.phantom.texture import texture_of
from spinemets.phantom.truth import SpineTruth, measure_truth, truth_of_slices
from spinemets.phantom.vertebra_truth import VertebraTruth, measure_vertebrae
from spinemets.study.records import Plane
from spinemets.volume import Volume

TRUTH_MAPS: tuple[Truth, ...] = ("anatomy", "level", "element", "lesion")
# A vertebra this close to the end of a station's box is not seen whole.
_WHOLE_WITHIN_MM = 30.0
# Routine axial slices of a patient without tumour: this many neighbouring levels.
_ROUTINE_LEVELS = 3


class ImageFormat(StrEnum):
    """How images are written."""

    DICOM = "dicom"
    NIFTI = "nifti"


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """What studies are to be like; the same request and number give the same bytes.

    Args:
        seed: Of the whole collection.
        number: Of the study within it, from 1.
        image_format: How images are written.
        stations: Stations of every study; one of ``station_choices`` is drawn where empty.
        station_choices: Sets of stations that are imaged together, each as likely.
        priors: How often each form of disease occurs.
        ranges: What protocols are drawn from.
        grid: Voxels that the anatomy is drawn on; coarser ones are faster and look it.
        visit: Of the patient, from 1; at later ones the same spine is imaged anew, and disease has gone on.
        followups: Later visits of every patient.
        followup: How disease goes on between them.
    """

    seed: int
    number: int = 1
    image_format: ImageFormat = ImageFormat.DICOM
    stations: tuple[Station, ...] = ()
    station_choices: tuple[tuple[Station, ...], ...] = (
        (Station.LUMBAR,),
        (Station.THORACOLUMBAR,),
        (Station.CERVICOTHORACIC,),
        (Station.CERVICOTHORACIC, Station.THORACOLUMBAR, Station.LUMBAR),
    )
    priors: DiseasePriors = field(default_factory=DiseasePriors)
    ranges: ProtocolRanges = field(default_factory=ProtocolRanges)
    grid: GridSettings = field(default_factory=GridSettings)
    visit: int = 1
    followups: int = 0
    followup: FollowUpPriors = field(default_factory=FollowUpPriors)

    def generator(self, *purpose: int) -> np.random.Generator:
        """The source of randomness of this patient for one purpose, independent of every other."""
        return np.random.default_rng([self.seed, self.number, *purpose])

    def generator_of_visit(self, *purpose: int) -> np.random.Generator:
        """The same, another one at each visit."""
        return self.generator(*purpose, *([self.visit] if self.visit > 1 else []))


# Purposes, see ``StudyRequest.generator``; 6 and 7 are those of the files.
_ANATOMY, _DISEASE, _STATIONS, _SCANNER, _PROTOCOL, _NOISE = range(6)
_FOLLOW_UP = 8


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study before anything is made: the spine with its disease, and the stations to image.

    Args:
        spec: The spine.
        boxes: Around each station.
        ranges: What protocols are drawn from.
        followups: Since the first visit; empty at the first.
    """

    spec: SpineSpec
    boxes: dict[Station, BoxRas]
    ranges: ProtocolRanges
    followups: tuple[FollowUp, ...] = ()

    @property
    def days(self) -> int:
        """Since the first visit."""
        return sum(one.days for one in self.followups)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSeries:
    """One acquired series with the truth on its own grid.

    Args:
        protocol: How it was acquired.
        image: uint16, (slice, row, column).
        truth: Label maps on the same grid, by name (``TRUTH_MAPS``).
        escc_by_slice: For axial series the grade of every slice, None where it misses the canal; else empty.
    """

    protocol: SeriesProtocol
    image: Volume
    truth: dict[Truth, Volume]
    escc_by_slice: tuple[EsccGrade | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedStation:
    """All series of one station, and what is true of the levels that it shows.

    ``whole_levels`` are seen with room around them, so that measures at them are not cut off; ``vertebrae``
    are those whose bodies are wholly in the station's box, diseased or not.
    """

    station: Station
    series: tuple[SimulatedSeries, ...]
    truth: SpineTruth
    vertebrae: tuple[VertebraTruth, ...]
    levels: tuple[Level, ...]
    whole_levels: tuple[Level, ...]


def plan_study(request: StudyRequest) -> StudyPlan:
    """Draw the person, the stations, the disease within them, and one scanner for all of them."""
    spec = draw_healthy_spec(request.generator(_ANATOMY))
    stations = request.stations or _draw_stations(request)
    shown = {level for station in stations for level in _levels_in(spec, station_box(spec, station))}
    levels = [level for level in spec.numbering.levels if level in shown]
    spec = draw_disease(spec, request.generator(_DISEASE), request.priors, levels)
    followups: list[FollowUp] = []
    for visit in range(2, request.visit + 1):
        rng = request.generator(_FOLLOW_UP, visit)
        followups.append(draw_followup(spec, rng, request.followup, request.priors, levels))
        spec = followups[-1].spec
    # Disease moves the spine (collapse, slip): boxes are laid around it as it is.
    boxes = {station: station_box(spec, station) for station in stations}
    return StudyPlan(spec, boxes, _one_scanner(request), tuple(followups))


def make_stations(plan: StudyPlan, request: StudyRequest) -> Iterator[SimulatedStation]:
    """Image the stations of a plan one after the other; each is large, none is kept."""
    for index, (station, box) in enumerate(plan.boxes.items()):
        spine = paint_disease(build_spine(plan.spec, box, request.grid))
        yield SimulatedStation(
            station=station,
            series=_acquire_all(spine, station, plan.ranges, request, index),
            truth=measure_truth(spine),
            vertebrae=measure_vertebrae(spine),
            levels=tuple(_levels_in(plan.spec, box)),
            whole_levels=tuple(_levels_in(plan.spec, box, _WHOLE_WITHIN_MM)),
        )


def _draw_stations(request: StudyRequest) -> tuple[Station, ...]:
    choices = request.station_choices
    return choices[int(request.generator(_STATIONS).integers(len(choices)))]


def _one_scanner(request: StudyRequest) -> ProtocolRanges:
    """The ranges narrowed to one vendor and field: a study is done on one scanner."""
    rng = request.generator_of_visit(_SCANNER)
    ranges = request.ranges
    vendors = list(ranges.vendor_shares)
    shares = np.array([ranges.vendor_shares[vendor] for vendor in vendors])
    vendor = vendors[int(rng.choice(len(vendors), p=shares / shares.sum()))]
    strong = bool(rng.random() < ranges.three_tesla_share)
    return replace(ranges, vendor_shares={vendor: 1.0}, three_tesla_share=float(strong))


def _levels_in(spec: SpineSpec, box: BoxRas, margin_mm: float = 0.0) -> list[Level]:
    low, high = box.lower_ras_mm[2] + margin_mm, box.upper_ras_mm[2] - margin_mm
    return [level for level, frame in frames_of(spec).items() if low < frame.origin_ras_mm[2] < high]


def _acquire_all(
    spine: DigitalSpine, station: Station, ranges: ProtocolRanges, request: StudyRequest, index: int
) -> tuple[SimulatedSeries, ...]:
    rng = request.generator_of_visit(_PROTOCOL, index)
    levels = _axial_levels(spine, rng)
    texture = texture_of(spine)
    protocols = draw_protocols(rng, spine, station, levels, ranges)
    series = []
    for k, (protocol, source) in enumerate(zip(protocols, acquisition_places(protocols), strict=True)):
        chance, accidents = (request.generator_of_visit(_NOISE, index, place) for place in (k, source))
        image = acquire(spine, protocol, chance, texture, accidents.spawn(1)[0])
        series.append(_acquire_one(spine, protocol, image))
    return tuple(series)


def _acquire_one(spine: DigitalSpine, protocol: SeriesProtocol, image: Volume) -> SimulatedSeries:
    grades: tuple[EsccGrade | None, ...] = ()
    if protocol.plane is Plane.AXIAL:
        moved = moved_affine(image.affine_ras, protocol.shift, protocol.geometry.centre_ras_mm)
        grades = truth_of_slices(spine, moved, image.shape)
    truth = {what: acquire_labels(spine, protocol, what) for what in TRUTH_MAPS}
    return SimulatedSeries(protocol, image, truth, grades)


def _axial_levels(spine: DigitalSpine, rng: np.random.Generator) -> list[Level]:
    """Levels with tumour, as a radiologist would have them sliced; else a few neighbouring ones."""
    present = [frame.level for frame in spine.frames]
    wanted = {lesion.level for lesion in spine.spec.lesions}
    wanted |= {epidural.level for epidural in spine.spec.epidurals}
    involved = [level for level in present if level in wanted]
    if involved:
        return involved
    mobile = [level for level in present if level.region is not Region.SACRAL] or present
    first = int(rng.integers(max(len(mobile) - _ROUTINE_LEVELS + 1, 1)))
    return mobile[first : first + _ROUTINE_LEVELS]
