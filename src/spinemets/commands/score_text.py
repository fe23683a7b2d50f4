"""SINS and ESCC results as text for a terminal."""

import textwrap
from collections.abc import Iterable, Sequence

from spinemets.scoring.escc import EsccAssessment
from spinemets.scoring.sins import Answer, MissingFact, Settles, SinsClass, SinsItem, SinsScore

NOTE = "Research software, not a medical device."
_GAP = "  "
_LEAST_EVIDENCE = 16
# Width that the table of items needs beside the findings.
_OTHER_COLUMNS = 60
# Width that the table of scores needs beside the rows' names.
_BESIDE_NAMES = 68
_NAME_WIDTHS = (8, 32)


def sins_text(score: SinsScore, width: int) -> str:
    """One score in full: the total, a table of items, and what would settle the class."""
    lines = [
        f"SINS at {levels_text(score)}: {total_text(score)}, {classes_text(score.classes)}",
        _consultation_text(score, width),
        "",
        *_item_table(score.items, width),
        *_missing_text(score.missing, width),
    ]
    return "\n".join(lines)


def sins_table(names: Sequence[str], scores: Sequence[SinsScore], width: int) -> str:
    """Several scores, a line each."""
    shortest, longest = _NAME_WIDTHS
    name_width = min(max(width - _BESIDE_NAMES, shortest), longest)
    rows = [
        (one_line(name, name_width), levels_text(s), total_text(s), "/".join(s.classes), _best_question(s))
        for name, s in zip(names, scores, strict=True)
    ]
    header = ("row", "level", "SINS", "class", "would be settled by")
    return "\n".join((*aligned([header, *rows], width), "", NOTE))


def escc_text(assessment: EsccAssessment, width: int) -> str:
    """An ESCC grade with its reason."""
    if not assessment.is_gradable:
        return f"ESCC {assessment.reason}\n\n{NOTE}"
    cut = "/".join("yes" if each else "no" for each in assessment.at_least_1c)
    return "\n".join(
        (
            f"ESCC grade {_either(assessment.grades)}: {_either(assessment.severity)} grade",
            f"grade 1c or more: {cut}",
            _wrapped(assessment.reason, width, ""),
            "",
            NOTE,
        )
    )


def one_line(text: str, width: int | None = None) -> str:
    """Text of the user's that can neither break a line nor command a terminal, cut to a width."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if width is None or len(shown) <= width else f"{shown[: width - 1]}…"


def levels_text(score: SinsScore) -> str:
    """The level, or those that it may be."""
    return " or ".join(score.levels)


def total_text(score: SinsScore | Answer) -> str:
    """The total, or its interval."""
    if score.minimum == score.maximum:
        return str(score.minimum)
    return f"{score.minimum}-{score.maximum}"


def classes_text(classes: Sequence[str]) -> str:
    """The class, or those that are possible."""
    return _either(classes)


def aligned(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Rows in aligned columns below a ruled header; the last column is wrapped to the width."""
    *widths, _ = (max(len(row[column]) for row in rows) for column in range(len(rows[0])))
    indent = sum(widths) + len(_GAP) * len(widths)
    last = max(width - indent, _LEAST_EVIDENCE)
    lines = []
    for row in rows:
        head = "".join(f"{cell:<{size}}{_GAP}" for cell, size in zip(row[:-1], widths, strict=True))
        wrapped = textwrap.wrap(row[-1], last) or [""]
        lines.append((head + wrapped[0]).rstrip())
        lines.extend(" " * indent + more for more in wrapped[1:])
    ruler = "-" * min(max(map(len, lines)), max(width, indent))
    return [lines[0], ruler, *lines[1:]]


def _consultation_text(score: SinsScore, width: int) -> str:
    if len(score.consultation) == 1:
        return f"The score's advice: {score.consultation[0]}."
    advice = zip(score.classes, score.consultation, strict=True)
    text = "; ".join(f"{each} -> {consultation}" for each, consultation in advice)
    return _wrapped(f"The score's advice depends on the class: {text}.", width, "")


def _either(names: Sequence[str]) -> str:
    """Such as ``stable, indeterminate or unstable``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _item_table(items: Iterable[SinsItem], width: int) -> list[str]:
    rows = [("item", "points", "finding", "source", "evidence")]
    for item in items:
        low, high = min(item.points), max(item.points)
        points = str(low) if low == high else f"{low}-{high}"
        evidence = item.evidence + (" (needs confirmation)" if item.needs_confirmation else "")
        rows.append((item.item, points, " | ".join(item.findings), item.source, evidence))
    if max(len(row[2]) for row in rows) + _OTHER_COLUMNS <= width:
        return aligned(rows, width)
    # Long sets of findings need the last column, which is wrapped; their evidence follows them there.
    narrow = [("item", "points", "source", "finding (evidence)")]
    for name, points, finding, source, evidence in rows[1:]:
        narrow.append((name, points, source, f"{finding} ({evidence})" if evidence else finding))
    return aligned(narrow, width)


def _missing_text(missing: Sequence[MissingFact], width: int) -> list[str]:
    lines: list[str] = []
    for settles in Settles:
        facts = [fact for fact in missing if fact.settles is settles]
        if facts:
            alone = settles is Settles.NEVER and len(facts) == len(missing)
            lines += ["", _NO_SINGLE_FACT if alone else _HEADINGS[settles]]
            lines += [_fact_text(fact, width) for fact in facts]
    return lines


_NO_SINGLE_FACT = "No single fact settles the class. What each would give:"


_HEADINGS = {
    Settles.ALWAYS: "Any of these facts alone would settle the class:",
    Settles.SOMETIMES: "These facts would settle the class for some answers:",
    Settles.NEVER: "These facts would narrow the score only:",
}


def _fact_text(fact: MissingFact, width: int) -> str:
    answers = "; ".join(
        f"{answer.finding} -> {total_text(answer)} {_classes_in_short(answer.classes)}"
        for answer in fact.answers
    )
    return _wrapped(f"{fact.item}: {answers}", width, "    ")


def _classes_in_short(classes: Sequence[SinsClass]) -> str:
    return "any class" if len(classes) == len(SinsClass) else "/".join(classes)


def _best_question(score: SinsScore) -> str:
    """The item to ask for first; empty where the class is certain."""
    if not score.missing:
        return ""
    best = score.missing[0]
    return {
        Settles.ALWAYS: f"{best.item}",
        Settles.SOMETIMES: f"{best.item}, perhaps",
        Settles.NEVER: "no single fact",
    }[best.settles]


def _wrapped(text: str, width: int, indent: str) -> str:
    first = "  " if indent else ""
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=indent, break_long_words=False)
