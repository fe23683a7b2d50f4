"""Rows of the summary of an archive: one for each involved level."""

from dataclasses import dataclass

from spinemets.inference.prior_records import LevelChange
from spinemets.inference.records import LevelResult, StudyResult

_JOIN = "|"


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One involved level; a study without any has one row with an empty ``level``. None is not known.

    Several values that are all possible are joined by ``|``.

    Args:
        study, patient: Pseudonyms.
        station: That shows the level best.
        vertebra: Its number there.
        level: Every credible level.
        level_probability: Of the first of them.
        lesion_volume_ml: Of all lesions at the level.
        lesion_volume_is_least: Whether the image cuts a lesion, which makes the volume a lower bound.
        escc: Every possible grade; "" where it is not gradable.
        escc_reason: What the grade rests on, or why there is none.
        escc_measured: Grades that the geometry of the masks allows.
        escc_disagrees: Whether the two differ by more than one grade.
        sins_minimum, sins_maximum: Least and greatest total.
        sins_classes: Every possible class.
        sins_open: Items with more than one possible finding.
        prior_study: That it was compared with.
        change: Of the level's involvement since then.
        escc_change, sins_change: Directions that are possible.
        warnings: Of the study, their number.
    """

    study: str
    patient: str
    station: str = ""
    vertebra: int | None = None
    level: str = ""
    level_probability: float | None = None
    lesion_volume_ml: float | None = None
    lesion_volume_is_least: bool | None = None
    escc: str = ""
    escc_reason: str = ""
    escc_measured: str = ""
    escc_disagrees: bool | None = None
    sins_minimum: int | None = None
    sins_maximum: int | None = None
    sins_classes: str = ""
    sins_open: str = ""
    prior_study: str = ""
    change: str = ""
    escc_change: str = ""
    sins_change: str = ""
    warnings: int = 0


def summary_rows(result: StudyResult) -> list[SummaryRow]:
    """Rows of a study, from head to feet."""
    if not result.levels:
        warnings = len(result.warnings)
        return [SummaryRow(result.study, result.patient, prior_study=_prior(result), warnings=warnings)]
    return [_row(result, place, level) for place, level in enumerate(result.levels)]


def _row(result: StudyResult, place: int, level: LevelResult) -> SummaryRow:
    change = _change(result, place)
    escc = None if change is None else change.escc
    sins = None if change is None else change.sins
    return SummaryRow(
        study=result.study,
        patient=result.patient,
        station=level.station,
        vertebra=level.vertebra,
        level=_JOIN.join(level.belief.credible),
        level_probability=level.belief.levels[0].probability,
        lesion_volume_ml=level.lesion_volume.value,
        lesion_volume_is_least=level.lesion_volume.at_least,
        escc=_JOIN.join(level.escc.assessment.grades),
        escc_reason=level.escc.assessment.reason,
        escc_measured=_JOIN.join(level.escc.measured.grades),
        escc_disagrees=level.escc.disagrees,
        sins_minimum=level.sins.minimum,
        sins_maximum=level.sins.maximum,
        sins_classes=_JOIN.join(level.sins.classes),
        sins_open=_JOIN.join(one.item for one in level.sins.items if len(one.findings) > 1),
        prior_study=_prior(result),
        change="" if change is None else change.involvement,
        escc_change="" if escc is None else _JOIN.join(escc.directions),
        sins_change="" if sins is None else _JOIN.join(sins.total.directions),
        warnings=len(result.warnings),
    )


def _prior(result: StudyResult) -> str:
    return "" if result.prior is None else result.prior.study


def _change(result: StudyResult, place: int) -> LevelChange | None:
    changes = () if result.prior is None else result.prior.levels
    return next((one for one in changes if one.level_now == place), None)
