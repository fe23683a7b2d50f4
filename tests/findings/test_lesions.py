import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from findings.block_spine import ball, block_maps
from spinemets.findings.lesions import largest_diameter_mm, measure_lesions
from spinemets.findings.records import Compartment
from spinemets.findings.rules import RULES
from spinemets.volume import Volume


def _only(maps):
    (lesion,) = measure_lesions(maps)
    return lesion


@settings(max_examples=6)
@given(tilt=st.tuples(*[st.floats(-18, 18)] * 3), stored=st.sampled_from(["LIP", "RAS", "PIR"]))
def test_a_ball_measures_the_same_on_every_grid(tilt, stored):
    lesion = _only(block_maps(ball((0.0, 2.0, 0.0), 9.5), tilt_deg=tilt, stored=stored))
    assert lesion.volume.value == pytest.approx(3.59, rel=0.1)
    assert lesion.largest_diameter.value == pytest.approx(19.0, abs=2.5)
    assert lesion.vertebra == 2
    assert lesion.vertebrae == (2,)


def test_the_largest_diameter_is_oblique_in_space():
    grid = Volume(np.zeros((20, 20, 20)), np.diag([3.0, 1.0, 1.0, 1.0]))
    ends = np.array([[2, 2, 2], [10, 14, 10]])
    assert largest_diameter_mm(ends, grid) == pytest.approx(np.linalg.norm([24, 12, 8]), abs=3.0)


@given(count=st.integers(1, 15), axis=st.integers(0, 2))
def test_a_row_of_voxels_is_as_long_as_its_voxels(count, axis):
    grid = Volume(np.zeros((20, 20, 20)), np.diag([4.0, 1.0, 2.0, 1.0]))
    voxels = np.zeros((count, 3), dtype=int)
    voxels[:, axis] = np.arange(count)
    # Half a slice is taken off through the slices.
    length = np.array([4.0, 1.0, 2.0])[axis] * (count - 0.5 * (axis == 0))
    assert length - 1e-9 <= largest_diameter_mm(voxels, grid) <= np.hypot(length, 2.5)


def test_the_centre_is_in_world_coordinates():
    lesion = _only(block_maps(ball((-8.0, 5.0, 0.0), 6.0), centre=(40.0, -30.0, 100.0)))
    assert lesion.centre_ras_mm == pytest.approx((32.0, -25.0, 100.0), abs=1.0)


def test_shares_of_compartments_add_up_and_the_largest_comes_first():
    lesion = _only(block_maps(ball((12.0, -16.0, 4.0), 8.0)))
    shares = [one.share for one in lesion.compartments]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)
    assert {one.compartment for one in lesion.compartments} >= {
        Compartment.RIGHT_PEDICLE,
        Compartment.BODY_POSTERIOR,
    }


def test_tumour_in_the_canal_belongs_to_the_vertebra_at_its_height():
    lesion = _only(block_maps(ball((-5.0, -24.0, -33.0), 4.0)))
    assert lesion.vertebra == 3
    assert lesion.compartments[0].compartment is Compartment.EPIDURAL
    assert lesion.breaches_cortex is True


def test_a_lesion_across_a_disc_names_both_vertebrae():
    lesion = _only(block_maps(ball((0.0, 0.0, 16.5), 10.0)))
    assert lesion.vertebrae == (1, 2)


def test_a_corner_that_reaches_the_neighbour_does_not_involve_it():
    body = ball((0.0, 0.0, 0.0), 9.0)
    corner = ball((0.0, 0.0, 22.0), 1.0)
    lesion = _only(block_maps(lambda x, y, z: body(x, y, z) | corner(x, y, z)))
    assert lesion.vertebrae == (2,)


def test_a_lesion_far_from_all_bone_belongs_to_no_vertebra():
    lesion = _only(block_maps(ball((36.0, -62.0, 0.0), 5.0)))
    assert lesion.vertebra is None
    assert lesion.vertebrae == ()


@pytest.mark.parametrize(
    ("centre", "radius", "answer"),
    [((0.0, 0.0, 0.0), 8.0, False), ((0.0, 18.0, 0.0), 9.0, True), ((0.0, 12.5, 0.0), 4.5, None)],
)
def test_growth_beyond_bone(centre, radius, answer):
    assert _only(block_maps(ball(centre, radius))).breaches_cortex is answer


def test_a_lesion_that_the_image_cuts_has_lower_bounds():
    cut = _only(block_maps(ball((0.0, 0.0, 50.0), 9.0)))
    assert cut.touches_border
    assert cut.volume.at_least
    assert cut.largest_diameter.at_least
    assert cut.volume.note
    whole = _only(block_maps(ball((0.0, 0.0, 0.0), 9.0)))
    assert not whole.touches_border
    assert not whole.volume.at_least


def test_probability_is_the_mean_of_its_voxels():
    maps = block_maps([ball((0.0, 0.0, 0.0), 6.0), ball((0.0, 0.0, -33.0), 6.0)])
    maps.lesion_probability.array[maps.lesions.array == 2] = 0.7
    assert [one.probability for one in measure_lesions(maps)] == pytest.approx([1.0, 0.7])


def test_no_lesions_no_records():
    assert measure_lesions(block_maps()) == ()


def test_every_measurement_names_a_rule_that_is_written_down():
    lesion = _only(block_maps(ball((0.0, 0.0, 0.0), 6.0)))
    assert {lesion.volume.trace.rule, lesion.largest_diameter.trace.rule} <= set(RULES)
