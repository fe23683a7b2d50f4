"""Folders appear whole or not at all, and what a kill leaves is put right."""

import os
import signal

import pytest

from spinemets.inference.archive import whole_folder as module
from spinemets.inference.archive.whole_folder import left_behind, recover, whole_folder


def _write(folder, text):
    with whole_folder(folder) as new:
        (new / "a.txt").write_text(text)
        (new / "b.txt").write_text(text)


def _write_half(folder):
    with whole_folder(folder) as new:
        (new / "a.txt").write_text("half")
        (new / "b.txt").read_text()


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_takes_its_place_once_it_is_whole(tmp_path):
    with whole_folder(tmp_path / "one") as new:
        (new / "a.txt").write_text("text")
        assert not (tmp_path / "one").exists()
    assert (tmp_path / "one" / "a.txt").read_text() == "text"
    assert _names(tmp_path) == ["one"]


def test_replaces_what_stands_there(tmp_path):
    _write(tmp_path / "one", "old")
    (tmp_path / "one" / "stale.txt").touch()
    _write(tmp_path / "one", "new")
    assert _names(tmp_path / "one") == ["a.txt", "b.txt"]
    assert _names(tmp_path) == ["one"]


def test_an_error_leaves_the_old_one_alone(tmp_path):
    _write(tmp_path / "one", "old")
    with pytest.raises(FileNotFoundError):
        _write_half(tmp_path / "one")
    assert (tmp_path / "one" / "a.txt").read_text() == "old"
    assert _names(tmp_path) == ["one"]


# Calls of the system by which a folder takes its place; a kill may come before each of them.
@pytest.mark.parametrize("step", range(8))
@pytest.mark.parametrize("before", ["nothing", "old"])
def test_a_kill_at_any_step_leaves_one_whole_folder_or_none(tmp_path, monkeypatch, step, before):
    folder = tmp_path / "one"
    if before == "old":
        _write(folder, "old")
    child = os.fork()
    if child == 0:
        _die_at(step, monkeypatch)
        _write(folder, "new")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        for name in left_behind(tmp_path):
            recover(tmp_path, name)
    assert set(_names(tmp_path)) <= {"one"}
    assert folder.exists() or before == "nothing"
    if folder.exists():
        assert {path.read_text() for path in folder.iterdir()} in ({"old"}, {"new"})
        assert _names(folder) == ["a.txt", "b.txt"]


def _die_at(step, monkeypatch):
    counter = iter(range(100))

    def dying(call):
        def wrapped(*arguments, **keywords):
            if next(counter) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **keywords)

        return wrapped

    monkeypatch.setattr(module.os, "fsync", dying(os.fsync))
    monkeypatch.setattr(module.Path, "replace", dying(module.Path.replace))
    monkeypatch.setattr(module.shutil, "rmtree", dying(module.shutil.rmtree))


def test_leaves_foreign_hidden_folders_alone(tmp_path):
    for name in (".git", ".locks", ".one.new-", ".new-folder"):
        (tmp_path / name).mkdir()
    assert left_behind(tmp_path) == set()
