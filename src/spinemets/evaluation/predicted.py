"""What a prediction says of each case: masks, grades and scores, whoever made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spinemets.anatomy import EsccGrade, Level
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import Item
from spinemets.study.records import Weighting
from spinemets.training.label_sets import LabelSet


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A mask of labels, and what its values stand for."""

    path: Path
    label_set: LabelSet


@dataclass(frozen=True, slots=True)
class PredictedMasks:
    """Masks of one image.

    Args:
        name: What messages call them.
        files: On one grid.
        weighting: Of the series whose grid they have; None where that is not told.
        lesion_scores: Confidence in each lesion by its number in the mask, 0 to 1; empty where none is given.
        credible: All levels that the vertebra of a level may be; empty where the mask's is the only one.
        probabilities: nnU-Net's ``.npz`` of class maps, from which scores are read; None without.
    """

    name: str
    files: tuple[MaskFile, ...]
    weighting: Weighting | None = None
    lesion_scores: Mapping[int, float] = field(default_factory=dict)
    credible: Mapping[Level, tuple[Level, ...]] = field(default_factory=dict)
    probabilities: Path | None = None


@dataclass(frozen=True, slots=True)
class Grading:
    """An ESCC grade as it was predicted.

    Args:
        grade: None where the prediction says that it cannot be graded.
        probabilities: Of all six grades, in order; empty where none are given.
        possible: Grades of the set that is to hold the true one; empty where none is given.
        coverage: Share of sets that are to hold it; None where that is not stated.
    """

    grade: EsccGrade | None
    probabilities: tuple[float, ...] = ()
    possible: tuple[EsccGrade, ...] = ()
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class PredictedSlice:
    """The grade of an axial slice.

    Args:
        series: Name of its series as the prediction calls it; "" where it does not tell.
        index: Of the slice in the order in which the image is read, from 0.
        sop_instance_uid: Of its DICOM instance, which then decides; "" for files.
        grading: The grade.
    """

    series: str
    index: int
    sop_instance_uid: str
    grading: Grading


@dataclass(frozen=True, slots=True)
class PredictedSins:
    """SINS at a level.

    Args:
        items: Every finding that is possible for each item; an item may be missing.
        minimum, maximum: Least and greatest total; equal where one total is given.
        classes: Every class that is possible, least severe first.
    """

    items: Mapping[Item, tuple[str, ...]]
    minimum: int
    maximum: int
    classes: tuple[SinsClass, ...]


@dataclass(frozen=True, slots=True)
class PredictedStudy:
    """A prediction of one study, or of one image of it.

    Args:
        name: Under which it lies: a folder's or a file's.
        masks: One for each image.
        slices: Grades of axial slices.
        levels: Grade of each level that was graded, or found not gradable.
        sins: Of each level that was scored.
        files: Everything it was read from, for the hash.
        made_with: Program and weights, each in words; empty where that is not told.
        whole: Whether the study was assessed as a whole, so that a level without a grade is one where nothing
            was found.
    """

    name: str
    masks: tuple[PredictedMasks, ...] = ()
    slices: tuple[PredictedSlice, ...] = ()
    levels: Mapping[Level, Grading] = field(default_factory=dict)
    sins: Mapping[Level, PredictedSins] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    made_with: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """A prediction that could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PredictionSet:
    """All predictions of a folder.

    Args:
        folder: Where they lie.
        kind: What they look like, in words.
        studies: By name.
        unusable: What could not be read.
    """

    folder: Path
    kind: str
    studies: tuple[PredictedStudy, ...]
    unusable: tuple[Unusable, ...] = ()

    @property
    def made_with(self) -> tuple[str, ...]:
        """Programs and weights that made any of them, each once."""
        return tuple(dict.fromkeys(what for one in self.studies for what in one.made_with))
