"""Where patches may be centred: voxels of every lesion and of every class, picked once and stored."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.training.label_sets import ANATOMY_MAP, LESION, LESION_MAP

# So many voxels of a lesion or class are kept, evenly over the voxels in array order.
_MOST_VOXELS = 400
Voxels = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class PatchSites:
    """Voxels to centre patches on.

    Args:
        lesion_voxels: (count, 3) voxel indices (slice, row, column), lesion by lesion.
        lesion_ends: Where each lesion's voxels end in that list.
        lesion_volumes_ml: Volume of each lesion.
        class_voxels: (count, 3), the same for sets of anatomy classes without the background.
        class_ends: Where each set's voxels end.
    """

    lesion_voxels: Voxels
    lesion_ends: npt.NDArray[np.int64]
    lesion_volumes_ml: npt.NDArray[np.float64]
    class_voxels: Voxels
    class_ends: npt.NDArray[np.int64]

    @property
    def lesion_count(self) -> int:
        """Separate lesions in the case."""
        return len(self.lesion_ends)

    def draw_lesion(self, rng: np.random.Generator) -> Voxels:
        """A voxel of a lesion, small ones as often as large ones; there must be a lesion."""
        return _draw(self.lesion_voxels, self.lesion_ends, rng)

    def draw_anatomy(self, rng: np.random.Generator) -> Voxels | None:
        """A voxel of an annotated structure, each as often; None where there is none."""
        return _draw(self.class_voxels, self.class_ends, rng) if len(self.class_ends) else None

    def save(self, path: Path) -> None:
        """Write the record as a file of arrays."""
        np.savez(path, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, path: Path) -> "PatchSites":
        """Read what ``save`` wrote."""
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})


def find_sites(targets: npt.NDArray[np.uint8], voxel_volume_ml: float) -> PatchSites:
    """The sites of a case.

    Args:
        targets: (3, slice, row, column): anatomy as bits, lesion, level.
        voxel_volume_ml: Volume of a voxel.
    """
    lesions = targets[LESION_MAP] == LESION
    # Voxels that touch at an edge or a corner are one lesion.
    numbered, count = ndimage.label(lesions, structure=np.ones((3, 3, 3)))
    each_lesion = [np.argwhere(numbered == number) for number in range(1, count + 1)]
    anatomy = targets[ANATOMY_MAP]
    sets = [one for one in np.unique(anatomy) if one and not one & 1]
    each_class = [np.argwhere(anatomy == one) for one in sets]
    lesion_voxels, lesion_ends = _joined(each_lesion)
    class_voxels, class_ends = _joined(each_class)
    volumes_ml = np.array([len(voxels) * voxel_volume_ml for voxels in each_lesion])
    return PatchSites(lesion_voxels, lesion_ends, volumes_ml, class_voxels, class_ends)


def _joined(groups: list[npt.NDArray[np.int64]]) -> tuple[Voxels, npt.NDArray[np.int64]]:
    kept = [voxels[:: max(1, -(-len(voxels) // _MOST_VOXELS))] for voxels in groups]
    ends = np.cumsum([len(voxels) for voxels in kept], dtype=np.int64)
    voxels = np.concatenate(kept) if kept else np.zeros((0, 3))
    return voxels.astype(np.int32), ends


def _draw(voxels: Voxels, ends: npt.NDArray[np.int64], rng: np.random.Generator) -> Voxels:
    group = int(rng.integers(len(ends)))
    begin = int(ends[group - 1]) if group else 0
    chosen: Voxels = voxels[int(rng.integers(begin, int(ends[group])))]
    return chosen
