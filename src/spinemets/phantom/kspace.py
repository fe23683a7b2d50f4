"""From ideal slices to what k-space of an acquired matrix gives back: truncation, noise, interpolation."""

import numpy as np
import numpy.typing as npt
from scipy import fft

Floats = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]


def fold(image: Floats, pixels: int, axis: int) -> Floats:
    """Alias an image that is too long along one axis into its middle ``pixels`` pixels.

    Signal from beyond either edge appears at the opposite one, as without phase oversampling.
    """
    excess = image.shape[axis] - pixels
    before = excess // 2
    moved = np.moveaxis(image, axis, 0)
    folded = moved[before : before + pixels].copy()
    head, tail = moved[:before], moved[before + pixels :]
    if before:
        folded[-before:] += head
    if len(tail):
        folded[: len(tail)] += tail
    return np.moveaxis(folded, 0, axis)


def acquire_kspace(image: Floats | Complex, acquired: tuple[int, int]) -> Complex:
    """Samples of k-space that an acquisition of ``acquired`` rows and columns measures.

    Args:
        image: Finely sampled slices, (..., row, column), at least as many as acquired.
        acquired: Rows and columns measured.

    Returns:
        Centred k-space, (..., row, column); its zero frequency is the mean of the image.
    """
    spectrum = fft.fft2(image.astype(np.complex64), norm="forward")
    centred: Complex = fft.fftshift(spectrum, axes=(-2, -1)).astype(np.complex64, copy=False)
    return _resize_centred(centred, acquired)


def reconstruct(kspace: Complex, matrix: tuple[int, int]) -> Complex:
    """Image of a matrix of rows and columns from centred k-space, interpolated by zero filling."""
    padded = fft.ifftshift(_resize_centred(kspace, matrix), axes=(-2, -1))
    image: Complex = fft.ifft2(padded, norm="forward")
    return image


def white_noise(acquired: tuple[int, int], sd: float, rng: np.random.Generator) -> Complex:
    """K-space of complex white noise that has standard deviation ``sd`` per channel in the image.

    The image is meant at the acquired matrix; the magnitude of signal with it follows Rice's distribution
    (Gudbjartsson & Patz 1995, Magn Reson Med 34:910).
    """
    per_sample = np.float32(sd / np.sqrt(acquired[0] * acquired[1]))
    parts = rng.standard_normal((2, *acquired), dtype=np.float32) * per_sample
    return np.asarray(parts[0] + 1j * parts[1], dtype=np.complex64)


def _resize_centred(kspace: Complex, shape: tuple[int, int]) -> Complex:
    resized = np.zeros((*kspace.shape[:-2], *shape), dtype=np.complex64)
    source, target = [], []
    for have, want in zip(kspace.shape[-2:], shape, strict=True):
        # Zero frequency sits at count // 2; it must stay there.
        common = min(have, want)
        source.append(slice(have // 2 - common // 2, have // 2 - common // 2 + common))
        target.append(slice(want // 2 - common // 2, want // 2 - common // 2 + common))
    resized[..., target[0], target[1]] = kspace[..., source[0], source[1]]
    return resized
