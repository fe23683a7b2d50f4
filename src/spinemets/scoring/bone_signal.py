"""What the signal of a marrow lesion suggests; on MRI always an estimate, never a diagnosis.

Rules of the review of Montoya-Bordon et al. 2023 (doi:10.1016/j.recot.2023.05.004) and of the sources named
below.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from spinemets.anatomy import BoneLesionType
from spinemets.scoring.possible import Possible, Source, possible, unknown

# A drop of signal in opposed phase below this suggests that fat is replaced (Montoya-Bordon et al. 2023;
# 35 % in the series of Ragab et al. 2009, Eur J Radiol 72:125): it depends on the sequence.
DEFAULT_PHASE_DROP_PERCENT = 20.0
# Untreated blastic metastases lie below, bone islands from (Ulano et al. 2016, AJR 207:362). Azar et al. 2021
# found no difference, so that density is supporting evidence only.
CT_METASTASIS_BELOW_HU, CT_BONE_ISLAND_FROM_HU = 885.0, 1060.0


class Suggestion(StrEnum):
    """What one measurement speaks for."""

    MALIGNANT = "malignant"
    BENIGN = "benign"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class SignalJudgement:
    """What one measurement speaks for, and the rule that says so."""

    suggests: Suggestion
    statement: str


class MarrowSequence(StrEnum):
    """Sequences that the table of signals knows."""

    T1 = "T1"
    FLUID = "T2-FS or STIR"
    T2 = "T2"
    DWI = "DWI"
    T1_GD = "T1+Gd, fat-suppressed"


class Brightness(StrEnum):
    """Signal of the lesion against disc and muscle."""

    DARK = "dark"
    INTERMEDIATE = "intermediate"
    BRIGHT = "bright"
    HETEROGENEOUS = "heterogeneous"


class MarrowTissue(StrEnum):
    """What marrow of a given signal may be."""

    FATTY_MARROW = "fatty marrow"
    BENIGN_OEDEMA = "benign oedema"
    LYTIC = "lytic metastasis"
    BLASTIC = "blastic metastasis"
    MIXED = "mixed metastasis"


_ANY = frozenset(Brightness)
_DARK, _BRIGHT = frozenset({Brightness.DARK}), frozenset({Brightness.BRIGHT})
_MIDDLE, _PATCHY = frozenset({Brightness.INTERMEDIATE}), frozenset({Brightness.HETEROGENEOUS})

# Montoya-Bordon et al. 2023; mixed lesions hold lytic and blastic parts side by side.
_SIGNALS: dict[MarrowTissue, dict[MarrowSequence, frozenset[Brightness]]] = {
    MarrowTissue.FATTY_MARROW: {
        MarrowSequence.T1: _BRIGHT,
        MarrowSequence.FLUID: _DARK,
        MarrowSequence.T2: _MIDDLE,
        MarrowSequence.DWI: _DARK,
        MarrowSequence.T1_GD: _DARK,
    },
    MarrowTissue.BENIGN_OEDEMA: {
        MarrowSequence.T1: _DARK,
        MarrowSequence.FLUID: _BRIGHT,
        MarrowSequence.T2: _BRIGHT,
        MarrowSequence.DWI: _BRIGHT,
        MarrowSequence.T1_GD: _MIDDLE,
    },
    MarrowTissue.LYTIC: {
        MarrowSequence.T1: _DARK,
        MarrowSequence.FLUID: _BRIGHT,
        MarrowSequence.T2: _BRIGHT,
        MarrowSequence.DWI: _BRIGHT,
        MarrowSequence.T1_GD: _BRIGHT,
    },
    MarrowTissue.BLASTIC: {
        MarrowSequence.T1: _DARK,
        MarrowSequence.FLUID: _DARK,
        MarrowSequence.T2: _DARK,
        MarrowSequence.DWI: _DARK,
        MarrowSequence.T1_GD: _ANY,
    },
    MarrowTissue.MIXED: {
        MarrowSequence.T1: _DARK,
        MarrowSequence.FLUID: _PATCHY,
        MarrowSequence.T2: _PATCHY,
        MarrowSequence.DWI: _PATCHY,
        MarrowSequence.T1_GD: _ANY,
    },
}
_MISREAD = 0.1
_LESION_TYPES = {
    MarrowTissue.LYTIC: BoneLesionType.LYTIC,
    MarrowTissue.MIXED: BoneLesionType.MIXED,
    MarrowTissue.BLASTIC: BoneLesionType.BLASTIC,
}


def dixon_in_opposed(water: float, fat: float) -> tuple[float, float]:
    """Signal in phase, W + F, and opposed, |W - F|, of water and fat (Dixon 1984, Radiology 153:189)."""
    return water + fat, abs(water - fat)


def fat_fraction(water: float, fat: float) -> float:
    """Fat's share of the signal, F / (W + F), from 0 to 1.

    Raises:
        ValueError: If a signal is negative or not finite, or both are zero.
    """
    if not (min(water, fat) >= 0 and 0 < water + fat < math.inf):
        raise ValueError(f"water {water:g} and fat {fat:g} give no fat fraction")
    return fat / (water + fat)


def phase_drop_percent(in_phase: float, opposed_phase: float) -> float:
    """Loss of signal from in phase to opposed phase, in percent; negative where it grows.

    Raises:
        ValueError: If there is no signal in phase, or a signal is not finite.
    """
    if not 0 < in_phase < math.inf:
        raise ValueError(f"in-phase signal is {in_phase:g}; it must be above 0")
    _check_finite("opposed-phase signal", opposed_phase)
    return 100.0 * (in_phase - opposed_phase) / in_phase


def judge_phase_drop(
    drop_percent: float, threshold_percent: float = DEFAULT_PHASE_DROP_PERCENT
) -> SignalJudgement:
    """Whether marrow fat is still there: a small drop means that something has replaced it.

    Raises:
        ValueError: If the drop is not finite.
    """
    _check_finite("signal drop", drop_percent)
    malignant = drop_percent < threshold_percent
    side = "below" if malignant else "not below"
    return SignalJudgement(
        Suggestion.MALIGNANT if malignant else Suggestion.BENIGN,
        f"signal drop {drop_percent:.0f} % in opposed phase, {side} {threshold_percent:g} %",
    )


def judge_fat_fraction(fraction: float, threshold: float | None) -> SignalJudgement:
    """Whether a fat fraction is suspiciously low; without a threshold of one's own nothing is judged.

    Raises:
        ValueError: If the fraction is not between 0 and 1.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fat fraction is {fraction:g}; it must be from 0 to 1")
    if threshold is None:
        return SignalJudgement(
            Suggestion.UNDETERMINED, f"fat fraction {fraction:.2f}; no threshold is configured"
        )
    low = fraction < threshold
    return SignalJudgement(
        Suggestion.MALIGNANT if low else Suggestion.BENIGN,
        f"fat fraction {fraction:.2f}, {'below' if low else 'not below'} {threshold:g}",
    )


