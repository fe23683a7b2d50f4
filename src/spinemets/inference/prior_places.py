"""Where a lesion of one study lies in the images of the other, by the axes of its vertebra."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.findings.records import Lesion, Vertebra
from spinemets.inference.prior_records import LesionReference
from spinemets.inference.prior_vertebrae import Shown, share_coordinates
from spinemets.inference.records import Grid

Floats = npt.NDArray[np.float64]

# A place this near to the image's border is not taken as imaged.
_BORDER_MM = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class PlacedLesion:
    """A lesion at its vertebra.

    Args:
        shown: The vertebra that holds most of it.
        lesion: The lesion.
        twins: Places of the same vertebra in the other study; None among them where it may not be shown.
    """

    shown: Shown
    lesion: Lesion
    twins: tuple[int | None, ...]

    @property
    def reference(self) -> LesionReference:
        """Its station and number."""
        return LesionReference(self.shown.station.name, self.lesion.number)

    @property
    def volume_ml(self) -> float:
        """Above 0: every lesion has voxels, but a small volume may have been rounded to nothing."""
        return max(self.lesion.volume.value or 0.0, 1e-3)


def place_lesions(
    shown: Sequence[Shown], matches: Sequence[tuple[int | None, ...]]
) -> tuple[PlacedLesion, ...]:
    """Lesions at the vertebra, and in the station, that shows it best: none is counted twice."""
    return tuple(
        PlacedLesion(one, lesion, twins)
        for one, twins in zip(shown, matches, strict=True)
        for lesion in one.station.findings.lesions
        if lesion.vertebra == one.vertebra.number
    )


def distances_mm(
    here: Sequence[PlacedLesion], there: Sequence[PlacedLesion], then: Sequence[Shown]
) -> Floats:
    """Between the centres of lesions of now and of then, (now, then); infinite where they cannot be one.

    Args:
        here, there: Lesions of now and of then.
        then: Vertebrae of then, which the twins of ``here`` are places in.
    """
    apart = np.full((len(here), len(there)), np.inf)
    for i, one in enumerate(here):
        if len(one.twins) != 1 or one.twins[0] is None:
            continue
        twin = then[one.twins[0]]
        for j, other in enumerate(there):
            if share_coordinates(other.shown.station, twin.station):
                apart[i, j] = np.linalg.norm(
                    place_in(one, twin.vertebra) - np.asarray(other.lesion.centre_ras_mm)
                )
    return apart


def is_imaged(one: PlacedLesion, twin: Shown) -> bool:
    """Whether the other study shows the place of a lesion; of results older than 1.1, its whole vertebra."""
    grid = twin.station.grid
    return twin.vertebra.whole if grid is None else _inside(place_in(one, twin.vertebra), grid)


def place_in(one: PlacedLesion, twin: Vertebra) -> Floats:
    """RAS mm of a lesion's centre in the other study, at the same place of the same vertebra.

    Without axes in both studies it is carried over along the patient's axes from the vertebra's centre.
    """
    own = one.shown.vertebra
    with_axes = own.frame is not None and twin.frame is not None
    (origin, axes), (twin_origin, twin_axes) = _frame(own, with_axes), _frame(twin, with_axes)
    local = (np.asarray(one.lesion.centre_ras_mm) - origin) @ axes
    return np.asarray(twin_origin + twin_axes @ local)


def _frame(vertebra: Vertebra, with_axes: bool) -> tuple[Floats, Floats]:
    """Origin, and right, anterior and superior axes as columns."""
    frame = vertebra.frame
    if frame is None or not with_axes:
        return np.asarray(vertebra.centre_ras_mm), np.eye(3)
    axes = np.stack([frame.right_ras, frame.anterior_ras, frame.superior_ras], axis=1)
    return np.asarray(frame.origin_ras_mm), axes


def _inside(place_ras_mm: Floats, grid: Grid) -> bool:
    rows = np.array(grid.affine_ras)
    spacing = np.linalg.norm(rows[:, :3], axis=0)
    index = np.linalg.solve(rows[:, :3], place_ras_mm - rows[:, 3])
    # The image reaches half a voxel beyond the centres of its outer voxels.
    low, high = (index + 0.5) * spacing, (np.array(grid.shape) - 0.5 - index) * spacing
    return bool((np.minimum(low, high) >= _BORDER_MM).all())
