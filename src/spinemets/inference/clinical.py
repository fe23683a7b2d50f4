"""The clinical table: what no image tells of a patient, by study."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import TypeVar

from spinemets.anatomy import BoneLesionType, Level
from spinemets.errors import InputError
from spinemets.inference.table import read_rows
from spinemets.scoring.possible import Possible, Source, possible, unknown
from spinemets.scoring.sins_items import Pain

FIELDS = (
    "study",
    "level",
    "pain",
    "lesion_type",
    "prior_alignment",
    "primary",
    "very_radiosensitive",
    "can_have_surgery",
)
# Tumours that conventional radiation controls well (Laufer et al. 2013, Oncologist 18:744).
_VERY_RADIOSENSITIVE = ("lymphoma", "myeloma", "plasmacytoma", "seminoma")
_YES, _NO, _UNKNOWN = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"}), {"", "unknown", "?"}
E_ = TypeVar("E_", bound=Enum)


class PriorAlignment(StrEnum):
    """Alignment at the level on an earlier study."""

    NORMAL = "normal"
    ABNORMAL = "abnormal"


@dataclass(frozen=True, slots=True)
class ClinicalFacts:
    """What is known of a patient, or of one level; None and every value where it is not known.

    Args:
        pain: As the patient states it.
        bone: Type of the lesion, as CT or a pathologist says; None takes the image's.
        prior_alignment: On an earlier study; decides whether a deformity is new.
        primary: Tumour, in words; "" where not known.
        very_radiosensitive: Of the primary, stated or by its name.
        can_have_surgery: Systemic state.
    """

    pain: Possible[Pain]
    bone: Possible[BoneLesionType] | None = None
    prior_alignment: PriorAlignment | None = None
    primary: str = ""
    very_radiosensitive: bool | None = None
    can_have_surgery: bool | None = None


NOTHING_KNOWN = ClinicalFacts(unknown(Pain, "no clinical table, or no row for this study"))


@dataclass(frozen=True, slots=True)
class ClinicalTable:
    """Facts by study, and by level within it; a level None holds for every level without its own row."""

    facts: Mapping[tuple[str, Level | None], ClinicalFacts]

    def of(self, study: str, levels: Sequence[Level]) -> ClinicalFacts:
        """Facts of a level that may be one of several: those that all of them agree on, else the study's."""
        found = {self.facts.get((study, level)) for level in levels} - {None}
        if len(found) == 1 and (own := found.pop()) is not None:
            return own
        return self.facts.get((study, None), NOTHING_KNOWN)

    @property
    def studies(self) -> frozenset[str]:
        """Studies with a row."""
        return frozenset(study for study, _ in self.facts)


NO_TABLE = ClinicalTable({})


def read_clinical_table(path: Path) -> ClinicalTable:
    """Read a CSV or JSON table.

    Raises:
        InputError: If the file cannot be read, a column is unknown, or a value is none of those allowed.
    """
    facts: dict[tuple[str, Level | None], ClinicalFacts] = {}
    for number, row in enumerate(read_rows(path, FIELDS, required=("study",)), start=1):
        try:
            key = row["study"], _level(row.get("level", ""))
            one = _facts(row)
        except ValueError as error:
            raise InputError(str(error), file=path, field=f"row {number}") from None
        if not key[0]:
            raise InputError("has no study", file=path, field=f"row {number}", remedy="give its key")
        if key in facts:
            raise InputError(
                f"is a second row of {key[0]} {key[1] or ''}".strip(),
                file=path,
                field=f"row {number}",
                remedy="give one row for each study, or for each of its levels",
            )
        facts[key] = one
    return ClinicalTable(facts)


def _facts(row: Mapping[str, str]) -> ClinicalFacts:
    primary = row.get("primary", "")
    stated = _yes_or_no(row.get("very_radiosensitive", ""), "very_radiosensitive")
    bone = _values(row.get("lesion_type", ""), BoneLesionType, "lesion_type")
    prior = _values(row.get("prior_alignment", ""), PriorAlignment, "prior_alignment")
    return ClinicalFacts(
        pain=_pain(row.get("pain", "")),
        bone=None if not bone else possible(bone, Source.CLINICAL, "clinical table"),
        prior_alignment=prior[0] if len(prior) == 1 else None,
        primary=primary,
        very_radiosensitive=_by_name(primary) if stated is None else stated,
        can_have_surgery=_yes_or_no(row.get("can_have_surgery", ""), "can_have_surgery"),
    )


def _pain(text: str) -> Possible[Pain]:
    values = _values(text, Pain, "pain")
    if not values:
        return unknown(Pain, "the clinical table does not say")
    return possible(values, Source.CLINICAL, "clinical table")


def _values(text: str, kind: type[E_], field: str) -> tuple[E_, ...]:
    """Values joined by ``|`` where several are possible; empty for unknown."""
    words = [word.strip().casefold() for word in text.split("|")]
    if set(words) <= _UNKNOWN:
        return ()
    allowed = {str(value.value): value for value in kind}
    if bad := [word for word in words if word not in allowed]:
        raise ValueError(f"{field} is {bad[0]!r}; allowed: {', '.join(allowed)}, unknown")
    return tuple(allowed[word] for word in words)


def _yes_or_no(text: str, field: str) -> bool | None:
    word = text.strip().casefold()
    if word in _UNKNOWN:
        return None
    if word not in _YES | _NO:
        raise ValueError(f"{field} is {text!r}; allowed: yes, no, unknown")
    return word in _YES


def _by_name(primary: str) -> bool | None:
    """True for tumours that are known to be; what other names mean is left open."""
    name = primary.casefold()
    return True if any(known in name for known in _VERY_RADIOSENSITIVE) else None


def _level(text: str) -> Level | None:
    return Level.parse(text) if text.strip() else None


def unused_studies(table: ClinicalTable, keys: Iterable[str]) -> tuple[str, ...]:
    """Studies of the table that no study of the input is called: a misspelt key is told, not ignored."""
    return tuple(sorted(table.studies - set(keys)))
