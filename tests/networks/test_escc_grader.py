import json
from dataclasses import asdict

import pytest
import torch

from spinemets.errors import ConfigurationError
from spinemets.networks.escc_grader import EsccGrader, build_grader, heat_map
from spinemets.networks.grader_settings import GraderArchitecture, GraderSettings

TINY = GraderSettings(3, 48, 0.6, filters=(8, 8, 16, 16), blocks=(1, 1, 1, 1))


@pytest.fixture(params=list(GraderArchitecture))
def grader(request):
    torch.manual_seed(0)
    return EsccGrader(GraderSettings(3, 48, 0.6, request.param, (8, 8, 16, 16), (1, 1, 1, 1)))


@pytest.fixture
def crops():
    return torch.randn(3, 3, 48, 48, generator=torch.Generator().manual_seed(1))


def test_every_architecture_learns_without_regard_to_the_batch(grader, crops):
    logits = grader(crops)
    assert logits.shape == (3, 5)
    # In training mode too, a crop's logits do not depend on its neighbours or on chance.
    torch.testing.assert_close(grader(crops[:1]), logits[:1], atol=1e-4, rtol=1e-4)
    assert not list(grader.buffers())
    logits.sum().backward()
    assert all(one.grad is not None and torch.isfinite(one.grad).all() for one in grader.parameters())


def test_a_heat_map_covers_the_crop_and_leaves_the_grader_alone(grader, crops):
    grader.train().requires_grad_(False)
    shown = heat_map(grader, crops)
    assert shown.shape == (3, 48, 48)
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert not shown.requires_grad
    assert grader.training
    assert all(one.grad is None and not one.requires_grad for one in grader.parameters())
    assert not any(one._forward_hooks or one._backward_hooks for one in grader.modules())


def test_a_heat_map_is_hot_where_the_evidence_lies():
    torch.manual_seed(0)
    grader = EsccGrader(TINY)
    crops = torch.zeros(48, 3, 48, 48)
    grades = torch.arange(48) % 2 * 5
    places = torch.randint(0, 4, (48,), generator=torch.Generator().manual_seed(0))
    for crop, grade, place in zip(crops, grades, places, strict=True):
        row, column = 6 + 24 * (place // 2), 6 + 24 * (place % 2)
        crop[:, row : row + 12, column : column + 12] = grade * 0.6
    optimiser = torch.optim.AdamW(grader.parameters(), lr=3e-3)
    for _ in range(25):
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(grader(crops).mean(dim=1), grades - 2.5).backward()
        optimiser.step()
    shown = heat_map(grader, crops[1:2])[0]
    quarters = shown.reshape(2, 24, 2, 24).mean(dim=(1, 3)).flatten()
    assert quarters.argmax() == places[1]


def test_settings_pass_through_json():
    plain = json.loads(json.dumps(asdict(TINY)))
    assert build_grader(**plain).settings == TINY


def test_dropout_is_on_in_training_alone():
    torch.manual_seed(0)
    grader = EsccGrader(GraderSettings(1, 32, 0.6, filters=(8,) * 4, blocks=(1,) * 4, dropout=0.5))
    crops = torch.randn(1, 1, 32, 32)
    assert not torch.equal(grader(crops), grader(crops))
    grader.eval()
    assert torch.equal(grader(crops), grader(crops))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("architecture", "resnet999"),
        ("slices", 4),
        ("crop_size", 16),
        ("spacing_mm", 0.0),
        ("filters", (64, 128, 256)),
        ("filters", (12, 24, 48, 96)),
        ("blocks", (2, 2, 0, 2)),
        ("dropout", 1.0),
    ],
)
def test_settings_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(ConfigurationError, match=field):
        GraderSettings(**{"slices": 3, "crop_size": 48, "spacing_mm": 0.6} | {field: value})
