"""Whether what was found in a station stands as the vertebrae of a spine do.

A network draws bodies on whatever it is shown: a brain, a knee, a spine whose header has front and back the
wrong way round. How bodies stand to one another and to the canal tells these apart, whatever was drawn.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import CANAL
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.level_model import LEVELS
from spinemets.findings.records import Point
from spinemets.findings.spine_column import column_pieces, largest_sacrum, main_piece
from spinemets.findings.vertebra_instances import VertebraInstances
from spinemets.volume import Volume

Floats = npt.NDArray[np.float64]

# All limits are ours: wide ones of adult anatomy from C2 to L5, checked on real spines of five sources and on
# images that show none.
# Depth of a body, front to back; from its centre to the middle of the canal behind it; from its centre to the
# next one's, also as a share of what is usual in the station.
_DEPTH_MM, _CANAL_BEHIND_MM, _PITCH_MM, _PITCH_SHARE = (10.0, 50.0), (8.0, 50.0), (8.0, 50.0), (0.5, 1.8)
# The canal is looked for this far to the sides; less of it is an outline of something else.
_CANAL_ASIDE_MM, _LEAST_CANAL_ML = 25.0, 0.2
_LEAST_HALF_HEIGHT_MM = 4.0
# Fewer bodies that stand so, or a smaller share of all, are no spine; below the second share they may be one.
_FEWEST, _SPINE_SHARE, _SURE_SHARE = 2, 0.5, 0.7
# Images of the spine show it over most of their height: of the rows at least this share.
_LEAST_ROWS = 0.4
# Bodies below the neck grow from head to feet, and levels count up: rank correlation below which they do not.
# Pitches from the first on are of bodies below the neck; fewer of them than the second show no trend.
_THORACIC_PITCH_MM, _FEWEST_PITCHES, _TREND = 24.0, 5, -0.5
# Share of the sacrum above the centre of the lowest body, and of all bodies below that of the sacrum: 0.08
# and 0.01 at most in real spines. Share of posterior elements in front of the bodies: 0.10 at most in these,
# 0.33 and more where front and back are swapped.
_SACRUM_ABOVE, _BODIES_BELOW, _ARCHES_IN_FRONT = 0.2, 0.05, 0.2
# A sacrum that touches the column by less is something else.
_LEAST_CONTACT_ML = 0.3
_ENOUGH_POINTS = 20_000
_TOUCHING = np.ones((3, 3, 3), dtype=bool)
# What is left of a belief in a level where there are doubts; the rest is spread over all levels.
_LEFT = 0.5


@dataclass(frozen=True, slots=True)
class Plausibility:
    """What speaks against a station's being a spine.

    Args:
        standing: For each vertebra, head to feet, whether it stands as vertebrae do; the sacrum always does.
        refusal: Why this is no spine, in a sentence; "" where it may be one.
        doubts: What does not fit, in sentences; levels are then not to be relied on.
    """

    standing: tuple[bool, ...]
    refusal: str
    doubts: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What does not fit, for the reader of the result."""
        if self.doubts:
            return tuple(
                f"{doubt}: levels are left open, and nothing here is to be relied on" for doubt in self.doubts
            )
        astray = [str(number) for number, stands in enumerate(self.standing, start=1) if not stands]
        if not astray:
            return ()
        return (f"vertebra {', '.join(astray)} does not stand as vertebrae do: its level is left open",)


