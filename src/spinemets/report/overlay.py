"""Outlines and names that are drawn over sagittal slices, as paths of SVG in millimetres."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.measure import approximate_polygon, find_contours

from spinemets.anatomy import Anatomy

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.integer]

# Turns the stairs of a mask into a line; from half a pixel on, a lesion of one pixel would vanish.
_SIMPLIFY_PX = 0.45
# Names stand so far before the body.
_NAME_GAP_MM = 2.5
_BONE = (Anatomy.VERTEBRAL_BODY, Anatomy.SACRUM)
_CANAL = (Anatomy.THECAL_SAC, Anatomy.CORD)


@dataclass(frozen=True, slots=True)
class Name:
    """A word on the image, at x to the right and y down from its upper left corner."""

    text: str
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class LesionOutline:
    """The outline of a lesion with its number."""

    path: str
    name: Name


@dataclass(frozen=True, slots=True)
class SliceOverlay:
    """What is drawn over one slice.

    Args:
        bodies: Path of the outlines of bodies and sacrum.
        canal: Path of the outline of sac and cord.
        lesions: By number.
        names: Of the levels, each right-aligned before its body.
    """

    bodies: str
    canal: str
    lesions: tuple[LesionOutline, ...]
    names: tuple[Name, ...]


def slice_overlay(
    anatomy: Labels,
    levels: Labels,
    lesions: Labels,
    words: Mapping[int, str],
    pixel_mm: tuple[float, float],
) -> SliceOverlay:
    """Outlines and names of one slice.

    Args:
        anatomy, levels, lesions: (row, column) of the slice; rows from head to feet, columns from front to
            back.
        words: What to call the level with a code.
        pixel_mm: Along rows and columns.
    """
    bone = np.isin(anatomy, _BONE)
    codes = [int(code) for code in np.unique(levels[bone]) if code]
    bodies = {code: bone & (levels == code) for code in codes}
    numbers = [int(number) for number in np.unique(lesions) if number]
    return SliceOverlay(
        bodies=_joined(outline(body, pixel_mm) for body in bodies.values()),
        canal=outline(np.isin(anatomy, _CANAL), pixel_mm),
        lesions=tuple(_lesion(lesions == number, number, pixel_mm) for number in numbers),
        names=tuple(
            _level_name(body, words.get(code, "?"), pixel_mm)
            for code, body in bodies.items()
            # Parts of the sacrum below the first have no name of their own.
            if code in words or (anatomy[body] != Anatomy.SACRUM).any()
        ),
    )


def outline(mask: Mask, pixel_mm: tuple[float, float]) -> str:
    """The outline of a mask (row, column) as a path of SVG, mm from the upper left corner; "" if empty."""
    if not mask.any():
        return ""
    # A border of zeros closes outlines at the image's edge; its corner is pixel (-1, -1).
    contours = find_contours(np.pad(mask, 1).astype(np.float32), 0.5)  # type: ignore[no-untyped-call]
    lines = (approximate_polygon(one, _SIMPLIFY_PX) for one in contours)  # type: ignore[no-untyped-call]
    # Centres of pixels lie half a pixel inside.
    return _joined(_path((line - 0.5) * pixel_mm) for line in lines if len(line) > 3)


def _path(points_mm: npt.NDArray[np.float64]) -> str:
    """A closed path through points (point, (down, right)), the last of which repeats the first."""
    steps = "L".join(f"{x:.1f} {y:.1f}" for y, x in points_mm[:-1])
    return f"M{steps}Z"


def _lesion(mask: Mask, number: int, pixel_mm: tuple[float, float]) -> LesionOutline:
    rows, columns = np.nonzero(mask)
    x_mm = (int(columns.max()) + 1) * pixel_mm[1]
    y_mm = int(rows.min()) * pixel_mm[0]
    return LesionOutline(outline(mask, pixel_mm), Name(str(number), round(x_mm, 1), round(y_mm, 1)))


def _level_name(body: Mask, text: str, pixel_mm: tuple[float, float]) -> Name:
    rows, columns = np.nonzero(body)
    x_mm = int(columns.min()) * pixel_mm[1] - _NAME_GAP_MM
    y_mm = (float(rows.mean()) + 0.5) * pixel_mm[0]
    return Name(text, round(x_mm, 1), round(y_mm, 1))


def _joined(paths: Iterable[str]) -> str:
    return "".join(paths)
