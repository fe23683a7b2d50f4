"""What is whole: narrow stacks may cut the sides of a body, not its middle."""

import numpy as np
import pytest

from findings.block_spine import block_maps
from spinemets.findings.vertebra_facts import is_cut_aside, vertebra_facts
from spinemets.volume import Volume, crop


def facts(first, last):
    """Of the block spine between two slices, 4 mm thick; bodies reach from slice 6 to 15."""
    maps = block_maps()
    size = (last - first, *maps.anatomy.shape[1:])
    labels, anatomy = (crop(one, (first, 0, 0), size) for one in (maps.vertebrae, maps.anatomy))
    level = Volume(np.zeros(labels.shape, np.float32), labels.affine_ras)
    return vertebra_facts(labels, anatomy, level)


def test_bodies_within_the_stack_are_whole():
    assert all(one.whole for one in facts(2, 20))


@pytest.mark.parametrize("slices", [(10, 22), (0, 11)])
def test_half_a_body_is_not_whole(slices):
    assert not any(one.whole for one in facts(*slices))


def test_cut_sides_do_no_harm():
    """An outer slice that shows half of the largest section is near the edge of a round body."""
    body = np.zeros((5, 10, 10), dtype=bool)
    body[0, :5], body[1:4], body[4, :5] = True, True, True
    assert not is_cut_aside(body, 0, 5)
    assert is_cut_aside(body[1:], 0, 4)
    assert not is_cut_aside(body[1:], 1, 6)
