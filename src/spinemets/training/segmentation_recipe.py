"""How a run of the segmenter is put together: cases, fingerprint, plan, module."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from spinemets.anatomy import Anatomy
from spinemets.errors import ConfigurationError
from spinemets.networks.segmenter import CHANNELS, SpineSegmenter
from spinemets.networks.segmenter_settings import SegmenterSettings, Triple
from spinemets.networks.whole_volume import WindowSettings
from spinemets.study.alignment import AlignmentSettings
from spinemets.training.bad_rows import refuse_or_skip
from spinemets.training.case_preparation import Outcomes, measure_cases, prepare_cases
from spinemets.training.case_store import CaseStore, PreparedCase
from spinemets.training.fingerprint import Fingerprint, fingerprint
from spinemets.training.label_sets import ANATOMY_MAP, LEVEL_MAP
from spinemets.training.loading import LoaderSettings
from spinemets.training.losses import LossWeights
from spinemets.training.patches import PatchSettings
from spinemets.training.plan import Plan, Spacing, Wishes, make_plan
from spinemets.training.recipe import Preparation, Probe, RunContext
from spinemets.training.sagittal_source import SagittalSource, sagittal_sources
from spinemets.training.segmentation_calibration import calibrate_segmenter
from spinemets.training.segmentation_data import SegmentationData
from spinemets.training.segmentation_task import Augmentation, SegmentationTask, ShownAs

_BACKGROUND_BIT = 1 << Anatomy.BACKGROUND


@dataclass(frozen=True, slots=True)
class SagittalDataSettings:
    """How cases are prepared and served; ``configs/data/sagittal.yaml`` has the values.

    Args:
        cache: Folder of prepared cases.
        spacing_mm, patch_size, batch_size: Planned from the data where None.
        finest_in_plane_mm: Planned spacing is no finer.
        most_patch_voxels: A planned patch has no more.
        lesion_share, anatomy_share, jitter: See ``PatchSettings``.
        steps_per_epoch: An epoch is so many steps.
        preparation_workers: Processes that prepare cases before training; the context's where None.
        workers: Processes that cut patches during training; the context's where None.
        window_voxels: Validation volumes up to this size go through the network in one pass.
        alignment: When movement between series is undone.
    """

    cache: Path
    spacing_mm: Spacing | None
    patch_size: Triple | None
    batch_size: int | None
    finest_in_plane_mm: float
    most_patch_voxels: int
    lesion_share: float
    anatomy_share: float
    jitter: float
    steps_per_epoch: int
    preparation_workers: int | None
    workers: int | None
    window_voxels: int
    alignment: AlignmentSettings

    def __post_init__(self) -> None:
        # Configs have texts and lists.
        object.__setattr__(self, "cache", Path(self.cache))

    @property
    def wishes(self) -> Wishes:
        """What the user has set of the plan."""
        return Wishes(
            _triple(self.spacing_mm, float),
            _triple(self.patch_size, int),
            self.batch_size,
            self.finest_in_plane_mm,
            self.most_patch_voxels,
        )


@dataclass(frozen=True, slots=True)
class SegmentationRecipe:
    """The segmenter's recipe; see ``recipe.Recipe``.

    Args:
        network: What the segmenter is built from.
        data: How cases are prepared and served.
        loss: Factors of the losses.
        augmentation: Makes the augmentation for a spacing.
        optimiser, schedule: Make those of the run.
        monitor: Validation metric that the best checkpoint has the largest value of.
    """

    network: SegmenterSettings
    data: SagittalDataSettings
    loss: LossWeights
    augmentation: Callable[..., Augmentation]
    optimiser: Callable[[Iterable[torch.nn.Parameter]], Optimizer]
    schedule: Callable[..., LRScheduler]
    monitor: str
    name: str = field(default="segmentation", init=False)

    def prepare(self, context: RunContext) -> Preparation:
        """Read the data and build the module; see ``recipe.Recipe``."""
        training, validation = (sagittal_sources(studies) for studies in context.manifest.split(context.fold))
        if not training:
            raise ConfigurationError(
                "has no annotated sagittal series to train on",
                file=context.manifest.path,
                remedy="add annotations, or choose another fold",
            )
        found = self._fingerprint(training, context)
        plan = make_plan(
            found,
            self.network,
            self.data.wishes,
            context.memory_bytes,
            context.precision,
            context.on_gpu,
        )
        cases = self._cases((*training, *validation), plan, context)
        names = {source.name for source in validation}
        data = self._data(cases, names, plan, context)
        _check_validation(data.validation, context)
        simulated = frozenset(one.name for one in (*training, *validation) if one.study.simulated)
        task = self._task(plan, context.seed, simulated)
        return Preparation(
            task=task,
            network=task.network,
            core=task.network.backbone,
            data=data,
            validation_cases=len(data.validation),
            probe=self._probe(plan),
            records={"fingerprint": asdict(found), "plan": asdict(plan)},
            statements=_statements(found, plan, data),
        )

    def finish(self, prepared: Preparation) -> Mapping[str, Any]:
        """What the weights' card says; see ``recipe.Recipe``."""
        plan: Mapping[str, Any] = prepared.records["plan"]
        task, data = prepared.task, prepared.data
        if not isinstance(task, SegmentationTask) or not isinstance(data, SegmentationData):
            raise TypeError("the preparation is not this recipe's")
        return {
            "classes": tuple(one.name.lower() for one in Anatomy),
            "channels": tuple(channel.value for channel in CHANNELS),
            "spacing_mm": plan["spacing_mm"],
            "patch_size": plan["patch_size"],
            "network": asdict(self.network),
            "calibration": calibrate_segmenter(task, data.validation),
        }

    def _fingerprint(self, training: tuple[SagittalSource, ...], context: RunContext) -> Fingerprint:
        label_sets = context.manifest.label_sets
        store = CaseStore(self.data.cache, {}, label_sets)
        measured = measure_cases(training, store, label_sets, self._preparation_workers(context))
        _settle(measured, context)
        return fingerprint(measured.results)

    def _cases(
        self, sources: tuple[SagittalSource, ...], plan: Plan, context: RunContext
    ) -> tuple[PreparedCase, ...]:
        settings = {"spacing_mm": plan.spacing_mm, "alignment": asdict(self.data.alignment)}
        prepared = prepare_cases(
            sources,
            CaseStore(self.data.cache, settings, context.manifest.label_sets),
            context.manifest.label_sets,
            plan.spacing_mm,
            self.data.alignment,
            self._preparation_workers(context),
        )
        _settle(prepared, context)
        return prepared.results

    def _data(
        self, cases: tuple[PreparedCase, ...], validation: set[str], plan: Plan, context: RunContext
    ) -> SegmentationData:
        settings = self.data
        return SegmentationData(
            [case for case in cases if case.name not in validation],
            [case for case in cases if case.name in validation],
            PatchSettings(plan.patch_size, settings.lesion_share, settings.anatomy_share, settings.jitter),
            LoaderSettings(plan.batch_size, settings.steps_per_epoch, self._workers(context), context.seed),
        )

    def _preparation_workers(self, context: RunContext) -> int:
        given = self.data.preparation_workers
        return context.preparation_workers if given is None else given

    def _workers(self, context: RunContext) -> int:
        return context.workers if self.data.workers is None else self.data.workers

    def _task(self, plan: Plan, seed: int, simulated: frozenset[str]) -> SegmentationTask:
        return SegmentationTask(
            SpineSegmenter(self.network),
            self.optimiser,
            self.schedule,
            self.augmentation(spacing_mm=plan.spacing_mm),
            self.loss,
            WindowSettings(self.data.window_voxels, plan.patch_size),
            seed,
            ShownAs(plan.spacing_mm[1:], simulated),
        )

    def _probe(self, plan: Plan) -> Probe:
        shape = (plan.batch_size, len(CHANNELS), *plan.patch_size)
        return Probe("spinemets.networks.segmenter:build_segmenter", asdict(self.network), shape)