def judge_spine(anatomy: Volume, instances: VertebraInstances) -> Plausibility:
    """Whether a station's vertebrae stand as those of a spine do.

    A vertebra does if its body is as deep as bodies are, has the canal behind it and a neighbour at the usual
    distance. A station is refused if fewer than two do, or less than half of all. It is in doubt if less
    than 70 % do, if they take up little of the image's height, or if arches, bodies, levels or the sacrum lie
    as only an image shows them that is upside down or back to front.

    Args:
        anatomy: uint8, codes of ``Anatomy``, ``LIP`` orientation.
        instances: Of the same grid.
    """
    bodies = [index for index, sacrum in enumerate(instances.is_sacrum) if not sacrum]
    if not bodies:
        return Plausibility(instances.is_sacrum, "no vertebral body was found", ())
    centres = np.array(instances.centres_ras_mm)[bodies]
    pitches = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    linked, canal = _linked(pitches), _canal_mm(anatomy)
    boxes = ndimage.find_objects(instances.labels.array)
    stands = [
        linked[place] and _stands(index, boxes[index], _up(centres, place), anatomy, instances, canal)
        for place, index in enumerate(bodies)
    ]
    # What the image cuts, and does not show to be none, is neither counted nor doubted.
    whole = [instances.whole[index] for index in bodies]
    counted = [one for one, is_whole in zip(stands, whole, strict=True) if one or is_whole]
    standing = np.array(instances.is_sacrum)
    standing[bodies] = np.array(stands) | (np.array(linked) & ~np.array(whole))
    return Plausibility(
        tuple(standing.tolist()),
        _refusal(counted),
        (
            *_doubts_of_vertebrae(counted, instances),
            *_doubts_of_order(pitches, stands, bodies, instances),
            *_doubts_of_arches(anatomy),
            *_doubts_of_sacrum(anatomy, instances.centres_ras_mm[bodies[-1]]),
        ),
    )


def _refusal(stands: list[bool]) -> str:
    count, found = sum(stands), len(stands)
    return "" if count >= _FEWEST and count >= _SPINE_SHARE * found else _counted(stands)


def _counted(stands: list[bool]) -> str:
    return f"{sum(stands)} of {len(stands)} bodies that were found stand as those of a spine do"


def _linked(pitches: Floats) -> list[bool]:
    """Whether each body has a neighbour at a distance that fits."""
    if not len(pitches):
        return [False]
    usual = float(np.median(pitches))
    low, high = max(_PITCH_MM[0], _PITCH_SHARE[0] * usual), min(_PITCH_MM[1], _PITCH_SHARE[1] * usual)
    fits = (pitches >= low) & (pitches <= high)
    return list(np.append(fits, False) | np.append(False, fits))


def _up(centres: Floats, place: int) -> Floats:
    """Along the line from the body below to the one above."""
    near = centres[max(place - 1, 0) : place + 2]
    along = near[0] - near[-1]
    return np.asarray(along / np.linalg.norm(along))


