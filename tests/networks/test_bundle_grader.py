"""MONAI bundle of the ESCC grader: verified and run by MONAI itself."""

import csv

import nibabel
import numpy as np
import pytest
import torch
from monai.bundle import run, verify_net_in_out
from monai.data.meta_tensor import MetaTensor

from bundle_checks import configs, refuse_network, verify_by_monai
from spinemets.errors import InputError
from spinemets.networks.bundle_axial_parts import CanalCrops, axial_studies
from spinemets.networks.bundle_export import export_bundle
from spinemets.networks.escc_crop import canal_crop
from spinemets.networks.export_agreement import Agreement
from spinemets.networks.ordinal import grade_probabilities
from spinemets.volume import Volume
from weight_files import GRADER, save_grader

# MONAI says that configs run code, and misses packages of other formats.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

# Columns to the left, rows to the back, slices from feet to head, as scanners number them.
_AXIAL = np.array([[-0.6, 0, 0, 20], [0, -0.6, 0, 30], [0, 0, 4.0, -12], [0, 0, 0, 1]])
_CANAL = (30, 40)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    refuse_network(monkeypatch)


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    """A bundle, and the network in it."""
    folder = tmp_path_factory.mktemp("grader")
    network = save_grader(folder / "weights.safetensors")
    assert export_bundle(folder / "weights.safetensors", folder / "bundle") == Agreement(0.0, 1.0)
    return folder / "bundle", network


@pytest.fixture
def study(tmp_path):
    """Axial slices and a canal of one voxel in each of them, in the folder case1."""
    folder = tmp_path / "in" / "case1"
    folder.mkdir(parents=True)
    axial = np.random.default_rng(0).normal(100.0, 30.0, (70, 80, 6)).astype(np.float32)
    canal = np.zeros(axial.shape, dtype=np.uint8)
    canal[_CANAL] = 1
    for name, array in (("axial", axial), ("canal", canal)):
        nibabel.save(nibabel.Nifti1Image(array, _AXIAL), folder / f"{name}.nii.gz")
    return Volume(axial, _AXIAL)


def test_monai_verifies_metadata_and_network(grader, tmp_path):
    bundle, _ = grader
    verify_by_monai(bundle, tmp_path)
    verify_net_in_out("network_def", **configs(bundle), device="cpu", bundle_root=str(bundle))


def test_monai_runs_it_and_the_grades_are_the_network_s(grader, study, tmp_path):
    bundle, network = grader
    run(
        **configs(bundle),
        bundle_root=str(bundle),
        dataset_dir=str(tmp_path / "in"),
        output_dir=str(tmp_path / "out"),
        device="cpu",
    )
    with (tmp_path / "out" / "case1" / "grades.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    centres = [study.voxel_to_world([*_CANAL, number]) for number in range(5, -1, -1)]
    found = [[float(row[f"{axis}_ras_mm"]) for axis in "xyz"] for row in rows]
    np.testing.assert_allclose(found, centres, atol=0.01)
    by_slice = Volume(study.array.transpose(2, 1, 0), study.affine_ras[:, [2, 1, 0, 3]])
    crops = np.stack([canal_crop(by_slice, centre, GRADER.crop).array for centre in centres])
    with torch.inference_mode():
        wanted = grade_probabilities(network(torch.from_numpy(crops))).numpy()
    probabilities = [
        [float(row[f"p_{grade}"]) for grade in ("0", "1a", "1b", "1c", "2", "3")] for row in rows
    ]
    np.testing.assert_allclose(probabilities, wanted, atol=1e-3)


def test_slices_without_the_canal_are_said(study):
    image = MetaTensor(torch.from_numpy(study.array)[None], affine=torch.from_numpy(_AXIAL))
    image.meta["filename_or_obj"] = "case1/axial.nii.gz"
    with pytest.raises(InputError, match=r"case1/axial.nii.gz: shows none of the canal"):
        CanalCrops(3, 32, 0.8)({"axial": image, "canal": torch.zeros_like(image)})


def test_a_folder_without_pairs_is_named(tmp_path):
    (tmp_path / "axial.nii.gz").touch()
    with pytest.raises(InputError, match=r"holds no study; put axial.nii.gz and canal.nii.gz"):
        axial_studies(str(tmp_path))
