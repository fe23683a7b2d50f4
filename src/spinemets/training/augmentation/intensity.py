"""Signal of a channel: contrast and coil before it is measured, resolution and noise after."""

import numpy as np
import torch
from monai.networks.layers.convutils import gaussian_1d
from monai.networks.layers.simplelayers import separable_filtering
from torch import Tensor
from torch.nn import functional

from spinemets.training.augmentation.settings import IntensitySettings, either_way, factor, happens
from spinemets.training.augmentation.transfer import on_device

_BIAS_DEGREE = 3
# Below this share of the brightest signal there is air or cortical bone, dark in every weighting.
_DARK_SHARE = 0.1


def vary_contrast(magnitude: Tensor, settings: IntensitySettings, rng: np.random.Generator) -> Tensor:
    """A channel as another protocol and coil show tissue; the tensor given where nothing happens.

    Args:
        magnitude: (slice, row, column) float32 from 0, the standard deviation of tissue near 1.
        settings: How often and how far.
        rng: Drawn from.
    """
    if happens(rng, settings.inversion_chance):
        magnitude = turned_over(magnitude)
    if happens(rng, settings.gamma_chance):
        top = magnitude.amax().clamp(min=1e-6)
        magnitude = top * (magnitude / top) ** factor(rng, settings.gamma)
    if happens(rng, settings.bias_chance):
        magnitude = magnitude * bias_field(magnitude.shape, settings.bias_strength, rng, magnitude.device)
    return magnitude


def vary_resolution(
    magnitude: Tensor,
    spacing_mm: tuple[float, float, float],
    settings: IntensitySettings,
    rng: np.random.Generator,
) -> Tensor:
    """A channel with larger voxels and more noise; the tensor given where nothing happens.

    Args:
        magnitude: As ``vary_contrast``.
        spacing_mm: Of the voxels.
        settings: How often and how far.
        rng: Drawn from.
    """
    if happens(rng, settings.blur_chance):
        rows_mm, columns_mm = rng.uniform(*settings.blur_mm, size=2).tolist()
        magnitude = blurred(magnitude, rows_mm / spacing_mm[1], columns_mm / spacing_mm[2])
    if happens(rng, settings.coarse_chance):
        magnitude = coarsened(magnitude, 1 + int(rng.integers(2)), factor(rng, settings.coarse))
    if happens(rng, settings.thick_chance):
        magnitude = coarsened(magnitude, 0, factor(rng, settings.thick))
    if happens(rng, settings.noise_chance):
        magnitude = noisy(magnitude, float(rng.uniform(*settings.noise)), happens(rng, 0.5), rng)
    return magnitude


def rescaled(image: Tensor, settings: IntensitySettings, rng: np.random.Generator) -> Tensor:
    """A z-scored channel whose mean and spread were misjudged; the tensor given where nothing happens."""
    if not happens(rng, settings.scaling_chance):
        return image
    return image * factor(rng, settings.contrast) + either_way(rng, settings.brightness)


def turned_over(magnitude: Tensor) -> Tensor:
    """Bright tissue dark and dark tissue bright, while air and cortical bone stay dark."""
    top = magnitude.amax().clamp(min=1e-6)
    tissue = (magnitude / (_DARK_SHARE * top)).clamp(max=1.0)
    # Squared, so that noise in air is not raised.
    return (top - magnitude) * tissue**2


def bias_field(shape: torch.Size, strength: float, rng: np.random.Generator, device: torch.device) -> Tensor:
    """A smooth positive field: the exponential of Legendre polynomials up to the third degree together.

    As MONAI's RandBiasField (Van Leemput et al. 1999, IEEE TMI 18:885), which makes it on the host.
    """
    coefficients = rng.uniform(-strength, strength, size=(_BIAS_DEGREE + 1,) * 3)
    degrees = np.indices(coefficients.shape).sum(axis=0)
    # A constant would be a change of scale.
    coefficients[(degrees == 0) | (degrees > _BIAS_DEGREE)] = 0.0
    bases = [np.polynomial.legendre.legvander(np.linspace(-1, 1, size), _BIAS_DEGREE) for size in shape]
    tensors = [on_device(one, device) for one in (coefficients, *bases)]
    return torch.einsum("ijk,zi,yj,xk->zyx", *tensors).exp()


def blurred(magnitude: Tensor, sd_rows: float, sd_columns: float) -> Tensor:
    """Gaussian blur within the slices; standard deviations in voxels."""
    kernels = [on_device(gaussian_1d(torch.tensor(sd)), magnitude.device) for sd in (sd_rows, sd_columns)]
    return separable_filtering(magnitude[None], kernels, mode="replicate")[0]


def coarsened(magnitude: Tensor, axis: int, by: float) -> Tensor:
    """Averaged into voxels that are larger along one axis, and interpolated back."""
    size = list(magnitude.shape)
    size[axis] = max(round(size[axis] / by), 1)
    coarse = functional.interpolate(magnitude[None, None], size=size, mode="area")
    return functional.interpolate(coarse, size=magnitude.shape, mode="trilinear")[0, 0]


def noisy(magnitude: Tensor, sd: float, rician: bool, rng: np.random.Generator) -> Tensor:
    """Gaussian noise, or Rician: of both parts of a complex signal, then its magnitude (Gudbjartsson 1995).

    The noise is drawn on the device, from a generator that the host's one seeds.
    """
    source = torch.Generator(magnitude.device).manual_seed(int(rng.integers(2**63)))
    parts = [
        torch.randn(magnitude.shape, generator=source, device=magnitude.device) * sd
        for _ in range(1 + rician)
    ]
    return torch.hypot(magnitude + parts[0], parts[1]) if rician else magnitude + parts[0]
