"""One station: its channels through the segmenter, then vertebrae, levels, lesions and measurements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spinemets.errors import StudyError
from spinemets.findings.canal_escc import measured_escc
from spinemets.findings.lesion_instances import split_lesions
from spinemets.findings.level_chain import infer_levels, levels_volume
from spinemets.findings.level_evidence import LevelEvidence
from spinemets.findings.maps import StationMaps
from spinemets.findings.marrow_evidence import DEFAULT_MARROW, MarrowSettings
from spinemets.findings.plausibility import doubtful_beliefs, judge_spine
from spinemets.findings.records import StationFindings
from spinemets.findings.station import find
from spinemets.findings.vertebra_instances import VertebraInstances, split_vertebrae
from spinemets.inference.models import Models
from spinemets.inference.records import Grid, StationImages, StationResult
from spinemets.inference.segmenting import SegmentedStation, segment_station
from spinemets.inference.settings import SegmentingSettings
from spinemets.scoring.escc import EsccFindings
from spinemets.study.alignment import AlignmentSettings
from spinemets.study.channel_stack import ChannelStack, load_channels
from spinemets.study.extra_images import load_extras
from spinemets.study.magnitude import check_magnitude
from spinemets.study.records import Series
from spinemets.study.selection import Channel, StationChannels
from spinemets.volume import Volume, axis_codes, reorient

_NO_SPINE = "check that it shows the spine, sagittally, and which way up its header says that it lies"


@dataclass(frozen=True, slots=True, eq=False)
class AssessedStation:
    """A station with all that later stages need of it.

    Args:
        result: For the study's result.
        images: Voxels, on the reference series' own grid.
        escc_findings: What the masks show of the canal at each vertebra, by number.
        read: Voxels of the series, by key.
        arithmetic: What the network computed in, and why.
        warnings: What limits the findings.
    """

    result: StationResult
    images: StationImages
    escc_findings: Mapping[int, EsccFindings]
    read: Mapping[str, Volume]
    arithmetic: str
    warnings: tuple[str, ...]

    @property
    def findings(self) -> StationFindings:
        """Vertebrae and lesions."""
        return self.result.findings


def assess_station(
    station: StationChannels,
    models: Models,
    alignment: AlignmentSettings,
    settings: SegmentingSettings,
    evidence: LevelEvidence,
    progress: Callable[[str], None],
    extras: Sequence[Series] = (),
    marrow: MarrowSettings = DEFAULT_MARROW,
) -> AssessedStation:
    """Assess a station.

    Args:
        station: The series that serve.
        models: The networks.
        alignment: When movement between series is undone.
        settings: How the segmenter is run.
        evidence: Of levels, beside the image.
        progress: Is told each stage as it begins.
        extras: CT, Dixon, DWI and ADC of the station.
        marrow: Limits of what they say.

    Raises:
        StudyError: If the images are none of MRI, or what they show is no spine.
        InputError: If the reference series cannot be read.
    """
    stack = load_channels(station, alignment)
    check_magnitude(stack)
    name = station.station.name
    progress(f"{name}: segmenting")
    segmented = segment_station(stack, models, settings)
    progress(f"{name}: measuring")
    vertebrae = split_vertebrae(segmented.anatomy, segmented.level)
    spine = judge_spine(segmented.anatomy, vertebrae)
    if spine.refusal:
        raise StudyError(f"shows no spine: {spine.refusal}", field=stack.reference.key, remedy=_NO_SPINE)
    chain = infer_levels(vertebrae, evidence)
    beliefs = doubtful_beliefs(chain.beliefs, spine)
    beside = load_extras(extras, stack.reference)
    maps = replace(_maps(stack, station, segmented, vertebrae, models, settings), extras=beside.images)
    whole = dict(enumerate(vertebrae.whole, start=1))
    sacrum = dict(enumerate(vertebrae.is_sacrum, start=1))
    findings = find(maps, beliefs, whole, sacrum, marrow)
    left_out = tuple(f"{channel} was left out: {reason}" for channel, reason in stack.left_out.items())
    # Of a vertebra whose stretch of the canal cannot be told nothing is known.
    canal = measured_escc(maps)
    return AssessedStation(
        result=_result(station, stack, findings),
        images=_images(station, stack, maps, levels_volume(vertebrae, beliefs)),
        escc_findings={one.number: canal.get(one.number, EsccFindings()) for one in findings.vertebrae},
        read={series.key: stack.volumes[channel] for channel, series in _served(station, stack).items()}
        | {one.series_key: one.volume for one in beside.images},
        arithmetic=segmented.arithmetic,
        warnings=(*left_out, *beside.left_out, *spine.warnings, *chain.warnings, *findings.warnings),
    )


def _maps(
    stack: ChannelStack,
    station: StationChannels,
    segmented: SegmentedStation,
    vertebrae: VertebraInstances,
    models: Models,
    settings: SegmentingSettings,
) -> StationMaps:
    lesions = split_lesions(
        segmented.lesion_probability, settings.lesion_threshold, None, settings.least_lesion_ml
    )
    codes = axis_codes(segmented.anatomy.affine_ras)
    return StationMaps(
        anatomy=segmented.anatomy,
        vertebrae=vertebrae.labels,
        lesions=lesions,
        lesion_probability=segmented.lesion_probability,
        images={channel: reorient(volume, codes) for channel, volume in stack.volumes.items()},
        series={channel: series.key for channel, series in _served(station, stack).items()},
        reference_series=stack.reference.key,
        weights_sha256="+".join(one.used.sha256 for one in models.segmenters),
        slices_reversed=axis_codes(next(iter(stack.volumes.values())).affine_ras)[0] == "R",
    )


def _served(station: StationChannels, stack: ChannelStack) -> dict[Channel, Series]:
    """Series that could be brought onto the reference's grid."""
    return {channel: series for channel, series in station.channels.items() if channel in stack.volumes}


def _result(station: StationChannels, stack: ChannelStack, findings: StationFindings) -> StationResult:
    return StationResult(
        name=station.station.name,
        reference_series=stack.reference.key,
        channels={channel.value: series.key for channel, series in _served(station, stack).items()},
        statements=tuple(stack.statements.values()),
        findings=findings,
        frame_of_reference=stack.reference.frame_of_reference,
        grid=_grid(stack),
    )


def _grid(stack: ChannelStack) -> Grid:
    volume = next(iter(stack.volumes.values()))
    first, second, third, _ = (tuple(row) for row in volume.affine_ras.tolist())
    return Grid(volume.shape, (first, second, third))


def _images(
    station: StationChannels, stack: ChannelStack, maps: StationMaps, levels: Volume
) -> StationImages:
    native = next(iter(stack.volumes.values()))
    codes = axis_codes(native.affine_ras)
    return StationImages(
        name=station.station.name,
        reference=stack.reference,
        volumes=stack.volumes,
        anatomy=_as(native, reorient(maps.anatomy, codes)),
        levels=_as(native, reorient(levels, codes)),
        lesions=_as(native, reorient(maps.lesions, codes)),
    )


def _as(native: Volume, mask: Volume) -> Volume:
    """A mask in the stored orientation of the series, whose affine it has to the bit."""
    if not mask.has_grid_of(native):
        raise ValueError("a mask has left the grid of its series")
    return Volume(np.ascontiguousarray(mask.array), native.affine_ras)
