"""Detection over cases: counts, lesion-free patients, strata, comparison, and nearly empty data sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spinemets.evaluation.detection_figures import detection_figures, froc_band
from spinemets.evaluation.lesion_cases import lesion_case, places_of_lesions, size_class
from spinemets.evaluation.lesion_comparison import lesion_metrics
from spinemets.evaluation.lesion_map import lesions_of_mask, lesions_of_numbers
from spinemets.evaluation.lesion_matching import ANY_OVERLAP, MATCHINGS
from spinemets.evaluation.paired import side_by_side
from spinemets.evaluation.permutation import compare
from spinemets.evaluation.resampling import Bootstrap

BOOTSTRAP = Bootstrap(resamples=100, seed=3)


def _case(name, predicted, reference, scores=None, patient=None, strata=None):
    """A case along a line, 0.6 mL a voxel."""
    one, other = (np.array([[[int(each) for each in text]]]) for text in (predicted, reference))
    known = None if scores is None else dict(enumerate(scores, start=1))
    return lesion_case(
        name,
        patient or name,
        lesions_of_numbers(one, 0.6, scores=known),
        lesions_of_numbers(other, 0.6),
        strata,
    )


CASES = [
    _case("a", "1100022", "1110000", [0.9, 0.6], strata=[{"type": "lytic"}]),
    _case("b", "0000000", "1000022", [], strata=[{"type": "lytic"}, {"type": "blastic"}]),
    _case("c", "0001000", "0000000", [0.4]),
    _case("d", "0000000", "0000000", []),
]


def _values(figures):
    return {figure.name: figure.value for figure in figures}


def test_counts_and_figures_of_a_small_data_set():
    result = detection_figures(CASES, ANY_OVERLAP, BOOTSTRAP)
    counts = (result.cases, result.lesion_free_cases, result.lesions, result.predictions)
    assert counts == (4, 2, 3, 3)
    assert (result.found, result.false_positives) == (1, 2)
    values = _values(result.figures)
    assert values["sensitivity"] == pytest.approx(1 / 3)
    assert values["false positives per case"] == pytest.approx(2 / 4)
    assert values["false positives per lesion-free case"] == pytest.approx(1 / 2)
    assert values["positive predictive value"] == pytest.approx(1 / 3)
    assert values["F1"] == pytest.approx(2 / (2 + 2 + 2))
    assert values["sensitivity at 0.125 false positives per case"] == pytest.approx(1 / 3)
    assert values["average precision"] == pytest.approx(1 / 3)


def test_strata_are_of_lesions_and_named():
    result = detection_figures(CASES, ANY_OVERLAP, BOOTSTRAP)
    found = {
        (figure.by, figure.stratum): (figure.value, figure.n)
        for figure in result.strata
        if figure.name == "sensitivity"
    }
    assert found == {
        ("size", "0.5 to 1 mL"): (0.0, 1),
        ("size", "1 mL or more"): (0.5, 2),
        ("type", "blastic"): (0.0, 1),
        ("type", "lytic"): (0.5, 2),
    }


def test_split_and_merged_lesions_are_counted():
    cases = [_case("a", "1102200", "1111100", [0.5, 0.4]), _case("b", "1111111", "1110222", [0.7])]
    result = detection_figures(cases, ANY_OVERLAP, BOOTSTRAP)
    assert (result.split, result.merged, result.found, result.false_positives) == (1, 1, 3, 0)


def test_several_images_of_a_case_are_one_case():
    parts = [_case("a", "100", "100", [0.5]), _case("a", "100", "000", [0.5])]
    result = detection_figures(parts, ANY_OVERLAP, BOOTSTRAP)
    assert (result.cases, result.lesion_free_cases) == (1, 0)
    assert _values(result.figures)["false positives per case"] == 1


def test_masks_without_scores_have_an_operating_point_and_no_curve():
    result = detection_figures([_case("a", "1100022", "1110000")], ANY_OVERLAP, BOOTSTRAP)
    assert result.curve is None
    assert _values(result.figures)["sensitivity"] == 1
    reasons = {figure.reason for figure in result.figures if figure.name.startswith("sensitivity at")}
    assert reasons == {"predictions carry no scores"}


def test_a_band_is_read_at_any_rates():
    band = froc_band(CASES, ANY_OVERLAP, [0.0, 0.3, 0.6], BOOTSTRAP)
    assert [figure.value for figure in band] == pytest.approx([1 / 3] * 3)


def test_sizes_and_places_of_lesions():
    assert [size_class(volume) for volume in (0.49, 0.5, 0.99, 1.0)] == [
        "less than 0.5 mL",
        "0.5 to 1 mL",
        "0.5 to 1 mL",
        "1 mL or more",
    ]
    lesions = lesions_of_mask(np.array([[[1, 1, 1, 0, 1, 0, 1]]]) > 0, 0.1)
    levels = np.array([[[0, 8, 19, 19, 20, 20, 0]]])
    assert [each["level"] for each in places_of_lesions(lesions, levels)] == ["T1", "L1", "outside vertebrae"]
    assert places_of_lesions(lesions, levels)[1]["region"] == "lumbar"


def _compared(first, second):
    return {
        found.name: found
        for one in lesion_metrics(side_by_side(first, second))
        for found in compare(one.quantities, one.statistic, one.patients, BOOTSTRAP, one.width)
    }


def test_better_scores_are_told_from_worse_ones():
    rng = np.random.default_rng(0)
    good, bad = [], []
    for number in range(25):
        good.append(_case(f"{number}", "1100022", "1110000", rng.random(2) + np.array([1, 0])))
        bad.append(_case(f"{number}", "1100022", "1110000", rng.random(2) + np.array([0, 1])))
    comparison = _compared(good, bad)
    area = comparison["average precision"]
    assert (area.first, area.second) == (1.0, 0.5)
    assert area.p_value == pytest.approx(1 / 101)
    assert comparison["sensitivity at 0.5 false positives per case"].difference.value == 1.0
    assert {each.p_value for each in _compared(good, good).values()} == {1.0}


def test_comparisons_are_of_the_patients_of_both_and_of_curves_where_there_are_scores():
    of_three = _compared(CASES, CASES[:-1])
    assert of_three["false positives per case"].difference.n == 3
    unscored = [_case("a", "1", "1")]
    assert set(_compared(unscored, unscored)) == {"sensitivity", "false positives per case"}


_MASK = arrays.arrays(np.bool_, (1, 2, 6), elements=st.booleans())


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), _MASK, _MASK), max_size=3),
    st.sampled_from(MATCHINGS),
)
def test_no_data_set_breaks_it(images, matching):
    cases = []
    for patient, case, predicted, reference in images:
        one, other = lesions_of_mask(predicted, 0.3), lesions_of_mask(reference, 0.3)
        numbered = lesions_of_numbers(one.numbered, 0.3, scores={n: n / 9 for n in range(1, 10)})
        cases.append(lesion_case(case, patient, numbered, other))
    result = detection_figures(cases, matching, Bootstrap(20, 0))
    for figure in (*result.figures, *result.strata):
        assert figure.value is not None or figure.reason
        if figure.value is not None and not figure.name.startswith("false positives"):
            assert -1e-9 <= figure.value <= 1 + 1e-9
