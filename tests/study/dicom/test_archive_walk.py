"""Every regular file is found once, junk is not, and loops end."""

import os
from pathlib import Path

import pytest

from spinemets.errors import UnreadableFileError
from spinemets.study.archive_walk import ClosedFolder, walk_files


def _names(folder: Path) -> list[str]:
    return [os.path.relpath(str(one), folder) for one in walk_files(folder)]


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_files_are_found_at_any_depth_whatever_their_names(tmp_path):
    deep = "/".join("abcdefghijklmnopqrstuvwxyz") + "/IM0001"
    _touch(tmp_path, "no_suffix", "b/file.dcm", deep, "b/ü 1.IMA")
    assert set(_names(tmp_path)) == {"no_suffix", "b/file.dcm", deep, "b/ü 1.IMA"}


def test_the_order_is_that_of_names(tmp_path):
    _touch(tmp_path, "c", "a/2", "a/1", "b/1")
    assert _names(tmp_path) == ["c", "a/1", "a/2", "b/1"]


def test_junk_is_passed_over(tmp_path):
    _touch(tmp_path, "DICOMDIR", "x/dicomdir", ".DS_Store", ".git/x", "__MACOSX/x", "Thumbs.db", "._a", "a")
    assert _names(tmp_path) == ["a"]


def test_a_folder_named_dicomdir_is_entered(tmp_path):
    _touch(tmp_path, "DICOMDIR/a")
    assert _names(tmp_path) == ["DICOMDIR/a"]


def test_links_in_a_circle_end(tmp_path):
    _touch(tmp_path, "a/b/file")
    (tmp_path / "a/b/up").symlink_to(tmp_path)
    (tmp_path / "a/self").symlink_to(tmp_path / "a/self")
    (tmp_path / "a/gone").symlink_to(tmp_path / "nowhere")
    assert _names(tmp_path) == ["a/b/file"]


def test_what_is_no_regular_file_is_passed_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert _names(tmp_path) == []


def test_a_single_file_is_itself(tmp_path):
    _touch(tmp_path, "a")
    assert list(walk_files(tmp_path / "a")) == [str(tmp_path / "a")]


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(UnreadableFileError):
        list(walk_files(tmp_path / "absent"))


def test_a_closed_folder_is_named_and_the_others_read(tmp_path, monkeypatch):
    _touch(tmp_path, "closed/x", "open/y")
    real = os.scandir

    def refuse(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    closed, found = walk_files(tmp_path)
    assert closed == ClosedFolder(str(tmp_path / "closed"), "Permission denied")
    assert found == str(tmp_path / "open/y")


def test_nothing_is_listed_before_it_is_asked_for(tmp_path):
    _touch(tmp_path, *(f"{k}/file" for k in range(5)))
    walk = walk_files(tmp_path)
    next(walk)
    (tmp_path / "4/file").unlink()
    assert len(list(walk)) == 3
