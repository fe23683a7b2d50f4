"""The worklist of an archive: its studies, the worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from spinemets.inference.records import LevelResult, StudyResult
from spinemets.report.prior_section import earlier_words, lesions_words
from spinemets.report.words import either, interval
from spinemets.scoring.escc import EsccAssessment, Severity, worst_of
from spinemets.scoring.sins import SinsClass

_UNGRADED = -1


class Urgency(IntEnum):
    """Why a study stands where it does; the lower the number, the sooner it is to be looked at."""

    ESCC_HIGH = 0
    UNSTABLE = 1
    MAY_BE = 2
    UNCERTAIN = 3
    INDETERMINATE = 4
    INVOLVED = 5
    NO_LESION = 6

    @property
    def words(self) -> str:
        """For readers."""
        return _WORDS[self]


_WORDS = {
    Urgency.ESCC_HIGH: "high-grade compression",
    Urgency.UNSTABLE: "unstable",
    Urgency.MAY_BE: "may be compressed to a high grade, or unstable",
    Urgency.UNCERTAIN: "uncertain",
    Urgency.INDETERMINATE: "stability indeterminate",
    Urgency.INVOLVED: "involved, stable, no high grade",
    Urgency.NO_LESION: "no lesion found",
}


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """A study on the worklist.

    Args:
        study, patient: Pseudonyms.
        urgency: Its group.
        levels: Involved ones; "" without any.
        escc: Of the worst level.
        escc_rank: Of the highest possible grade, for sorting; -1 where none could be graded.
        sins: Highest of the study.
        sins_maximum: For sorting; -1 without a score.
        volume_ml: Of all lesions.
        since: What has changed since an earlier study; "" without one.
        warnings: Their number.
    """

    study: str
    patient: str
    urgency: Urgency
    levels: str
    escc: str
    escc_rank: int
    sins: str
    sins_maximum: int
    volume_ml: float
    since: str
    warnings: int

    @property
    def order(self) -> tuple[int, int, int, float, str]:
        """Sorts the worst first."""
        return self.urgency, -self.escc_rank, -self.sins_maximum, -self.volume_ml, self.study


def worklist_row(result: StudyResult) -> WorklistRow:
    """The row of a study."""
    worst = worst_of([level.escc.assessment for level in result.levels])
    lesions = [one.volume.value or 0.0 for station in result.stations for one in station.findings.lesions]
    return WorklistRow(
        study=result.study,
        patient=result.patient,
        urgency=urgency_of(result.levels),
        levels="; ".join(level.belief.words for level in result.levels),
        escc=_escc(worst, result.levels),
        escc_rank=worst.grades[-1].rank if worst.is_gradable else _UNGRADED,
        sins=_sins(result),
        sins_maximum=_UNGRADED if result.highest is None else result.highest.maximum,
        volume_ml=sum(lesions),
        since=_since(result),
        warnings=len(result.warnings),
    )


def urgency_of(levels: Sequence[LevelResult]) -> Urgency:
    """The group of a study with these involved levels."""
    if not levels:
        return Urgency.NO_LESION
    severities = [level.escc.assessment.severity for level in levels]
    classes = [level.sins.classes for level in levels]
    if (Severity.HIGH,) in severities:
        return Urgency.ESCC_HIGH
    if (SinsClass.UNSTABLE,) in classes:
        return Urgency.UNSTABLE
    if any(Severity.HIGH in one for one in severities) or any(SinsClass.UNSTABLE in one for one in classes):
        return Urgency.MAY_BE
    if not all(_is_settled(level) for level in levels):
        return Urgency.UNCERTAIN
    return Urgency.INDETERMINATE if (SinsClass.INDETERMINATE,) in classes else Urgency.INVOLVED


def _is_settled(level: LevelResult) -> bool:
    graded = bool(level.escc.assessment.severity) and not level.escc.disagrees
    return graded and level.belief.is_certain and len(level.sins.classes) == 1


def _escc(worst: EsccAssessment, levels: Sequence[LevelResult]) -> str:
    if not worst.is_gradable:
        return "not gradable" if levels else ""
    ungraded = sum(not level.escc.assessment.is_gradable for level in levels)
    left_out = f"; {ungraded} of {len(levels)} levels not gradable" if ungraded else ""
    return either(worst.grades) + left_out


def _sins(result: StudyResult) -> str:
    highest = result.highest
    if highest is None:
        return ""
    return f"{interval(highest.minimum, highest.maximum)}, {either(highest.classes)}"


def _since(result: StudyResult) -> str:
    if result.prior is None:
        return ""
    return f"{earlier_words(result.prior)}: {lesions_words(result.prior.lesions) or 'no lesion then or now'}"
