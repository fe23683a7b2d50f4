"""MONAI bundle: verified and run by MONAI itself, without a network connection."""

import json

import nibabel
import numpy as np
import pytest
import torch
from monai.bundle import ConfigWorkflow, run, verify_net_in_out

from bundle_checks import configs, refuse_network, verify_by_monai
from spinemets.errors import InputError
from spinemets.networks import bundle_export as module
from spinemets.networks.bundle_export import export_bundle
from spinemets.networks.bundle_sagittal_parts import sagittal_studies
from spinemets.networks.export_agreement import Agreement, ExportError
from spinemets.networks.sagittal_input import sagittal_input
from spinemets.study.selection import Channel
from spinemets.volume import ImageKind, Volume, read_volume, resample_like
from weight_files import save_segmenter

# MONAI says that configs run code, and misses packages of other formats.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

_SAGITTAL = np.array([[0, 0, -4.0, 14], [0.9, 0, 0, -30], [0, -0.9, 0, 50], [0, 0, 0, 1]])


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    refuse_network(monkeypatch)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of a segmenter, and the network in it."""
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    return path, save_segmenter(path)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, weights):
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    assert export_bundle(weights[0], folder) == Agreement(0.0, 1.0)
    return folder


@pytest.fixture
def archive(tmp_path):
    """Two studies: T2 alone, and T1 with a STIR of other slices."""
    generator = np.random.default_rng(0)
    shifted = _SAGITTAL.copy()
    shifted[0, 3] += 2.0
    for case, name, affine in (
        ("case1", "T2", _SAGITTAL),
        ("case2", "T1", _SAGITTAL),
        ("case2", "STIR", shifted),
    ):
        folder = tmp_path / "archive" / case
        folder.mkdir(parents=True, exist_ok=True)
        array = generator.normal(100.0, 30.0, (50, 45, 7)).astype(np.float32)
        nibabel.save(nibabel.Nifti1Image(array, affine), folder / f"{name}.nii.gz")
    return tmp_path / "archive"


def test_the_folder_has_what_a_bundle_has(bundle):
    files = sorted(path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file())
    assert files == [
        "LICENSE",
        "configs/inference.json",
        "configs/metadata.json",
        "docs/README.md",
        "models/model.safetensors",
    ]
    assert "Apache License" in (bundle / "LICENSE").read_text()


def test_monai_verifies_the_metadata(bundle, tmp_path):
    verify_by_monai(bundle, tmp_path)


def test_monai_verifies_the_network(bundle):
    verify_net_in_out("network_def", **configs(bundle), device="cpu", bundle_root=str(bundle))


def test_monai_finds_every_part_of_an_inference_workflow(bundle, archive):
    workflow = ConfigWorkflow(
        **configs(bundle),
        workflow_type="infer",
        logging_file=False,
        bundle_root=str(bundle),
        dataset_dir=str(archive),
    )
    workflow.initialize()
    assert workflow.check_properties() == []


def test_monai_runs_it_on_studies(bundle, archive, tmp_path):
    run(**configs(bundle), bundle_root=str(bundle), dataset_dir=str(archive), output_dir=str(tmp_path / "o"))
    files = sorted(path.relative_to(tmp_path / "o").as_posix() for path in (tmp_path / "o").rglob("*.nii.gz"))
    assert files == [
        f"{case}_{mask}.nii.gz" for case in ("case1/T2", "case2/T1") for mask in ("anatomy", "lesion")
    ]
    for name in files:
        mask = nibabel.load(tmp_path / "o" / name)
        assert mask.shape == (50, 45, 7)
        assert mask.get_data_dtype() == np.uint8
        np.testing.assert_allclose(mask.affine, _SAGITTAL, atol=1e-4)


def test_what_it_writes_is_what_the_network_says(bundle, weights, tmp_path):
    # The network's own grid and window, so that one pass is the whole answer.
    affine = np.array([[0, 0, -4.0, 14], [1.5, 0, 0, -30], [0, -1.5, 0, 50], [0, 0, 0, 1]])
    array = np.random.default_rng(1).normal(100.0, 30.0, (32, 32, 8)).astype(np.float32)
    (tmp_path / "in").mkdir()
    nibabel.save(nibabel.Nifti1Image(array, affine), tmp_path / "in" / "T2.nii.gz")
    run(
        **configs(bundle),
        bundle_root=str(bundle),
        dataset_dir=str(tmp_path / "in"),
        output_dir=str(tmp_path / "out"),
        device="cpu",
    )
    prepared = sagittal_input({Channel.T2: Volume(array, affine)}, (4.0, 1.5, 1.5))
    with torch.inference_mode():
        output = weights[1](torch.tensor(prepared.image)[None], torch.tensor(prepared.presence)[None])
    anatomy = read_volume(tmp_path / "out" / "T2_anatomy.nii.gz")
    wanted = Volume(output.anatomy[0].argmax(dim=0).numpy(), prepared.affine_ras)
    agreeing = anatomy.array == resample_like(wanted, anatomy, ImageKind.LABEL).array
    assert agreeing.mean() > 0.999


def test_altered_weights_are_not_run(bundle, archive, tmp_path):
    copy = tmp_path / "copy"
    (copy / "models").mkdir(parents=True)
    save_segmenter(copy / "models" / "model.safetensors", seed=1)
    with pytest.raises(RuntimeError) as caught:
        run(
            **configs(bundle),
            bundle_root=str(copy),
            dataset_dir=str(archive),
            output_dir=str(tmp_path / "o"),
        )
    assert "SHA-256" in str(caught.value.__cause__)


def test_a_folder_without_studies_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no study; put any of T1.nii.gz"):
        sagittal_studies(str(tmp_path))


def test_files_of_a_study_may_lie_in_the_folder_itself(archive):
    (found,) = sagittal_studies(str(archive / "case2"))
    assert sorted(found) == ["STIR", "T1"]


def test_the_text_says_what_the_weights_were_trained_on(bundle):
    metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
    readme = (bundle / "docs" / "README.md").read_text()
    for text in (metadata["description"], readme):
        assert "2 simulated studies, no real one" in text
    assert "Research only" in readme
    assert metadata["eval_metrics"] == {"lesion_dice": 0.5}
    assert metadata["weights_card"]["metrics"]["lesion_sensitivity"] is None


def test_a_folder_that_holds_something_is_left_alone(weights, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something already"):
        export_bundle(weights[0], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_bundle_that_computes_something_else_is_not_kept(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "measured_agreement", lambda *_: Agreement(0.5, 0.9))
    with pytest.raises(ExportError, match="computes something else"):
        export_bundle(weights[0], tmp_path / "bundle")
    assert not list(tmp_path.iterdir())