def _canal_mm(anatomy: Volume) -> tuple[Floats, float]:
    """Places of some of the canal's voxels, and how many mL each stands for."""
    voxels = np.argwhere(np.isin(anatomy.array, CANAL))
    step = max(len(voxels) // _ENOUGH_POINTS, 1)
    return anatomy.voxel_to_world(voxels[::step]), step * anatomy.voxel_volume_ml


def _stands(
    index: int,
    box: tuple[slice, ...],
    up: Floats,
    anatomy: Volume,
    instances: VertebraInstances,
    canal: tuple[Floats, float],
) -> bool:
    """Whether a body, within its box, is as deep as bodies are and has the canal behind it."""
    column = -anatomy.affine_ras[:3, 2]
    front = column - (column @ up) * up
    front /= np.linalg.norm(front)
    centre = np.array(instances.centres_ras_mm[index])
    own = np.argwhere((instances.labels.array == index + 1) & (anatomy.array != Anatomy.POSTERIOR_ELEMENTS))
    depth = np.ptp(np.percentile((anatomy.voxel_to_world(own) - centre) @ front, (3, 97)))
    if not _DEPTH_MM[0] <= depth <= _DEPTH_MM[1]:
        return False
    points, ml = canal
    away = points - centre
    half = max(instances.height_mm[index] / 2.0, _LEAST_HALF_HEIGHT_MM)
    here = (np.abs(away @ up) <= half) & (np.abs(away @ np.cross(front, up)) <= _CANAL_ASIDE_MM)
    if np.count_nonzero(here) * ml < _LEAST_CANAL_ML:
        return False
    return bool(_CANAL_BEHIND_MM[0] <= -np.median(away[here] @ front) <= _CANAL_BEHIND_MM[1])


def _doubts_of_vertebrae(stands: list[bool], instances: VertebraInstances) -> list[str]:
    doubts = []
    if sum(stands) < _SURE_SHARE * len(stands):
        doubts.append(f"only {_counted(stands)}")
    rows = np.flatnonzero((instances.labels.array > 0).any(axis=(0, 2)))
    share = len(rows) / instances.labels.shape[1]
    if share < _LEAST_ROWS:
        doubts.append(f"vertebrae take up {100.0 * share:.0f} % of the image's height")
    return doubts


def _doubts_of_order(
    pitches: Floats, stands: list[bool], bodies: list[int], instances: VertebraInstances
) -> list[str]:
    doubts = []
    between = np.array([above and below for above, below in pairwise(stands)], dtype=bool)
    own = pitches[between]
    if len(own) and np.median(own) >= _THORACIC_PITCH_MM and _falls(own):
        doubts.append("bodies grow smaller from head to feet, as if the image were upside down")
    levels = np.array(instances.coordinate)[bodies][np.array(stands)]
    if _falls(levels[np.isfinite(levels)]):
        doubts.append("levels count down from head to feet, as if the image were upside down")
    return doubts


def _falls(values: Floats) -> bool:
    if len(values) < _FEWEST_PITCHES or np.ptp(values) == 0.0:
        return False
    return bool(stats.spearmanr(np.arange(len(values)), values).statistic <= _TREND)


def _doubts_of_arches(anatomy: Volume) -> list[str]:
    """Columns run from front to back."""
    bodies = (anatomy.array == Anatomy.VERTEBRAL_BODY).sum(axis=0)
    count = bodies.sum(axis=1)
    middle = (bodies @ np.arange(bodies.shape[1])) / np.maximum(count, 1)
    _, rows, columns = np.nonzero(anatomy.array == Anatomy.POSTERIOR_ELEMENTS)
    beside = count[rows] > 0
    if not beside.any() or np.mean(columns[beside] < middle[rows][beside]) <= _ARCHES_IN_FRONT:
        return []
    return ["arches lie in front of the bodies, as if front and back were swapped"]


def _doubts_of_sacrum(anatomy: Volume, lowest_ras_mm: Point) -> list[str]:
    """Of what is drawn as sacrum and joined to the column, whether it is taken for the sacrum or not."""
    column = column_pieces(np.isin(anatomy.array, (Anatomy.VERTEBRAL_BODY, Anatomy.DISC)), anatomy)
    sacrum = largest_sacrum(anatomy)
    contact = np.count_nonzero(ndimage.binary_dilation(sacrum, _TOUCHING) & column)
    if contact * anatomy.voxel_volume_ml < _LEAST_CONTACT_ML:
        return []
    of_sacrum, of_column = (np.nonzero(one)[1] for one in (sacrum, main_piece(column)))
    lowest = float(anatomy.world_to_voxel(lowest_ras_mm)[1])
    above, below = np.mean(of_sacrum < lowest), np.mean(of_column > of_sacrum.mean())
    if above <= _SACRUM_ABOVE and below <= _BODIES_BELOW:
        return []
    return ["what is drawn as sacrum does not lie below the vertebrae"]


def doubtful_beliefs(beliefs: tuple[LevelBelief, ...], plausibility: Plausibility) -> tuple[LevelBelief, ...]:
    """Levels left open for vertebrae that do not stand as such, and for all where there are doubts.

    Half of the probability is then spread over all levels, so that no few of them are credible.

    Args:
        beliefs: One for each vertebra.
        plausibility: Of the same vertebrae.
    """
    return tuple(
        belief if stands and not plausibility.doubts else _opened(belief)
        for belief, stands in zip(beliefs, plausibility.standing, strict=True)
    )


def _opened(belief: LevelBelief) -> LevelBelief:
    known = {one.level: one.probability for one in belief.levels}
    spread = (1.0 - _LEFT) / len(LEVELS)
    levels = (LevelProbability(level, _LEFT * known.get(level, 0.0) + spread) for level in LEVELS)
    words = "it does not stand as vertebrae do, or the image is in doubt: its level is left open"
    return LevelBelief(tuple(sorted(levels, key=lambda one: -one.probability)), (*belief.evidence, words))
