"""Hypothesis strategies for grids: oblique, flipped, permuted, anisotropic."""

import itertools

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

ALL_ORIENTATIONS = [
    "".join(letters)
    for axes in itertools.permutations(("RL", "AP", "SI"))
    for letters in itertools.product(*axes)
]


@st.composite
def affines(draw, max_tilt_deg: float = 40.0):
    """Affines (voxel to RAS mm) of any axis order and direction, tilted, with unequal spacings."""
    order = draw(st.permutations([0, 1, 2]))
    signs = draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3))
    angles = draw(st.tuples(*[st.floats(-max_tilt_deg, max_tilt_deg)] * 3))
    spacing = draw(st.tuples(*[st.floats(0.3, 6.0)] * 3))
    origin = draw(st.tuples(*[st.floats(-800.0, 800.0)] * 3))
    axes = np.eye(3)[:, list(order)] * np.asarray(signs)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ axes * np.asarray(spacing)
    affine[:3, 3] = origin
    return affine
