"""Which studies of a patient are earlier than others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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

    visits: tuple[EarlierVisit, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Visit:
    """What is kept of a study of an archive: little, as there may be many."""

    key: str
    day: date | None = field(repr=False)
    number: int | None


def earlier_visits(studies: Iterable[Study]) -> Mapping[str, EarlierVisits]:
    """For each study the earlier ones of its patient: by date where both have one, else by number of visit.

    Studies of one day are of one visit, and neither is earlier. Nothing is guessed from names or keys.

    Args:
        studies: Of an archive, one after the other; those without series are passed over.

    Returns:
        By the study's key; studies of which there is nothing to say are left out.
    """
    patients: dict[str, list[_Visit]] = {}
    for study in studies:
        if study.series:
            visit = _Visit(study.key, _day(study.study_date), study.visit)
            patients.setdefault(study.patient_key, []).append(visit)
    found = {one.key: _earlier(one, visits) for visits in patients.values() for one in visits}
    return {key: one for key, one in found.items() if one.visits or one.warnings}


def _earlier(one: _Visit, visits: Sequence[_Visit]) -> EarlierVisits:
    before: list[tuple[tuple[int, int, str], EarlierVisit]] = []
    warnings = []
    for other in visits:
        if other is one:
            continue
        if one.day is not None and other.day is not None:
            days = (one.day - other.day).days
            before += [((0, days, other.key), EarlierVisit(other.key, days))] if days > 0 else []
        elif one.number is not None and other.number is not None:
            gap = one.number - other.number
            before += [((1, gap, other.key), EarlierVisit(other.key, None))] if gap > 0 else []
        else:
            warnings.append(
                f"{other.key} is a study of the same patient, but nothing says which of the two is earlier: "
                "they are not compared (give a date or a visit in study.yaml)"
            )
    return EarlierVisits(
        tuple(visit for _, visit in sorted(before, key=lambda each: each[0])), tuple(sorted(warnings))
    )


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        # Digits that are no day of the calendar.
        return None
