"""Which studies of a patient are earlier than one of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from spinemets.study.records import Study


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """An earlier study of the same patient.

    Args:
        key: Of the study.
        days: From then to the later study; None where only the order is known.
    """

    key: str
    days: int | None


@dataclass(frozen=True, slots=True)
class EarlierVisits:
    """Earlier studies of a patient.

    Args:
        visits: The latest first.
        warnings: Studies of the same patient whose order is not known, in sentences.
    """

    visits: tuple[EarlierVisit, ...]
    warnings: tuple[str, ...] = ()


def earlier_visits(study: Study, others: Iterable[Study]) -> EarlierVisits:
    """The earlier studies of a study's patient: by date where both have one, else by number of the visit.

    Studies of one day are of one visit, and neither is earlier. Nothing is guessed from names or keys.

    Args:
        study: The later one.
        others: Of an archive; other patients' studies, the study itself, and those without series are
            passed over.
    """
    found: list[tuple[tuple[float, float], EarlierVisit]] = []
    warnings = []
    for other in others:
        if other.patient_key != study.patient_key or other.key == study.key or not other.series:
            continue
        days = _days(other, study)
        if days is None and (study.visit is None or other.visit is None):
            warnings.append(
                f"{other.key} is a study of the same patient, but nothing says which of the two is earlier: "
                "they are not compared (give a date or a visit in study.yaml)"
            )
        elif days is None:
            gap = (study.visit or 0) - (other.visit or 0)
            found += [((1, gap), EarlierVisit(other.key, None))] if gap > 0 else []
        elif days > 0:
            found.append(((0, days), EarlierVisit(other.key, days)))
    found.sort(key=lambda one: (one[0], one[1].key))
    return EarlierVisits(tuple(visit for _, visit in found), tuple(sorted(warnings)))


def _days(earlier: Study, later: Study) -> int | None:
    if earlier.study_date is None or later.study_date is None:
        return None
    try:
        return (date.fromisoformat(later.study_date) - date.fromisoformat(earlier.study_date)).days
    except ValueError:
        # Digits that are no day of the calendar.
        return None
