import numpy as np
import pytest

from spinemets.anatomy import EsccGrade
from spinemets.errors import ConfigurationError
from spinemets.training.escc_sampling import BalancedOrder

G0, G1A, G3 = EsccGrade.G0, EsccGrade.G1A, EsccGrade.G3
GRADES = [G0] * 90 + [G1A] * 25 + [G3] * 5


def drawn(order, count, grades=GRADES):
    cases = [order.case(number) for number in range(count)]
    return cases, [sum(grades[case] is grade for case in cases) / count for grade in (G0, G1A, G3)]


def test_grades_come_equally_often_or_as_they_occur():
    np.testing.assert_allclose(drawn(BalancedOrder(GRADES, 1.0, 0), 600)[1], [1 / 3] * 3, atol=0.01)
    np.testing.assert_allclose(drawn(BalancedOrder(GRADES, 0.0, 0), 600)[1], [0.75, 0.21, 0.04], atol=0.02)
    roots = np.sqrt([90, 25, 5])
    np.testing.assert_allclose(drawn(BalancedOrder(GRADES, 0.5, 0), 600)[1], roots / roots.sum(), atol=0.02)


def test_every_case_comes_as_often_as_any_other_of_its_grade():
    cases, _ = drawn(BalancedOrder(GRADES, 1.0, 3), 5400)
    counts = np.bincount(cases, minlength=len(GRADES))
    for of_grade in (counts[:90], counts[90:115], counts[115:]):
        assert of_grade.max() - of_grade.min() <= 1
        assert of_grade.min() > 0


def test_no_case_comes_twice_among_as_many_samples_as_its_grade_has_places():
    grades = [G0] * 90 + [G1A] * 25 + [G3] * 24
    for start in range(0, 960, 24):
        order = BalancedOrder(grades, 1.0, 0)
        batch = [order.case(number) for number in range(start, start + 24)]
        assert len(set(batch)) == 24


def test_a_sample_depends_on_seed_and_number_alone():
    order, again = BalancedOrder(GRADES, 0.6, 1), BalancedOrder(GRADES, 0.6, 1)
    forward = [order.case(number) for number in range(200)]
    assert [again.case(number) for number in reversed(range(200))] == forward[::-1]
    assert [BalancedOrder(GRADES, 0.6, 2).case(number) for number in range(200)] != forward


def test_a_grade_of_one_case_has_its_place():
    order = BalancedOrder([G0] * 5000 + [G3], 0.0, 0)
    assert 5000 in [order.case(number) for number in range(70)]


def test_one_grade_alone_can_be_drawn():
    assert {BalancedOrder([G1A] * 3, 0.5, 0).case(number) for number in range(60)} == {0, 1, 2}


@pytest.mark.parametrize(("grades", "balance"), [([], 0.5), ([G0], 1.5), ([G0], -0.1)])
def test_what_cannot_be_drawn_from_is_refused(grades, balance):
    with pytest.raises(ConfigurationError):
        BalancedOrder(grades, balance, 0)
