"""Cases that are measured side by side come out as those measured one by one."""

import pytest

from spinemets.training.case_preparation import measure_cases
from spinemets.training.case_store import CaseStore
from spinemets.training.manifest import read_manifest
from spinemets.training.sagittal_source import sagittal_sources
from training.small_set import write_set

_CASES = 8


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    path = write_set(tmp_path_factory.mktemp("set"), seeds=range(_CASES), folds=(0,) * _CASES)
    (path.parent / "study-5_t2.nii.gz").write_bytes(b"no image")
    return read_manifest(path)


def _measured(manifest, folder, workers):
    store = CaseStore(folder, {}, manifest.label_sets)
    return measure_cases(sagittal_sources(manifest.studies), store, manifest.label_sets, workers)


def test_processes_give_what_one_gives(tmp_path, manifest):
    alone, beside = (_measured(manifest, tmp_path / str(count), count) for count in (0, 2))
    assert alone.results == beside.results
    assert [str(one) for one in alone.failures] == [str(one) for one in beside.failures]
    assert [one.name for one in alone.results] == [f"study-{n}/lumbar" for n in range(_CASES) if n != 5]
    assert "study-5" in str(alone.failures[0])
