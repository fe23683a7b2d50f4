"""One process at a time holds a lock, and its end gives the lock back."""

import multiprocessing

from archive_jobs import hold_lock
from spinemets.inference.archive.locks import locked, try_lock


def test_is_held_by_one_and_left_without_a_file(tmp_path):
    path = tmp_path / "locks" / "one"
    lock = try_lock(path)
    assert try_lock(path) is None
    lock.release()
    assert not path.exists()
    again = try_lock(path)
    assert again is not None
    again.release()


def test_the_end_of_its_holder_gives_it_back(tmp_path):
    path = tmp_path / "one"
    ours, theirs = multiprocessing.Pipe()
    holder = multiprocessing.get_context("spawn").Process(target=hold_lock, args=(path, theirs))
    holder.start()
    assert ours.recv()
    assert try_lock(path) is None
    holder.kill()
    holder.join()
    ours.close()
    theirs.close()
    with locked(path):
        assert try_lock(path) is None


def test_a_file_that_its_last_holder_removed_is_no_lock(tmp_path):
    path = tmp_path / "one"
    first = try_lock(path)
    path.unlink()
    second = try_lock(path)
    assert second is not None
    first.release()
    second.release()
