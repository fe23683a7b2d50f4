"""What the masks of one image give to the figures: lesions, vertebrae, structures, levels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Level
from spinemets.errors import InputError
from spinemets.evaluation.case_images import ImagePair
from spinemets.evaluation.case_maps import Codes, LabelMaps, read_maps
from spinemets.evaluation.label_regions import compared_sets, region_pairs
from spinemets.evaluation.lesion_cases import (
    LesionCase,
    lesion_case,
    places_of_lesions,
    score_found_lesions,
)
from spinemets.evaluation.lesion_map import LesionMap, lesions_of_numbers
from spinemets.evaluation.level_pairs import level_pairs, vertebrae_there
from spinemets.evaluation.mask_figures import MaskRow
from spinemets.evaluation.mask_score import MaskSettings, score_mask
from spinemets.evaluation.pairs import LevelPair
from spinemets.evaluation.region_detection import Region, vertebrae
from spinemets.scoring.sins_text import findings_from_text
from spinemets.training.label_sets import Head, LabelSet
from spinemets.training.manifest_records import ManifestStudy

# Structure under which the union of all lesions of an image is scored.
ALL_LESIONS = "lesions together"
# What ``score_found_lesions`` calls each lesion that was found.
FOUND_LESION = "found lesion"


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How masks are compared.

    Args:
        masks: How a mask is scored.
        least_lesion_ml: Smaller lesions are dropped from reference and prediction alike.
        least_in_vertebra_ml: A lesion with less than that in a vertebra only touches it.
    """

    masks: MaskSettings
    least_lesion_ml: float
    least_in_vertebra_ml: float


@dataclass(frozen=True, slots=True)
class Told:
    """What a set of predictions tells at all; what it never tells is not compared.

    Args:
        heads: Of masks.
        anatomy_set: What the values of its masks stand for, for images that it lacks; None without anatomy.
        slices, levels, sins: Whether it has grades of slices and levels, and scores.
    """

    heads: frozenset[Head]
    anatomy_set: LabelSet | None
    slices: bool
    levels: bool
    sins: bool


@dataclass(frozen=True, slots=True)
class ImageEvidence:
    """What one image gives; of what reference or prediction do not tell there is nothing.

    Args:
        lesions: Its lesions; None where they are not compared.
        vertebrae: With and without lesion.
        masks: Scores of structures, of all lesions together, and of lesions that were found.
        levels: Names of vertebrae.
        places: Predicted name of the vertebra at each level of the reference, None where there is none; empty
            where either side does not tell.
    """

    lesions: LesionCase | None
    vertebrae: tuple[Region, ...]
    masks: tuple[MaskRow, ...]
    levels: tuple[LevelPair, ...]
    places: Mapping[Level, Level | None]


def image_evidence(
    study: ManifestStudy, pair: ImagePair, told: Told, settings: ImageSettings
) -> ImageEvidence:
    """Compare the masks of an image; where there is no prediction, with empty masks.

    Raises:
        InputError: If a mask cannot be read or used.
    """
    look = _Look(study, pair, told, settings, *_read(pair))
    lesions = look.lesion_maps()
    return ImageEvidence(
        lesions=None if lesions is None else look.lesion_case(*lesions),
        vertebrae=() if lesions is None else look.vertebrae(*lesions),
        masks=(*look.structures(), *(() if lesions is None else look.lesion_masks(*lesions))),
        levels=tuple(look.levels()),
        places=look.places(),
    )


