"""Irregular shapes of lesions: ellipsoids that smooth noise perturbs, grown to a volume."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.phantom.grid_box import FloatArray

Mask = npt.NDArray[np.bool_]

# Relative swing of the radius and its correlation length as a share of the radius: lobulated, with
# a finer ragged edge. Chosen by eye against published figures of metastases.
_LOBULATION = ((0.20, 0.75), (0.10, 0.3))
# A scatter of isolated voxels is no lesion; the threshold is raised at most this often to make up for
# what is cut off from the seed.
_GROWTH_STEPS = 12


def correlated_noise(
    shape: tuple[int, ...],
    spacing_mm: npt.NDArray[np.float64],
    correlation_mm: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Smooth Gaussian noise with zero mean and unit standard deviation.

    Args:
        shape: Voxels along each axis.
        spacing_mm: Distance between voxel centres along each axis, (3,).
        correlation_mm: Standard deviation of the smoothing kernel.
        rng: Source of randomness.
    """
    # Coarse noise, enlarged: smoothing at full resolution costs much more and looks the same.
    step = np.maximum(correlation_mm / (2.0 * spacing_mm), 1.0)
    coarse_shape = tuple(np.ceil(np.array(shape) / step).astype(int) + 3)
    white = rng.standard_normal(coarse_shape, dtype=np.float32)
    coarse = ndimage.gaussian_filter(white, correlation_mm / (spacing_mm * step), mode="wrap")
    fine = ndimage.affine_transform(
        coarse, 1.0 / step, offset=1.0, output_shape=shape, order=1, mode="nearest"
    )
    spread = float(coarse.std())
    scaled: FloatArray = (fine - coarse.mean()) / (spread if spread > 0 else 1.0)
    return scaled


def irregular_radius(
    coordinates_mm: tuple[FloatArray, ...],
    spacing_mm: npt.NDArray[np.float64],
    centre_mm: tuple[float, float, float],
    half_axes_mm: tuple[float, float, float],
    rng: np.random.Generator,
    raggedness: float = 1.0,
) -> FloatArray:
    """Distance from a lesion's centre over its half axis, perturbed: about 1 on the surface of the lesion.

    Args:
        coordinates_mm: Of the voxel centres along three orthogonal axes; three arrays of one shape.
        spacing_mm: Of the voxels, (3,).
        centre_mm: In the same frame.
        half_axes_mm: Half axes of the unperturbed ellipsoid.
        rng: Source of randomness.
        raggedness: 1 for a focal lesion; more for one that infiltrates.
    """
    radius = np.sqrt(
        sum(
            ((axis - centre) / half) ** 2
            for axis, centre, half in zip(coordinates_mm, centre_mm, half_axes_mm, strict=True)
        )
    )
    mean_half_axis = float(np.cbrt(np.prod(half_axes_mm)))
    swing = sum(
        raggedness * size * correlated_noise(radius.shape, spacing_mm, share * mean_half_axis, rng)
        for size, share in _LOBULATION
    )
    perturbed: FloatArray = (radius * np.exp(swing)).astype(np.float32)
    return perturbed


def half_axes_for_volume(
    volume_ml: float, elongation: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Half axes in mm of an ellipsoid with this volume and these relative lengths of its axes."""
    mean = float(np.cbrt(volume_ml * 1000.0 * 3.0 / (4.0 * np.pi) / np.prod(elongation)))
    right, anterior, superior = (mean * length for length in elongation)
    return right, anterior, superior


def grow_to_volume(radius: FloatArray, allowed: Mask, voxel_count: int) -> Mask:
    """The connected set of allowed voxels nearest to the lesion's centre that has the asked size.

    Args:
        radius: Distance from the lesion's centre, any unit; the seed is the allowed voxel with the smallest.
        allowed: Where the lesion may grow; same shape.
        voxel_count: Asked size. All that is connected to the seed is returned if it does not fit.

    Returns:
        Mask of the lesion; empty if nothing is allowed.
    """
    reachable = _connected_to_nearest(radius, allowed)
    values = np.sort(radius[reachable])
    if values.size == 0:
        return reachable
    wanted = min(max(voxel_count, 1), values.size)
    low, high, best = wanted, values.size, reachable
    ask = wanted
    for _ in range(_GROWTH_STEPS):
        grown = _connected_to_nearest(radius, reachable & (radius <= values[ask - 1]))
        size = int(np.count_nonzero(grown))
        if abs(size - wanted) <= abs(int(np.count_nonzero(best)) - wanted):
            best = grown
        if abs(size - wanted) <= 0.01 * wanted or high - low <= 1:
            break
        low, high = (ask, high) if size < wanted else (low, ask)
        ask = min(ask + wanted - size, high) if size < wanted else (low + high) // 2
    return best


def _connected_to_nearest(radius: FloatArray, allowed: Mask) -> Mask:
    if not allowed.any():
        return np.zeros_like(allowed)
    seed = np.unravel_index(int(np.argmin(np.where(allowed, radius, np.inf))), radius.shape)
    labels, _ = ndimage.label(allowed)
    connected: Mask = labels == labels[seed]
    return connected
