"""Two sets of predictions: each has the figures that it has alone, and the better one is told."""

import numpy as np
import pytest

from spinemets.anatomy import BoneLesionType, EsccGrade, Level
from spinemets.evaluation.comparison import compare_headlines
from spinemets.evaluation.families import evaluate_families
from spinemets.evaluation.image_evidence import ImageEvidence
from spinemets.evaluation.pairs import EsccPair, LevelPair, SinsItemPair, SinsPair
from spinemets.evaluation.region_detection import Region
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.study_evidence import CaseRow, Status, StudyEvidence
from spinemets.scoring.sins import class_of
from spinemets.scoring.sins_items import Item

BOOTSTRAP = Bootstrap(200, seed=0)
GRADES = tuple(EsccGrade)
SPINE = (Level.T11, Level.T12, Level.L1)


def evidence(name, **parts):
    """A study with vertebrae, their names, grades and scores, as far as they are given."""
    case = CaseRow(name, f"p {name}", Status.COMPARED, True, (), "", "", (), {}, True, "")
    image = ImageEvidence(None, parts.get("vertebrae", ()), (), parts.get("names", ()), {})
    return StudyEvidence(case, (image,), (), parts.get("grades", ()), parts.get("scores", ()))


def name_of(case, patient, level, rng, error):
    found = SPINE[(SPINE.index(level) + 1) % 3] if rng.random() < error else level
    return LevelPair(case, patient, level, found, (found,), 0.0 if found is level else 30.0)


def grade_of(case, patient, level, true, rng, error):
    off = abs(np.arange(6) - true - rng.normal(0, 3 * error))
    chances = np.exp(-off) / np.exp(-off).sum()
    found = int(chances.argmax())
    probabilities = tuple(chances.tolist())
    return EsccPair(case, patient, level.value, GRADES[true], GRADES[found], probabilities, (GRADES[found],))


def score_of(case, patient, level, true, rng, error):
    found = int(np.clip(true + rng.normal(0, 10 * error), 0, 18))
    ends = (found, min(found + 2, 18))
    classes = tuple(dict.fromkeys(map(class_of, ends)))
    bones = [each.value for each in (BoneLesionType.BLASTIC, BoneLesionType.MIXED, BoneLesionType.LYTIC)]
    right = rng.random() > error
    bone = SinsItemPair(Item.BONE, bones[true % 3], (bones[(true + (not right)) % 3],))
    return SinsPair(case, patient, level, (bone,), true, class_of(true), *ends, classes)


def studies(seed, error, count=25):
    """Three levels of each patient; the same truth for every seed."""
    truth, rng = np.random.default_rng(7), np.random.default_rng(seed)
    made = []
    for number in range(count):
        case, patient = f"s{number}", f"p s{number}"
        grades, totals, sick = truth.integers(0, 6, 3), truth.integers(0, 19, 3), truth.random(3) < 0.5
        scores = sick + rng.normal(0, 2 * error, 3)
        made.append(
            evidence(
                case,
                names=tuple(name_of(case, patient, level, rng, error) for level in SPINE),
                grades=tuple(
                    grade_of(case, patient, level, int(grade), rng, error)
                    for level, grade in zip(SPINE, grades, strict=True)
                ),
                scores=tuple(
                    score_of(case, patient, level, int(total), rng, error)
                    for level, total in zip(SPINE, totals, strict=True)
                ),
                vertebrae=tuple(
                    Region(case, patient, level.value, bool(is_sick), bool(score > 0.5), float(score))
                    for level, is_sick, score in zip(SPINE, sick, scores, strict=True)
                ),
            )
        )
    return made


def compared(first, second):
    found = compare_headlines(first, second, BOOTSTRAP)
    return {(one.family, one.of, one.comparison.name): one.comparison for one in found}


