"""Where the names of levels stand on a sagittal image: on it, clear of its letters and of each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.report.overlay import Name

# In heights of the text: width of a letter on average, what a letter at the border takes, distance of lines.
_LETTER, _BORDER_LETTER, _LINE = 0.62, 1.8, 1.05
_EDGE_MM = 1.0


@dataclass(frozen=True, slots=True)
class Canvas:
    """An image with letters in the middles of its borders.

    Args:
        width_mm, height_mm: Of the image.
        text_mm: Height of text.
    """

    width_mm: float
    height_mm: float
    text_mm: float


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name whose end, or start where it would leave the image, is at ``x_mm``; ``y_mm`` is its middle."""

    text: str
    x_mm: float
    y_mm: float
    from_left: bool


def placed_names(names: Sequence[Name], canvas: Canvas) -> tuple[PlacedName, ...]:
    """Names from head to feet, moved as little as keeps each readable."""
    placed: list[PlacedName] = []
    for name in sorted(names, key=lambda one: one.y_mm):
        wanted = _within(name, canvas)
        lowest = max((one.y_mm for one in placed if _beside(one, wanted, canvas)), default=None)
        y_mm = wanted.y_mm if lowest is None else max(wanted.y_mm, lowest + _LINE * canvas.text_mm)
        placed.append(PlacedName(wanted.text, wanted.x_mm, round(y_mm, 1), wanted.from_left))
    return tuple(placed)


def _within(name: Name, canvas: Canvas) -> PlacedName:
    """On the image, beside the letters of its borders."""
    size = canvas.text_mm
    long_mm = len(name.text) * _LETTER * size
    at_letter = abs(name.y_mm - canvas.height_mm / 2.0) < 1.2 * size
    room_mm = _BORDER_LETTER * size if at_letter else _EDGE_MM
    cut = name.x_mm < long_mm + (room_mm if at_letter else 0.0)
    x_mm = room_mm if cut else name.x_mm
    start_mm = x_mm if cut else x_mm - long_mm
    above_letter = start_mm - size < canvas.width_mm / 2.0 < start_mm + long_mm + size
    margin_mm = (0.4 + _BORDER_LETTER if above_letter else 0.6) * size
    y_mm = min(max(name.y_mm, margin_mm), canvas.height_mm - margin_mm)
    return PlacedName(name.text, round(x_mm, 1), round(y_mm, 1), cut)


def _beside(one: PlacedName, other: PlacedName, canvas: Canvas) -> bool:
    """Whether two names share columns of the image."""
    spans = []
    for name in (one, other):
        long_mm = len(name.text) * _LETTER * canvas.text_mm
        spans.append((name.x_mm, name.x_mm + long_mm) if name.from_left else (name.x_mm - long_mm, name.x_mm))
    (start, end), (from_mm, to_mm) = spans
    return start < to_mm and from_mm < end
