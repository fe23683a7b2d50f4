"""Signal equations of the pulse sequences that spine protocols use.

Every function takes arrays or numbers that broadcast, relaxation and sequence times in ms, and gives
the signed transverse magnetisation for unit proton density, before coil and noise. Equations follow
Bernstein, King & Zhou 2004, Handbook of MRI Pulse Sequences (chapters 14 and 16), and Haacke et al. 1999,
Magnetic Resonance Imaging: Physical Principles and Sequence Design (chapters 8 and 18).
"""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.floating] | float

FAT_WATER_SHIFT_PPM = 3.4
PROTON_MHZ_PER_T = 42.577


def spin_echo(t1_ms: Numbers, t2_ms: Numbers, tr_ms: float, te_ms: float, train_ms: float = 0.0) -> Numbers:
    """Spin echo, or turbo spin echo with its effective echo time.

    ``(1 - exp(-(TR - train)/T1)) exp(-TE/T2)``: what relaxes during the echo train does not recover.

    Args:
        t1_ms: Longitudinal relaxation time.
        t2_ms: Transverse relaxation time.
        tr_ms: Repetition time.
        te_ms: (Effective) echo time.
        train_ms: Duration of the echo train from excitation to its last echo; 0 neglects it.
    """
    return (1.0 - np.exp(-(tr_ms - train_ms) / t1_ms)) * np.exp(-te_ms / t2_ms)


def inversion_recovery(
    t1_ms: Numbers, t2_ms: Numbers, tr_ms: float, te_ms: float, ti_ms: float, train_ms: float = 0.0
) -> Numbers:
    """Inversion-recovery (turbo) spin echo; negative before the null point.

    ``(1 - 2 exp(-TI/T1) + exp(-(TR - train)/T1)) exp(-TE/T2)``; the signal is null at
    ``TI = T1 ln(2 / (1 + exp(-(TR - train)/T1)))``.

    Args:
        t1_ms: Longitudinal relaxation time.
        t2_ms: Transverse relaxation time.
        tr_ms: Repetition time.
        te_ms: (Effective) echo time.
        ti_ms: Time from inversion to excitation.
        train_ms: Duration of the echo train.
    """
    recovered = 1.0 - 2.0 * np.exp(-ti_ms / t1_ms) + np.exp(-(tr_ms - train_ms) / t1_ms)
    return recovered * np.exp(-te_ms / t2_ms)


def null_inversion_time_ms(t1_ms: float, tr_ms: float, train_ms: float = 0.0) -> float:
    """The inversion time at which a tissue gives no signal in ``inversion_recovery``."""
    return float(t1_ms * np.log(2.0 / (1.0 + np.exp(-(tr_ms - train_ms) / t1_ms))))


def spoiled_gradient_echo(
    t1_ms: Numbers, t2_star_ms: Numbers, tr_ms: float, te_ms: float, flip_deg: float
) -> Numbers:
    """Spoiled gradient echo: ``sin a (1 - E1) / (1 - cos a E1) exp(-TE/T2*)``, ``E1 = exp(-TR/T1)``.

    Args:
        t1_ms: Longitudinal relaxation time.
        t2_star_ms: Effective transverse relaxation time.
        tr_ms: Repetition time.
        te_ms: Echo time.
        flip_deg: Flip angle; the signal is largest at the Ernst angle ``acos(E1)``.
    """
    flip = np.deg2rad(flip_deg)
    decay = np.exp(-tr_ms / t1_ms)
    steady: Numbers = np.sin(flip) * (1.0 - decay) / (1.0 - np.cos(flip) * decay)
    return steady * np.exp(-te_ms / t2_star_ms)


def with_contrast_agent(t1_ms: Numbers, uptake_per_s: Numbers) -> Numbers:
    """T1 after contrast agent: ``1/T1' = 1/T1 + uptake``."""
    return 1000.0 / (1000.0 / t1_ms + uptake_per_s)


def fat_shift_hz(field_strength_t: float) -> float:
    """How much slower the main peak of fat precesses than water (3.4 ppm)."""
    return FAT_WATER_SHIFT_PPM * PROTON_MHZ_PER_T * field_strength_t


def combine_dixon(water: Numbers, fat: Numbers, opposed: bool) -> Numbers:
    """In phase ``W + F``, or opposed ``|W - F|`` (Dixon 1984, Radiology 153:189)."""
    return np.abs(water - fat) if opposed else np.abs(water + fat)
