"""Levels are right where the image shows them and open where it does not: an error by one is worst."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinemets.anatomy import Level, Numbering, Region
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.level_chain import infer_levels, levels_volume
from spinemets.findings.level_evidence import LevelEvidence, parse_anchor
from spinemets.findings.vertebra_instances import VertebraInstances
from spinemets.volume import Volume

NOTHING = LevelEvidence()


def levels(first, last, numbering=None):
    """Levels from one to another, as a person with this numbering has them."""
    own = (numbering or Numbering()).levels
    return own[own.index(first) : own.index(last) + 1]


def instances(coordinates, sacrum=False, gaps=None, spread=0.1):
    """Vertebrae with these coordinates, and the sacrum below them."""
    count = len(coordinates) + sacrum
    labels = np.repeat(np.arange(count + 1, dtype=np.uint8), 2).reshape(1, -1, 2)
    level = np.zeros(labels.shape, np.float32)
    affine = np.eye(4)
    return VertebraInstances(
        labels=Volume(labels, affine),
        level=Volume(level, affine),
        is_sacrum=(False,) * len(coordinates) + (True,) * sacrum,
        centres_ras_mm=tuple((0.0, 0.0, -30.0 * index) for index in range(count)),
        whole=(True,) * count,
        coordinate=(*map(float, coordinates), *[26.0] * sacrum),
        spread=(spread,) * count,
        volume_ml=(30.0,) * count,
        gap_above_mm=(0.0, *([8.0] * (count - 1) if gaps is None else gaps)),
        height_mm=(25.0,) * count,
    )


def shifted(own, by=0.0, noise=0.0, seed=0):
    """Coordinates of levels, all off by the same and each by its own."""
    noises = np.random.default_rng(seed).normal(0.0, 1.0, len(own)) * noise
    return [level.coordinate + by + float(each) for level, each in zip(own, noises, strict=True)]


LUMBAR = levels(Level.T11, Level.L5)
THORACIC = levels(Level.T4, Level.T11)


def test_a_lumbar_station_is_certain():
    chain = infer_levels(instances(shifted(LUMBAR), sacrum=True), NOTHING)
    assert [one.words for one in chain.beliefs] == [*map(str, LUMBAR), "S1"]
    assert chain.warnings == ()


@pytest.mark.parametrize("by", [-0.3, 0.3])
def test_the_sacrum_outweighs_a_small_offset(by):
    chain = infer_levels(instances(shifted(LUMBAR, by, noise=0.1), sacrum=True), NOTHING)
    assert all(one.is_certain for one in chain.beliefs)
    assert tuple(one.most_likely for one in chain.beliefs[:-1]) == LUMBAR


@pytest.mark.parametrize("own", [LUMBAR, THORACIC, levels(Level.C4, Level.T6)])
@pytest.mark.parametrize("by", [-0.6, -0.4, 0.0, 0.4, 0.6])
def test_without_a_landmark_an_offset_makes_neighbours_possible(own, by):
    chain = infer_levels(instances(shifted(own, by)), NOTHING)
    for truth, belief in zip(own, chain.beliefs, strict=True):
        assert truth in belief.credible
        assert not belief.is_certain
    assert any("no sacrum" in warning for warning in chain.warnings)


@settings(max_examples=15, deadline=None)
@given(by=st.floats(-0.6, 0.6), noise=st.floats(0.0, 0.4), seed=st.integers(0, 1000), sacrum=st.booleans())
def test_a_certain_answer_is_right(by, noise, seed, sacrum):
    own = LUMBAR if sacrum else THORACIC
    chain = infer_levels(instances(shifted(own, by, noise, seed), sacrum), NOTHING)
    for truth, belief in zip(own, chain.beliefs, strict=False):
        assert not belief.is_certain or belief.most_likely is truth
        assert sum(one.probability for one in belief.levels) == pytest.approx(1.0)
        shares = [one.probability for one in belief.levels]
        assert shares == sorted(shares, reverse=True)


def test_a_map_that_says_nothing_leaves_levels_open():
    for coordinates in ([21.0] * 7, [np.nan] * 7, [0.0] * 7, [25.0, 3.0, 18.0, 9.0, 12.0, 20.0, 1.0]):
        chain = infer_levels(instances(coordinates), NOTHING)
        assert not any(belief.is_certain for belief in chain.beliefs)


def test_without_a_map_the_sacrum_still_counts():
    chain = infer_levels(instances([np.nan] * 4, sacrum=True), NOTHING)
    assert chain.beliefs[3].most_likely is Level.L5
    assert not chain.beliefs[3].is_certain


@pytest.mark.parametrize("lumbar", [4, 6])
def test_transitional_anatomy_is_considered(lumbar):
    own = levels(Level.T10, Level(f"L{lumbar}"), Numbering(12, lumbar))
    chain = infer_levels(instances(shifted(own), sacrum=True), NOTHING)
    for truth, belief in zip(own, chain.beliefs, strict=False):
        assert truth in belief.credible


def test_a_thirteenth_thoracic_vertebra():
    own = levels(Level.T8, Level.L5, Numbering(13, 5))
    chain = infer_levels(instances(shifted(own), sacrum=True), NOTHING)
    assert [one.most_likely for one in chain.beliefs[:-1]] == list(own)
    assert chain.warnings == ("T12 is followed by T13: an unusual number of vertebrae",)


def test_a_wide_gap_is_a_vertebra_that_was_not_found():
    own = [one for one in LUMBAR if one is not Level.L2]
    gaps = [8.0] * len(own)
    gaps[own.index(Level.L3) - 1] = 42.0
    chain = infer_levels(instances(shifted(own), sacrum=True, gaps=gaps), NOTHING)
    assert [one.words for one in chain.beliefs[:-1]] == [str(one) for one in own]
    assert chain.warnings == ("a vertebra seems to be missing between L1 and L3",)


def test_one_wrong_vertebra_does_not_move_the_chain():
    coordinates = shifted(LUMBAR)
    coordinates[2] = 9.0
    chain = infer_levels(instances(coordinates, sacrum=True), NOTHING)
    assert [one.words for one in chain.beliefs[:-1]] == [str(one) for one in LUMBAR]


@pytest.mark.parametrize("anchor", ["L5:sacrum", "T12:2", "T11:top"])
def test_an_anchor_settles_what_the_image_leaves_open(anchor):
    open_ones = instances(shifted(LUMBAR, 0.5), sacrum="sacrum" in anchor)
    chain = infer_levels(open_ones, LevelEvidence(parse_anchor(anchor)))
    assert tuple(one.words for one in chain.beliefs[: len(LUMBAR)]) == tuple(map(str, LUMBAR))
    assert any("the anchor says" in sentence for sentence in chain.beliefs[0].evidence) or anchor != "T11:top"


def test_an_anchor_against_the_image_warns_and_settles_nothing():
    chain = infer_levels(instances(shifted(LUMBAR), sacrum=True), LevelEvidence(parse_anchor("L4:sacrum")))
    (warning,) = chain.warnings
    assert "L4 is the vertebra above the sacrum, but the image suggests L5" in warning
    assert {Level.L4, Level.L5} == set(chain.beliefs[-2].credible)


@pytest.mark.parametrize("anchor", ["L5:sacrum", "T12:9"])
def test_an_anchor_without_its_vertebra_warns(anchor):
    chain = infer_levels(instances(shifted(THORACIC)), LevelEvidence(parse_anchor(anchor)))
    assert any("not used" in warning for warning in chain.warnings)


def test_a_body_part_against_the_image_warns():
    lumbar = instances(shifted(LUMBAR), sacrum=True)
    contradicted = infer_levels(lumbar, LevelEvidence(None, ("CSPINE",)))
    assert any("body part is CSPINE" in warning for warning in contradicted.warnings)
    assert contradicted.beliefs[-2].most_likely is Level.L5
    assert infer_levels(lumbar, LevelEvidence(None, ("LSPINE", "SPINE"))).warnings == ()


def test_a_body_part_speaks_for_its_region_and_is_named_as_evidence():
    """Nothing on the image says where the chain lies; the header helps, but does not settle it."""
    unknown = instances([np.nan] * 3)

    def lumbar(body_parts):
        belief = infer_levels(unknown, LevelEvidence(None, body_parts)).beliefs[1]
        share = sum(one.probability for one in belief.levels if one.level.region is Region.LUMBAR)
        return share, belief

    without, _ = lumbar(())
    told, belief = lumbar(("LSPINE",))
    assert without < 0.5 < told < 1.0
    assert not belief.is_certain
    assert "the series' body part is LSPINE" in belief.evidence
    assert lumbar(("SPINE",))[0] == pytest.approx(without)


def test_no_vertebrae_and_too_many():
    assert infer_levels(instances([]), NOTHING).beliefs == ()
    assert len(infer_levels(instances([20.0] * 40), NOTHING).beliefs) == 40
    (sacrum,) = infer_levels(instances([], sacrum=True), NOTHING).beliefs
    assert sacrum.most_likely is Level.S1


def test_levels_are_written_as_codes():
    found = instances([19.5, 20.0], sacrum=True)
    found.level.array[found.labels.array == 3] = (24.6, 27.2)
    beliefs = tuple(LevelBelief((LevelProbability(level, 1.0),)) for level in (Level.T13, Level.L1, Level.S1))
    codes = levels_volume(found, beliefs)
    assert codes.array.dtype == np.uint8
    assert codes.array.ravel().tolist() == [0, 0, 31, 31, 20, 20, 25, 27]
    with pytest.raises(ValueError, match="2 beliefs"):
        levels_volume(found, beliefs[:2])
