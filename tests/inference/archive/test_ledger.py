"""The ledger keeps what it was told, whatever happens to its last line."""

import multiprocessing

import pytest

from archive_jobs import ORIGIN, append_many, ledger_entry
from spinemets.inference.archive.ledger import Entry, Ledger
from spinemets.inference.archive.work import Failure, Status


def test_gives_back_what_was_written(tmp_path):
    ledger = Ledger(tmp_path)
    failed = Entry("two", Status.FAILED, ORIGIN, {}, Failure("ValueError", "süß", "a\nb"))
    ledger.append(ledger_entry("one"))
    ledger.append(failed)
    assert ledger.entry("one") == ledger_entry("one")
    assert Ledger(tmp_path).entry("two") == failed
    assert ledger.entry("three") is None


def test_the_last_word_counts(tmp_path):
    ledger = Ledger(tmp_path)
    for size in (1, 2, 3):
        ledger.append(ledger_entry("one", size))
    assert Ledger(tmp_path).entry("one") == ledger_entry("one", 3)


@pytest.mark.parametrize("cut", range(2, 200, 37))
def test_a_torn_line_is_passed_over(tmp_path, cut):
    ledger = Ledger(tmp_path)
    ledger.append(ledger_entry("one"))
    ledger.append(ledger_entry("two"))
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    again = Ledger(tmp_path)
    again.append(ledger_entry("three"))
    assert again.entry("one") == ledger_entry("one")
    assert again.entry("two") is None
    assert Ledger(tmp_path).entry("three") == ledger_entry("three")
    again.compact()
    assert len(path.read_bytes().splitlines()) == 2


@pytest.mark.parametrize("line", [b"{}", b"[]", b"null", b"\xff", b'{"study": 1}', b"", b"{" * 5000])
def test_foreign_lines_are_passed_over(tmp_path, line):
    (tmp_path / "ledger.jsonl").write_bytes(line + b"\n")
    ledger = Ledger(tmp_path)
    ledger.append(ledger_entry("one"))
    assert ledger.entry("one") == ledger_entry("one")


def test_is_the_same_whatever_the_order(tmp_path):
    for name, order in (("a", ["one", "two"]), ("b", ["two", "one", "two"])):
        (tmp_path / name).mkdir()
        ledger = Ledger(tmp_path / name)
        for study in order:
            ledger.append(ledger_entry(study))
        ledger.compact()
        assert ledger.entry("two") == ledger_entry("two")
    assert (tmp_path / "a/ledger.jsonl").read_bytes() == (tmp_path / "b/ledger.jsonl").read_bytes()


def test_several_processes_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_many, args=(tmp_path, name, 30)) for name in "abc"]
    reader = Ledger(tmp_path)
    for one in writers:
        one.start()
    while any(one.is_alive() for one in writers):
        reader.entry("a-29")
    ledger = Ledger(tmp_path)
    for name in "abc":
        for number in range(30):
            study = f"{name}-{number}"
            assert ledger.entry(study) == reader.entry(study) == ledger_entry(study)
