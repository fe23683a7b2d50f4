"""All findings of one station, put together from its maps."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from spinemets.anatomy import Anatomy, Level
from spinemets.findings.alignment_measures import measure_alignment
from spinemets.findings.body_measures import measure_bodies
from spinemets.findings.canal_measures import measure_canal
from spinemets.findings.compartments import compartment_map
from spinemets.findings.element_frame import element_frames
from spinemets.findings.lesions import INVOLVED_FROM_ML, measure_lesions
from spinemets.findings.level_belief import LevelBelief
from spinemets.findings.maps import StationMaps
from spinemets.findings.marrow_evidence import DEFAULT_MARROW, MarrowSettings
from spinemets.findings.records import (
    AlignmentFindings,
    BodyFindings,
    CanalFindings,
    Lesion,
    Point,
    SinsImaging,
    StationFindings,
    Vertebra,
)
from spinemets.findings.seen_slices import read_from, slices_of_bodies, slices_of_lesions
from spinemets.findings.sins_imaging import judge_sins
from spinemets.volume import Volume

# Levels of less probability do not keep a body from being measured.
_PERHAPS = 0.1


@dataclass(frozen=True, slots=True)
class _Measured:
    """What was measured of one vertebra; None where it was not, or does not apply."""

    lesions: tuple[Lesion, ...]
    body: BodyFindings | None
    alignment: AlignmentFindings | None
    canal: CanalFindings | None
    sins: SinsImaging | None


def find(
    maps: StationMaps,
    beliefs: tuple[LevelBelief, ...],
    whole: Mapping[int, bool],
    is_sacrum: Mapping[int, bool],
    marrow: MarrowSettings = DEFAULT_MARROW,
) -> StationFindings:
    """Measure a station.

    A vertebra is involved if at least ``INVOLVED_FROM_ML`` of a lesion lies in its bone, in the canal at its
    height or beside it. Heights are compared with vertebrae whose bone holds less than that: tumour in the
    canal alone leaves a body as it is.

    Args:
        maps: Of the station.
        beliefs: Levels of vertebra 1, 2, ...
        whole: Whether the body of a vertebra lies wholly within the image, by number.
        is_sacrum: Whether a number is the sacrum.
        marrow: Limits of what Dixon, diffusion and CT say.

    Raises:
        ValueError: If there is no belief for a vertebra of the maps.
    """
    if int(maps.vertebrae.array.max(initial=0)) > len(beliefs):
        raise ValueError(f"the maps show {maps.vertebrae.array.max()} vertebrae, {len(beliefs)} have levels")
    compartments = compartment_map(maps)
    shown = slices_of_lesions(maps)
    lesions = tuple(read_from(one, shown[one.number]) for one in measure_lesions(maps, compartments, marrow))
    sacral = frozenset(number for number, answer in is_sacrum.items() if answer)
    frames = element_frames(maps)
    levels = {number: _perhaps(belief) for number, belief in enumerate(beliefs, start=1)}
    bodies = measure_bodies(maps, uninvolved_bones(maps), whole, levels)
    measured = _measure(maps, compartments, lesions, bodies, sacral)
    vertebrae = tuple(
        Vertebra(
            number=number,
            belief=beliefs[number - 1],
            centre_ras_mm=centre,
            whole=whole.get(number, False),
            involved=bool(measured[number].lesions),
            lesions=tuple(one.number for one in measured[number].lesions),
            body=measured[number].body,
            alignment=measured[number].alignment,
            canal=measured[number].canal,
            sins=measured[number].sins,
            frame=frames[number].record if number in frames else None,
        )
        for number, centre in _centres(maps).items()
    )
    return StationFindings(vertebrae, lesions, _warnings(lesions))


def _perhaps(belief: LevelBelief) -> tuple[Level, ...]:
    """Levels that a vertebra may well be, the most likely first."""
    likely = [one.level for one in belief.levels if one.probability >= _PERHAPS]
    return tuple(likely) or (belief.most_likely,)


def _measure(
    maps: StationMaps,
    compartments: Volume,
    lesions: tuple[Lesion, ...],
    bodies: Mapping[int, BodyFindings],
    sacral: frozenset[int],
) -> dict[int, _Measured]:
    """Of every vertebra of the maps. Sacral bodies are fused: what is measured on a body is not for them."""
    alignments = measure_alignment(maps, bodies)
    canals = measure_canal(maps)
    shown = slices_of_bodies(maps)
    measured = {}
    for number in np.unique(maps.vertebrae.array[maps.vertebrae.array > 0]).tolist():
        own = involving(number, lesions)
        body = alignment = canal = None
        if number in bodies and number not in sacral:
            seen = shown[number]
            body, alignment = read_from(bodies[number], seen), read_from(alignments[number], seen)
            canal = read_from(canals[number], seen)
        sins = judge_sins(number, body, alignment, own, maps, compartments) if own else None
        measured[number] = _Measured(own, body, alignment, canal, sins)
    return measured


def involving(number: int, lesions: tuple[Lesion, ...]) -> tuple[Lesion, ...]:
    """The lesions that involve a vertebra."""
    return tuple(
        one for one in lesions if number in one.vertebrae and (one.volume.value or 0.0) >= INVOLVED_FROM_ML
    )


def uninvolved_bones(maps: StationMaps) -> frozenset[int]:
    """Numbers of vertebrae whose bone holds less than ``INVOLVED_FROM_ML`` of all lesions."""
    bones = np.bincount(maps.vertebrae.array.ravel())
    tumour = np.bincount(maps.vertebrae.array[maps.lesions.array > 0], minlength=len(bones))
    free = (bones > 0) & (tumour * maps.lesions.voxel_volume_ml < INVOLVED_FROM_ML)
    return frozenset(int(number) for number in np.flatnonzero(free) if number > 0)


def _centres(maps: StationMaps) -> dict[int, Point]:
    """Centre of each vertebra's body, or of all of it where no body is seen, in RAS mm."""
    centres: dict[int, Point] = {}
    posterior = maps.anatomy.array == Anatomy.POSTERIOR_ELEMENTS
    for number, box in enumerate(ndimage.find_objects(maps.vertebrae.array), start=1):
        if box is None:
            continue
        own = maps.vertebrae.array[box] == number
        body = own & ~posterior[box]
        voxels = np.argwhere(body if body.any() else own) + np.array([index.start for index in box])
        right, anterior, superior = maps.vertebrae.voxel_to_world(voxels.mean(axis=0)).tolist()
        centres[number] = (right, anterior, superior)
    return centres


def _warnings(lesions: tuple[Lesion, ...]) -> tuple[str, ...]:
    warnings = []
    if cut := [one.number for one in lesions if one.touches_border]:
        warnings.append(f"the image cuts lesion {_listed(cut)}: sizes are lower bounds")
    if astray := [one.number for one in lesions if one.vertebra is None]:
        warnings.append(f"lesion {_listed(astray)} lies at no vertebra and is scored at no level")
    return tuple(warnings)


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
