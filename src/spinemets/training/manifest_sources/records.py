"""What the reader of a layout is told, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spinemets.anatomy import Anatomy, Level
from spinemets.study.records import Problem
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import ManifestStudy

# Readers know nothing of folds; they are assigned when all studies are known.
NO_FOLD_YET = 0


@dataclass(frozen=True, slots=True)
class LabelMeaning:
    """What one label of a mask stands for; a label that means nothing at all is ignored.

    Args:
        anatomy: Classes that its voxels may have; empty where the label tells nothing of anatomy.
        lesion: Whether its voxels are lesion.
        level: Level of the vertebra that its voxels belong to.
        background: Whether it is what no other label covers.
    """

    anatomy: frozenset[Anatomy] = frozenset()
    lesion: bool = False
    level: Level | None = None
    background: bool = False


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What the user says of a data set that its files do not.

    Args:
        site: Where the studies were made; None takes what the layout says, else the folder's name.
        patient_pattern: Regular expression with one group, which finds the patient in a case's name.
        labels: Meaning of labels by their names, over what the names themselves tell.
        label_sets: Replace those of the same name that the layout implies.
        uncertain_numbering: Patients of whom it is not certain that their lowest lumbar vertebra is L5.
    """

    site: str | None = None
    patient_pattern: str | None = None
    labels: Mapping[str, LabelMeaning] = field(default_factory=dict)
    label_sets: Mapping[str, LabelSet] = field(default_factory=dict)
    uncertain_numbering: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceContent:
    """A data set as its reader found it.

    Args:
        studies: Without folds.
        label_sets: By name, those that the studies refer to.
        problems: What was left out, and why.
    """

    studies: tuple[ManifestStudy, ...]
    label_sets: Mapping[str, LabelSet]
    problems: tuple[Problem, ...] = ()