def figures_alone(some):
    """What the comparison calls each figure, and its value in one set by itself."""
    families = evaluate_families(some, BOOTSTRAP)
    escc, sins = families.escc[0], families.sins

    def by_name(figures):
        return {figure.name: figure.value for figure in figures}

    graded, totals = "each level that both graded", "totals that both scored, intervals as their middle"
    named = {("levels", "vertebrae", name): value for name, value in by_name(families.levels).items()}
    named["levels", "studies", "every level right"] = by_name(families.levels)["every level right"]
    for name, value in by_name(families.lesions.vertebrae if families.lesions else ()).items():
        named["lesions", "each vertebra", name] = value
    for name, value in by_name(escc.evaluation.probabilities).items():
        named["ESCC", graded, name] = value
    for cut, forecasts in zip(escc.evaluation.cuts, escc.forecasts, strict=True):
        own = by_name(forecasts.figures) | {"AUC": by_name(cut.figures)["AUC"]}
        for name in ("Brier score", "expected calibration error", "AUC"):
            named["ESCC", graded, f"{name} at {cut.cut} and above"] = own[name]
    worst = "worst level of each study that both graded"
    kappa = "quadratic-weighted kappa"
    named["ESCC", worst, kappa] = by_name(escc.evaluation.worst_levels)[kappa]
    for name, value in by_name((*sins.middle_totals, *sins.totals_open)).items():
        named["SINS", totals, name] = value
    right = by_name(sins.classes_open)
    named["SINS", "classes", "set holds the truth"] = right["set holds the truth"]
    for one in sins.items:
        named["SINS", f"item {one.item}, where both are certain", "kappa"] = by_name(one.figures)["kappa"]
    return named


@pytest.fixture(scope="module")
def better_and_worse():
    return studies(1, 0.1), studies(2, 0.5)


def test_each_set_has_the_figures_that_it_has_alone(better_and_worse):
    found = compared(*better_and_worse)
    alone = [figures_alone(some) for some in better_and_worse]
    shared = found.keys() & alone[0].keys()
    families = [key[0] for key in shared]
    assert (families.count("levels"), families.count("ESCC"), families.count("SINS")) == (4, 10, 6)
    for key in shared:
        values = found[key].first, found[key].second
        assert values == pytest.approx((alone[0][key], alone[1][key])), key
        assert found[key].difference.value == pytest.approx(values[0] - values[1])


@pytest.mark.parametrize(
    ("key", "higher_is_better"),
    [
        (("levels", "vertebrae", "identification rate"), True),
        (("levels", "vertebrae", "mean error"), False),
        (("levels", "studies", "every level right"), True),
        (("lesions", "each vertebra", "AUC"), True),
        (("ESCC", "each level that both graded", "Brier score at 2 and above"), False),
        (("ESCC", "each level that both graded", "ranked probability score"), False),
        (("ESCC", "each level", "sensitivity at 1c or more, not graded counted as missed"), True),
        (("SINS", "classes", "class right, open or not scored counted as wrong"), True),
        (("SINS", f"item {Item.BONE}, where both are certain", "kappa"), True),
        (("SINS", "totals that both scored, intervals as their middle", "ICC(2,1)"), True),
    ],
)
def test_the_better_set_is_told_from_the_worse(better_and_worse, key, higher_is_better):
    one = compared(*better_and_worse)[key]
    assert (one.difference.value > 0) is higher_is_better
    assert one.difference.low * one.difference.high > 0
    assert one.p_value < 0.05


def test_equal_sets_do_not_differ():
    some = studies(1, 0.3, count=6)
    found = compared(some, some)
    differences = [one.difference.value for one in found.values() if one.difference.value is not None]
    assert differences == pytest.approx([0.0] * len(differences), abs=1e-12)
    assert {one.p_value for one in found.values()} <= {1.0, None}


def test_totals_are_compared_at_the_levels_that_both_scored():
    def scored(number, found):
        case, patient = f"s{number}", f"p s{number}"
        ends = (None, None, ()) if found is None else (found, found, (class_of(found),))
        return evidence(case, scores=(SinsPair(case, patient, Level.L1, (), 9, class_of(9), *ends),))

    first = [scored(0, 9), scored(1, 9), scored(2, 15)]
    second = [scored(0, 9), scored(1, 12), scored(2, None)]
    found = compared(first, second)
    error = found["SINS", "totals that both scored, intervals as their middle", "mean absolute error"]
    assert (error.first, error.second, error.difference.n) == (0.0, 1.5, 2)
    wrong = found["SINS", "classes", "class right, open or not scored counted as wrong"]
    assert (wrong.first, wrong.second) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found["SINS", "classes", "not scored"].second == pytest.approx(1 / 3)


def test_what_one_set_does_not_tell_is_not_compared():
    some = studies(1, 0.3, count=4)
    bare = [evidence(one.case.study, names=one.images[0].levels) for one in some]
    assert {key[0] for key in compared(some, bare)} == {"levels"}
