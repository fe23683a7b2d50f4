"""What the terminal shows while ``spinemets infer`` runs."""

import sys
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from spinemets.commands.infer_text import study_lines
from spinemets.inference.archive.ledger import Entry
from spinemets.inference.archive.work import Outcome, Status
from spinemets.inference.result_json import read_result


class StudyProgress:
    """Of an input that is one study: its table at the end.

    Args:
        output: Folder of outputs.
    """

    def __init__(self, output: Path) -> None:
        self._output = output

    def unchanged(self, entry: Entry) -> None:
        """Show its table again."""
        self.finished(entry, None)

    def planned(self, unchanged: int, to_do: int) -> None:
        """Say nothing: the stages follow."""

    def finished(self, entry: Entry, outcome: Outcome | None) -> None:
        """Show its table, or why there is none."""
        if entry.failure is not None:
            print(f"spinemets infer: {_message(entry, outcome)}", file=sys.stderr, flush=True)
            return
        folder = self._output / entry.study
        took = "unchanged" if outcome is None else f"{outcome.seconds:.0f} s"
        print("\n".join(study_lines(read_result(folder / "result.json"), folder, took)), flush=True)

    def tried(self, outcome: Outcome) -> None:
        """Say that a worker died."""
        print(_again(outcome), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is open."""


class ArchiveProgress:
    """Of many studies: a bar with rate, remaining time and failures; lines where there is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None
        self._failed = self._ended = self._to_do = 0

    def unchanged(self, entry: Entry) -> None:
        """Say nothing: they are counted in one line."""

    def planned(self, unchanged: int, to_do: int) -> None:
        """Say what there is to do."""
        self._say(f"{unchanged + to_do} studies: {unchanged} unchanged, {to_do} to do")
        self._to_do = to_do
        if to_do and sys.stderr.isatty():
            self._bar = tqdm(total=to_do, unit="study", dynamic_ncols=True, smoothing=0.1)

    def finished(self, entry: Entry, outcome: Outcome | None) -> None:
        """Count it; a failure is said at once."""
        self._ended += 1
        if entry.failure is not None:
            self._failed += 1
            self._say(f"spinemets infer: {entry.study}: {_message(entry, outcome)}")
        if self._bar is not None:
            self._bar.set_postfix(failed=self._failed, refresh=False)
            self._bar.update()
        elif entry.failure is None:
            took = "done by another process" if outcome is None else f"{outcome.seconds:.0f} s"
            self._say(f"{self._ended}/{self._to_do} {entry.study}: {took}")

    def tried(self, outcome: Outcome) -> None:
        """Say that a worker died."""
        self._say(_again(outcome))

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def _say(self, line: str) -> None:
        if self._bar is None:
            print(line, file=sys.stderr, flush=True)
        else:
            self._bar.write(line, file=sys.stderr)


def _message(entry: Entry, outcome: Outcome | None) -> str:
    """With paths, which the ledger does not keep, where the study was done just now."""
    failure = entry.failure if outcome is None else outcome.failure
    if failure is None:
        return ""
    return failure.message if entry.status is Status.REFUSED else f"{failure.kind}: {failure.message}"


def _again(outcome: Outcome) -> str:
    reason = "" if outcome.failure is None else outcome.failure.message
    return f"spinemets infer: {outcome.key}: {reason}; it is tried again"
