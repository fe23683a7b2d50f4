"""The posterolateral item of SINS: how much of pedicles and facets tumour has replaced."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.findings.compartments import COMPARTMENT_CODE
from spinemets.findings.maps import StationMaps
from spinemets.findings.records import Compartment
from spinemets.scoring.possible import Possible, Source, possible, unknown
from spinemets.scoring.sins_items import Posterolateral
from spinemets.volume import Volume

# A pedicle or facet counts as replaced if tumour fills this share of it (ours: Fisher et al. 2010 name no
# share), and perhaps within so much of it: the borders of both are drawn by geometry.
REPLACED_FROM_SHARE, _SHARE_UNCERTAINTY = 0.25, 0.1
# A pedicle or facet of which less is seen is not judged.
_LEAST_ELEMENT_ML = 0.15
# One with this share of its voxels at the image's border has so much beyond it that it is left open.
_CUT_FROM_SHARE = 0.1
_BY_SIDES = (Posterolateral.NONE, Posterolateral.UNILATERAL, Posterolateral.BILATERAL)
_SIDES = {
    "left": (Compartment.LEFT_PEDICLE, Compartment.LEFT_FACET),
    "right": (Compartment.RIGHT_PEDICLE, Compartment.RIGHT_FACET),
}


@dataclass(frozen=True, slots=True)
class ReplacedSide:
    """Pedicle and facet of one side.

    Args:
        share: The larger share of both that tumour fills, 0 to 1; None where neither is seen.
        whole: Whether both are seen, all but a rim, and no tumour in them reaches the image's border.
    """

    share: float | None
    whole: bool

    @property
    def replaced(self) -> frozenset[bool]:
        """Whether that is enough; both answers where it may be."""
        if self.share is None or not self.whole:
            return frozenset({True, False})
        limits = (REPLACED_FROM_SHARE - _SHARE_UNCERTAINTY, REPLACED_FROM_SHARE + _SHARE_UNCERTAINTY)
        return frozenset(self.share >= limit for limit in limits)

    @property
    def words(self) -> str:
        """For readers."""
        if self.share is None:
            return "not seen"
        return f"{100.0 * self.share:.0f} %{'' if self.whole else ' of what is seen'}"


def judge_posterolateral(number: int, maps: StationMaps, compartments: Volume) -> Possible[Posterolateral]:
    """Sides on which tumour fills ``REPLACED_FROM_SHARE`` of the pedicle or of the facets.

    A side is left open where the share lies near the limit, where pedicle or facet is not seen or is cut by
    the image. Costovertebral joints are no class of their own.

    Args:
        number: Of the vertebra.
        maps: Of the station.
        compartments: From ``compartment_map``.
    """
    sides = replaced_sides(number, maps, compartments)
    if all(side.share is None for side in sides.values()):
        return unknown(Posterolateral, "pedicles and facets are not told apart here")
    left, right = (sides[name].replaced for name in ("left", "right"))
    evidence = ", ".join(f"{name} {side.words}" for name, side in sides.items())
    return possible(
        {_BY_SIDES[a + b] for a in left for b in right},
        Source.MEASURED,
        f"tumour in pedicle or facet: {evidence}",
    )


def replaced_sides(number: int, maps: StationMaps, compartments: Volume) -> dict[str, ReplacedSide]:
    """The patient's ``left`` and ``right`` side of a vertebra."""
    own = maps.vertebrae.array == number
    box = next(iter(ndimage.find_objects(own.astype(np.uint8))), None)
    if box is None:
        return dict.fromkeys(_SIDES, ReplacedSide(None, whole=False))
    parts = np.where(own[box], compartments.array[box], 0)
    tumour = maps.lesions.array[box] > 0
    inner = _inner(own.shape)[box]
    least = _LEAST_ELEMENT_ML / maps.lesions.voxel_volume_ml
    return {name: _side(parts, tumour, inner, elements, least) for name, elements in _SIDES.items()}


def _inner(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """False for voxels at the border of the image."""
    inner = np.zeros(shape, dtype=bool)
    inner[1:-1, 1:-1, 1:-1] = True
    return inner


def _side(
    parts: npt.NDArray[np.uint8],
    tumour: npt.NDArray[np.bool_],
    inner: npt.NDArray[np.bool_],
    elements: tuple[Compartment, ...],
    least_voxels: float,
) -> ReplacedSide:
    seen = [where for one in elements if (where := parts == COMPARTMENT_CODE[one]).sum() >= least_voxels]
    shares = [float(tumour[where].mean()) for where in seen]
    cut = [_is_cut(inner[where], tumour[where]) for where in seen]
    return ReplacedSide(max(shares, default=None), len(seen) == len(elements) and not any(cut))


def _is_cut(inner: npt.NDArray[np.bool_], tumour: npt.NDArray[np.bool_]) -> bool:
    return bool((~inner).mean() >= _CUT_FROM_SHARE or (tumour & ~inner).any())
