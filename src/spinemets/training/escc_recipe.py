"""How a run of the ESCC grader is put together: cases, module, calibration."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from spinemets.anatomy import EsccGrade
from spinemets.errors import ConfigurationError
from spinemets.networks.escc_grader import EsccGrader
from spinemets.networks.grader_settings import GraderSettings
from spinemets.networks.ordinal import grade_probabilities
from spinemets.study.selection import Channel
from spinemets.training.bad_rows import refuse_or_skip
from spinemets.training.calibration import conformal_threshold, grade_temperature
from spinemets.training.escc_cases import EsccCase, axial_sources
from spinemets.training.escc_data import EsccData
from spinemets.training.escc_store import CropStore
from spinemets.training.escc_task import CropAugmentation, EsccTask, without_margin
from spinemets.training.loading import LoaderSettings
from spinemets.training.manifest import ManifestStudy
from spinemets.training.recipe import Preparation, Probe, RunContext

# Usual distance of axial slices; nothing in the augmentation of crops moves across them.
_SLICE_MM = 4.0


@dataclass(frozen=True, slots=True)
class AxialDataSettings:
    """How crops are prepared and served; ``configs/data/escc.yaml`` has the values.

    Text in place of a path and a list in place of a tuple are taken as well, as YAML has them.

    Args:
        cache: Folder of prepared crops.
        margin_mm: Stored beyond a crop on every side, to shift and turn it in training.
        balance: How much more often rare grades come; see ``BalancedOrder``.
        batch_size: Crops of one process in a step.
        steps_per_epoch: An epoch is so many steps.
        workers: Processes that read crops during training; 0 reads them in the training process. The
            context's where None.
        coverages: Shares of new slices whose conformal set is to hold the true grade.
    """

    cache: Path
    margin_mm: float
    balance: float
    batch_size: int
    steps_per_epoch: int
    workers: int | None
    coverages: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cache", Path(self.cache))
        object.__setattr__(self, "coverages", tuple(float(share) for share in self.coverages))


@dataclass(frozen=True, slots=True)
class EsccRecipe:
    """The grader's recipe; see ``recipe.Recipe``.

    Args:
        network: What the grader is built from.
        data: How crops are prepared and served.
        augmentation: Makes the augmentation for a spacing.
        optimiser, schedule: Make those of the run.
        monitor: Validation metric that the best checkpoint has the largest value of.
    """

    network: GraderSettings
    data: AxialDataSettings
    augmentation: Callable[..., CropAugmentation]
    optimiser: Callable[[Iterable[torch.nn.Parameter]], Optimizer]
    schedule: Callable[..., LRScheduler]
    monitor: str
    name: str = field(default="escc", init=False)

    def prepare(self, context: RunContext) -> Preparation:
        """Read the data and build the module; see ``recipe.Recipe``."""
        training, validation = (
            self._cases(studies, context) for studies in context.manifest.split(context.fold)
        )
        if not training:
            raise ConfigurationError(
                "has no graded axial T2 slice to train on",
                file=context.manifest.path,
                field="escc_by_slice",
                remedy="add grades, or choose another fold",
            )
        settings = self.data
        _check_validation(validation, context)
        workers = context.workers if settings.workers is None else settings.workers
        loader = LoaderSettings(settings.batch_size, settings.steps_per_epoch, workers, context.seed)
        simulated = _simulated_cases((*training, *validation), context.manifest.studies)
        task = self._task(context.seed, simulated)
        return Preparation(
            task=task,
            network=task.network,
            core=task.network,
            data=EsccData(training, validation, settings.balance, loader),
            validation_cases=len(validation),
            probe=self._probe(),
            records={"grades": {"training": _counts(training), "validation": _counts(validation)}},
            statements=(_statement("to train on", training), _statement("to validate on", validation)),
        )

    def finish(self, prepared: Preparation) -> Mapping[str, Any]:
        """What the weights' card says; see ``recipe.Recipe``."""
        network = self.network
        return {
            "classes": tuple(grade.value for grade in EsccGrade),
            "channels": (Channel.T2.value,),
            "spacing_mm": (network.spacing_mm, network.spacing_mm),
            "patch_size": (network.slices, network.crop_size, network.crop_size),
            "network": asdict(network),
            "calibration": self._calibration(prepared),
        }

    def _cases(self, studies: Sequence[ManifestStudy], context: RunContext) -> list[EsccCase]:
        manifest, network = context.manifest, self.network
        crop = replace(network.crop, margin=round(self.data.margin_mm / network.spacing_mm))
        store = CropStore(self.data.cache, crop, manifest.label_sets)
        cases, failures = store.cases(axial_sources(studies, manifest.label_sets))
        refuse_or_skip([str(failure) for failure in failures], manifest, context.skip_bad)
        return cases

    def _task(self, seed: int, simulated: frozenset[str]) -> EsccTask:
        spacing_mm = (_SLICE_MM, self.network.spacing_mm, self.network.spacing_mm)
        return EsccTask(
            EsccGrader(self.network),
            self.optimiser,
            self.schedule,
            self.augmentation(spacing_mm=spacing_mm),
            seed,
            simulated,
        )

    def _probe(self) -> Probe:
        network = self.network
        shape = (self.data.batch_size, network.slices, network.crop_size, network.crop_size)
        return Probe("spinemets.networks.escc_grader:build_grader", asdict(network), shape)

    def _calibration(self, prepared: Preparation) -> Mapping[str, Any]:
        """Temperature and thresholds from the validation cases; empty where there are none."""
        task, data = prepared.task, prepared.data
        if not isinstance(task, EsccTask) or not isinstance(data, EsccData):
            raise TypeError("the preparation is not this recipe's")
        if not data.validation:
            return {}
        logits = _logits(task.network, data.validation, self.data.batch_size)
        ranks = np.array([case.grade.rank for case in data.validation])
        temperature = grade_temperature(logits.numpy(), ranks)
        probabilities = grade_probabilities(logits.double() / temperature).numpy()
        return {
            "temperature": temperature,
            "conformal": {
                f"{coverage:g}": conformal_threshold(probabilities, ranks, coverage)
                for coverage in self.data.coverages
            },
            "slices": _counts(data.validation),
            "patients": len({case.patient for case in data.validation}),
        }


