"""What a run of an evaluation can answer of CLAIM 2024 and TRIPOD+AI; the rest is for the authors.

CLAIM: Tejani et al. 2024 (Radiol Artif Intell 6:e240300). TRIPOD+AI: Collins et al. 2024 (BMJ 385:e078378).
Items are named by number and in our own words; the published texts decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from spinemets.evaluation.evaluation import Evaluation
from spinemets.report.checklist_answers import answers
from spinemets.report.checklist_items import CLAIM, TRIPOD, TRIPOD_DEVELOPMENT

NOTE = (
    "Filled in by the evaluation as far as it knows; the wording is our own, and the published checklists "
    "decide. An answer here is a draft for the authors, who are responsible for it."
)
FOR_THE_AUTHORS = "for the authors"
# TRIPOD+AI asks these of studies that develop a model.
OF_DEVELOPMENT = "for the authors, where the study develops the model as well"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a checklist.

    Args:
        number: As published, such as ``12e``.
        about: What it asks for.
        answer: What this run knows of it; "" where it is for the authors.
        left_to: Whom it is for where there is no answer.
    """

    number: str
    about: str
    answer: str
    left_to: str = FOR_THE_AUTHORS


@dataclass(frozen=True, slots=True)
class Checklist:
    """A checklist with what is known."""

    name: str
    source: str
    items: tuple[Item, ...]

    @property
    def answered(self) -> int:
        """How many items the run says something of."""
        return sum(bool(item.answer) for item in self.items)


def checklists(evaluation: Evaluation) -> tuple[Checklist, ...]:
    """Both, filled in as far as the run knows."""
    known = dict(answers(evaluation))
    return (
        Checklist(
            "CLAIM 2024", "Tejani et al. 2024, Radiol Artif Intell 6:e240300", _items(CLAIM, known, "C")
        ),
        Checklist("TRIPOD+AI", "Collins et al. 2024, BMJ 385:e078378", _items(TRIPOD, known, "T")),
    )


def _items(items: Mapping[str, str], known: Mapping[str, str], prefix: str) -> tuple[Item, ...]:
    development = TRIPOD_DEVELOPMENT if items is TRIPOD else frozenset[str]()
    return tuple(
        Item(
            number,
            about,
            known.get(f"{prefix}{number}", ""),
            OF_DEVELOPMENT if number in development else FOR_THE_AUTHORS,
        )
        for number, about in items.items()
    )


def checklist_markdown(found: tuple[Checklist, ...]) -> str:
    """Both checklists as Markdown."""
    lines = ["# Reporting checklists", "", NOTE, ""]
    for one in found:
        answered = f"{one.answered} of {len(one.items)} items have an answer."
        lines += [f"## {one.name}", "", f"{one.source}. {answered}", ""]
        lines += ["| item | asks for | this run |", "|---|---|---|", *map(_row, one.items), ""]
    return "\n".join(lines)


def _row(item: Item) -> str:
    answer = (item.answer or item.left_to).replace("|", "\\|")
    return f"| {item.number} | {item.about} | {answer} |"
