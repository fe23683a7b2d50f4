"""Natural unevenness of tissue, fixed in the body: every series of a study sees the same."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.protocol import SequenceKind
from spinemets.phantom.relaxation import CODE_COUNT
from spinemets.phantom.tissue import Tissue

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


class Pattern(IntEnum):
    """A kind of unevenness; values count up without gaps."""

    NONE = 0
    MARROW = 1
    MUSCLE = 2
    FAT = 3
    FAT_LOBULES = 4
    FLOW = 5
    TUMOUR = 6
    DISC = 7
    ORGAN = 8


@dataclass(frozen=True, slots=True)
class _PatternScale:
    """Gaussian blobs along (right, anterior, superior) in mm, as a sum of layers with weights."""

    layers: tuple[tuple[float, tuple[float, float, float]], ...]


# Sizes as seen on clinical images; the amplitudes below are set so that the standard deviation in a region of
# a real image, less its noise, is matched (docs/phantom.md has the figures).
_SCALES = {
    Pattern.MARROW: _PatternScale(((1.0, (1.6, 0.9, 1.2)), (0.6, (3.0, 2.5, 2.5)), (0.5, (9.0, 9.0, 7.0)))),
    Pattern.MUSCLE: _PatternScale(((0.7, (0.9, 1.1, 9.0)), (0.7, (3.0, 3.0, 14.0)))),
    Pattern.FAT: _PatternScale(((1.0, (2.0, 0.8, 5.0)), (0.5, (8.0, 8.0, 8.0)))),
    Pattern.FAT_LOBULES: _PatternScale(
        ((0.8, (2.5, 2.0, 3.0)), (0.8, (6.0, 3.5, 6.0)), (0.8, (13.0, 9.0, 15.0)))
    ),
    Pattern.FLOW: _PatternScale(((1.0, (1.8, 1.6, 6.0)),)),
    Pattern.TUMOUR: _PatternScale(((0.8, (1.5, 1.5, 1.5)), (0.7, (4.0, 4.0, 4.0)))),
    Pattern.DISC: _PatternScale(((0.7, (3.0, 2.5, 0.8)), (0.6, (6.0, 5.0, 3.0)))),
    Pattern.ORGAN: _PatternScale(((0.8, (5.0, 4.0, 5.0)), (0.8, (11.0, 9.0, 13.0)))),
}

_TUMOURS = (
    Tissue.LYTIC_TUMOUR,
    Tissue.MIXED_TUMOUR,
    Tissue.BLASTIC_TUMOUR,
    Tissue.SOFT_TISSUE_TUMOUR,
    Tissue.TUMOUR_HALO,
    Tissue.DISCITIS,
    Tissue.MARROW_OEDEMA,
    Tissue.HAEMANGIOMA,
)
_PATTERN_OF_TISSUE = {
    **dict.fromkeys(
        (Tissue.BODY_MARROW, Tissue.POSTERIOR_MARROW, Tissue.FATTY_MARROW, Tissue.RED_MARROW), Pattern.MARROW
    ),
    Tissue.MUSCLE: Pattern.MUSCLE,
    **dict.fromkeys((Tissue.SUBCUTANEOUS_FAT, Tissue.EPIDURAL_FAT, Tissue.INTERMUSCULAR_FAT), Pattern.FAT),
    Tissue.VISCERA: Pattern.FAT_LOBULES,
    **dict.fromkeys((Tissue.BOWEL, Tissue.LUNG, Tissue.BRAIN), Pattern.ORGAN),
    Tissue.CEREBROSPINAL_FLUID: Pattern.FLOW,
    **dict.fromkeys(_TUMOURS, Pattern.TUMOUR),
    **dict.fromkeys((Tissue.DISC_NUCLEUS, Tissue.DISC_ANNULUS, Tissue.DISC_DEGENERATE), Pattern.DISC),
}

# One standard deviation of texture moves the fat fraction by this much.
_FAT_FRACTION_SWAY = {
    Tissue.BODY_MARROW: 0.06,
    Tissue.POSTERIOR_MARROW: 0.08,
    Tissue.RED_MARROW: 0.04,
    Tissue.MUSCLE: 0.06,
    # Fat between the organs.
    Tissue.VISCERA: 0.28,
    Tissue.MARROW_OEDEMA: 0.07,
    Tissue.MIXED_TUMOUR: 0.03,
    Tissue.HAEMANGIOMA: 0.08,
    Tissue.SUBCUTANEOUS_FAT: 0.03,
}

# One standard deviation of texture changes the signal by this share.
_SIGNAL_SWAY = {
    Tissue.BODY_MARROW: 0.05,
    Tissue.POSTERIOR_MARROW: 0.09,
    Tissue.MUSCLE: 0.08,
    Tissue.SUBCUTANEOUS_FAT: 0.06,
    Tissue.INTERMUSCULAR_FAT: 0.1,
    Tissue.EPIDURAL_FAT: 0.05,
    Tissue.BOWEL: 0.35,
    Tissue.LUNG: 0.3,
    Tissue.BRAIN: 0.06,
    Tissue.DISC_NUCLEUS: 0.1,
    Tissue.DISC_ANNULUS: 0.12,
    Tissue.DISC_DEGENERATE: 0.16,
    Tissue.LYTIC_TUMOUR: 0.12,
    Tissue.MIXED_TUMOUR: 0.2,
    Tissue.BLASTIC_TUMOUR: 0.2,
    Tissue.SOFT_TISSUE_TUMOUR: 0.1,
    Tissue.TUMOUR_HALO: 0.1,
    Tissue.DISCITIS: 0.1,
    Tissue.MARROW_OEDEMA: 0.08,
    Tissue.HAEMANGIOMA: 0.1,
}

# Along each axis the patterns repeat after this many mm: unequal, so that no two repeats line up.
_REPEAT_MM = (132.5, 110.0, 151.25)
_TILE_SPACING_MM = 1.25
_CLIP_SD = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """Standardised unevenness on the two grids of a digital spine; 0 where tissue is even."""

    near: Floats
    far: Floats


def texture_of(spine: DigitalSpine) -> Texture:
    """The texture of a spine: the same for the same ``spec.seed``, anchored in world coordinates."""
    rng = np.random.default_rng([spine.spec.seed, _STREAM])
    tiles = {pattern: _tile(pattern, rng) for pattern in _SCALES}
    return Texture(
        near=_on_grid(tiles, spine.tissue, spine.near_affine_ras),
        far=_on_grid(tiles, spine.far_tissue, spine.far_affine_ras),
    )


# Keeps texture's random numbers apart from those that others draw from the same seed.
_STREAM = 0x7E87


def fat_fraction_sway() -> Floats:
    """Change of fat fraction for texture one standard deviation up, by tissue code (256,)."""
    return _by_code(_FAT_FRACTION_SWAY)


def signal_sway(kind: SequenceKind, flow_void: float) -> Floats:
    """Relative change of signal for texture one standard deviation up, by tissue code (256,).

    Args:
        kind: Spin echoes lose the signal of flowing CSF, gradient echoes do not.
        flow_void: Share of CSF signal lost where it flows fastest, 0 to 1.
    """
    sway = _by_code(_SIGNAL_SWAY)
    if kind is not SequenceKind.GRADIENT_ECHO:
        sway[Tissue.CEREBROSPINAL_FLUID] = flow_void / _CLIP_SD
    return sway


def _by_code(values: dict[Tissue, float]) -> Floats:
    table = np.zeros(CODE_COUNT, dtype=np.float32)
    for tissue, value in values.items():
        table[tissue] = value
    return table


def _tile(pattern: Pattern, rng: np.random.Generator) -> Floats:
    shape = tuple(round(repeat / _TILE_SPACING_MM) for repeat in _REPEAT_MM)
    tile = np.zeros(shape, dtype=np.float32)
    for weight, sigma_mm in _SCALES[pattern].layers:
        noise = rng.standard_normal(shape, dtype=np.float32)
        sigma = np.asarray(sigma_mm) / _TILE_SPACING_MM
        layer = ndimage.gaussian_filter(noise, sigma, mode="wrap", truncate=3.0)
        tile += np.float32(weight) * layer / layer.std()
    tile /= tile.std()
    if pattern is Pattern.FLOW:
        # Flow only ever takes signal away.
        tile = np.minimum(tile - 0.6, 0.0)
    elif pattern is Pattern.FAT_LOBULES:
        # Fat is only ever added, in patches.
        tile = np.maximum(1.5 * (tile - 0.1), 0.0)
    return np.clip(tile, -_CLIP_SD, _CLIP_SD)


def _on_grid(tiles: dict[Pattern, Floats], tissue: Codes, affine_ras: npt.NDArray[np.float64]) -> Floats:
    pattern_of_code = np.zeros(CODE_COUNT, dtype=np.uint8)
    for code, pattern in _PATTERN_OF_TISSUE.items():
        pattern_of_code[code] = pattern
    # All tiles in one table, so that each voxel is looked up once: by its pattern, then by its place.
    table = np.stack([np.zeros_like(tiles[Pattern.MARROW]), *(tiles[pattern] for pattern in _SCALES)])
    _, *shape = table.shape
    places = [_tile_index(axis, tissue.shape[axis], affine_ras) for axis in range(3)]
    texture = np.empty(tissue.shape, dtype=np.float32)
    plane = (places[1][:, None] * shape[2] + places[2][None, :]).astype(np.int32)
    size = int(np.prod(shape))
    for index, sheet in enumerate(tissue):
        flat = pattern_of_code[sheet].astype(np.int32) * size
        flat += plane + places[0][index] * (shape[1] * shape[2])
        texture[index] = table.ravel()[flat]
    return texture


def _tile_index(axis: int, count: int, affine_ras: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    world_mm = affine_ras[axis, 3] + affine_ras[axis, axis] * np.arange(count)
    period = round(_REPEAT_MM[axis] / _TILE_SPACING_MM)
    return np.asarray(np.floor(world_mm / _TILE_SPACING_MM).astype(np.intp) % period)
