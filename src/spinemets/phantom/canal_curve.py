"""The spinal canal as a curve of sections, and coordinates along and across it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Level
from spinemets.phantom.digital import CanalSection

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

_REFINEMENTS = 3
# The thecal sac below the conus holds the cauda equina; compression is judged against an ellipse of this
# share of the sac, in the middle of it, in the cord's place (our convention).
_CAUDA_SHARE = 0.5
# A thinner conus is too small on voxels for its shape to be judged.
_CONUS_TIP_MM = 1.8
# Below the end of the sac its ellipse shrinks to this, which no voxel fills.
_NO_SAC_MM = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class CanalCurve:
    """Sections of the canal as arrays, head to feet.

    Args:
        levels: Of each section.
        centre_ras_mm: (sections, 3).
        right_ras, anterior_ras, tangent_ras: Unit vectors, (sections, 3); tangent points to the head.
        canal_half_mm, sac_half_mm, cord_half_mm: Half width and half depth of the undeformed ellipses,
            (sections, 2). Below the conus ``cord_half_mm`` is that of the cauda equina.
        has_cord: False below the conus and at its thin tip, (sections,).
    """

    levels: tuple[Level, ...]
    centre_ras_mm: Floats
    right_ras: Floats
    anterior_ras: Floats
    tangent_ras: Floats
    canal_half_mm: Floats
    sac_half_mm: Floats
    cord_half_mm: Floats
    has_cord: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, sections: tuple[CanalSection, ...]) -> Self:
        """The curve through sections.

        Raises:
            ValueError: If there are fewer than two sections.
        """
        if len(sections) < 2:
            raise ValueError(f"a canal needs two sections at least, got {len(sections)}")
        sac = np.array([(each.sac_half_width_mm, each.sac_half_depth_mm) for each in sections])
        sac = np.maximum(sac, _NO_SAC_MM)
        cord = np.array([(each.cord_half_width_mm, each.cord_half_depth_mm) for each in sections])
        has_cord = cord[:, 1] > _CONUS_TIP_MM
        return cls(
            levels=tuple(each.level for each in sections),
            centre_ras_mm=np.array([each.centre_ras_mm for each in sections]),
            right_ras=np.array([each.right_ras for each in sections]),
            anterior_ras=np.array([each.anterior_ras for each in sections]),
            tangent_ras=np.array([each.tangent_ras for each in sections]),
            canal_half_mm=np.array(
                [(each.canal_half_width_mm, each.canal_half_depth_mm) for each in sections]
            ),
            sac_half_mm=sac,
            cord_half_mm=np.where(has_cord[:, None], cord, _CAUDA_SHARE * sac),
            has_cord=has_cord,
        )

    @property
    def step_mm(self) -> float:
        """Mean distance between sections."""
        return float(np.linalg.norm(np.diff(self.centre_ras_mm, axis=0), axis=1).mean())

    def locate(self, points_ras_mm: Floats) -> tuple[Integers, Floats, Floats, Floats]:
        """Coordinates of points along and across the canal.

        Args:
            points_ras_mm: (..., 3).

        Returns:
            Index of the nearest section; then in millimetres, the position to the right of its centre,
            in front of it, and headwards of it (large beyond the ends of the curve), each of shape (...).
        """
        order = np.argsort(self.centre_ras_mm[:, 2])
        guess = np.interp(points_ras_mm[..., 2], self.centre_ras_mm[order, 2], order.astype(float))
        last = len(self.levels) - 1
        for _ in range(_REFINEMENTS):
            index = np.rint(guess).astype(np.intp)
            offset = points_ras_mm - self.centre_ras_mm[index]
            along = np.einsum("...k,...k->...", offset, self.tangent_ras[index])
            guess = np.clip(index - along / self.step_mm, 0, last)
        index = np.rint(guess).astype(np.intp)
        offset = points_ras_mm - self.centre_ras_mm[index]
        right, anterior, along = (
            np.einsum("...k,...k->...", offset, axis[index])
            for axis in (self.right_ras, self.anterior_ras, self.tangent_ras)
        )
        return index, right, anterior, along

    def point(self, index: Integers, right_mm: Floats, anterior_mm: Floats) -> Floats:
        """World position of points across sections, (..., 3)."""
        return np.asarray(
            self.centre_ras_mm[index]
            + right_mm[..., None] * self.right_ras[index]
            + anterior_mm[..., None] * self.anterior_ras[index]
        )

    def middle_of(self, level: Level) -> int:
        """Index of the section in the middle of a level.

        Raises:
            KeyError: If no section belongs to the level.
        """
        members = [index for index, own in enumerate(self.levels) if own is level]
        if not members:
            raise KeyError(level)
        return members[len(members) // 2]
