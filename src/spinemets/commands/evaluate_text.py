"""What the terminal shows of an evaluation."""

from collections.abc import Iterator
from pathlib import Path

from spinemets.evaluation.evaluation import Evaluation, Predictions
from spinemets.report.evaluation_page import simulated_words
from spinemets.report.evaluation_words import interval_words, value_words

_MOST_NAMED = 10


def evaluation_lines(evaluation: Evaluation, page: Path) -> list[str]:
    """Headlines, what could not be compared, and where the page is.

    Args:
        evaluation: What came of it.
        page: Of the report.
    """
    lines = list(_headlines(evaluation))
    sets = [evaluation.predictions, *([] if evaluation.second is None else [evaluation.second])]
    for one in sets:
        lines += _flow(one)
    if words := simulated_words(evaluation):
        lines.append(f"  ! {words}")
    return [*lines, f"  report: {page}", f"  {evaluation.note}"]


def _headlines(evaluation: Evaluation) -> Iterator[str]:
    rows = [
        (f"{one.family}: {one.of}: {one.figure.name}", value_words(one.figure), interval_words(one.figure))
        for one in evaluation.predictions.headlines
        if one.figure.value is not None
    ]
    wide = max((len(name) for name, *_ in rows), default=0)
    yield ""
    for name, value, interval in rows:
        yield f"  {name.ljust(wide)}  {value}  ({interval})"


def _flow(predictions: Predictions) -> Iterator[str]:
    others = [case for case in predictions.cases if not case.status.is_compared]
    compared = len(predictions.cases) - len(others)
    yield f"  {predictions.name}: {compared} of {len(predictions.cases)} studies compared"
    yield from (f"  ! {case.study}: {case.status}: {case.reason}" for case in others[:_MOST_NAMED])
    if len(others) > _MOST_NAMED:
        yield f"  ! and {len(others) - _MOST_NAMED} more: see the report"
    if predictions.extra:
        shown = ", ".join(predictions.extra[:_MOST_NAMED])
        more = len(predictions.extra) - _MOST_NAMED
        yield f"  ! predictions without a study: {shown}{f' and {more} more' if more > 0 else ''}"
