"""Config values put into frozen records."""

from dataclasses import dataclass, field

import pytest

from spinemets.commands.record_settings import with_settings
from spinemets.errors import ConfigurationError


@dataclass(frozen=True)
class _Inner:
    chance: float = 0.5
    pair: tuple[float, float] = (1.0, 2.0)

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise ValueError("chance must be between 0 and 1")


@dataclass(frozen=True)
class _Outer:
    count: int = 3
    inner: _Inner = field(default_factory=_Inner)


def test_fields_are_replaced_at_any_depth():
    changed = with_settings(_Outer(), {"count": 4, "inner": {"chance": 1, "pair": [3, 4]}}, "outer")
    assert changed == _Outer(4, _Inner(1.0, (3.0, 4.0)))


def test_nothing_given_changes_nothing():
    assert with_settings(_Outer(), {}, "outer") == _Outer()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chance": 1}, "outer.chance: is no setting; settings: count, inner"),
        ({"inner": {"chances": 1}}, "outer.inner.chances: is no setting"),
        ({"inner": 3}, "set the fields below it"),
        ({"count": "many"}, "give a value of type int"),
        ({"inner": {"chance": 2.0}}, "outer.inner: chance must be between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_named(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        with_settings(_Outer(), settings, "outer")
