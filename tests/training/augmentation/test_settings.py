import numpy as np
import pytest

from spinemets.errors import ConfigurationError
from spinemets.training.augmentation.settings import factor, happens


@pytest.mark.parametrize(
    ("stage_name", "field", "value"),
    [
        ("spatial", "flip_chance", 1.5),
        ("spatial", "in_plane_scale", (1.2, 0.8)),
        ("spatial", "in_plane_scale", (0.0, 1.0)),
        ("spatial", "elastic_spacing_mm", 5.0),
        ("sequences", "shift_mm", -1.0),
        ("intensity", "noise", (0.1,)),
        ("intensity", "coarse", (0.5, 2.0)),
        ("artefacts", "ringing_kept", (0.5, 1.5)),
        ("artefacts", "ghost_count", (0, 3)),
    ],
)
def test_values_out_of_range_are_refused_by_name(stage, stage_name, field, value):
    with pytest.raises(ConfigurationError, match=field):
        stage(stage_name, **{field: value})


def test_chance_0_never_happens_and_1_always_does():
    rng = np.random.default_rng(0)
    assert not any(happens(rng, 0.0) for _ in range(100))
    assert all(happens(rng, 1.0) for _ in range(100))


def test_factors_up_and_down_are_as_likely():
    rng = np.random.default_rng(0)
    drawn = np.array([factor(rng, (0.5, 2.0)) for _ in range(2000)])
    assert drawn.min() >= 0.5
    assert drawn.max() <= 2.0
    assert abs(np.log(drawn).mean()) < 0.05
