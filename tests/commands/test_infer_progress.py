"""What the terminal shows while an archive is assessed."""

import sys

from spinemets.commands.infer_progress import ArchiveProgress
from spinemets.inference.archive.ledger import Entry, Origin
from spinemets.inference.archive.work import Failure, Outcome, Status

_ORIGIN = Origin("", "", "", "", "", {})
_RAW, _KEPT = Failure("StudyError", "/data/x: is empty"), Failure("StudyError", "<file>: is empty")


def _run(progress):
    progress.planned(38, 2)
    progress.finished(Entry("a", Status.DONE, _ORIGIN, {}, None), Outcome("a", Status.DONE, seconds=7.4))
    refused = Outcome("b", Status.REFUSED, failure=_RAW)
    progress.finished(Entry("b", Status.REFUSED, _ORIGIN, {}, _KEPT), refused)
    progress.close()


def _on_terminal(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def test_without_a_terminal_each_study_is_a_line(capsys):
    _run(ArchiveProgress())
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "40 studies: 38 unchanged, 2 to do",
        "1/2 a: 7 s",
        "spinemets infer: b: /data/x: is empty",
    ]


def test_a_terminal_gets_a_bar_with_rate_remaining_time_and_failures(monkeypatch, capsys):
    _on_terminal(monkeypatch)
    _run(ArchiveProgress())
    said = capsys.readouterr().err
    assert "2/2" in said
    assert "study/s" in said or "s/study" in said
    assert "<" in said
    assert "failed=1" in said
    assert "spinemets infer: b: /data/x: is empty\n" in said


def test_nothing_to_do_leaves_no_bar(monkeypatch, capsys):
    _on_terminal(monkeypatch)
    progress = ArchiveProgress()
    progress.planned(3, 0)
    progress.close()
    assert capsys.readouterr().err == "3 studies: 3 unchanged, 0 to do\n"


def test_a_study_of_another_process_is_told(capsys):
    progress = ArchiveProgress()
    progress.planned(0, 1)
    progress.finished(Entry("a", Status.DONE, _ORIGIN, {}, None), None)
    assert "another process" in capsys.readouterr().err


def test_a_worker_that_died_is_told(capsys):
    ArchiveProgress().tried(Outcome("a", Status.CRASHED, failure=Failure("WorkerDied", "the worker died")))
    assert capsys.readouterr().err == "spinemets infer: a: the worker died; it is tried again\n"
