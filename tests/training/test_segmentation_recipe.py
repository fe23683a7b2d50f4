"""A run of the segmenter as it is prepared, and what its module does with a batch beside learning."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from spinemets.configuration import config_directory
from spinemets.errors import ConfigurationError
from spinemets.training import sagittal_source
from spinemets.training.manifest import read_manifest
from spinemets.training.recipe import RunContext
from spinemets.training.segmentation_data import CaseDataset
from training.small_set import write_set

_SMALL = (
    "network.segmentation.filters=[4,6,8]",
    "network.segmentation.kernels=[[1,3,3],[1,3,3],[3,3,3]]",
    "network.segmentation.strides=[[1,1,1],[1,2,2],[2,2,2]]",
    "network.segmentation.deep_supervision=0",
    "data.spacing_mm=[4,1,1]",
)


@pytest.fixture
def manifest(tmp_path):
    return read_manifest(write_set(tmp_path / "set"))


def _prepared(manifest, cache, *more):
    given = ("network=tiny", "data.manifest=none", "output=none", f"data.cache={cache}", *_SMALL, *more)
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        recipe = instantiate(compose("train", list(given)).task)
    context = RunContext(manifest, 0, 0, 2**33, "32-true", on_gpu=False, skip_bad=False, workers=1)
    return recipe.prepare(context)


def _with_masks(manifest, *kept):
    """The manifest with these label sets alone."""

    def series(one):
        return replace(one, annotations=tuple(each for each in one.annotations if each.label_set in kept))

    def study(one):
        stations = (replace(station, series=tuple(map(series, station.series))) for station in one.stations)
        return replace(one, stations=tuple(stations))

    return replace(manifest, studies=tuple(map(study, manifest.studies)))


def _without_lesions(monkeypatch):
    """Validation cases without a lesion."""
    read = sagittal_source.load_mask

    def empty(path, image):
        mask = read(path, image)
        return np.zeros_like(mask) if path.name == "study-0_lesions.nii.gz" else mask

    monkeypatch.setattr(sagittal_source, "load_mask", empty)


def test_a_fold_without_anything_to_measure_is_refused(manifest, tmp_path, monkeypatch):
    _without_lesions(monkeypatch)
    with pytest.raises(ConfigurationError, match="nothing tells a good epoch from a bad one"):
        _prepared(_with_masks(manifest, "lesions"), tmp_path / "cache")


@pytest.mark.parametrize("other", ["anatomy", "levels"])
def test_any_other_head_is_enough(manifest, tmp_path, monkeypatch, other):
    _without_lesions(monkeypatch)
    prepared = _prepared(_with_masks(manifest, "lesions", other), tmp_path / "cache")
    assert prepared.validation_cases == 1


@pytest.mark.parametrize(("given", "workers"), [("null", 1), ("0", 0)])
def test_the_user_decides_how_many_processes_read(manifest, tmp_path, given, workers):
    data = _prepared(manifest, tmp_path / "cache", f"data.workers={given}").data
    assert data._loader.workers == workers


def test_what_the_host_asks_for_stays_there(manifest, tmp_path):
    """The device of torch that holds nothing cannot be asked."""
    task = _prepared(manifest, tmp_path / "cache").task
    batch = {"image": torch.zeros(1, 4, 2, 4, 4), "presence": torch.ones(1, 4), "sample": torch.tensor([7])}
    moved = task.transfer_batch_to_device(batch, torch.device("meta"), 0)
    assert moved["image"].is_meta
    assert moved["presence"].tolist() == [[1, 1, 1, 1]]
    assert moved["sample"].tolist() == [7]


@pytest.mark.parametrize("training", [False, True])
def test_shapes_that_nothing_has_tried_are_computed_in_fp32(manifest, tmp_path, training):
    prepared = _prepared(manifest, tmp_path / "cache")
    task, case = prepared.task.eval(), CaseDataset(prepared.data.validation)[0]
    batch = {name: case[name][None] for name in ("image", "presence", "targets")} | {"case": [case["case"]]}
    kinds = []
    task.network.stem.mix.register_forward_hook(lambda *arguments: kinds.append(arguments[-1].dtype))
    with torch.autocast("cpu", torch.bfloat16):
        if training:
            task.network.scales(batch["image"], batch["presence"])
        else:
            task.preview(batch)
    assert kinds == [torch.bfloat16 if training else torch.float32]
