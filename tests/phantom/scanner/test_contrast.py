"""Contrast of tissues as the clinical specification describes it, at both field strengths."""

from dataclasses import replace

import pytest

from spinemets.phantom.contrast import contrast_table
from spinemets.phantom.protocol import FatSuppression, SeriesProtocol
from spinemets.phantom.relaxation import tissue_parameters
from spinemets.phantom.spec import HabitusSpec
from spinemets.phantom.tissue import Tissue
from spinemets.study.records import Weighting

# Fatty marrow, as in adults.
HABITUS = HabitusSpec(320.0, 220.0, 120.0, 130.0, 20.0, muscle_fat_fraction=0.06, marrow_fat_fraction=0.45)
FIELDS = pytest.mark.parametrize("field_strength_t", [1.5, 3.0])
METASTASES = (Tissue.LYTIC_TUMOUR, Tissue.MIXED_TUMOUR, Tissue.BLASTIC_TUMOUR, Tissue.SOFT_TISSUE_TUMOUR)


def _signal(protocol: SeriesProtocol, field_strength_t: float) -> dict[Tissue, float]:
    if protocol.weighting is Weighting.STIR and field_strength_t > 2.0:
        protocol = replace(protocol, timing=replace(protocol.timing, inversion_time_ms=205.0))
    parameters = tissue_parameters(field_strength_t, HABITUS)
    table = contrast_table(parameters, replace(protocol, field_strength_t=field_strength_t))
    return {tissue: abs(float(table.water[tissue] + table.fat[tissue])) for tissue in Tissue}


@FIELDS
@pytest.mark.parametrize("tumour", METASTASES)
def test_a_metastasis_is_darker_than_muscle_and_disc_on_t1(
    ideal_t1: SeriesProtocol, field_strength_t: float, tumour: Tissue
) -> None:
    signal = _signal(ideal_t1, field_strength_t)
    assert signal[tumour] < signal[Tissue.MUSCLE]
    assert signal[tumour] < signal[Tissue.DISC_NUCLEUS]


@FIELDS
def test_fatty_marrow_is_brighter_than_muscle_and_disc_on_t1(
    ideal_t1: SeriesProtocol, field_strength_t: float
) -> None:
    signal = _signal(ideal_t1, field_strength_t)
    assert signal[Tissue.BODY_MARROW] > 1.3 * signal[Tissue.MUSCLE]
    assert signal[Tissue.BODY_MARROW] > 1.3 * signal[Tissue.DISC_NUCLEUS]


@FIELDS
def test_lytic_is_bright_and_blastic_dark_on_stir(
    ideal_stir: SeriesProtocol, field_strength_t: float
) -> None:
    signal = _signal(ideal_stir, field_strength_t)
    marrow = signal[Tissue.BODY_MARROW]
    assert signal[Tissue.LYTIC_TUMOUR] > signal[Tissue.MIXED_TUMOUR] > 1.3 * marrow
    assert signal[Tissue.BLASTIC_TUMOUR] < 0.5 * marrow
    assert signal[Tissue.MARROW_OEDEMA] > 1.5 * marrow


@FIELDS
def test_a_halo_is_brighter_than_the_lesion_and_a_blastic_one_dark_on_t2(
    ideal_t2: SeriesProtocol, field_strength_t: float
) -> None:
    signal = _signal(ideal_t2, field_strength_t)
    assert signal[Tissue.TUMOUR_HALO] > 1.3 * signal[Tissue.LYTIC_TUMOUR]
    assert signal[Tissue.BLASTIC_TUMOUR] < 0.5 * signal[Tissue.BODY_MARROW]


@FIELDS
def test_a_haemangioma_is_bright_on_t1_and_t2(
    ideal_t1: SeriesProtocol, ideal_t2: SeriesProtocol, field_strength_t: float
) -> None:
    for protocol in (ideal_t1, ideal_t2):
        signal = _signal(protocol, field_strength_t)
        assert signal[Tissue.HAEMANGIOMA] > 1.1 * signal[Tissue.BODY_MARROW]


@FIELDS
def test_enhancing_tumour_is_bright_on_fat_saturated_t1_after_contrast_agent(
    ideal_t1: SeriesProtocol, field_strength_t: float
) -> None:
    timing = replace(
        ideal_t1.timing,
        fat_suppression=FatSuppression.SPECTRAL,
        fat_saturation=0.95,
        contrast_agent=True,
    )
    signal = _signal(replace(ideal_t1, weighting=Weighting.T1_GD, timing=timing), field_strength_t)
    assert signal[Tissue.LYTIC_TUMOUR] > 1.4 * signal[Tissue.BODY_MARROW]
    assert signal[Tissue.LYTIC_TUMOUR] > signal[Tissue.MARROW_OEDEMA]


@FIELDS
@pytest.mark.parametrize("tissue", [Tissue.CORTICAL_BONE, Tissue.LIGAMENT, Tissue.BONE_ISLAND, Tissue.AIR])
def test_what_has_no_mobile_protons_is_dark_on_t2(
    ideal_t2: SeriesProtocol, field_strength_t: float, tissue: Tissue
) -> None:
    signal = _signal(ideal_t2, field_strength_t)
    assert signal[tissue] < 0.1 * signal[Tissue.BODY_MARROW]


def test_opposed_phase_drops_in_fatty_marrow_and_not_in_tumour(ideal_t1: SeriesProtocol) -> None:
    timing = replace(ideal_t1.timing, fat_suppression=FatSuppression.DIXON)
    in_phase = _signal(replace(ideal_t1, weighting=Weighting.DIXON_IN, timing=timing), 1.5)
    opposed = _signal(replace(ideal_t1, weighting=Weighting.DIXON_OPPOSED, timing=timing), 1.5)
    drop = {tissue: 1.0 - opposed[tissue] / in_phase[tissue] for tissue in Tissue if in_phase[tissue] > 0}
    # Above and below the 20 % that parts benign from malignant.
    assert drop[Tissue.BODY_MARROW] > 0.2
    assert drop[Tissue.LYTIC_TUMOUR] < 0.2
    assert drop[Tissue.MARROW_OEDEMA] > 0.2


def test_an_inversion_recovery_without_inversion_time_is_refused(ideal_stir: SeriesProtocol) -> None:
    broken = replace(ideal_stir, timing=replace(ideal_stir.timing, inversion_time_ms=None))
    with pytest.raises(ValueError, match="inversion_time_ms"):
        _signal(broken, 1.5)
