"""The deciding axial slice of a level, made ready to be looked at."""

from dataclasses import dataclass

from spinemets.inference.records import AxialImage
from spinemets.report.figures import grey_uri, tint_uri, window

# Orange is told from grey by readers of any colour vision.
_HEAT_COLOUR, _HEAT_OPACITY = (255, 138, 0), 0.6


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on an image, mm from its upper left corner."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class AxialView:
    """The slice, its crop and the heat map.

    Args:
        image, crop, heat: Data URIs; the heat map is a veil for the crop.
        width_mm, height_mm: Of the slice.
        frame: Of the crop on the slice.
    """

    image: str
    width_mm: float
    height_mm: float
    frame: Frame
    crop: str
    heat: str


def axial_view(axial: AxialImage) -> AxialView:
    """The slice with the front up and the patient's left on the right, as radiologists look at it."""
    rows, columns = axial.image.shape
    return AxialView(
        image=grey_uri(window(axial.image)),
        width_mm=round(columns * axial.pixel_mm[1], 1),
        height_mm=round(rows * axial.pixel_mm[0], 1),
        frame=_frame(axial),
        crop=grey_uri(window(axial.crop)),
        heat=tint_uri(axial.heat, _HEAT_COLOUR, _HEAT_OPACITY),
    )


def _frame(axial: AxialImage) -> Frame:
    """Around the outer edges of the crop's pixels; its corner is named by the centre of the first."""
    down, right = (
        (corner + 0.5) * pixel_mm - 0.5 * axial.crop_pixel_mm
        for corner, pixel_mm in zip(axial.crop_corner_px, axial.pixel_mm, strict=True)
    )
    height, width = (count * axial.crop_pixel_mm for count in axial.crop.shape)
    return Frame(round(right, 1), round(down, 1), round(width, 1), round(height, 1))
