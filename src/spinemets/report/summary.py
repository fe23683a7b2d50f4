"""The top of the report: what is worst, what is uncertain, and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.inference.records import EsccResult, LevelResult, StudyResult
from spinemets.report.level_section import coverage_words, open_items
from spinemets.report.words import ITEM_NAMES, either, interval, percent, sentence
from spinemets.scoring.escc import worst_of
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import Item

_NOTHING = "No lesion was found. That is no proof that there is none."
# Open only where numbering is, which is said first.
_BY_LEVEL = ITEM_NAMES[Item.LOCATION]
_SIMULATED = (
    "The weights used for {tasks} were trained on simulated images, in part or as a whole: on images of "
    "patients expect more errors than on simulated ones."
)


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of the summary: a heading, the answer, and what has to be said with it."""

    heading: str
    answer: str
    details: tuple[str, ...]
    severity: str = ""


def headlines(result: StudyResult) -> tuple[Headline, ...]:
    """The summary of a study."""
    if result.highest is None:
        return (Headline("Involved levels", _NOTHING, ()),)
    return (_involved(result.levels), _worst_escc(result.levels), _highest_sins(result), _open(result.levels))


def warnings_of(result: StudyResult) -> tuple[str, ...]:
    """Every warning, the gravest first."""
    found = [*_simulated(result), *_disagreements(result.levels), *result.warnings]
    for station in result.stations:
        # Those of the findings may have been handed up already, with the station's name in front.
        found += [
            f"{station.name.capitalize()}: {warning}"
            for warning in station.findings.warnings
            if not any(warning in other for other in found)
        ]
    return tuple(map(sentence, dict.fromkeys(found)))


def _simulated(result: StudyResult) -> list[str]:
    tasks = [one.task for one in result.provenance.weights if one.simulated]
    return [_SIMULATED.format(tasks=" and ".join(dict.fromkeys(tasks)))] if tasks else []


def _disagreements(levels: Sequence[LevelResult]) -> list[str]:
    return [
        f"{level.belief.words}: the network's ESCC grade ({either(level.escc.assessment.grades)}) and the "
        f"one measured on the masks ({either(level.escc.measured.grades)}) differ by more than one grade: "
        "look at the slices"
        for level in levels
        if level.escc.disagrees
    ]


def _involved(levels: Sequence[LevelResult]) -> Headline:
    names = "; ".join(level.belief.words for level in levels)
    uncertain = [level.belief.words for level in levels if not level.belief.is_certain]
    details = (f"Numbering is uncertain: {'; '.join(uncertain)}.",) if uncertain else ()
    return Headline("Involved levels", names, details)


def _worst_escc(levels: Sequence[LevelResult]) -> Headline:
    graded = [level for level in levels if level.escc.assessment.is_gradable]
    details = [
        f"{level.belief.words}: {level.escc.assessment.reason}."
        for level in levels
        if not level.escc.assessment.is_gradable
    ]
    if not graded:
        return Headline("Epidural compression (ESCC)", "not gradable at any involved level", tuple(details))
    worst = worst_of([level.escc.assessment for level in graded])
    holding = [level for level in graded if level.escc.assessment.grades[-1].rank >= worst.grades[0].rank]
    names = "; or ".join(level.belief.words for level in holding)
    answer = f"{either(worst.grades)} at {names}"
    said = [_most_probable(level) for level in holding]
    # Different levels may rest on the same promise.
    said += dict.fromkeys(coverage_words(level.escc) for level in holding)
    if details:
        said.append("The worst may be higher, because not every involved level could be graded.")
    severity = worst.severity[-1].value
    return Headline("Epidural compression (ESCC)", answer, (*said, *details), severity)


def _most_probable(level: LevelResult) -> str:
    likely = _likely(level.escc)
    return f"{level.belief.words}: most probable {likely}."


def _likely(escc: EsccResult) -> str:
    if escc.worst is None:
        return either(escc.assessment.grades)
    best = max(escc.slices[escc.worst].probabilities, key=lambda one: one.probability)
    return f"{best.grade} ({percent(best.probability)})"


def _highest_sins(result: StudyResult) -> Headline:
    highest = result.highest
    if highest is None:
        raise ValueError("a study without an involved level has no SINS")
    names = "; or ".join(either(levels) for levels in highest.levels)
    answer = f"{interval(highest.minimum, highest.maximum)}, {either(highest.classes)}"
    severity = {SinsClass.UNSTABLE: "high", SinsClass.INDETERMINATE: "middle"}.get(highest.classes[-1], "")
    return Headline("Spinal instability (SINS)", answer, (f"Highest of the study, at {names}.",), severity)


def _open(levels: Sequence[LevelResult]) -> Headline:
    open_facts = [] if all(level.belief.is_certain for level in levels) else ["numbering of levels"]
    open_facts += [name.lower() for level in levels for name in open_items(level.sins) if name != _BY_LEVEL]
    open_facts += [
        f"ESCC at {level.belief.words}" for level in levels if len(level.escc.assessment.grades) != 1
    ]
    details = [
        f"{level.belief.words}: for SINS it helps most to know: "
        f"{ITEM_NAMES[level.sins.missing[0].item].lower()}."
        for level in levels
        if level.sins.missing
    ]
    return Headline("Uncertain", ", ".join(dict.fromkeys(open_facts)) or "nothing asked here", tuple(details))
