"""Fields of frozen records replaced by what a config says."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from spinemets.errors import ConfigurationError

R = TypeVar("R")


def with_settings(record: R, settings: Mapping[str, Any], where: str) -> R:
    """A copy of a dataclass record in which the fields named by a config have its values.

    Args:
        record: The defaults.
        settings: Values by field; mappings go on into records inside.
        where: Path of these settings in the config, for messages.

    Raises:
        ConfigurationError: If a field does not exist, or a value does not fit it.
    """
    changes = {name: _value(record, name, value, where) for name, value in settings.items()}
    try:
        return dataclasses.replace(record, **changes)  # type: ignore[type-var]
    except (TypeError, ValueError) as error:
        raise ConfigurationError(str(error), field=where) from None


def _value(record: Any, name: str, value: Any, where: str) -> Any:
    field = f"{where}.{name}"
    names = [each.name for each in dataclasses.fields(record)]
    if name not in names:
        raise ConfigurationError("is no setting", field=field, remedy=f"settings: {', '.join(names)}")
    before = getattr(record, name)
    if dataclasses.is_dataclass(before):
        if not isinstance(value, Mapping):
            raise ConfigurationError(f"is {value!r}", field=field, remedy="set the fields below it")
        return with_settings(before, value, field)
    return _same_kind(before, value, field)


def _same_kind(before: Any, value: Any, field: str) -> Any:
    """Lists become tuples and whole numbers floats, as the record has them; nothing else is converted."""
    if isinstance(before, tuple) and isinstance(value, list):
        kinds = {type(each) for each in before}
        return tuple(float(each) if kinds == {float} else each for each in value)
    if isinstance(before, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if before is not None and not isinstance(value, type(before)):
        kind = type(before).__name__
        raise ConfigurationError(f"is {value!r}", field=field, remedy=f"give a value of type {kind}")
    return value
