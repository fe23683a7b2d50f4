"""The signal of each tissue in a series: water and fat, with how much texture sways them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.phantom import signal
from spinemets.phantom.protocol import FatSuppression, SequenceKind, SeriesProtocol, Timing
from spinemets.phantom.relaxation import CODE_COUNT, TissueParameters
from spinemets.phantom.texture import fat_fraction_sway, signal_sway
from spinemets.phantom.tissue import Tissue
from spinemets.study.records import Weighting

Floats = npt.NDArray[np.float32]

# Blood that flows through the slice between excitation and refocusing gives no spin-echo signal
# (Bradley & Waluch 1985, Radiology 154:443); what is left is slow flow at the wall.
_BLOOD_LEFT_IN_SPIN_ECHO = 0.12

# Share of a tissue's signal that moves between phase encodings: pulsation, breathing, peristalsis.
_MOVING_SHARE = {
    Tissue.CEREBROSPINAL_FLUID: 0.25,
    Tissue.BLOOD_VESSEL: 1.0,
    Tissue.VISCERA: 0.4,
    Tissue.BOWEL: 0.7,
    Tissue.LUNG: 0.4,
}


@dataclass(frozen=True, slots=True, eq=False)
class ContrastTable:
    """Signal by tissue code, arrays of 256: mean, and change for texture one standard deviation up."""

    water: Floats
    water_sway: Floats
    fat: Floats
    fat_sway: Floats
    moving_share: Floats


def contrast_table(parameters: TissueParameters, protocol: SeriesProtocol) -> ContrastTable:
    """What each tissue gives in a series, for full sensitivity of the coil.

    Signals are signed (inversion recovery) and relative to the full magnetisation of CSF. In Dixon series
    of one component the other is zero; in the opposed phase fat is negative.
    """
    water_signal, fat_signal = component_signals(parameters, protocol.timing)
    water_sign, fat_sign = _component_signs(protocol)
    fat_kept = fat_sign * (1.0 - protocol.timing.fat_saturation)
    density, fat_fraction = parameters.density, parameters.fat_fraction
    gain_sway = signal_sway(protocol.timing.kind, protocol.imperfections.flow_void)
    swing = fat_fraction_sway()
    water_unit = density * water_signal * water_sign * _flow_factor(protocol.timing)
    fat_unit = density * fat_signal * fat_kept
    water = water_unit * (1.0 - fat_fraction)
    fat = fat_unit * fat_fraction
    return ContrastTable(
        water=_float32(water),
        water_sway=_float32(water * gain_sway - water_unit * swing),
        fat=_float32(fat),
        fat_sway=_float32(fat * gain_sway + fat_unit * swing),
        moving_share=_moving_share(),
    )


def component_signals(parameters: TissueParameters, timing: Timing) -> tuple[Floats, float]:
    """Signal of pure water of each tissue (256,) and of pure fat, for unit density."""
    water_t1 = parameters.t1_ms
    if timing.contrast_agent:
        water_t1 = _float32(signal.with_contrast_agent(water_t1, parameters.uptake_per_s))
    train = timing.echo_train_length > 1
    fat_t2 = parameters.fat_t2_train_ms if train else parameters.fat_t2_single_echo_ms
    water = _sequence_signal(timing, water_t1, parameters.t2_ms, parameters.t2_star_ms)
    fat_t2_star = 1000.0 / (1000.0 / fat_t2 + _FAT_R2_PRIME_PER_S * parameters.field_strength_t / 1.5)
    fat = _sequence_signal(timing, parameters.fat_t1_ms, fat_t2, fat_t2_star)
    return _float32(water), float(fat)


# Fat's own R2' at 1.5 T: its several peaks dephase (Le Ster et al. 2016: T2* of marrow fat about 11 ms).
_FAT_R2_PRIME_PER_S = 60.0


def _sequence_signal(
    timing: Timing, t1_ms: signal.Numbers, t2_ms: signal.Numbers, t2_star_ms: signal.Numbers
) -> signal.Numbers:
    tr, te = timing.repetition_time_ms, timing.echo_time_ms
    if timing.kind is SequenceKind.GRADIENT_ECHO:
        return signal.spoiled_gradient_echo(t1_ms, t2_star_ms, tr, te, timing.flip_angle_deg)
    if timing.kind is SequenceKind.INVERSION_RECOVERY:
        if timing.inversion_time_ms is None:
            raise ValueError("an inversion-recovery series needs inversion_time_ms")
        return signal.inversion_recovery(t1_ms, t2_ms, tr, te, timing.inversion_time_ms, timing.train_ms)
    return signal.spin_echo(t1_ms, t2_ms, tr, te, timing.train_ms)


def _component_signs(protocol: SeriesProtocol) -> tuple[float, float]:
    signs = {
        Weighting.DIXON_WATER: (1.0, 0.0),
        Weighting.DIXON_FAT: (0.0, 1.0),
        Weighting.DIXON_OPPOSED: (1.0, -1.0),
    }
    if protocol.timing.fat_suppression is FatSuppression.DIXON and protocol.weighting not in signs:
        return (1.0, 0.0) if protocol.weighting is not Weighting.DIXON_IN else (1.0, 1.0)
    return signs.get(protocol.weighting, (1.0, 1.0))


def _flow_factor(timing: Timing) -> Floats:
    factor = np.ones(CODE_COUNT, dtype=np.float32)
    if timing.kind is not SequenceKind.GRADIENT_ECHO:
        factor[Tissue.BLOOD_VESSEL] = _BLOOD_LEFT_IN_SPIN_ECHO
    return factor


def _moving_share() -> Floats:
    share = np.zeros(CODE_COUNT, dtype=np.float32)
    for tissue, value in _MOVING_SHARE.items():
        share[tissue] = value
    return share


def _float32(values: signal.Numbers) -> Floats:
    return np.asarray(values, dtype=np.float32)