def judge_adc(adc_um2_s: float, threshold_um2_s: float | None) -> SignalJudgement:
    """Whether diffusion is restricted; there is no universal threshold, so it has to be configured.

    Args:
        adc_um2_s: Apparent diffusion coefficient in square micrometres a second (10^-6 mm2/s).
        threshold_um2_s: Lower values speak for untreated malignancy; None if none is configured.

    Raises:
        ValueError: If the coefficient is not finite.
    """
    _check_finite("ADC", adc_um2_s)
    if threshold_um2_s is None:
        return SignalJudgement(Suggestion.UNDETERMINED, f"ADC {adc_um2_s:.0f}; no threshold is configured")
    low = adc_um2_s < threshold_um2_s
    return SignalJudgement(
        Suggestion.MALIGNANT if low else Suggestion.BENIGN,
        f"ADC {adc_um2_s:.0f}, {'below' if low else 'not below'} {threshold_um2_s:g} x 10^-6 mm2/s",
    )


def judge_ct_density(mean_hu: float, *, modality: str) -> SignalJudgement:
    """Blastic metastasis or bone island by CT density; supporting evidence only.

    Args:
        mean_hu: Mean density of the lesion, in Hounsfield units.
        modality: DICOM modality of the image that it was measured on; only ``CT`` has Hounsfield units.

    Raises:
        ValueError: If the image is no CT, or the density is not finite.
    """
    if modality != "CT":
        raise ValueError(f"density in Hounsfield units was asked of {modality!r}; only CT has it")
    _check_finite("mean density", mean_hu)
    if mean_hu < CT_METASTASIS_BELOW_HU:
        suggests, where = Suggestion.MALIGNANT, f"below {CT_METASTASIS_BELOW_HU:g} HU (metastasis)"
    elif mean_hu >= CT_BONE_ISLAND_FROM_HU:
        suggests, where = Suggestion.BENIGN, f"from {CT_BONE_ISLAND_FROM_HU:g} HU (bone island)"
    else:
        suggests, where = Suggestion.UNDETERMINED, "between the published limits"
    return SignalJudgement(
        suggests, f"mean density {mean_hu:.0f} HU, {where}; disputed (Azar 2021), supporting evidence only"
    )


def _check_finite(name: str, value: float) -> None:
    # Every comparison with NaN is false, which would read as benign.
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value:g}; it must be a finite number")


def tissues_of_signal(
    observed: Mapping[MarrowSequence, frozenset[Brightness]],
) -> tuple[MarrowTissue, ...]:
    """Tissues whose signal agrees with every sequence observed, each given as what it may be."""
    return tuple(
        tissue
        for tissue, signals in _SIGNALS.items()
        if all(signals[sequence] & brightness for sequence, brightness in observed.items())
    )


def type_probabilities(
    observed: Mapping[MarrowSequence, frozenset[Brightness]],
) -> dict[BoneLesionType, float]:
    """How likely each type is by the signal, adding up to 1; equal where no sequence tells.

    By Bayes' rule from equal priors: each name that a sequence allows is as likely as the others, sequences
    are taken as independent, and one of them is misread in ``_MISREAD`` of lesions. Ours, and not calibrated:
    an order of what is likely, no more.
    """
    likelihood = dict.fromkeys(_LESION_TYPES.values(), 1.0)
    for sequence, names in observed.items():
        for tissue, kind in _LESION_TYPES.items():
            agree = len(_SIGNALS[tissue][sequence] & names) / len(names)
            likelihood[kind] *= _MISREAD + (1.0 - _MISREAD) * agree
    total = sum(likelihood.values())
    return {kind: value / total for kind, value in likelihood.items()}


def bone_type_of_signal(
    observed: Mapping[MarrowSequence, frozenset[Brightness]],
) -> Possible[BoneLesionType]:
    """The types of a metastasis that agree with the signal; all of them where the signal fits none.

    Readers agree on the type at kappa 0.24 even on CT (Fourney et al. 2011, J Clin Oncol 29:3072), so that
    the result is an estimate that needs confirmation.
    """
    seen = ", ".join(
        f"{sequence} {'/'.join(sorted(each))}" for sequence, each in observed.items() if each != _ANY
    )
    types = [_LESION_TYPES[tissue] for tissue in tissues_of_signal(observed) if tissue in _LESION_TYPES]
    if not seen or not types:
        return unknown(BoneLesionType, f"the signal settles no type ({seen or 'no sequence'})")
    return possible(types, Source.MEASURED, f"estimate from MRI: {seen}", needs_confirmation=True)
