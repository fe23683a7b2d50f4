"""``spinemets phantom``: annotated studies of the digital spine phantom."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.phantom.protocol_ranges import ProtocolRanges
    from spinemets.phantom.study import StudyRequest

E = TypeVar("E", bound=StrEnum)
_SETTINGS = (
    "output",
    "count",
    "seed",
    "format",
    "stations",
    "workers",
    "followups",
    "followup",
    "disease",
    "protocol",
    "grid",
)


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 unusable configuration."""
    return run("phantom", argv, _make)


def _make(config: "DictConfig") -> int:
    from tqdm import tqdm

    from spinemets.phantom.collection import MANIFEST_NAME, make_studies

    _refuse_unknown(config)
    request = _request(config)
    output = Path(str(config.output))
    count = _whole_number(config, "count")
    outcomes = make_studies(request, count, output, _whole_number(config, "workers"))
    studies = count * (request.followups + 1)
    progress = tqdm(outcomes, total=studies, unit="study", desc="phantom", file=sys.stderr, disable=None)
    made = sum(outcome.made for outcome in progress)
    kept = studies - made
    print(f"{made} {'study' if made == 1 else 'studies'} made{f', {kept} kept' if kept else ''}: {output}")
    print(f"manifest: {output / MANIFEST_NAME}. Simulated, not real patients.")
    return 0


def _refuse_unknown(config: "DictConfig") -> None:
    from spinemets.errors import ConfigurationError

    unknown = [str(key) for key in config if key not in _SETTINGS]
    if unknown:
        raise ConfigurationError(
            "is no setting", field=unknown[0], remedy=f"settings: {', '.join(_SETTINGS)}"
        )
    if not str(config.output).strip():
        raise ConfigurationError("is empty", field="output", remedy="name a folder")


def _request(config: "DictConfig") -> "StudyRequest":
    from omegaconf import OmegaConf

    from spinemets.commands.record_settings import with_settings
    from spinemets.phantom.build import GridSettings
    from spinemets.phantom.disease_priors import DiseasePriors
    from spinemets.phantom.followup import FollowUpPriors
    from spinemets.phantom.protocol import Station
    from spinemets.phantom.study import ImageFormat, StudyRequest

    stations = [config.stations] if isinstance(config.stations, str) else config.stations
    disease: Any = OmegaConf.to_container(config.disease)
    protocol: Any = OmegaConf.to_container(config.protocol)
    grid: Any = OmegaConf.to_container(config.grid)
    followup: Any = OmegaConf.to_container(config.followup)
    ranges = _ranges(str(protocol.pop("ranges")))
    return StudyRequest(
        seed=_whole_number(config, "seed"),
        image_format=_choice(ImageFormat, config.format, "format"),
        stations=tuple(_choice(Station, station, "stations") for station in stations),
        priors=with_settings(DiseasePriors(), disease, "disease"),
        ranges=with_settings(ranges, protocol, "protocol"),
        grid=with_settings(GridSettings(), grid, "grid"),
        followups=_whole_number(config, "followups"),
        followup=with_settings(FollowUpPriors(), followup, "followup"),
    )


def _ranges(name: str) -> "ProtocolRanges":
    from spinemets.errors import ConfigurationError
    from spinemets.phantom.protocol_ranges import OUTSIDE_RANGES, TRAINING_RANGES

    known = {"usual": TRAINING_RANGES, "outside": OUTSIDE_RANGES}
    if name not in known:
        raise ConfigurationError(f"is {name!r}", field="protocol.ranges", remedy=f"give {' or '.join(known)}")
    return known[name]


def _choice(kind: type[E], value: object, field: str) -> E:
    from spinemets.errors import ConfigurationError

    try:
        return kind(str(value))
    except ValueError:
        raise ConfigurationError(f"is {value!r}", field=field, remedy=f"allowed: {', '.join(kind)}") from None


def _whole_number(config: "DictConfig", field: str) -> int:
    from spinemets.errors import ConfigurationError

    value = config[field]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigurationError(f"is {value!r}", field=field, remedy="give a whole number from 0")
    return value
