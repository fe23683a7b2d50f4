import json

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from escc_files import LABEL_SETS, axial_series, graded_manifest
from manifest_files import study_row
from spinemets.anatomy import EsccGrade
from spinemets.configuration import config_directory
from spinemets.errors import ConfigurationError, InputError
from spinemets.networks.weights import load_network, save_weights
from spinemets.networks.weights_card import WeightsCard
from spinemets.training.escc_recipe import EsccRecipe
from spinemets.training.manifest import new_manifest
from spinemets.training.recipe import RunContext


def recipe_of(cache, *overrides):
    small = ("network.escc.crop_size=32", "network.escc.spacing_mm=1.0", "data.margin_mm=3")
    given = ("task=escc", "data.manifest=none", "output=none", f"data.cache={cache}", "data.batch_size=4")
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        config = compose("train", [*given, *small, *overrides])
    return instantiate(config.task)


def context_of(manifest, **changes):
    values = {
        "manifest": manifest,
        "fold": 0,
        "seed": 0,
        "memory_bytes": 2**33,
        "precision": "32-true",
        "on_gpu": False,
        "skip_bad": False,
    }
    return RunContext(**values | changes)


@pytest.mark.parametrize("size", ["tiny", "small", "full"])
def test_every_size_of_network_composes(tmp_path, size):
    recipe = recipe_of(tmp_path, f"network={size}")
    assert isinstance(recipe, EsccRecipe)
    assert recipe.network.crop_size == 32
    assert recipe.data.coverages == (0.8, 0.9, 0.95)


def test_a_run_is_prepared_from_the_folds_of_a_manifest(tmp_path):
    manifest = graded_manifest(tmp_path / "data")
    prepared = recipe_of(tmp_path / "cache", "network=tiny").prepare(context_of(manifest))
    assert {case.patient for case in prepared.data.training} == {"s1", "s3"}
    assert {case.patient for case in prepared.data.validation} == {"s0", "s2"}
    assert prepared.records["grades"]["validation"] == {"0": 2, "1a": 1, "1b": 0, "1c": 1, "2": 0, "3": 2}
    assert "6 graded slices to train on: 2 of 0, 0 of 1a, 1 of 1b" in prepared.statements[0]
    assert prepared.probe.input_shape == (4, 3, 32, 32)
    json.dumps([prepared.records, dict(prepared.probe.settings)])


def test_weights_carry_their_calibration_and_build_the_grader(tmp_path):
    manifest = graded_manifest(tmp_path / "data")
    recipe = recipe_of(tmp_path / "cache", "network=tiny")
    prepared = recipe.prepare(context_of(manifest))
    facts = recipe.finish(prepared)
    calibration = facts["calibration"]
    assert 0.05 <= calibration["temperature"] <= 20
    # Six slices are too few for a coverage of 90 %.
    assert calibration["conformal"]["0.9"] == 1.0
    assert calibration["conformal"]["0.8"] < 1.0
    assert calibration["patients"] == 2
    about = {"spinemets_version": "0", "manifest_sha256": "0", "seed": 0, "trained_on": "", "simulated": True}
    card = WeightsCard(task="escc", **about, **facts)
    save_weights(tmp_path / "w.safetensors", prepared.network.state_dict(), card)
    read, network = load_network(tmp_path / "w.safetensors", "escc")
    assert read.classes == ("0", "1a", "1b", "1c", "2", "3")
    crops = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(network(crops), prepared.network.eval()(crops))


def test_without_a_validation_fold_nothing_is_calibrated(tmp_path):
    recipe = recipe_of(tmp_path / "cache", "network=tiny")
    prepared = recipe.prepare(context_of(graded_manifest(tmp_path / "data"), fold=None))
    assert recipe.finish(prepared)["calibration"] == {}
    assert len(prepared.data.training) == 12


def test_series_that_cannot_be_read_stop_the_run_or_are_left_out(tmp_path):
    manifest = graded_manifest(tmp_path / "data")
    (tmp_path / "data/s1/ax.nii.gz").unlink()
    recipe = recipe_of(tmp_path / "cache", "network=tiny")
    with pytest.raises(InputError, match=r"s1.ax\.nii\.gz"):
        recipe.prepare(context_of(manifest))
    prepared = recipe.prepare(context_of(manifest, skip_bad=True))
    assert {case.patient for case in prepared.data.training} == {"s3"}


def test_a_fold_of_one_grade_is_refused(tmp_path):
    """Kappa would be 0 after every epoch, and the first one's weights the best."""
    grades = {0: (EsccGrade.G0, None, EsccGrade.G0, None), 1: (EsccGrade.G0, None, EsccGrade.G3, None)}
    rows = [
        study_row(f"s{fold}", [axial_series(tmp_path / f"s{fold}", each)], fold=fold)
        for fold, each in grades.items()
    ]
    manifest = new_manifest(tmp_path / "manifest.json", tuple(rows), LABEL_SETS)
    recipe = recipe_of(tmp_path / "cache", "network=tiny")
    with pytest.raises(ConfigurationError, match="every slice has the grade 0"):
        recipe.prepare(context_of(manifest, fold=0))
    assert len(recipe.prepare(context_of(manifest, fold=1)).data.validation) == 2


def test_a_manifest_without_grades_is_refused(tmp_path):
    rows = [
        study_row(f"s{fold}", [axial_series(tmp_path / f"s{fold}", (None,) * 4)], fold=fold)
        for fold in (0, 1)
    ]
    manifest = new_manifest(tmp_path / "manifest.json", tuple(rows), LABEL_SETS)
    with pytest.raises(ConfigurationError, match="no graded axial T2 slice"):
        recipe_of(tmp_path / "cache", "network=tiny").prepare(context_of(manifest))
