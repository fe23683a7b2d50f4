"""Which vertebra each voxel of the posterior elements belongs to."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from spinemets.findings.spine_curve import SpineCurve

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

# Half of the 26 neighbours of a voxel; the others are the same edges seen from the other end.
_STEPS = [step for step in np.ndindex(3, 3, 3) if step > (1, 1, 1)]
# Bone this thin is a facet joint rather than an arch: the way through it counts for up to so many times more.
_THIN_MM, _THROUGH_THIN = 3.2, 25.0
# No part of an arch lies further than this many pitches from the middle of its body, along the spine.
_FURTHEST = 2.0
# Of a station with a single body.
_USUAL_PITCH_MM = 30.0
# Arches that no bone joins to a body, in a stack that does not reach the pedicles, lie this share of a pitch
# below the middle of their body, where the station does not show it by others.
_ARCH_BELOW = 0.4


def assign_arches(
    bodies: Labels,
    arches: Mask,
    spacing_mm: tuple[float, float, float],
    curve: SpineCurve,
    to_world: Floats,
) -> Labels:
    """Give posterior elements to vertebrae: by the shortest way through bone, else by place along the spine.

    Args:
        bodies: (slice, row, column) numbers of vertebrae on bodies, 0 elsewhere.
        arches: (slice, row, column) posterior elements.
        spacing_mm: Of the grid.
        curve: Of the spine.
        to_world: 4 x 4, voxel index to RAS mm.

    Returns:
        Numbers on the posterior elements, 0 elsewhere.
    """
    labels = np.zeros_like(bodies)
    if not bodies.any() or not arches.any():
        return labels
    box = _box(arches | (bodies > 0))
    labels[box] = _through_bone(bodies[box], arches[box], spacing_mm)
    _drop_far(labels, bodies, curve, to_world)
    left = arches & (labels == 0)
    if left.any():
        _by_place(labels, bodies, left, curve, to_world)
    return labels


def _box(mask: Mask) -> tuple[slice, ...]:
    low, high = (edge(np.argwhere(mask), axis=0) for edge in (np.min, np.max))
    return tuple(slice(max(int(a) - 1, 0), int(b) + 2) for a, b in zip(low, high, strict=True))


def _through_bone(bodies: Labels, arches: Mask, spacing_mm: tuple[float, float, float]) -> Labels:
    nodes = np.full(bodies.shape, -1, dtype=np.int64)
    own = arches | ((bodies > 0) & ndimage.binary_dilation(arches, np.ones((3, 3, 3), dtype=bool)))
    nodes[own] = np.arange(np.count_nonzero(own))
    depth = ndimage.distance_transform_edt(arches | (bodies > 0), sampling=spacing_mm)[own]
    cost = 1.0 + (_THROUGH_THIN - 1.0) * np.clip(1.0 - depth / _THIN_MM, 0.0, 1.0)
    number = bodies[own]
    sources = np.flatnonzero(number)
    labels = np.zeros_like(bodies)
    if len(sources):
        graph = _graph(nodes, cost, spacing_mm)
        _, _, source = dijkstra(
            graph, directed=False, indices=sources, return_predecessors=True, min_only=True
        )
        labels[own] = np.where(source >= 0, number[np.maximum(source, 0)], 0)
        labels[bodies > 0] = 0
    return labels


def _graph(nodes: npt.NDArray[np.int64], cost: Floats, spacing_mm: tuple[float, float, float]) -> csr_array:
    """Edges between neighbouring voxels of bone, as long as the way is, and longer through thin bone."""
    ends, lengths = [], []
    for step in _STEPS:
        shift = [axis - 1 for axis in step]
        here = nodes[tuple(slice(max(-one, 0), -one if one > 0 else None) for one in shift)]
        there = nodes[tuple(slice(max(one, 0), one if one < 0 else None) for one in shift)]
        both = (here >= 0) & (there >= 0)
        pair = np.stack([here[both], there[both]])
        ends.append(pair)
        length = float(np.linalg.norm(np.multiply(shift, spacing_mm)))
        lengths.append(length * cost[pair].mean(axis=0))
    first, second = np.concatenate(ends, axis=1)
    return coo_array((np.concatenate(lengths), (first, second)), shape=(len(cost), len(cost))).tocsr()


def _drop_far(labels: Labels, bodies: Labels, curve: SpineCurve, to_world: Floats) -> None:
    """Take back what bone joins to a body that lies far away, where bodies between were not found."""
    middles = _middles(bodies, curve, to_world)
    voxels = np.argwhere(labels)
    own = labels[tuple(voxels.T)]
    table = np.zeros(int(bodies.max()) + 1)
    table[list(middles)] = list(middles.values())
    apart = np.abs(curve.project(_world(voxels, to_world))[0] - table[own])
    labels[tuple(voxels[apart > _FURTHEST * _pitch(middles)].T)] = 0


def _pitch(middles: dict[int, float]) -> float:
    """From one body to the next."""
    return float(np.median(np.diff(sorted(middles.values())))) if len(middles) > 1 else _USUAL_PITCH_MM


def _by_place(labels: Labels, bodies: Labels, left: Mask, curve: SpineCurve, to_world: Floats) -> None:
    """Pieces of arches go to the body whose arches usually lie where they do."""
    middles = _middles(bodies, curve, to_world)
    pitch = _pitch(middles)
    known = _middles(labels, curve, to_world)
    shifts = [known[number] - middles[number] for number in known if number in middles]
    usual = float(np.median(shifts)) if shifts else _ARCH_BELOW * pitch
    numbers = np.array(sorted(middles))
    wanted = np.array([middles[number] for number in numbers]) + usual
    pieces, _ = ndimage.label(left)
    for piece, box in enumerate(ndimage.find_objects(pieces), start=1):
        corner = np.array([index.start for index in box])
        voxels = np.argwhere(pieces[box] == piece) + corner
        places = curve.project(_world(voxels, to_world))[0]
        # A piece as long as two vertebrae is two arches.
        if float(np.ptp(places)) < 1.5 * pitch:
            places = np.full_like(places, np.median(places))
        apart = np.abs(places[:, None] - wanted[None])
        near = apart.min(axis=1) < pitch
        labels[tuple(voxels[near].T)] = numbers[apart.argmin(axis=1)][near]


def _middles(labels: Labels, curve: SpineCurve, to_world: Floats) -> dict[int, float]:
    """Median place along the curve of each number."""
    middles = {}
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            voxels = np.argwhere(labels[box] == number) + np.array([index.start for index in box])
            middles[number] = float(np.median(curve.project(_world(voxels, to_world))[0]))
    return middles


def _world(voxels: Indices, to_world: Floats) -> Floats:
    return np.asarray(voxels @ to_world[:3, :3].T + to_world[:3, 3], dtype=np.float64)
