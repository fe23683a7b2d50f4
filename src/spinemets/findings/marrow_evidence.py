"""What Dixon, diffusion and CT, where a study has them, say of a lesion: for or against malignancy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.findings.maps import StationMaps
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import MarrowEvidence
from spinemets.scoring.bone_signal import (
    DEFAULT_PHASE_DROP_PERCENT,
    SignalJudgement,
    fat_fraction,
    judge_adc,
    judge_ct_density,
    judge_fat_fraction,
    judge_phase_drop,
    phase_drop_percent,
)
from spinemets.study.extra_images import ExtraImage
from spinemets.study.records import Weighting

Floats = npt.NDArray[np.float64]

# A lesion of which less than this share lies within an image is not measured on it; ours.
_LEAST_SEEN = 0.5
# Means of ADC maps in 10^-6 mm2/s lie within these; others are scaled in another way.
_ADC_UM2_S = (50.0, 4000.0)


@dataclass(frozen=True, slots=True)
class MarrowSettings:
    """Limits that depend on sequence and scanner; see ``configs/infer.yaml``.

    Args:
        phase_drop_percent: Smaller drops of signal in opposed phase suggest malignancy.
        fat_fraction: Lower ones do, 0 to 1; None judges nothing.
        adc_um2_s: Lower ones do, in 10^-6 mm2/s; None judges nothing.
    """

    phase_drop_percent: float = DEFAULT_PHASE_DROP_PERCENT
    fat_fraction: float | None = None
    adc_um2_s: float | None = None


DEFAULT_MARROW = MarrowSettings()


def marrow_evidence(
    points_ras_mm: Floats, maps: StationMaps, settings: MarrowSettings
) -> tuple[MarrowEvidence, ...]:
    """Phase drop, fat fraction, ADC and density of a lesion's part in bone, as far as the study has them.

    Args:
        points_ras_mm: (voxel, 3) of that part.
        maps: Of the station.
        settings: Limits.
    """
    if not len(points_ras_mm):
        return ()
    means = {
        one.weighting: (one, mean) for one in maps.extras if (mean := _mean(one, points_ras_mm)) is not None
    }
    found = []
    for wanted, measure in _MEASURES.items():
        if all(weighting in means for weighting in wanted):
            images, values = zip(*(means[weighting] for weighting in wanted), strict=True)
            found.append(
                measure(values, Trace(_RULES[wanted], tuple(one.series_key for one in images)), settings)
            )
    return tuple(one for one in found if one is not None)


def _mean(image: ExtraImage, points_ras_mm: Floats) -> float | None:
    values = image.at(points_ras_mm)
    seen = np.isfinite(values)
    return float(values[seen].mean()) if np.mean(seen) >= _LEAST_SEEN else None


def _evidence(value: float, unit: Unit, trace: Trace, judged: SignalJudgement) -> MarrowEvidence:
    return MarrowEvidence(Measurement(value, unit, trace), judged.suggests, judged.statement)


def _phase_drop(values: tuple[float, ...], trace: Trace, settings: MarrowSettings) -> MarrowEvidence | None:
    in_phase, opposed = values
    if in_phase <= 0.0:
        return None
    drop = phase_drop_percent(in_phase, opposed)
    return _evidence(drop, Unit.PERCENT, trace, judge_phase_drop(drop, settings.phase_drop_percent))


def _fat(values: tuple[float, ...], trace: Trace, settings: MarrowSettings) -> MarrowEvidence | None:
    water, fat = values
    if min(water, fat) < 0.0 or water + fat <= 0.0:
        return None
    share = fat_fraction(water, fat)
    return _evidence(share, Unit.ONE, trace, judge_fat_fraction(share, settings.fat_fraction))


def _adc(values: tuple[float, ...], trace: Trace, settings: MarrowSettings) -> MarrowEvidence | None:
    if not _ADC_UM2_S[0] <= values[0] <= _ADC_UM2_S[1]:
        return None
    return _evidence(values[0], Unit.DIFFUSION, trace, judge_adc(values[0], settings.adc_um2_s))


def _density(values: tuple[float, ...], trace: Trace, settings: MarrowSettings) -> MarrowEvidence | None:
    return _evidence(values[0], Unit.HOUNSFIELD, trace, judge_ct_density(values[0], modality="CT"))


_Measure = Callable[[tuple[float, ...], Trace, MarrowSettings], MarrowEvidence | None]
_MEASURES: Mapping[tuple[Weighting, ...], _Measure] = {
    (Weighting.DIXON_IN, Weighting.DIXON_OPPOSED): _phase_drop,
    (Weighting.DIXON_WATER, Weighting.DIXON_FAT): _fat,
    (Weighting.ADC,): _adc,
    (Weighting.CT,): _density,
}
_RULES: Mapping[tuple[Weighting, ...], str] = {
    (Weighting.DIXON_IN, Weighting.DIXON_OPPOSED): "lesion.phase_drop",
    (Weighting.DIXON_WATER, Weighting.DIXON_FAT): "lesion.fat_fraction",
    (Weighting.ADC,): "lesion.adc",
    (Weighting.CT,): "lesion.density",
}
