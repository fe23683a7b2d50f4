"""Prepared cases are made once for the same content, and never half."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from spinemets.errors import UnreadableFileError
from spinemets.training import case_store
from spinemets.training.case_facts import case_facts
from spinemets.training.case_store import CaseStore
from spinemets.training.errors import TrainingError
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import read_manifest
from spinemets.training.sagittal_source import sagittal_sources
from training.cases import SHAPE, annotated
from training.small_set import write_set


@pytest.fixture
def manifest(tmp_path):
    return read_manifest(write_set(tmp_path / "set"))


@pytest.fixture
def source(manifest):
    return sagittal_sources(manifest.studies)[0]


def _store(folder, manifest, **settings):
    return CaseStore(folder, settings, manifest.label_sets)


def _refuse(source):
    raise AssertionError("it was made before")


def test_a_case_is_made_once(tmp_path, manifest, source):
    first = _store(tmp_path / "cache", manifest).get(source, lambda _: annotated(3))
    again = _store(tmp_path / "cache", manifest).get(source, _refuse)
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(again.targets, annotated(3).targets)
    assert again.shape == SHAPE
    assert again.presence.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("change", ["image", "mask", "settings", "label set"])
def test_whatever_changes_the_arrays_makes_another_case(tmp_path, manifest, source, change):
    made = []

    def read(_):
        made.append(1)
        return annotated()

    _store(tmp_path / "cache", manifest).get(source, read)
    settings = {}
    if change in ("image", "mask"):
        with source.files[0 if change == "image" else -1].open("ab") as stream:
            stream.write(b"\0")
    elif change == "settings":
        settings = {"spacing_mm": 2.0}
    else:
        other = LabelSet("lesions", lesion={0: False, 1: False})
        manifest = replace(manifest, label_sets={**manifest.label_sets, "lesions": other})
    _store(tmp_path / "cache", manifest, **settings).get(source, read)
    assert len(made) == 2


def test_facts_are_kept_too(tmp_path, manifest, source):
    store = _store(tmp_path / "cache", manifest)
    facts = store.facts(source, lambda one: case_facts(one, manifest.label_sets))
    assert store.facts(source, _refuse) == facts
    assert facts.lesion_volumes_ml == pytest.approx((0.128,))


def test_a_writer_that_fails_leaves_nothing_that_looks_whole(tmp_path, manifest, source):
    def broken(_):
        return replace(annotated(), targets="no array")

    with pytest.raises(RuntimeError):
        _store(tmp_path / "cache", manifest).get(source, broken)
    case = _store(tmp_path / "cache", manifest).get(source, lambda _: annotated())
    assert case.shape == SHAPE


def test_a_writer_that_is_killed_leaves_nothing_that_looks_whole(tmp_path, manifest, source, monkeypatch):
    def killed(*arguments):
        os.kill(os.getpid(), signal.SIGKILL)

    store = _store(tmp_path / "cache", manifest)
    child = os.fork()
    if child == 0:
        # Image and targets are written by then.
        monkeypatch.setattr(case_store, "find_sites", killed)
        store.get(source, lambda _: annotated())
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert list((tmp_path / "cache").rglob("targets.npy"))
    case = store.get(source, lambda _: annotated(3))
    assert np.array_equal(case.targets, annotated(3).targets)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, manifest, source):
    (tmp_path / "file").write_bytes(b"")
    store = _store(tmp_path / "file", manifest)
    with pytest.raises(TrainingError, match=r"file: cannot be written .* SPINEMETS_CACHE"):
        store.get(source, lambda _: annotated())
    with pytest.raises(TrainingError, match=r"file: cannot be written"):
        store.facts(source, lambda one: case_facts(one, manifest.label_sets))


def test_writers_may_make_the_same_case_at_once(tmp_path, manifest, source):
    def made(_):
        return _store(tmp_path / "cache", manifest).get(source, lambda _: annotated()).folder

    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(made, range(8)))
    assert len(folders) == 1
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {path.name for path in folders}


def test_a_damaged_case_says_what_to_do(tmp_path, manifest, source):
    case = _store(tmp_path / "cache", manifest).get(source, lambda _: annotated())
    (case.folder / "image.npy").write_bytes(b"cut off")
    with pytest.raises(UnreadableFileError, match="delete the folder"):
        _store(tmp_path / "cache", manifest).get(source, _refuse)


def test_a_file_that_is_gone_is_named(tmp_path, manifest, source):
    source.files[0].unlink()
    with pytest.raises(UnreadableFileError, match="t2"):
        _store(tmp_path / "cache", manifest).get(source, _refuse)
