"""What one study gives to a stress test under one hardship, kept in a small file of its own."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from spinemets.anatomy import EsccGrade
from spinemets.phantom.hardship import Hardship, Severity

AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class StressCell:
    """One study under one hardship.

    Args:
        patient: Number of the phantom, from 1.
        hardship: What is made worse; None for the study as it is.
        severity: How much; "" for the study as it is.
    """

    patient: int
    hardship: Hardship | None = None
    severity: Severity = ""

    @property
    def name(self) -> str:
        """Of the hardship."""
        return AS_IT_IS if self.hardship is None else self.hardship.value

    @property
    def words(self) -> str:
        """The severity as it is written."""
        return self.severity if isinstance(self.severity, str) else f"{self.severity:g}"

    @property
    def file_name(self) -> str:
        """Where its counts are kept."""
        return "-".join((self.name, self.words, str(self.patient))).replace(" ", "_") + ".json"


@dataclass(frozen=True, slots=True)
class GradedPlace:
    """True grade of a level, and the one that was given; null where it was not graded."""

    true: EsccGrade
    found: EsccGrade | None


@dataclass(frozen=True, slots=True)
class StressCounts:
    """Counts of one study under one hardship.

    Args:
        hardship, severity, patient: Of the cell, in words.
        lesions, found, false_positives: Lesions of the truth, those that a prediction overlaps, and
            predictions that overlap none.
        body_dice: Of all vertebral bodies together; null where the images show none.
        vertebrae, right, left_open, wrong: Vertebrae that the image shows whole; those with the true level
            alone, with several levels, with a single other one. The rest was not found.
        grades: Of every level that is truly graded.
        failure: Why the study was not assessed; "" where it was.
    """

    hardship: str
    severity: str
    patient: int
    lesions: int
    found: int
    false_positives: int
    body_dice: float | None
    vertebrae: int
    right: int
    left_open: int
    wrong: int
    grades: tuple[GradedPlace, ...]
    failure: str = ""


_ADAPTER = TypeAdapter(StressCounts)


def write_counts(counts: StressCounts, path: Path) -> None:
    """Write the counts; the file appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(json.dumps(asdict(counts), indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_counts(path: Path) -> StressCounts | None:
    """The counts of an earlier run; None where there are none, or the file is damaged."""
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
