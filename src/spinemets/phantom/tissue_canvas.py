"""A grid on which soft tissue is painted as stacks of ellipses, through gently warped coordinates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from spinemets.phantom.body_plan import BodyPlan
from spinemets.phantom.digital import Codes
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.world_noise import WorldNoise

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Line = Floats | float

# How far smooth noise moves every border, so that nothing is a perfect ellipse.
_WARP_MM = (2.2, 2.2)
_WARP_SCALE_MM = (26.0, 26.0, 32.0)
# Profiles by level have no corners.
_PROFILE_SMOOTHING_MM = 6.0
_FINE_WARP_MM = 0.7
_REACH_MM = 13.0
_FURROW_MM = 4.0
_FINE_SCALE_MM = (7.0, 7.0, 11.0)


@dataclass(frozen=True, slots=True, eq=False)
class SizedShape:
    """A shape on a part of the grid; ``size`` is 1 on its border and grows with a power of the radius."""

    part: GridBox
    size: FloatArray


class TissueCanvas:
    """Codes on a grid with warped world coordinates.

    Args:
        box: The grid; its axes are those of the world.
        plan: Lines along the spine.
        seed: Of the person; the same on every grid of the same body.
    """

    def __init__(self, box: GridBox, plan: BodyPlan, seed: int) -> None:
        rng = np.random.default_rng([seed, 0x7A9])
        self.box, self.plan = box, plan
        self.codes: Codes = np.zeros(box.shape, dtype=np.uint8)
        self._axis = [box.affine_ras[k, 3] + box.affine_ras[k, k] * np.arange(box.shape[k]) for k in range(3)]
        self.height_mm: Floats = self._axis[2]
        self.level: Floats = plan.at(plan.level, self.height_mm)
        self.x: FloatArray = self._warped(0, _WARP_MM[0], rng)
        self.y: FloatArray = self._warped(1, _WARP_MM[1], rng)
        self.y += self._furrow()

    def line(self, values: Floats) -> Floats:
        """A line of the plan at the grid's heights."""
        return self.plan.at(values, self.height_mm)

    def by_level(self, *pairs: tuple[float, float]) -> Floats:
        """A profile through (level coordinate, value) pairs at the grid's heights."""
        at, values = zip(*pairs, strict=True)
        corners = np.interp(self.plan.level, at, values)
        return self.line(gaussian_filter1d(corners, _PROFILE_SMOOTHING_MM, mode="nearest"))

    def noise(
        self, stream: int, scale_mm: tuple[float, float, float], part: GridBox | None = None
    ) -> FloatArray:
        """A field fixed in the world, the same on every grid, for a stream's number."""
        rng = np.random.default_rng([stream, 0x51])
        return WorldNoise(rng, scale_mm).on(self.box if part is None else part)

    def part(self, x_mm: tuple[float, float], y_mm: tuple[float, float], rows: Mask) -> GridBox | None:
        """The part of the grid that holds a range of right and anterior coordinates at the marked heights."""
        spans = []
        for axis, (low, high) in enumerate((x_mm, y_mm)):
            inside = np.flatnonzero((self._axis[axis] >= low) & (self._axis[axis] <= high))
            if not len(inside):
                return None
            spans.append(slice(int(inside[0]), int(inside[-1]) + 1))
        marked = np.flatnonzero(rows)
        if not len(marked):
            return None
        index = (spans[0], spans[1], slice(int(marked[0]), int(marked[-1]) + 1))
        affine = np.array(self.box.affine_ras)
        affine[:3, 3] += affine[:3, :3] @ [span.start for span in index]
        return GridBox(index, affine, tuple(span.stop - span.start for span in index))  # type: ignore[arg-type]

    def ellipse(
        self,
        centre_x: Line,
        centre_y: Line,
        half_x: Line,
        half_y: Line,
        tissue: Tissue,
        over: tuple[Tissue, ...] | None = None,
        boxy: bool = False,
    ) -> None:
        """Paints an ellipse at every height; a half axis of 0 or less paints nothing there.

        Args:
            centre_x, centre_y: Right and anterior coordinate of the centre, by height or the same everywhere.
            half_x, half_y: Half axes.
            tissue: What is painted.
            over: Only over these tissues; everywhere if None.
            boxy: A superellipse with the exponent 2.5 instead.
        """
        shape = self.sized(centre_x, centre_y, half_x, half_y, boxy)
        if shape is not None:
            self.paint(shape.part, shape.size <= 1.0, tissue, over)

    def sized(
        self, centre_x: Line, centre_y: Line, half_x: Line, half_y: Line, boxy: bool = False
    ) -> SizedShape | None:
        """An ellipse at every height as a field, None off the grid; arguments as of ``ellipse``."""
        lines = (centre_x, centre_y, half_x, half_y)
        cx, cy, a, b = (np.broadcast_to(np.asarray(v, dtype=float), self.height_mm.shape) for v in lines)
        rows = (a > 0.3) & (b > 0.3)
        if not rows.any():
            return None
        part = self.part(
            (float((cx - a)[rows].min()) - _REACH_MM, float((cx + a)[rows].max()) + _REACH_MM),
            (float((cy - b)[rows].min()) - _REACH_MM, float((cy + b)[rows].max()) + _REACH_MM),
            rows,
        )
        if part is None:
            return None
        run = part.index[2]
        a, b = np.where(rows, a, 1e-3), np.where(rows, b, 1e-3)
        cx, cy, a, b = (v[run].astype(np.float32) for v in (cx, cy, a, b))
        size = _powered((self.x[part.index] - cx) / a, boxy)
        size += _powered((self.y[part.index] - cy) / b, boxy)
        return SizedShape(part, size)

    def pair(
        self,
        aside: Line,
        centre_y: Line,
        half_x: Line,
        half_y: Line,
        tissue: Tissue,
        over: tuple[Tissue, ...] | None = None,
        boxy: bool = False,
    ) -> None:
        """Two ellipses at equal distances right and left of the spine's middle; else as ``ellipse``."""
        middle = self.line(self.plan.middle_mm)
        for side in (1.0, -1.0):
            self.ellipse(middle + side * np.asarray(aside), centre_y, half_x, half_y, tissue, over, boxy)

    def paint(
        self, part: GridBox, inside: Mask, tissue: Tissue, over: tuple[Tissue, ...] | None = None
    ) -> None:
        """Paints a mask of a part of the grid."""
        codes = self.codes[part.index]
        if over is not None:
            inside = inside & np.isin(codes, over)
        codes[inside] = tissue

    def _furrow(self) -> FloatArray:
        """The furrow of the back: beside the midline the muscles stand out behind the spinous processes."""
        aside = self._axis[0][:, None] - self.line(self.plan.middle_mm)[None, :]
        size = self.by_level((5, 0.0), (9, 2.0), (16, 3.0), (21, _FURROW_MM), (24, _FURROW_MM), (27, 2.0))
        ridge = np.exp(-(((np.abs(aside) - 40.0) / 28.0) ** 2)) * size
        behind = np.clip(
            (self.line(self.plan.roof_mm)[None, :] + 5.0 - self._axis[1][:, None]) / 25.0, 0.0, 1.0
        )
        furrow: FloatArray = ridge.astype(np.float32)[:, None, :] * behind.astype(np.float32)[None, :, :]
        return furrow

    def _warped(self, axis: int, size_mm: float, rng: np.random.Generator) -> FloatArray:
        coordinate = self._axis[axis].astype(np.float32)
        coordinate = coordinate[:, None, None] if axis == 0 else coordinate[None, :, None]
        warped = WorldNoise(rng, _WARP_SCALE_MM).on(self.box) * np.float32(size_mm)
        warped += WorldNoise(rng, _FINE_SCALE_MM).on(self.box) * np.float32(_FINE_WARP_MM)
        warped += coordinate
        return warped


def _powered(share: FloatArray, boxy: bool) -> FloatArray:
    """The square, or the power 2.5, in place: a general power takes ten times as long."""
    if boxy:
        root = np.sqrt(np.abs(share))
        share *= share
        share *= root
    else:
        share *= share
    return share
