"""What the page of an evaluation shows, in words."""

from dataclasses import dataclass

from spinemets.evaluation.evaluation import Evaluation, Predictions
from spinemets.evaluation.study_evidence import CaseRow


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure in words."""

    of: str
    name: str
    value: str
    interval: str
    n: int
    patients: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Card:
    """One of the first figures."""

    value: str
    interval: str
    about: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot on the page."""

    title: str
    uri: str


@dataclass(frozen=True, slots=True)
class MaskRow:
    """A structure with its figures in words.

    Args:
        structure: Which.
        cells: Dice, NSD, HD95 and volume error, each with its interval.
        masks: How many there are.
        empty: In how many prediction, reference or both hold nothing; "" where none does.
    """

    structure: str
    cells: tuple[str, ...]
    masks: int
    empty: str


@dataclass(frozen=True, slots=True)
class Section:
    """A family with its headlines and plots; masks have a table of their own."""

    anchor: str
    title: str
    rows: tuple[FigureRow, ...]
    masks: tuple[MaskRow, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Headlines side by side for each part of the data.

    Args:
        by: Column of the manifest.
        strata: Its values.
        rows: Name of a figure, and its value with interval and number in each stratum.
    """

    by: str
    strata: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A headline of both sets in words."""

    name: str
    first: str
    second: str
    difference: str
    p_value: str


@dataclass(frozen=True, slots=True)
class Flow:
    """What became of the studies of one set of predictions.

    Args:
        predictions: The set.
        counts: How many studies ended how.
        unusual: Studies that were not compared, or of which there is something to know.
        counted: How many the figures count.
    """

    predictions: Predictions
    counts: tuple[tuple[str, int], ...]
    unusual: tuple[CaseRow, ...]
    counted: int


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationPage:
    """All that the page shows.

    Args:
        evaluation: The record.
        simulated, few: Notices that the reference is simulated, and that it has few patients; "" without.
        size: Of the reference, in words.
        cards: What is looked for first.
        sections: Families.
        flows: What became of the studies, for each set of predictions.
        policies: Rules, in sentences.
        subgroups, comparison: Empty without.
    """

    evaluation: Evaluation
    simulated: str
    few: str
    size: str
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    flows: tuple[Flow, ...]
    policies: tuple[str, ...]
    subgroups: tuple[Subgroup, ...]
    comparison: tuple[ComparedRow, ...]