def _check_validation(cases: Sequence[PreparedCase], context: RunContext) -> None:
    """Refuse a fold of which no head can be measured, as no epoch would be better than another."""
    if cases and not any(_measurable(case) for case in cases):
        raise ConfigurationError(
            f"is {context.fold}, in which there is no lesion, no structure that one class stands for, and no "
            "level: nothing tells a good epoch from a bad one",
            file=context.manifest.path,
            field="fold",
            remedy="choose another fold, or all",
        )


def _measurable(case: PreparedCase) -> bool:
    classes = case.targets[ANATOMY_MAP]
    # A power of two is one class; the smallest is the background.
    structures = (classes > _BACKGROUND_BIT) & (classes & (classes - 1) == 0)
    return bool(case.sites.lesion_count or case.targets[LEVEL_MAP].any() or structures.any())


def _settle(outcomes: Outcomes[Any], context: RunContext) -> None:
    refuse_or_skip([str(failure) for failure in outcomes.failures], context.manifest, context.skip_bad)


def _statements(found: Fingerprint, plan: Plan, data: SegmentationData) -> tuple[str, ...]:
    lesions = ", ".join(f"{count} of {name}" for name, count in found.lesions.items())
    with_lesions = found.lesion_annotated - found.lesion_free
    spacing, patch = (" x ".join(f"{value:g}" for value in row) for row in (plan.spacing_mm, plan.patch_size))
    channels = ", ".join(f"{name} in {count}" for name, count in found.channels.items())
    return (
        f"{len(data.training)} cases to train on ({channels}), {len(data.validation)} to validate on",
        f"lesions in {with_lesions} cases, none in {found.lesion_free}: {lesions}",
        f"spacing {spacing} mm, patches of {patch} voxels, {plan.batch_size} a step",
    )


def _triple(values: Any, kind: Callable[[Any], Any]) -> Any:
    return None if values is None else tuple(kind(value) for value in values)
