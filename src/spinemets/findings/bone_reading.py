"""The type of a lesion with probabilities: from CT where it is in register, else from signal on MRI."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, BoneLesionType
from spinemets.findings.bone_density import density_type, usual_density
from spinemets.findings.bone_type import ReferenceTissue, bone_type, observed_signal, reference_tissue
from spinemets.findings.maps import StationMaps
from spinemets.findings.marrow_evidence import MarrowSettings, marrow_evidence
from spinemets.findings.records import MarrowEvidence, TypeProbability
from spinemets.scoring.bone_signal import type_probabilities
from spinemets.scoring.possible import Possible
from spinemets.study.records import Weighting

_BONE = (Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS, Anatomy.SACRUM)
# What CT leaves to the types that it does not show; ours.
_BESIDE_CT = 0.1


@dataclass(frozen=True, slots=True)
class BoneReading:
    """Type of a lesion, and what else of a study speaks for or against malignancy."""

    type: Possible[BoneLesionType]
    probabilities: tuple[TypeProbability, ...]
    marrow: tuple[MarrowEvidence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BoneReference:
    """What lesions of a station are compared with.

    Args:
        tissue: Muscle and discs, for signal.
        density_hu: Of uninvolved bodies on CT; None where there is none in register.
    """

    tissue: ReferenceTissue
    density_hu: float | None


def bone_reference(maps: StationMaps) -> BoneReference:
    """Of a station; taken once for all of its lesions."""
    ct = next((one for one in maps.extras if one.weighting is Weighting.CT), None)
    return BoneReference(reference_tissue(maps), None if ct is None else usual_density(ct, maps))


def read_bone(
    maps: StationMaps,
    voxels: npt.NDArray[np.intp],
    reference: BoneReference,
    settings: MarrowSettings,
) -> BoneReading:
    """Type of a lesion, its probabilities and supporting evidence.

    Args:
        maps: Of the station.
        voxels: (voxel, axis) indices of the lesion.
        reference: Of the station.
        settings: Limits of the evidence.
    """
    in_bone = voxels[np.isin(maps.anatomy.array[tuple(voxels.T)], _BONE)]
    points = maps.anatomy.voxel_to_world(in_bone) if len(in_bone) else np.zeros((0, 3))
    marrow = marrow_evidence(points, maps, settings)
    for image in maps.extras:
        if image.weighting is Weighting.CT:
            seen = density_type(image, points, reference.density_hu) if len(points) else None
            if seen is not None:
                return BoneReading(seen, _of_ct(seen), marrow)
    shares = type_probabilities(observed_signal(maps, voxels, reference.tissue))
    probabilities = tuple(TypeProbability(kind, share) for kind, share in shares.items())
    return BoneReading(bone_type(maps, voxels, reference.tissue), probabilities, marrow)


def _of_ct(seen: Possible[BoneLesionType]) -> tuple[TypeProbability, ...]:
    others = len(BoneLesionType) - len(seen.values)
    own = (1.0 - (_BESIDE_CT if others else 0.0)) / len(seen.values)
    return tuple(
        TypeProbability(kind, own if kind in seen.values else _BESIDE_CT / others) for kind in BoneLesionType
    )
