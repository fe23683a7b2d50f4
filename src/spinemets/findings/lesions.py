"""Lesions measured: size, place, what they reach, what their signal suggests."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import ConvexHull, cKDTree
from scipy.spatial.distance import pdist

from spinemets.anatomy import Anatomy
from spinemets.findings.bone_reading import BoneReference, bone_reference, read_bone
from spinemets.findings.compartments import COMPARTMENT_CODE, compartment_map
from spinemets.findings.maps import StationMaps
from spinemets.findings.marrow_evidence import DEFAULT_MARROW, MarrowSettings
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import Compartment, Lesion, Share
from spinemets.volume import Volume

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

# A vertebra with less tumour than this is not called involved: it is what an outline that is off by half a
# voxel leaves in the neighbour.
INVOLVED_FROM_ML = 0.1
# Tumour beyond bone counts as such from this volume; some, but less, is left open.
BREACH_FROM_ML = 0.1
# Tumour further from all bone than this belongs to no vertebra.
_FARTHEST_MM = 20.0
# Share of a slice's thickness that a lesion reaches beyond the centre of its outer slice.
_SLICE_REACH = 0.25
_BONE = (Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS, Anatomy.SACRUM)
_ON_AXIS = (Anatomy.VERTEBRAL_BODY, Anatomy.SACRUM)
_CUT_NOTE = "the image cuts the lesion: a lower bound"
_OUTSIDE = {COMPARTMENT_CODE[one] for one in (Compartment.PARAVERTEBRAL, Compartment.EPIDURAL)}


@dataclass(frozen=True, slots=True, eq=False)
class LesionParts:
    """Voxels of one lesion and what they belong to.

    Args:
        number: Of the lesion.
        voxels: (voxel, axis) indices on the grid of the maps.
        vertebra: (voxel,) number of the vertebra in which or at whose height each lies, 0 for none.
        compartment: (voxel,) values of ``COMPARTMENT_CODE``, 0 where the part is not known.
    """

    number: int
    voxels: Indices
    vertebra: npt.NDArray[np.uint8]
    compartment: npt.NDArray[np.uint8]

    def numbers(self, least_voxels: float) -> tuple[int, ...]:
        """Vertebrae that hold at least so many voxels, head to feet."""
        counts = np.bincount(self.vertebra)
        counts[:1] = 0
        return tuple(np.flatnonzero((counts >= least_voxels) & (counts > 0)).tolist())


def measure_lesions(
    maps: StationMaps, compartments: Volume | None = None, settings: MarrowSettings = DEFAULT_MARROW
) -> tuple[Lesion, ...]:
    """All lesions of a station, head to feet.

    Args:
        maps: Of the station.
        compartments: From ``compartment_map``, which is called where this is None.
        settings: Limits of what Dixon, diffusion and CT say.
    """
    parts = lesion_parts(maps, compartment_map(maps) if compartments is None else compartments)
    reference = bone_reference(maps)
    return tuple(_measure(one, maps, reference, settings) for one in parts)


def lesion_parts(maps: StationMaps, compartments: Volume) -> tuple[LesionParts, ...]:
    """Every lesion with the vertebra and the compartment of each voxel."""
    found = []
    for number, box in enumerate(ndimage.find_objects(maps.lesions.array), start=1):
        if box is None:
            continue
        corner = np.array([index.start for index in box])
        voxels = np.argwhere(maps.lesions.array[box] == number) + corner
        compartment = compartments.array[tuple(voxels.T)]
        found.append(LesionParts(number, voxels, _vertebra_of(voxels, maps), compartment))
    return tuple(found)


def _vertebra_of(voxels: Indices, maps: StationMaps) -> npt.NDArray[np.uint8]:
    """In bone its own; in the canal that of the nearest body; elsewhere that of the nearest bone."""
    where = tuple(voxels.T)
    numbers = maps.vertebrae.array[where].astype(np.uint8)
    anatomy = maps.anatomy.array[where]
    canal = np.isin(anatomy, (Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE))
    for lost, kinds in (((numbers == 0) & canal, _ON_AXIS), ((numbers == 0) & ~canal, _BONE)):
        if lost.any():
            numbers[lost] = _nearest(voxels[lost], maps, kinds)
    return np.asarray(numbers)


def _nearest(voxels: Indices, maps: StationMaps, kinds: tuple[Anatomy, ...]) -> npt.NDArray[np.uint8]:
    reach = np.ceil(_FARTHEST_MM / np.asarray(maps.vertebrae.spacing_mm)).astype(int)
    low = np.maximum(voxels.min(axis=0) - reach, 0)
    box = tuple(slice(a, b) for a, b in zip(low, voxels.max(axis=0) + reach + 1, strict=True))
    own = maps.vertebrae.array[box]
    bone = np.argwhere((own > 0) & np.isin(maps.anatomy.array[box], kinds))
    if not len(bone):
        return np.zeros(len(voxels), dtype=np.uint8)
    tree = cKDTree(maps.vertebrae.voxel_to_world(bone + low))
    distance, place = tree.query(maps.vertebrae.voxel_to_world(voxels), distance_upper_bound=_FARTHEST_MM)
    numbers = np.append(own[tuple(bone.T)], 0)[np.minimum(place, len(bone))]
    return np.where(np.isfinite(distance), numbers, 0).astype(np.uint8)


def _measure(
    parts: LesionParts, maps: StationMaps, reference: BoneReference, settings: MarrowSettings
) -> Lesion:
    grid = maps.lesions
    voxel_ml = grid.voxel_volume_ml
    cut = _touches_border(parts.voxels, grid.shape)
    touched = parts.numbers(INVOLVED_FROM_ML / voxel_ml)
    all_of_it = np.bincount(parts.vertebra)
    all_of_it[:1] = 0
    main = int(all_of_it.argmax()) if all_of_it.any() else None
    right, anterior, superior = grid.voxel_to_world(parts.voxels).mean(axis=0).tolist()
    probability = maps.lesion_probability.array[tuple(parts.voxels.T)]
    reading = read_bone(maps, parts.voxels, reference, settings)
    return Lesion(
        number=parts.number,
        vertebra=main,
        vertebrae=tuple(sorted({*touched, *(() if main is None else (main,))})),
        centre_ras_mm=(right, anterior, superior),
        volume=_measurement(len(parts.voxels) * voxel_ml, Unit.MILLILITRE, "lesion.volume", maps, cut),
        largest_diameter=_measurement(
            largest_diameter_mm(parts.voxels, grid), Unit.MILLIMETRE, "lesion.diameter", maps, cut
        ),
        probability=float(np.clip(probability.mean(dtype=np.float64), 0.0, 1.0)),
        compartments=_shares(parts.compartment),
        breaches_cortex=_breaches(parts.compartment, voxel_ml),
        touches_border=cut,
        bone=reading.type,
        bone_probabilities=reading.probabilities,
        marrow=reading.marrow,
    )


def _measurement(value: float, unit: Unit, rule: str, maps: StationMaps, cut: bool) -> Measurement:
    trace = Trace(rule, (maps.reference_series,), weights_sha256=maps.weights_sha256)
    return Measurement(float(value), unit, trace, at_least=cut, note=_CUT_NOTE if cut else "")


def _touches_border(voxels: Indices, shape: tuple[int, int, int]) -> bool:
    return bool((voxels.min(axis=0) == 0).any() or (voxels.max(axis=0) == np.array(shape) - 1).any())


def largest_diameter_mm(voxels: Indices, grid: Volume) -> float:
    """Largest distance between two points of a lesion's surface, in space and not in one slice.

    Points are the centres of the outer voxels' faces, but through the slices only half as far out: the outer
    slice of a lesion is thick and holds, on average, half of what it shows. The farthest two lie on the
    convex hull.

    Args:
        voxels: (voxel, axis) indices, at least one; slices come first.
        grid: Whose indices they are; oblique and sheared grids are measured in world millimetres.
    """
    low = voxels.min(axis=0)
    mask = np.zeros(voxels.max(axis=0) - low + 3, dtype=bool)
    mask[tuple((voxels - low + 1).T)] = True
    surface = np.argwhere(mask & ~ndimage.binary_erosion(mask)) + low - 1
    reach = np.diag([_SLICE_REACH, 0.5, 0.5])
    faces = np.concatenate([reach, -reach])
    points = grid.voxel_to_world((surface[:, None, :] + faces).reshape(-1, 3))
    return float(pdist(points[ConvexHull(points).vertices]).max())


def _shares(compartment: npt.NDArray[np.uint8]) -> tuple[Share, ...]:
    """Shares of what is known; none where nothing is."""
    counts = np.bincount(compartment, minlength=len(Compartment) + 1)[1:]
    known = max(int(counts.sum()), 1)
    shares = [Share(one, int(counts[code - 1]) / known) for one, code in COMPARTMENT_CODE.items()]
    return tuple(sorted((one for one in shares if one.share > 0), key=lambda one: -one.share))


def _breaches(compartment: npt.NDArray[np.uint8], voxel_ml: float) -> bool | None:
    """Whether enough of it lies beyond the outline of bone; None where too little does to be sure."""
    if not compartment.any():
        return None
    counts = np.bincount(compartment, minlength=len(Compartment) + 1)
    beyond_ml = max(int(counts[code]) for code in _OUTSIDE) * voxel_ml
    if beyond_ml >= BREACH_FROM_ML:
        return True
    return None if beyond_ml > 0 else False
