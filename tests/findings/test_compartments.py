import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from findings.block_spine import ball, block_maps, code_at
from spinemets.anatomy import Anatomy
from spinemets.findings.compartments import COMPARTMENT_CODE, compartment_map
from spinemets.findings.records import Compartment

# Middles of the block spine's parts, in the frame of a vertebra.
_PLACES = {
    Compartment.BODY_ANTERIOR: (3, 10, 0),
    Compartment.BODY_MIDDLE: (3, 0, 0),
    Compartment.BODY_POSTERIOR: (3, -10, 0),
    Compartment.LEFT_PEDICLE: (-15, -19, 5),
    Compartment.RIGHT_PEDICLE: (15, -19, 5),
    Compartment.LEFT_FACET: (-14, -33, -14),
    Compartment.RIGHT_FACET: (14, -33, -14),
    Compartment.LEFT_LAMINA: (-8, -35, 1),
    Compartment.RIGHT_LAMINA: (8, -35, 1),
    Compartment.LEFT_TRANSVERSE_PROCESS: (-30, -26, 5),
    Compartment.RIGHT_TRANSVERSE_PROCESS: (30, -26, 5),
    Compartment.SPINOUS_PROCESS: (0, -50, 0),
    Compartment.EPIDURAL: (-8, -24, 0),
}


@pytest.mark.parametrize("compartment", _PLACES)
def test_parts_of_every_vertebra(compartment):
    maps = block_maps()
    found = compartment_map(maps)
    for shift in (33.0, 0.0, -33.0):
        place = np.add(_PLACES[compartment], (0, 0, shift))
        assert code_at(found, maps, place) == COMPARTMENT_CODE[compartment]


@settings(max_examples=8)
@given(
    tilt=st.tuples(*[st.floats(-18, 18)] * 3),
    centre=st.tuples(*[st.floats(-150, 150)] * 3),
    stored=st.sampled_from(["LIP", "RAS", "PIR", "ASL", "SPL"]),
)
def test_left_is_the_patients_left_on_oblique_and_flipped_grids(tilt, centre, stored):
    maps = block_maps(tilt_deg=tilt, centre=centre, stored=stored)
    found = compartment_map(maps)
    for compartment, place in _PLACES.items():
        assert code_at(found, maps, place, tilt, centre) == COMPARTMENT_CODE[compartment]


def test_sides_are_told_apart_at_the_canal_and_not_at_the_images_middle():
    # All of the image lies to the right of the world's and of the scanner's middle.
    maps = block_maps(centre=(90.0, 0.0, 0.0))
    found = compartment_map(maps)
    assert (
        code_at(found, maps, (-15, -19, 5), centre=(90, 0, 0)) == COMPARTMENT_CODE[Compartment.LEFT_PEDICLE]
    )


def test_thirds_of_the_body_are_of_one_size():
    counts = np.bincount(compartment_map(block_maps()).array.ravel())
    thirds = [counts[COMPARTMENT_CODE[one]] for one in list(Compartment)[:3]]
    assert max(thirds) / min(thirds) < 1.15


def test_all_bone_and_nothing_else_has_a_compartment():
    maps = block_maps()
    labelled = compartment_map(maps).array > 0
    tissue = (maps.anatomy.array > 0) & (maps.anatomy.array != Anatomy.DISC)
    assert np.array_equal(labelled, tissue)


def test_tumour_beside_bone_is_paravertebral_and_its_rim_is_bone():
    maps = block_maps(ball((20.0, 5.0, 0.0), 9.0))
    found = compartment_map(maps)
    assert code_at(found, maps, (27, 5, 0)) == COMPARTMENT_CODE[Compartment.PARAVERTEBRAL]
    assert code_at(found, maps, (16, 12, 0)) == COMPARTMENT_CODE[Compartment.BODY_ANTERIOR]
    front = block_maps(ball((0.0, 12.0, 0.0), 4.0))
    assert code_at(compartment_map(front), front, (0, 15, 0)) == COMPARTMENT_CODE[Compartment.BODY_ANTERIOR]


def test_maps_without_vertebrae_have_no_compartments():
    maps = block_maps()
    maps.anatomy.array[:] = 0
    maps.vertebrae.array[:] = 0
    assert not compartment_map(maps).array.any()
