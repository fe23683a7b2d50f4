"""Grey images for a page: window, size, compression and data URIs."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Slice = npt.NDArray[np.number]
Grey = npt.NDArray[np.uint8]

# Percentiles that become black and white; beyond lie air, vessels and fat next to the coil.
_WINDOW_PERCENTILES = (1.0, 99.5)
# Of a flat image, which has no contrast to show.
_LEAST_SPAN = 1e-6


@dataclass(frozen=True, slots=True)
class Compression:
    """How images are made smaller.

    Args:
        longest_px: Longer images are shrunk to this.
        quality: Of WebP, 0 to 100.
    """

    longest_px: int
    quality: int


BEST = Compression(1024, 85)
_LADDER = (
    BEST,
    Compression(720, 78),
    Compression(576, 68),
    Compression(480, 58),
    Compression(400, 48),
    Compression(320, 38),
    Compression(256, 30),
)


def window(image: Slice, limits: tuple[float, float] | None = None) -> Grey:
    """Signal as grey values.

    Args:
        image: Any shape; what is not finite becomes black.
        limits: Signal of black and of white; percentiles of the image where there are none.
    """
    finite = np.nan_to_num(np.asarray(image, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = limits or window_limits(finite)
    span = max(high - low, _LEAST_SPAN)
    return np.asarray(np.clip((finite - low) / span * 255.0, 0.0, 255.0).round(), dtype=np.uint8)


def window_limits(image: Slice) -> tuple[float, float]:
    """Signal that is shown black and white."""
    finite = image[np.isfinite(image)]
    low, high = np.percentile(finite, _WINDOW_PERCENTILES) if finite.size else (0.0, 1.0)
    return float(low), float(high)


def spine_limits(image: Slice, spine: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Signal shown black and white where the spine is what matters: skin and fat next to the coil may glare.

    Args:
        image: Any shape.
        spine: Of the same shape, what is drawn as spine and canal.
    """
    low, high = window_limits(image)
    inside = image[spine & np.isfinite(image)]
    return low, high if not inside.size else max(float(np.percentile(inside, _WINDOW_PERCENTILES[1])), low)


def grey_uri(image: Grey, compression: Compression = BEST) -> str:
    """A grey image (row, column) as a data URI."""
    return _uri("webp", webp(image, compression))


def webp(image: Grey, compression: Compression) -> bytes:
    """The file of a grey image (row, column)."""
    picture = Image.fromarray(image)
    longest = max(image.shape)
    if longest > compression.longest_px:
        scale = compression.longest_px / longest
        rows, columns = (max(1, round(count * scale)) for count in image.shape)
        picture = picture.resize((columns, rows), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=compression.quality, method=4)
    return file.getvalue()


def tint_uri(strength: npt.NDArray[np.floating], colour: tuple[int, int, int], opacity: float) -> str:
    """A map (row, column) of 0 to 1 as a veil of one colour that is clear where the map is 0."""
    veil = np.empty((*strength.shape, 4), dtype=np.uint8)
    veil[..., :3] = colour
    veil[..., 3] = (np.clip(np.nan_to_num(strength), 0.0, 1.0) * opacity * 255.0).round()
    file = io.BytesIO()
    Image.fromarray(veil).save(file, "PNG", optimize=True)
    return _uri("png", file.getvalue())


def compression_for(samples: Sequence[tuple[Grey, int]], budget_bytes: int) -> Compression:
    """The mildest compression with which all images fit.

    Args:
        samples: For each stack of images its fullest one, and how many it has.
        budget_bytes: For all of them as data URIs.
    """
    for compression in _LADDER:
        # Base64 writes four letters for three bytes.
        size = sum(len(webp(image, compression)) * count for image, count in samples) * 4 / 3
        if size <= budget_bytes:
            return compression
    return _LADDER[-1]


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
