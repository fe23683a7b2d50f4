"""The near maps of a digital spine as one value, to cut, measure and paint on."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from spinemets.phantom.digital import Codes, DigitalSpine
from spinemets.phantom.grid_box import GridBox, box_around


@dataclass(frozen=True, slots=True, eq=False)
class SpineMaps:
    """Maps on one grid; the painters change the arrays in place.

    Args:
        affine_ras: Of the grid.
        tissue, anatomy, level, element, lesion: As in ``DigitalSpine``.
    """

    affine_ras: npt.NDArray[np.float64]
    tissue: Codes
    anatomy: Codes
    level: Codes
    element: Codes
    lesion: Codes

    @classmethod
    def of(cls, spine: DigitalSpine) -> Self:
        """The maps of a spine themselves; copy them before painting."""
        maps = (spine.tissue, spine.anatomy, spine.level, spine.element, spine.lesion)
        return cls(spine.near_affine_ras, *maps)

    @property
    def arrays(self) -> tuple[Codes, ...]:
        """All maps, in the order of the arguments."""
        return (self.tissue, self.anatomy, self.level, self.element, self.lesion)

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return float(abs(np.linalg.det(self.affine_ras[:3, :3]))) / 1000.0

    def copy(self) -> "SpineMaps":
        """Maps that can be painted on without changing these."""
        return SpineMaps(self.affine_ras, *(codes.copy() for codes in self.arrays))

    def cut(self, box: GridBox) -> "SpineMaps":
        """Views of the maps within a box: painting on them paints on these."""
        return SpineMaps(box.affine_ras, *(codes[box.index] for codes in self.arrays))

    def paste(self, other: "SpineMaps") -> None:
        """Takes over the values of maps of the same shape."""
        for mine, theirs in zip(self.arrays, other.arrays, strict=True):
            mine[...] = theirs

    def box(
        self, low_ras_mm: npt.NDArray[np.float64], high_ras_mm: npt.NDArray[np.float64]
    ) -> GridBox | None:
        """The part of the grid that holds a world-aligned box; None if they do not meet."""
        return box_around(low_ras_mm, high_ras_mm, self.affine_ras, self.tissue.shape)

    def onto(self, spine: DigitalSpine) -> DigitalSpine:
        """The spine with these maps in place of its own."""
        return replace(
            spine,
            tissue=self.tissue,
            anatomy=self.anatomy,
            level=self.level,
            element=self.element,
            lesion=self.lesion,
        )