def _read(pair: ImagePair) -> tuple[LabelMaps, LabelMaps | None]:
    grid = pair.reference.grid
    reference = read_maps(pair.reference.files, grid)
    if pair.predicted is None:
        return reference, None
    return reference, read_maps(pair.predicted.files, grid, pair.predicted, resample=pair.resampled)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A look at one image."""

    study: ManifestStudy
    pair: ImagePair
    told: Told
    settings: ImageSettings
    reference: LabelMaps
    predicted: LabelMaps | None

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        i, j, k = np.linalg.norm(self.pair.reference.grid.affine_ras[:3, :3], axis=0).tolist()
        return i, j, k

    @property
    def voxel_ml(self) -> float:
        return float(abs(np.linalg.det(self.pair.reference.grid.affine_ras[:3, :3]))) / 1000.0

    def lesion_maps(self) -> tuple[LesionMap, LesionMap] | None:
        """Predicted and reference lesions; None where either side never tells of lesions."""
        true = self.reference.lesions
        if true is None or self.reference.lesions_told is None or Head.LESION not in self.told.heads:
            return None
        if self.predicted is not None and self.predicted.lesions is None:
            return None
        reference = lesions_of_numbers(true, self.voxel_ml, self.settings.least_lesion_ml)
        if self.predicted is None or self.predicted.lesions is None:
            nothing = lesions_of_numbers(np.zeros_like(true), self.voxel_ml, 0.0, {})
            return nothing, reference
        return self._predicted_lesions(self.predicted.lesions, self.reference.lesions_told), reference

    def _predicted_lesions(
        self, numbers: npt.NDArray[np.int32], where_told: npt.NDArray[np.bool_]
    ) -> LesionMap:
        assert self.predicted is not None, "asked for where there is a prediction"
        known = np.where(where_told, numbers, 0)
        scores = self.predicted.lesion_scores if self.predicted.lesion_scores or not known.any() else None
        try:
            return lesions_of_numbers(known, self.voxel_ml, self.settings.least_lesion_ml, scores)
        except KeyError as error:
            name = "" if self.pair.predicted is None else self.pair.predicted.name
            raise InputError(
                f"{name}: lesion {error} of the mask has no score",
                field="lesions",
                remedy="score every lesion, or none",
            ) from None

    def lesion_case(self, predicted: LesionMap, reference: LesionMap) -> LesionCase:
        return lesion_case(
            self.study.study, self.study.patient, predicted, reference, tuple(self._facts(reference))
        )

    def _facts(self, reference: LesionMap) -> Iterator[Mapping[str, str]]:
        """Level, region and type of each lesion, as far as they are known."""
        if self.reference.levels is None:
            yield from ({} for _ in range(reference.count))
            return
        types = _types_by_level(self.study)
        for place in places_of_lesions(reference, self.reference.levels):
            kind = types.get(place["level"])
            yield {**place, "type": kind} if kind else place

    def vertebrae(self, predicted: LesionMap, reference: LesionMap) -> tuple[Region, ...]:
        if self.reference.levels is None:
            return ()
        return vertebrae(
            self.study.study,
            self.study.patient,
            self.reference.levels,
            predicted,
            reference,
            self.settings.least_in_vertebra_ml,
        )

    def lesion_masks(self, predicted: LesionMap, reference: LesionMap) -> tuple[MaskRow, ...]:
        together = score_mask(
            predicted.numbered > 0, reference.numbered > 0, self.spacing_mm, self.settings.masks
        )
        found = score_found_lesions(
            self.study.study,
            self.study.patient,
            predicted,
            reference,
            self.spacing_mm,
            self.settings.masks,
        )
        return (MaskRow(self.study.study, self.study.patient, ALL_LESIONS, together), *found)

    def structures(self) -> Iterator[MaskRow]:
        true, true_set = self.reference.anatomy, self.reference.anatomy_set
        said_set = self.told.anatomy_set
        if true is None or true_set is None or said_set is None:
            return
        said = np.zeros_like(true)
        if self.predicted is not None:
            if self.predicted.anatomy is None or self.predicted.anatomy_set is None:
                return
            said, said_set = self.predicted.anatomy, self.predicted.anatomy_set
        for region in region_pairs(said, true, compared_sets(said_set, true_set)):
            score = score_mask(region.predicted, region.reference, self.spacing_mm, self.settings.masks)
            yield MaskRow(self.study.study, self.study.patient, region.name, score)

    def level_maps(self) -> tuple[Codes, Codes | None] | None:
        """Reference and predicted levels; None where either side never tells of levels."""
        true = self.reference.levels
        if true is None or Head.LEVEL not in self.told.heads:
            return None
        if self.predicted is None:
            return true, None
        return None if self.predicted.levels is None else (true, self.predicted.levels)

    def levels(self) -> Iterator[LevelPair]:
        if (maps := self.level_maps()) is None:
            return
        credible = {} if self.pair.predicted is None else self.pair.predicted.credible
        affine_ras = self.pair.reference.grid.affine_ras
        yield from level_pairs(self.study.study, self.study.patient, *maps, affine_ras, credible)

    def places(self) -> dict[Level, Level | None]:
        maps = self.level_maps()
        return {} if maps is None else vertebrae_there(*maps)


def _types_by_level(study: ManifestStudy) -> dict[str, str]:
    """Type of the lesion at each level that has a certain one."""
    known: dict[Level, str] = {}
    for row in study.sins:
        findings = findings_from_text(row)
        if findings.bone.is_certain:
            known[findings.level.values[0]] = findings.bone.values[0].value
    return {level.value: kind for level, kind in known.items()}


def told_by(masks: Sequence[LabelSet], *, slices: bool, levels: bool, sins: bool) -> Told:
    """What predictions tell, from the label sets of all their masks."""
    heads = frozenset[Head]().union(*(each.heads for each in masks))
    anatomy_sets = [each for each in masks if each.anatomy is not None]
    return Told(heads, anatomy_sets[0] if anatomy_sets else None, slices, levels, sins)
