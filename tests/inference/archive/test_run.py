"""An archive is done once, by one process or several, whatever happens to a study or a worker."""

import multiprocessing
import os
import shutil
import signal
import time
import tracemalloc

import pytest

from archive_jobs import assess, assess_slowly, attempts, plan_all, tree, write_archive

_FOUR = {"a": "alpha", "b": "beta", "c": "gamma", "d": "delta"}


@pytest.fixture
def places(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, _FOUR)
    return source, output


def test_every_study_gets_its_folder(places):
    source, output = places
    heard = assess(source, output)
    assert heard.plan == (0, 4)
    assert set(heard.statuses.values()) == {"done"}
    assert {path.name for path in output.iterdir()} == {*_FOUR, "ledger.jsonl", "attempts.log"}


def test_a_second_run_does_nothing(places):
    source, output = places
    assess(source, output)
    before = tree(output)
    heard = assess(source, output)
    assert heard.plan == (4, 0)
    assert len(attempts(output)) == 4
    assert tree(output) == before


def _change_text(source, output):
    (source / "b.txt").write_text("BETA")


def _delete_a_file(source, output):
    (output / "b" / "part-1.txt").unlink()


def _delete_a_folder(source, output):
    shutil.rmtree(output / "b")


def _cut_a_file(source, output):
    (output / "b" / "part-1.txt").write_text("cut")


@pytest.mark.parametrize("change", [_change_text, _delete_a_file, _delete_a_folder, _cut_a_file])
def test_what_is_missing_or_changed_is_done_again(places, change):
    source, output = places
    assess(source, output)
    change(source, output)
    heard = assess(source, output)
    assert heard.plan == (3, 1)
    assert attempts(output)[4:] == ["b"]
    assert assess(source, output).plan == (4, 0)


@pytest.mark.parametrize("setting", ["weights", "config"])
def test_other_weights_or_settings_do_everything_again(places, setting):
    source, output = places
    assess(source, output)
    assert assess(source, output, **{setting: "other"}).plan == (0, 4)


def test_files_that_were_touched_or_copied_are_the_same(places, tmp_path):
    source, output = places
    assess(source, output)
    os.utime(source / "a.txt", (1, 1))
    assert assess(source, output).plan == (4, 0)
    shutil.copytree(source, tmp_path / "copy")
    assert assess(tmp_path / "copy", output).plan == (4, 0)
    assert len(attempts(output)) == 4


def test_same_bytes_for_any_number_of_workers(places, tmp_path):
    source, output = places
    assess(source, output, workers=1)
    assess(source, tmp_path / "three", workers=3)
    assert tree(output) == tree(tmp_path / "three")


def test_bad_studies_stop_no_other(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    words = {"a": "alpha", "b": "refuse", "c": "fail", "d": "die", "e": "epsilon"}
    write_archive(source, words)
    heard = assess(source, output)
    assert heard.statuses == {"a": "done", "b": "refused", "c": "failed", "d": "crashed", "e": "done"}
    assert heard.retries == ["d"]
    assert attempts(output).count("d") == 2
    assert "ZeroDivisionError" in heard.outcomes["c"].failure.traceback
    assert "SIGKILL" in heard.outcomes["d"].failure.message


def test_what_was_refused_is_not_tried_again_and_the_rest_is(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {"a": "alpha", "b": "refuse", "c": "fail"})
    assess(source, output)
    heard = assess(source, output)
    assert heard.plan == (2, 1)
    assert attempts(output)[3:] == ["c"]


def test_what_an_earlier_run_left_does_not_pass_for_a_study_that_fails_now(places):
    source, output = places
    assess(source, output)
    (source / "b.txt").write_text("refuse")
    assert assess(source, output).statuses["b"] == "refused"
    assert not (output / "b").exists()
    assert assess(source, output).plan == (4, 0)


def test_a_worker_that_dies_once_costs_an_attempt(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {"a": "die-once", "b": "beta"})
    heard = assess(source, output, workers=1)
    assert heard.statuses == {"a": "done", "b": "done"}
    assert heard.retries == ["a"]


def test_a_study_that_hangs_is_given_up(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {"a": "hang", "b": "beta", "c": "gamma"})
    heard = assess(source, output, seconds=3.0)
    assert heard.statuses == {"a": "timeout", "b": "done", "c": "done"}
    assert "3 s" in heard.outcomes["a"].failure.message


def test_a_study_that_takes_all_memory_is_given_up(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {"a": "eat", "b": "beta"})
    heard = assess(source, output, memory_gib=2.0)
    assert heard.statuses == {"a": "memory", "b": "done"}
    assert "2 GiB" in heard.outcomes["a"].failure.message


def test_no_path_gets_into_the_ledger(tmp_path):
    source, output = tmp_path / "Jane Doe" / "in", tmp_path / "out"
    write_archive(source, {"a": "alpha", "b": "refuse", "c": "fail"})
    (source / "c.txt").unlink()
    (source / "c.txt").symlink_to(source / "gone.txt")
    assess(source, output)
    assert "Jane" not in (output / "ledger.jsonl").read_text(encoding="utf-8")


def test_a_study_waits_for_the_one_it_is_compared_with(places):
    source, output = places
    heard = assess(source, output, after={"a": ("d",), "b": ("a", "gone")})
    order = attempts(output)
    assert order.index("d") < order.index("a") < order.index("b")
    assert set(heard.statuses.values()) == {"done"}
    assert "['d']" in (output / "a" / "part-0.txt").read_text()
    assert "['a']" in (output / "b" / "part-0.txt").read_text()


def test_a_study_is_done_again_when_the_one_it_is_compared_with_has_changed(places):
    source, output = places
    after = {"a": ("d",)}
    assess(source, output, after=after)
    (source / "d.txt").write_text("other")
    heard = assess(source, output, after=after)
    assert set(attempts(output)[4:]) == {"a", "d"}
    assert heard.statuses["a"] == "done"


def test_a_study_goes_on_without_one_that_failed(places):
    source, output = places
    (source / "d.txt").write_text("refuse")
    heard = assess(source, output, after={"a": ("d",)})
    assert heard.statuses["a"] == "done"
    assert "[]" in (output / "a" / "part-0.txt").read_text()


def test_two_processes_share_the_work(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {f"s{number}": "text" for number in range(8)})
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=assess_slowly, args=(source, output)) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert [one.exitcode for one in runs] == [0, 0]
    assert sorted(attempts(output)) == [f"s{number}" for number in range(8)]
    alone = tmp_path / "alone"
    assess(source, alone)
    assert tree(output) == tree(alone)


def test_takes_over_from_a_process_that_is_killed(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {"a": "hang", "b": "beta"})
    first = multiprocessing.get_context("spawn").Process(target=assess_slowly, args=(source, output))
    first.start()
    while not (output / "attempts.log").exists():
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    (source / "a.txt").write_text("alpha")
    assert assess(source, output).statuses == {"a": "done", "b": "done"}
    assert not list(output.glob(".*"))


def test_memory_does_not_grow_with_the_number_of_studies(tmp_path):
    peaks = {}
    for count in (50, 350):
        source, output = tmp_path / f"in-{count}", tmp_path / f"out-{count}"
        write_archive(source, {f"s{number}": "refuse" for number in range(count)})
        plan_all(source, output)
        tracemalloc.start()
        assert plan_all(source, output) == (count, 0)
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # A key, a place on disk and a node in the order of work; a study's headers alone take more.
    assert (peaks[350] - peaks[50]) / 300 < 1500
