"""Which part of a vertebra, or of its surroundings, each voxel belongs to.

The segmenter knows bodies, posterior elements and the canal; their parts are told apart by geometry, in the
frame of each vertebra, with distances in shares of its canal and height: so one rule serves every level. The
limits were set on simulated vertebrae, T3 to L5, where five voxels in six come to the part that they were
drawn as.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from spinemets.anatomy import Anatomy
from spinemets.findings.element_frame import CANAL, ElementFrame, element_frames
from spinemets.findings.maps import StationMaps
from spinemets.findings.records import Compartment
from spinemets.volume import Volume

Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

# Values of the map of compartments; 0 is none.
COMPARTMENT_CODE: Mapping[Compartment, int] = {one: code for code, one in enumerate(Compartment, start=1)}

# Distance to the side in half widths of the canal, backwards from the posterior wall in depths of the canal,
# upwards in half heights of the body.
_PEDICLE_ENDS, _PEDICLE_BELOW = 0.75, 1.1
_FACET_ASIDE, _FACET_ABOVE, _FACET_BELOW = 0.7, 0.55, -0.5
_SPINOUS_WITHIN, _SPINOUS_BEHIND = 0.37, 1.45
# A transverse process begins the nearer to the midline the further back it springs.
_TRANSVERSE_ASIDE, _TRANSVERSE_SLOPE, _TRANSVERSE_BEHIND = 2.1, 0.5, 0.3
_TRANSVERSE_HEIGHTS = (-0.05, 1.2)
# Parts of lesions this close to bone within a slice, or in the slice next to it, are an uncertain outline and
# not growth beyond it.
OUTLINE_MM = 1.5

_PAIRS = {
    "pedicle": (Compartment.LEFT_PEDICLE, Compartment.RIGHT_PEDICLE),
    "facet": (Compartment.LEFT_FACET, Compartment.RIGHT_FACET),
    "lamina": (Compartment.LEFT_LAMINA, Compartment.RIGHT_LAMINA),
    "transverse": (Compartment.LEFT_TRANSVERSE_PROCESS, Compartment.RIGHT_TRANSVERSE_PROCESS),
}


def compartment_map(maps: StationMaps) -> Volume:
    """The compartment of every voxel of bone, of the canal, and of every voxel of a lesion.

    Lesion in a disc or in soft tissue counts to the compartment of the nearest bone within the outline's
    uncertainty, else as paravertebral. Posterior elements whose body is not seen stay 0.

    Returns:
        uint8, values of ``COMPARTMENT_CODE``, 0 elsewhere, on the grid of the maps.
    """
    anatomy = maps.anatomy.array
    codes = np.zeros(anatomy.shape, dtype=np.uint8)
    codes[np.isin(anatomy, CANAL)] = COMPARTMENT_CODE[Compartment.EPIDURAL]
    codes[anatomy == Anatomy.SACRUM] = COMPARTMENT_CODE[Compartment.SACRUM]
    boxes = ndimage.find_objects(maps.vertebrae.array)
    for number, frame in element_frames(maps).items():
        _divide(codes, maps, number, boxes[number - 1], frame)
    _place_rest(codes, maps)
    return Volume(codes, maps.anatomy.affine_ras)


def _divide(
    codes: Codes, maps: StationMaps, number: int, box: tuple[slice, ...], frame: ElementFrame
) -> None:
    """Writes the parts of one vertebra into the map."""
    corner = np.array([index.start for index in box])
    own = maps.vertebrae.array[box] == number
    anatomy = maps.anatomy.array[box]
    for kind, part_of in (
        (Anatomy.VERTEBRAL_BODY, _body_part),
        (Anatomy.POSTERIOR_ELEMENTS, _posterior_part),
    ):
        where = own & (anatomy == kind)
        points = maps.anatomy.voxel_to_world(np.argwhere(where) + corner)
        codes[box][where] = part_of(frame.coordinates_mm(points), frame)


def _body_part(local_mm: Floats, frame: ElementFrame) -> Codes:
    """Thirds of the body along its own axis from back to front."""
    share = local_mm[:, 1] / frame.depth_mm
    names = (Compartment.BODY_POSTERIOR, Compartment.BODY_MIDDLE, Compartment.BODY_ANTERIOR)
    values = np.array([COMPARTMENT_CODE[name] for name in names], dtype=np.uint8)
    return np.asarray(values[np.clip(np.floor(3.0 * share), 0, 2).astype(int)])


def _posterior_part(local_mm: Floats, frame: ElementFrame) -> Codes:
    """Parts of the posterior elements; what no rule names is lamina, and a later rule has the last word."""
    aside = np.abs(local_mm[:, 0]) / frame.canal_half_width_mm
    behind = -local_mm[:, 1] / frame.canal_depth_mm
    above = local_mm[:, 2] / frame.half_height_mm
    right = (local_mm[:, 0] > 0).astype(int)
    parts = _sided("lamina")[right]
    facet = (aside > _FACET_ASIDE) & ((above > _FACET_ABOVE) | (above < _FACET_BELOW))
    pedicle = (behind < _PEDICLE_ENDS) & (above < _PEDICLE_BELOW)
    low, high = _TRANSVERSE_HEIGHTS
    transverse = (above > low) & (above < high) & (behind > _TRANSVERSE_BEHIND)
    transverse &= aside + _TRANSVERSE_SLOPE * behind > _TRANSVERSE_ASIDE
    for name, where in (("facet", facet), ("pedicle", pedicle), ("transverse", transverse)):
        parts[where] = _sided(name)[right[where]]
    spinous = (aside < _SPINOUS_WITHIN) & (behind > _SPINOUS_BEHIND)
    parts[spinous] = COMPARTMENT_CODE[Compartment.SPINOUS_PROCESS]
    return np.asarray(parts)


def _sided(name: str) -> Codes:
    """Codes of a part on the left and on the right."""
    return np.array([COMPARTMENT_CODE[one] for one in _PAIRS[name]], dtype=np.uint8)


def _place_rest(codes: Codes, maps: StationMaps) -> None:
    """Lesion outside bone and canal: the bone's whose outline it lies at, else paravertebral."""
    bone = np.isin(maps.anatomy.array, (Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS, Anatomy.SACRUM))
    rest = np.argwhere((maps.lesions.array > 0) & (codes == 0) & ~bone)
    if not len(rest):
        return
    across, down, back = maps.anatomy.spacing_mm
    scale = np.array([min(across, OUTLINE_MM), down, back])
    reach = np.ceil(OUTLINE_MM / scale).astype(int)
    low = np.maximum(rest.min(axis=0) - reach, 0)
    box = tuple(slice(a, b) for a, b in zip(low, rest.max(axis=0) + reach + 1, strict=True))
    near = np.argwhere((codes[box] > 0) & bone[box]) + low
    values = np.full(len(rest), COMPARTMENT_CODE[Compartment.PARAVERTEBRAL], dtype=np.uint8)
    if len(near):
        limit = OUTLINE_MM * (1.0 + 1e-6)
        answer = cKDTree(near * scale).query(rest * scale, distance_upper_bound=limit)
        distance, place = np.asarray(answer[0]), np.asarray(answer[1])
        found = np.isfinite(distance)
        values[found] = codes[tuple(near[place[found]].T)]
    codes[tuple(rest.T)] = values
