"""What marrow signal suggests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.anatomy import BoneLesionType
from spinemets.scoring import Source
from spinemets.scoring.bone_signal import (
    Brightness,
    MarrowSequence,
    MarrowTissue,
    Suggestion,
    bone_type_of_signal,
    dixon_in_opposed,
    fat_fraction,
    judge_adc,
    judge_ct_density,
    judge_fat_fraction,
    judge_phase_drop,
    phase_drop_percent,
    tissues_of_signal,
    type_probabilities,
)

_SIGNAL = st.floats(0.01, 1000.0)


def _seen(**brightness):
    return {MarrowSequence[name]: frozenset({Brightness(value)}) for name, value in brightness.items()}


@given(_SIGNAL, _SIGNAL)
def test_in_and_opposed_phase_follow_from_water_and_fat(water, fat):
    in_phase, opposed = dixon_in_opposed(water, fat)
    fraction = fat_fraction(water, fat)
    # Opposed over in phase is |1 - 2 FF|.
    assert opposed / in_phase == pytest.approx(abs(1 - 2 * fraction), abs=1e-9)


def test_marrow_that_keeps_its_fat_loses_signal():
    assert judge_phase_drop(phase_drop_percent(100, 50)).suggests is Suggestion.BENIGN
    assert judge_phase_drop(phase_drop_percent(100, 95)).suggests is Suggestion.MALIGNANT


def test_the_phase_threshold_depends_on_the_sequence():
    assert judge_phase_drop(30).suggests is Suggestion.BENIGN
    assert judge_phase_drop(30, threshold_percent=35).suggests is Suggestion.MALIGNANT


def test_diffusion_and_fat_fraction_have_no_universal_threshold():
    assert judge_adc(700, None).suggests is Suggestion.UNDETERMINED
    assert judge_adc(700, 1000).suggests is Suggestion.MALIGNANT
    assert judge_adc(1500, 1000).suggests is Suggestion.BENIGN
    assert judge_fat_fraction(0.05, None).suggests is Suggestion.UNDETERMINED
    assert judge_fat_fraction(0.05, 0.2).suggests is Suggestion.MALIGNANT


@pytest.mark.parametrize(
    ("density", "suggests"),
    [(500, "malignant"), (884, "malignant"), (885, "undetermined"), (1059, "undetermined"), (1060, "benign")],
)
def test_ct_density_of_blastic_lesions(density, suggests):
    judgement = judge_ct_density(density, modality="CT")
    assert judgement.suggests == suggests
    assert "supporting evidence only" in judgement.statement


@pytest.mark.parametrize("modality", ["MR", "", "ct"])
def test_ct_limits_are_refused_to_other_images(modality):
    # Public SINS code applies them to MRI.
    with pytest.raises(ValueError, match="only CT has it"):
        judge_ct_density(500, modality=modality)


_NOT_FINITE = [float("nan"), float("inf"), float("-inf")]


@pytest.mark.parametrize("value", _NOT_FINITE)
@pytest.mark.parametrize(
    "judge",
    [
        judge_phase_drop,
        lambda value: judge_adc(value, 1000),
        lambda value: judge_adc(value, None),
        lambda value: judge_fat_fraction(value, 0.2),
        lambda value: judge_ct_density(value, modality="CT"),
        lambda value: phase_drop_percent(value, 1),
        lambda value: phase_drop_percent(1, value),
        lambda value: fat_fraction(value, 1),
        lambda value: fat_fraction(1, value),
    ],
)
def test_what_is_not_a_number_is_never_benign(judge, value):
    with pytest.raises(ValueError, match=r"is (-?inf|nan)|no fat fraction"):
        judge(value)


@pytest.mark.parametrize(("water", "fat"), [(-1, 1), (1, -1), (0, 0)])
def test_signals_without_a_fat_fraction_are_refused(water, fat):
    with pytest.raises(ValueError, match="no fat fraction"):
        fat_fraction(water, fat)


@pytest.mark.parametrize(
    ("seen", "tissues"),
    [
        (_seen(T1="bright", FLUID="dark"), {MarrowTissue.FATTY_MARROW}),
        (_seen(T1="dark", FLUID="bright"), {MarrowTissue.BENIGN_OEDEMA, MarrowTissue.LYTIC}),
        (_seen(T1="dark", FLUID="bright", T1_GD="bright"), {MarrowTissue.LYTIC}),
        (_seen(T1="dark", FLUID="dark", T2="dark"), {MarrowTissue.BLASTIC}),
        (_seen(T1="dark", FLUID="heterogeneous"), {MarrowTissue.MIXED}),
    ],
)
def test_the_table_of_signals(seen, tissues):
    assert set(tissues_of_signal(seen)) == tissues


def test_a_type_from_mri_is_an_estimate_to_be_confirmed():
    bone = bone_type_of_signal(_seen(T1="dark", FLUID="bright"))
    assert bone.values == (BoneLesionType.LYTIC,)
    assert bone.needs_confirmation
    assert "estimate" in bone.evidence


@pytest.mark.parametrize("seen", [{}, _seen(T1="bright", FLUID="bright")])
def test_signal_that_fits_no_metastasis_leaves_the_type_unknown(seen):
    bone = bone_type_of_signal(seen)
    assert bone.values == tuple(BoneLesionType)
    assert bone.source is Source.UNKNOWN


@pytest.mark.parametrize(
    ("fluid", "kind"),
    [
        (Brightness.BRIGHT, BoneLesionType.LYTIC),
        (Brightness.DARK, BoneLesionType.BLASTIC),
        (Brightness.HETEROGENEOUS, BoneLesionType.MIXED),
    ],
)
def test_the_type_that_fits_is_the_most_likely(fluid, kind):
    shares = type_probabilities({MarrowSequence.FLUID: frozenset({fluid})})
    assert max(shares, key=shares.__getitem__) is kind
    assert sum(shares.values()) == pytest.approx(1.0)


def test_without_a_sequence_every_type_is_as_likely():
    assert list(type_probabilities({}).values()) == pytest.approx([1 / 3] * 3)
