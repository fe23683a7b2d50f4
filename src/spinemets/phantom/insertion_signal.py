"""How bright a metastasis is in a real image, judged by the image's own marrow, discs and CSF."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from spinemets.anatomy import BoneLesionType
from spinemets.errors import ConfigurationError
from spinemets.phantom.grid_box import FloatArray
from spinemets.phantom.lesion_shape import Mask
from spinemets.study.records import Weighting

# Signal over that of the fatty marrow around, lowest and highest. The directions are those of the
# review by Montoya-Bordon et al. 2023 (see docs/clinical): lytic dark on T1, bright on STIR, variable
# on T2; blastic dark throughout. The ranges are ours, read off published figures; the bounds below
# tie them to the image's own discs and CSF.
_RATIO_RANGE: Mapping[tuple[Weighting, BoneLesionType], tuple[float, float]] = {
    (Weighting.T1, BoneLesionType.LYTIC): (0.40, 0.70),
    (Weighting.T1, BoneLesionType.BLASTIC): (0.22, 0.45),
    (Weighting.T2, BoneLesionType.LYTIC): (1.30, 1.85),
    (Weighting.T2, BoneLesionType.BLASTIC): (0.25, 0.50),
    (Weighting.STIR, BoneLesionType.LYTIC): (2.2, 4.5),
    (Weighting.STIR, BoneLesionType.BLASTIC): (0.45, 0.80),
    (Weighting.T2_FS, BoneLesionType.LYTIC): (2.0, 4.0),
    (Weighting.T2_FS, BoneLesionType.BLASTIC): (0.45, 0.80),
    (Weighting.T1_GD, BoneLesionType.LYTIC): (0.85, 1.35),
    (Weighting.T1_GD, BoneLesionType.BLASTIC): (0.35, 0.65),
}
# Cellular lytic metastases are dark on T2; the share of patients is our choice.
_CELLULAR_T2_CHANCE = 0.3
_CELLULAR_T2_RANGE = (0.50, 0.72)
# A T2 halo lies between the lesion and CSF in brightness (Schweitzer et al. 1993).
_HALO_OVER_LESION = {Weighting.T2: 1.5, Weighting.STIR: 1.25, Weighting.T2_FS: 1.25}
# On T1 the lesion is no brighter than disc, which is close to muscle; fluid-sensitive tumour is
# darker than CSF.
_T1_OVER_DISC = (0.85, 1.10)
_BRIGHTEST_OVER_CSF = 0.85
_LOCAL_MARROW_MM = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSignal:
    """Signal of a real image's own tissue.

    Args:
        marrow: Smooth map of marrow signal, carried beyond the bone, so that it follows the bias field.
        disc_ratio: Median of disc over marrow.
        fluid_ratio: Brightest tenth of the canal over marrow: CSF where CSF is bright.
        noise: Robust standard deviation of what is finer than a millimetre within marrow.
    """

    marrow: FloatArray
    disc_ratio: float
    fluid_ratio: float
    noise: float


def supported_weightings() -> frozenset[Weighting]:
    """Weightings for which the signal of metastases is known here."""
    return frozenset(weighting for weighting, _ in _RATIO_RANGE)


def measure_reference(
    image: FloatArray, marrow: Mask, disc: Mask, canal: Mask, spacing_mm: tuple[float, float, float]
) -> ReferenceSignal:
    """Marrow, disc and CSF signal of an image.

    Args:
        image: Signal.
        marrow: Inner part of the vertebral bodies, same shape.
        disc: Discs, same shape.
        canal: Spinal canal or what lies directly behind the bodies, same shape.
        spacing_mm: Of the voxels.
    """
    low, high = np.percentile(image[marrow], [10.0, 90.0])
    # Vessels and end-plate change within marrow must not pull the local mean.
    trusted = marrow & (image >= low * 0.8) & (image <= high * 1.2)
    sigma = [_LOCAL_MARROW_MM / step for step in spacing_mm]
    weight = ndimage.gaussian_filter(trusted.astype(np.float32), sigma, truncate=6.0)
    signal = ndimage.gaussian_filter(np.where(trusted, image, 0).astype(np.float32), sigma, truncate=6.0)
    middle = float(np.median(image[trusted]))
    local = np.where(weight > 1e-4, signal / np.maximum(weight, 1e-4), middle).astype(np.float32)
    local = np.maximum(local, 0.05 * middle)
    fine = fine_detail(image, spacing_mm)[trusted]
    noise = 1.4826 * float(np.median(np.abs(fine)))
    return ReferenceSignal(
        local, _ratio(image, local, disc, 50.0, 0.7), _ratio(image, local, canal, 90.0, 3.0), noise
    )


def fine_detail(image: FloatArray, spacing_mm: tuple[float, float, float]) -> FloatArray:
    """What of an image is finer than about a millimetre: mostly noise."""
    detail: FloatArray = image - ndimage.gaussian_filter(image, [1.0 / step for step in spacing_mm])
    return detail


def draw_ratios(
    bone_type: BoneLesionType, weightings: tuple[Weighting, ...], rng: np.random.Generator
) -> dict[Weighting, float]:
    """Signal over marrow of one patient's lesions of a type; a mixed type has no ratio of its own.

    One draw serves all weightings, since free water moves them together: the brighter on STIR, the
    darker on T1.

    Raises:
        ConfigurationError: If the signal of metastases is not known for a weighting.
    """
    water = float(rng.uniform())
    cellular = bool(rng.uniform() < _CELLULAR_T2_CHANCE) and bone_type is BoneLesionType.LYTIC
    ratios = {}
    for weighting in weightings:
        if weighting not in supported_weightings():
            known = ", ".join(sorted(supported_weightings()))
            raise ConfigurationError(
                f"lesions cannot be put into {weighting} images", field="weighting", remedy=f"use {known}"
            )
        low, high = _RATIO_RANGE[weighting, bone_type]
        if weighting is Weighting.T2 and cellular:
            low, high = _CELLULAR_T2_RANGE
        share = 1.0 - water if weighting in (Weighting.T1, Weighting.T1_GD) else water
        ratios[weighting] = low + share * (high - low)
    return ratios


def bounded_ratio(ratio: float, weighting: Weighting, reference: ReferenceSignal) -> float:
    """A ratio to marrow kept within what the image's own disc and CSF allow."""
    if weighting is Weighting.T1:
        low, high = (share * reference.disc_ratio for share in _T1_OVER_DISC)
        return float(min(np.clip(ratio, 0.7 * low, max(high, 0.35)), 0.75))
    return float(min(ratio, max(_BRIGHTEST_OVER_CSF * reference.fluid_ratio, 1.2)))


def halo_ratio(ratio: float, weighting: Weighting, reference: ReferenceSignal) -> float:
    """Ratio to marrow of a lesion's halo; the lesion's own where the weighting shows none."""
    if weighting not in _HALO_OVER_LESION:
        return ratio
    brighter = max(ratio, 1.0) * _HALO_OVER_LESION[weighting]
    return float(min(brighter, max(_BRIGHTEST_OVER_CSF * reference.fluid_ratio, 1.2)))


def _ratio(image: FloatArray, marrow: FloatArray, where: Mask, percentile: float, otherwise: float) -> float:
    if not where.any():
        return otherwise
    return float(np.percentile(image[where] / marrow[where], percentile))
