"""The sagittal images of a station, made ready to scroll through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.findings.records import StationFindings
from spinemets.inference.records import LevelResult, StationImages
from spinemets.report.figures import Compression, Grey, grey_uri, spine_limits, window
from spinemets.report.name_places import Canvas, PlacedName, placed_names
from spinemets.report.overlay import SliceOverlay, slice_overlay
from spinemets.volume import Volume, reorient

# Slices from the patient's right to left, rows from head to feet, columns from front to back, so that the
# front is on the left, as radiologists look at sagittal images.
_SHOWN = "LIP"
# Shown before and behind the spine, and beyond its outermost slices; names of levels stand in front of it.
_MARGIN_MM, _MARGIN_SLICES = 45.0, 1
_SCALE_BAR_MM = 50.0
# Height of text, as shares of the image's height and width; the larger counts.
_TEXT_OF_HEIGHT, _TEXT_OF_WIDTH = 0.021, 0.035


@dataclass(frozen=True, slots=True)
class ChannelImages:
    """The images of one channel, from right to left."""

    name: str
    series: str
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """The slice that shows most of the tumour at a level."""

    words: str
    slice_index: int


@dataclass(frozen=True, slots=True)
class SagittalView:
    """A station to scroll through.

    Args:
        name: Of the station.
        width_mm, height_mm: Of every image.
        channels: At least one.
        overlays: One for each slice, from the patient's right to left.
        names: Of the levels on each, where they stand.
        text_mm: Height of text.
        first: The slice that is shown at first.
        jumps: For each involved level of the station.
        scale_mm: Length of the scale bar.
    """

    name: str
    width_mm: float
    height_mm: float
    channels: tuple[ChannelImages, ...]
    overlays: tuple[SliceOverlay, ...]
    names: tuple[tuple[PlacedName, ...], ...]
    text_mm: float
    first: int
    jumps: tuple[Jump, ...]
    scale_mm: float = _SCALE_BAR_MM


@dataclass(frozen=True, slots=True, eq=False)
class ShownStation:
    """Voxels of a station in the order in which they are shown, cut to the spine.

    Args:
        images: The station.
        stacks: Grey values (slice, row, column) of each channel, by its name.
        anatomy, levels, lesions: Masks of the same shape.
        pixel_mm: Along rows and columns.
    """

    images: StationImages
    stacks: Mapping[str, Grey]
    anatomy: npt.NDArray[np.integer]
    levels: npt.NDArray[np.integer]
    lesions: npt.NDArray[np.integer]
    pixel_mm: tuple[float, float]

    @property
    def samples(self) -> list[tuple[Grey, int]]:
        """The middle image of each channel, and how many there are."""
        return [(stack[len(stack) // 2], len(stack)) for stack in self.stacks.values()]


def shown_station(images: StationImages) -> ShownStation:
    """Turn a station's voxels for the reader, and cut them to the spine."""
    anatomy = reorient(images.anatomy, _SHOWN)
    box = _box(anatomy)
    shown = {channel: reorient(volume, _SHOWN).array[box] for channel, volume in images.volumes.items()}
    spine = anatomy.array[box] > 0
    return ShownStation(
        images=images,
        stacks={channel.value: window(array, spine_limits(array, spine)) for channel, array in shown.items()},
        anatomy=anatomy.array[box],
        levels=reorient(images.levels, _SHOWN).array[box],
        lesions=reorient(images.lesions, _SHOWN).array[box],
        pixel_mm=anatomy.spacing_mm[1:],
    )


def sagittal_view(
    shown: ShownStation,
    findings: StationFindings,
    channels: Mapping[str, str],
    levels: Sequence[LevelResult],
    compression: Compression,
) -> SagittalView:
    """The station with outlines and names.

    Args:
        shown: Its voxels.
        findings: Of the station.
        channels: Key of the series of each channel.
        levels: Involved levels that are reported from this station.
        compression: Of the images.
    """
    words = _words(findings)
    jumps = _jumps(shown, findings, levels)
    overlays = tuple(
        slice_overlay(anatomy, level, lesion, words, shown.pixel_mm)
        for anatomy, level, lesion in zip(shown.anatomy, shown.levels, shown.lesions, strict=True)
    )
    canvas = _canvas(shown)
    return SagittalView(
        name=shown.images.name,
        width_mm=canvas.width_mm,
        height_mm=canvas.height_mm,
        channels=tuple(
            ChannelImages(name, channels.get(name, ""), tuple(grey_uri(one, compression) for one in stack))
            for name, stack in shown.stacks.items()
        ),
        overlays=overlays,
        names=tuple(placed_names(one.names, canvas) for one in overlays),
        text_mm=canvas.text_mm,
        first=jumps[0].slice_index if jumps else _middle(shown.anatomy),
        jumps=jumps,
    )


def _canvas(shown: ShownStation) -> Canvas:
    height_mm = round(shown.anatomy.shape[1] * shown.pixel_mm[0], 1)
    width_mm = round(shown.anatomy.shape[2] * shown.pixel_mm[1], 1)
    text_mm = round(max(_TEXT_OF_HEIGHT * height_mm, _TEXT_OF_WIDTH * width_mm), 2)
    return Canvas(width_mm, height_mm, text_mm)


def _box(anatomy: Volume) -> tuple[slice, slice, slice]:
    """The part that is shown: every row, and slices and columns near the spine; all where there is none."""
    slices, rows, columns = anatomy.shape
    found = anatomy.array > 0
    if not found.any():
        return slice(0, slices), slice(0, rows), slice(0, columns)
    margin = round(_MARGIN_MM / anatomy.spacing_mm[2])
    return (
        _reach(np.flatnonzero(found.any(axis=(1, 2))), slices, _MARGIN_SLICES),
        slice(0, rows),
        _reach(np.flatnonzero(found.any(axis=(0, 1))), columns, margin),
    )


def _reach(places: npt.NDArray[np.integer], count: int, margin: int) -> slice:
    return slice(max(int(places[0]) - margin, 0), min(int(places[-1]) + 1 + margin, count))


def _words(findings: StationFindings) -> dict[int, str]:
    """What the codes of the map of levels are called; vertebrae that share a code share their names."""
    words: dict[int, list[str]] = {}
    for vertebra in findings.vertebrae:
        words.setdefault(vertebra.belief.most_likely.code, []).append(vertebra.belief.words)
    return {code: " / ".join(dict.fromkeys(each)) for code, each in words.items()}


def _jumps(shown: ShownStation, findings: StationFindings, levels: Sequence[LevelResult]) -> tuple[Jump, ...]:
    lesions = {vertebra.number: vertebra.lesions for vertebra in findings.vertebrae}
    jumps = []
    for level in levels:
        areas = np.isin(shown.lesions, lesions.get(level.vertebra, ())).sum(axis=(1, 2))
        if areas.any():
            jumps.append(Jump(level.belief.words, int(areas.argmax())))
    return tuple(jumps)


def _middle(anatomy: npt.NDArray[np.integer]) -> int:
    """The slice that shows most of the spine; the middle one where none does."""
    areas = (anatomy > 0).sum(axis=(1, 2))
    return int(areas.argmax()) if areas.any() else len(areas) // 2
