"""The sagittal series of a manifest's station, read onto the network's grid with their annotations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spinemets.errors import InputError
from spinemets.networks.sagittal_input import SagittalInput, sagittal_input
from spinemets.study.alignment import AlignmentSettings, align
from spinemets.study.records import Plane
from spinemets.study.selection import CHANNEL_OF_WEIGHTING, REFERENCE_ORDER, Channel
from spinemets.training.label_sets import NOT_ANNOTATED, Head, LabelSet, Targets, merge_targets
from spinemets.training.manifest import Annotation, ManifestSeries, ManifestStation, ManifestStudy
from spinemets.training.manifest_image import load_image, load_mask
from spinemets.volume import ImageKind, Volume, resample_to_grid
from spinemets.volume.record import AffineRas


@dataclass(frozen=True, slots=True)
class SagittalSource:
    """A station with an annotated sagittal series: one case of the segmenter.

    Args:
        name: Study and station, unique within a manifest.
        study: The study's row.
        channels: The series that serve, one for each channel.
        reference: The one whose grid and annotations are used; annotated.
    """

    name: str
    study: ManifestStudy
    channels: Mapping[Channel, ManifestSeries]
    reference: Channel

    @property
    def files(self) -> tuple[Path, ...]:
        """Images and masks, in a fixed order."""
        images = (series.image for series in self.channels.values())
        masks = (one.path for series in self.channels.values() for one in series.annotations)
        return (*images, *masks)


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedInput:
    """What the network sees of a case, and what it should answer.

    Args:
        input: The channels.
        targets: (3, slice, row, column) uint8: anatomy as bits, lesion, level (see ``label_sets``).
    """

    input: SagittalInput
    targets: Targets


def sagittal_sources(studies: Sequence[ManifestStudy]) -> tuple[SagittalSource, ...]:
    """The cases among the studies: stations with at least one annotated sagittal channel."""
    return tuple(
        source for study in studies for station in study.stations for source in _source(study, station)
    )


def read_annotated(
    source: SagittalSource,
    label_sets: Mapping[str, LabelSet],
    spacing_mm: tuple[float, float, float],
    alignment: AlignmentSettings,
) -> AnnotatedInput:
    """Read a case onto the network's grid.

    Args:
        source: The case.
        label_sets: What the masks' values stand for, by name.
        spacing_mm: Of the network, (slice, row, column).
        alignment: When movement between series is undone.

    Raises:
        InputError: If a file cannot be read, or a mask holds a value that its label set does not name.
    """
    volumes = read_channels(source, alignment)
    seen = sagittal_input(volumes, spacing_mm)
    targets = read_targets(source, label_sets, volumes[source.reference])
    slices, rows, columns = seen.image.shape[1:]
    on_grid = _resampled(
        targets, volumes[source.reference].affine_ras, seen.affine_ras, (slices, rows, columns)
    )
    return AnnotatedInput(seen, on_grid)


def read_channels(source: SagittalSource, alignment: AlignmentSettings) -> dict[Channel, Volume]:
    """The channels of a case on the grid of its reference.

    Raises:
        InputError: If a file cannot be read, or a series does not show what the reference shows.
    """
    reference = load_image(source.channels[source.reference].image, Plane.SAGITTAL)
    volumes = {source.reference: reference}
    for channel, series in source.channels.items():
        if channel is not source.reference:
            moving = load_image(series.image, Plane.SAGITTAL)
            volumes[channel] = align(reference, moving, alignment).volume
    return volumes


def read_targets(source: SagittalSource, label_sets: Mapping[str, LabelSet], reference: Volume) -> Targets:
    """(3, slice, row, column) target maps of a case on its reference's own grid.

    Annotations of the other series serve for what the reference's say nothing of.

    Raises:
        InputError: If a mask cannot be read, or holds a value that its label set does not name.
    """
    maps: list[Targets] = []
    covered: frozenset[Head] = frozenset()
    others = [channel for channel in source.channels if channel is not source.reference]
    for channel in (source.reference, *others):
        series = source.channels[channel]
        wanted = [one for one in series.annotations if not label_sets[one.label_set].heads <= covered]
        if wanted:
            image = reference if channel is source.reference else load_image(series.image, Plane.SAGITTAL)
            encoded = merge_targets([_encoded(one, label_sets, image) for one in wanted])
            maps.append(_resampled(encoded, image.affine_ras, reference.affine_ras, reference.shape))
            covered = covered.union(*(label_sets[one.label_set].heads for one in wanted))
    return merge_targets(maps)


def _encoded(annotation: Annotation, label_sets: Mapping[str, LabelSet], image: Volume) -> Targets:
    mask = load_mask(annotation.path, image)
    try:
        return label_sets[annotation.label_set].encode(mask)
    except InputError as error:
        raise InputError(
            error.problem, file=annotation.path, field=error.field, remedy=error.remedy
        ) from None


def _resampled(
    targets: Targets, source_ras: AffineRas, affine_ras: AffineRas, shape: tuple[int, int, int]
) -> Targets:
    """Target maps on another grid; what lies outside is not annotated."""
    if targets.shape[1:] == shape and np.allclose(source_ras, affine_ras):
        return targets
    maps = [
        resample_to_grid(Volume(one, source_ras), affine_ras, shape, ImageKind.LABEL, outside).array
        for one, outside in zip(targets, NOT_ANNOTATED, strict=True)
    ]
    return np.stack(maps)


def _source(study: ManifestStudy, station: ManifestStation) -> Iterator[SagittalSource]:
    channels: dict[Channel, ManifestSeries] = {}
    sagittal = [one for one in station.series if one.plane is Plane.SAGITTAL]
    # STIR before T2-FS, an annotated series before one that is not; then the manifest's order.
    for series in sorted(sagittal, key=lambda one: (one.weighting.value != "STIR", not one.annotations)):
        channel = CHANNEL_OF_WEIGHTING.get(series.weighting)
        if channel is not None:
            channels.setdefault(channel, series)
    annotated = [
        channel for channel in REFERENCE_ORDER if channel in channels and channels[channel].annotations
    ]
    if annotated:
        ordered = {channel: channels[channel] for channel in Channel if channel in channels}
        yield SagittalSource(f"{study.study}/{station.name}", study, ordered, annotated[0])
