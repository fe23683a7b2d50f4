"""The top of the report: what is worst, what is uncertain, and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.inference.prior_records import Direction, Involvement, LesionChangeKind, PriorComparison
from spinemets.inference.records import EsccResult, LevelResult, StudyResult
from spinemets.report.escc_section import coverage_words
from spinemets.report.level_section import open_items
from spinemets.report.prior_section import earlier_words, lesions_words
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
    """One line of the summary.

    Args:
        heading: What it is about.
        answer: The answer.
        details: What has to be said with it, in sentences.
        emphasis: ``high`` or ``middle`` for a grave answer, ``open`` for a list of open facts, else "".
    """

    heading: str
    answer: str
    details: tuple[str, ...]
    emphasis: str = ""


def headlines(result: StudyResult) -> tuple[Headline, ...]:
    """The summary of a study."""
    since = () if result.prior is None else (_since(result.prior),)
    if result.highest is None:
        return (Headline("Involved levels", _NOTHING, ()), *since)
    worst = _worst_escc(result.levels), _highest_sins(result)
    return (_involved(result.levels), *worst, *since, _open(result.levels))


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
    heading = "Epidural compression (ESCC)"
    graded = [level for level in levels if level.escc.assessment.is_gradable]
    ungraded = _grouped(
        [(one.escc.assessment.reason, one.belief.words) for one in levels if one not in graded]
    )
    details = [f"{names}: {reason}." for reason, names in ungraded]
    if not graded:
        return Headline(heading, "not gradable at any involved level", tuple(details))
    worst = worst_of([level.escc.assessment for level in graded])
    holding = [level for level in graded if level.escc.assessment.grades[-1].rank >= worst.grades[0].rank]
    said = [f"{level.belief.words}: most probable {_likely(level.escc)}." for level in holding]
    # Different levels may rest on the same promise.
    said += dict.fromkeys(coverage_words(level.escc) for level in holding)
    if details:
        said.append("The worst may be higher, because not every involved level could be graded.")
    answer = f"{either(worst.grades)} at {'; or '.join(level.belief.words for level in holding)}"
    return Headline(heading, answer, (*said, *details), worst.severity[-1].value)


def _likely(escc: EsccResult) -> str:
    if escc.worst is None:
        return either(escc.assessment.grades)
    best = max(escc.slices[escc.worst].probabilities, key=lambda one: one.probability)
    return f"{best.grade} ({percent(best.probability)})"


def _highest_sins(result: StudyResult) -> Headline:
    highest = result.highest
    if highest is None:
        raise ValueError("a study without an involved level has no SINS")
    words = {frozenset(level.sins.levels): level.belief.words for level in result.levels}
    names = "; or ".join(words.get(frozenset(levels), either(levels)) for levels in highest.levels)
    answer = f"{interval(highest.minimum, highest.maximum)}, {either(highest.classes)}"
    emphasis = {SinsClass.UNSTABLE: "high", SinsClass.INDETERMINATE: "middle"}.get(highest.classes[-1], "")
    return Headline("Spinal instability (SINS)", answer, (f"Highest of the study, at {names}.",), emphasis)


def _since(prior: PriorComparison) -> Headline:
    """What has become of the lesions, and levels that are certainly new or worse."""
    new = [one.belief.words for one in prior.levels if one.involvement is Involvement.NEW]
    worse = [
        one.belief.words for one in prior.levels if one.escc and one.escc.directions == (Direction.WORSE,)
    ]
    said = ((new, "Newly involved"), (worse, "ESCC worse"))
    details = [f"{words} at {'; '.join(names)}." for names, words in said if names]
    kinds = {one.kind for one in prior.lesions}
    grave = worse or kinds & {LesionChangeKind.NEW, LesionChangeKind.GROWN}
    return Headline(
        heading=f"Since the {earlier_words(prior)}",
        answer=f"lesions: {lesions_words(prior.lesions)}" if prior.lesions else "no lesion then or now",
        details=(*details, *map(sentence, prior.statements)),
        emphasis="middle" if grave else "",
    )


def _open(levels: Sequence[LevelResult]) -> Headline:
    facts = [] if all(level.belief.is_certain for level in levels) else ["numbering of levels"]
    facts += [name.lower() for level in levels for name in open_items(level.sins) if name != _BY_LEVEL]
    unsure = [level.belief.words for level in levels if len(level.escc.assessment.grades) != 1]
    facts += [f"ESCC at {'; '.join(unsure)}"] if unsure else []
    useful = [
        (ITEM_NAMES[level.sins.missing[0].item].lower(), level.belief.words)
        for level in levels
        if level.sins.missing
    ]
    details = [f"For SINS it helps most to know: {name} ({where})." for name, where in _grouped(useful)]
    return Headline("Uncertain", ", ".join(dict.fromkeys(facts)) or "nothing", tuple(details), "open")


def _grouped(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What several levels share, said once, with all of their names."""
    names: dict[str, list[str]] = {}
    for shared, name in pairs:
        names.setdefault(shared, []).append(name)
    return [(shared, "; ".join(each)) for shared, each in names.items()]