def _check_validation(cases: Sequence[EsccCase], context: RunContext) -> None:
    """Refuse a fold of one grade: kappa is 0 whatever is graded, so that no epoch is better than another."""
    if len({case.grade for case in cases}) == 1:
        raise ConfigurationError(
            f"is {context.fold}, in which every slice has the grade {cases[0].grade}: no kappa comes of it",
            file=context.manifest.path,
            field="fold",
            remedy="choose another fold, or all",
        )


def _simulated_cases(cases: Sequence[EsccCase], studies: Sequence[ManifestStudy]) -> frozenset[str]:
    simulated = {study.study for study in studies if study.simulated}
    return frozenset(case.name for case in cases if case.name.split("/")[0] in simulated)


def _logits(network: EsccGrader, cases: Sequence[EsccCase], batch_size: int) -> Tensor:
    """(cases, 5) on the CPU."""
    device = next(network.parameters()).device
    network.eval()
    batches = []
    with torch.no_grad():
        for first in range(0, len(cases), batch_size):
            crops = np.stack([case.crop() for case in cases[first : first + batch_size]])
            inner = without_margin(torch.from_numpy(crops), network.settings.crop_size)
            batches.append(network(inner.to(device)).float().cpu())
    return torch.cat(batches)


def _counts(cases: Sequence[EsccCase]) -> dict[str, int]:
    found = Counter(case.grade for case in cases)
    return {grade.value: found[grade] for grade in EsccGrade}


def _statement(purpose: str, cases: Sequence[EsccCase]) -> str:
    grades = ", ".join(f"{count} of {grade}" for grade, count in _counts(cases).items())
    return f"{len(cases)} graded slices {purpose}: {grades}"
