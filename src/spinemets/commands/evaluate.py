"""``spinemets evaluate``: predictions against a reference."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.evaluation.evaluation import Evaluation, EvaluationSettings
    from spinemets.evaluation.reading import Evidence
    from spinemets.study.pseudonym import Identifiers
    from spinemets.training.manifest import Manifest

K = TypeVar("K", bound=StrEnum)

# Names below this are the user's own, which Hydra takes only with its sign for new keys.
_OPEN = "prediction_labels"


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 1 some studies could not be compared, 2 unusable input or configuration."""
    overrides = [f"++{one}" if one.startswith((f"{_OPEN}=", f"{_OPEN}.")) else one for one in argv]
    return run("evaluate", overrides, _evaluate)


def _evaluate(config: "DictConfig") -> int:
    from hydra.utils import instantiate

    from spinemets.commands.evaluate_text import evaluation_lines
    from spinemets.evaluation.evaluation import evaluate
    from spinemets.evaluation.reference import read_reference
    from spinemets.report.evaluation_outputs import PAGE, write_evaluation

    output = Path(str(config.output)).absolute()
    settings = _settings(config)
    manifest = read_reference(Path(str(config.reference)).absolute())
    identifiers = instantiate(config.archive.identifiers)
    evidence = _gather(config, str(config.predictions), manifest, identifiers, settings)
    second = None
    if config.compare is not None:
        second = _gather(config, str(config.compare), manifest, identifiers, settings)
    evaluation = evaluate(manifest, evidence, second, settings)
    write_evaluation(evaluation, output)
    print("\n".join(evaluation_lines(evaluation, output / PAGE)), flush=True)
    return _status(evaluation)


def _status(evaluation: "Evaluation") -> int:
    return 0 if evaluation.complete else 1


def _gather(
    config: "DictConfig",
    folder: str,
    manifest: "Manifest",
    identifiers: "Identifiers",
    settings: "EvaluationSettings",
) -> "Evidence":
    from omegaconf import OmegaConf

    from spinemets.evaluation.case_matching import read_case_table
    from spinemets.evaluation.prediction_folder import read_predictions
    from spinemets.evaluation.reading import gather_evidence

    labels: Any = OmegaConf.to_container(config.prediction_labels)
    table = {} if config.cases is None else read_case_table(Path(str(config.cases)))
    predictions = read_predictions(Path(folder).absolute(), labels)

    def say(study: str) -> None:
        print(f"{predictions.folder.name}: {study}", file=sys.stderr, flush=True)

    workers = _whole(config.workers, "workers") or 1
    return gather_evidence(manifest, predictions, identifiers, table, settings.evidence, say, workers)


def _settings(config: "DictConfig") -> "EvaluationSettings":
    from spinemets.evaluation.case_images import Grids
    from spinemets.evaluation.evaluation import EvaluationSettings
    from spinemets.evaluation.image_evidence import ImageSettings
    from spinemets.evaluation.mask_score import BothEmpty, MaskSettings, OneEmpty
    from spinemets.evaluation.resampling import Bootstrap, IntervalKind
    from spinemets.evaluation.study_evidence import EvidenceSettings, LevelsBy, Missing

    masks = MaskSettings(
        tolerance_mm=_number(config.masks.tolerance_mm, "masks.tolerance_mm"),
        both_empty=_choice(BothEmpty, config.masks.both_empty, "masks.both_empty"),
        one_empty=_choice(OneEmpty, config.masks.one_empty, "masks.one_empty"),
    )
    images = ImageSettings(
        masks=masks,
        least_lesion_ml=_number(config.least_lesion_ml, "least_lesion_ml"),
        least_in_vertebra_ml=_number(config.least_in_vertebra_ml, "least_in_vertebra_ml"),
    )
    return EvaluationSettings(
        evidence=EvidenceSettings(
            images=images,
            grids=_choice(Grids, config.grids, "grids"),
            missing=_choice(Missing, config.missing, "missing"),
            levels_by=_choice(LevelsBy, config.levels_by, "levels_by"),
        ),
        bootstrap=Bootstrap(
            resamples=_whole(config.resamples, "resamples"),
            seed=_whole(config.seed, "seed"),
            level=_number(config.level, "level"),
            kind=_choice(IntervalKind, config.interval, "interval"),
        ),
        subgroups=None if config.subgroups is None else tuple(map(str, config.subgroups)),
    )


def _choice(kind: type[K], text: object, field: str) -> K:
    from spinemets.errors import ConfigurationError

    try:
        return kind(str(text))
    except ValueError:
        allowed = ", ".join(member.value for member in kind)
        raise ConfigurationError(f"is {text!r}", field=field, remedy=f"allowed: {allowed}") from None


def _number(value: object, field: str) -> float:
    from spinemets.errors import ConfigurationError

    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ConfigurationError(f"is {value!r}", field=field, remedy="give a number from 0")
    return float(value)


def _whole(value: object, field: str) -> int:
    from spinemets.errors import ConfigurationError

    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError(f"is {value!r}", field=field, remedy="give a whole number from 0")
    return value
