"""Ray's workers keep to the same rules as those of this machine."""

import os
import sys

import pytest

from archive_jobs import PATIENT_RAY, TextJob, assess, tree, write_archive
from spinemets.errors import ConfigurationError
from spinemets.inference.archive.engine import Limits
from spinemets.inference.archive.on_ray import RayEngine


def _engine(prepare, limits, workers, address=None):
    return RayEngine(prepare, limits, workers, address, processors=1, gpus=0)


@pytest.fixture
def ray(monkeypatch):
    """Ray, for workers that find the helpers of tests."""
    module = pytest.importorskip("ray", reason="ray is not installed: pip install 'spinemets[ray]'")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    for name, value in PATIENT_RAY.items():
        monkeypatch.setenv(name, value)
    return module


@pytest.mark.filterwarnings("ignore")
def test_whatever_happens_to_a_study_stops_no_other(tmp_path, ray):
    source, output = tmp_path / "in", tmp_path / "out"
    words = {"a": "alpha", "b": "refuse", "c": "die", "d": "hang", "e": "eat", "f": "zeta", "g": "die-once"}
    write_archive(source, words)
    heard = assess(source, output, engine=_engine, seconds=10.0, memory_gib=1.5)
    assert heard.statuses == {
        "a": "done",
        "b": "refused",
        "c": "crashed",
        "d": "timeout",
        "e": "memory",
        "f": "done",
        "g": "done",
    }
    local = tmp_path / "local"
    for key in ("a", "f"):
        write_archive(tmp_path / "sound", {key: words[key]})
    assess(tmp_path / "sound", local, job=TextJob(local))
    for name, content in tree(local).items():
        if not name.startswith("ledger"):
            assert (output / name).read_bytes() == content


def test_a_cluster_that_does_not_answer_is_said(ray):
    engine = _engine(None, Limits(None, None), 1, "auto")
    with pytest.raises(ConfigurationError, match="no cluster answers"):
        engine.__enter__()
