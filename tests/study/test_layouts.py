"""NIfTI studies in their layouts: BIDS, nnU-Net, study.yaml, and plain folders."""

import json

import nibabel
import numpy as np
import pytest

from spinemets.study.bids import is_bids, read_bids
from spinemets.study.loose_files import image_files, read_loose_files
from spinemets.study.nnunet import is_nnunet, read_nnunet
from spinemets.study.records import Evidence, Plane, Weighting
from spinemets.study.study_yaml import read_study_yaml

_SAGITTAL = np.array([[-4.0, 0, 0, 30], [0, 0, -0.7, 90], [0, -0.7, 0, 150], [0, 0, 0, 1]])
_AXIAL = np.array([[0, 0, -0.5, 30], [0, -0.5, 0, 90], [4.0, 0, 0, 150], [0, 0, 0, 1]])


def _write(path, affine=_SAGITTAL):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.zeros((6, 12, 10), dtype=np.int16), affine), path)


def _facts(study):
    return {one.key: (one.plane, one.weighting.weighting) for one in study.series}


def test_bids_with_sessions(tmp_path):
    for session in ("ses-1", "ses-2"):
        anat = tmp_path / "sub-01" / session / "anat"
        _write(anat / f"sub-01_{session}_acq-sag_T1w.nii.gz")
        _write(anat / f"sub-01_{session}_acq-ax_T2w.nii.gz", _AXIAL)
        _write(anat / f"sub-01_{session}_acq-sag_T2w_seg-manual.nii.gz")
        (anat / f"sub-01_{session}_acq-sag_T1w.json").write_text(
            json.dumps(
                {"RepetitionTime": 4.0, "EchoTime": 0.04, "InversionTime": 0.16, "ScanningSequence": "IR"}
            )
        )
    _write(tmp_path / "derivatives" / "sub-01" / "anat" / "sub-01_T2w.nii.gz")
    assert is_bids(tmp_path)
    first, second = read_bids(tmp_path, "set")
    assert (first.key, second.key) == ("set-sub-01_ses-1", "set-sub-01_ses-2")
    assert first.patient_key == second.patient_key == "set-sub-01"
    assert _facts(first) == {
        "acq-ax_T2w": (Plane.AXIAL, Weighting.T2),
        "acq-sag_T1w": (Plane.SAGITTAL, Weighting.STIR),
    }


def test_bids_without_sessions(tmp_path):
    _write(tmp_path / "sub-a1" / "anat" / "sub-a1_T2w.nii.gz")
    (tmp_path / "sub-a1" / "anat" / "sub-a1_T1w.nii.gz").write_bytes(b"broken")
    (study,) = read_bids(tmp_path)
    assert study.key == "sub-a1"
    assert _facts(study) == {"T2w": (Plane.SAGITTAL, Weighting.T2)}
    assert [one.path.name for one in study.problems] == ["sub-a1_T1w.nii.gz"]
    assert study.problems[0].kind == "UnreadableFileError"


def test_folders_named_like_subjects_without_images_are_no_bids(tmp_path):
    (tmp_path / "sub-01").mkdir()
    assert not is_bids(tmp_path)


@pytest.mark.parametrize("channels", [{"channel_names": {"0": "T1", "1": "T2-FS", "2": "T1 KM"}}, None])
def test_nnunet(tmp_path, channels):
    old = {"modality": {"0": "T1", "1": "T2-FS", "2": "T1 KM"}}
    (tmp_path / "dataset.json").write_text(json.dumps(channels or old))
    for channel in range(3):
        _write(tmp_path / "imagesTr" / f"spine_007_{channel:04d}.nii.gz")
    _write(tmp_path / "imagesTs" / "spine_008_0001.nii.gz")
    _write(tmp_path / "labelsTr" / "spine_007.nii.gz")
    assert is_nnunet(tmp_path)
    first, second = read_nnunet(tmp_path)
    assert (first.key, second.key) == ("spine_007", "spine_008")
    assert [one.weighting.weighting for one in first.series] == [
        Weighting.T1,
        Weighting.T2_FS,
        Weighting.T1_GD,
    ]
    assert [one.key for one in first.series] == ["0000-T1", "0001-T2-FS", "0002-T1-KM"]
    assert first.series[1].weighting.reason == "dataset.json says so."


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"channel_names": {"x": "T1"}}'])
def test_nnunet_without_channel_names_is_a_problem(tmp_path, text):
    (tmp_path / "dataset.json").write_text(text)
    (tmp_path / "imagesTr").mkdir()
    (study,) = read_nnunet(tmp_path)
    assert study.series == ()
    assert "names no channels" in study.problems[0].message


def test_study_yaml(tmp_path):
    _write(tmp_path / "images" / "first.nii.gz")
    _write(tmp_path / "second_T2.nii.gz", np.diag((1.0, 1.0, 1.0, 1.0)))
    (tmp_path / "study.yaml").write_text(
        "key: patient-7 visit 2\npatient: patient-7\nseries:\n"
        "  - {path: images/first.nii.gz, weighting: T1+Gd}\n"
        "  - {path: second_T2.nii.gz, plane: axial, key: ax}\n"
        "  - {path: absent.nii.gz}\n"
    )
    study = read_study_yaml(tmp_path / "study.yaml")
    assert (study.key, study.patient_key) == ("patient-7-visit-2", "patient-7")
    assert _facts(study) == {"first": (Plane.SAGITTAL, Weighting.T1_GD), "ax": (Plane.AXIAL, Weighting.T2)}
    assert study.series[0].weighting.evidence is Evidence.OVERRIDE
    assert study.series[0].weighting.reason == "study.yaml says so."
    assert "no such file" in study.problems[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series:\n  - {path: a.nii.gz, weighting: T9}", "series[0].weighting"),
        ("series:\n  - {file: a.nii.gz}", "series[0].path"),
        ("series: []", "series"),
        ("series: {", "is not YAML"),
        ("series:\n  - {path: a.nii, key: k}\n  - {path: b.nii, key: k}", "'k' occurs twice"),
    ],
)
def test_a_wrong_study_yaml_is_a_problem_of_its_study(tmp_path, text, message):
    (tmp_path / "study.yaml").write_text(text)
    study = read_study_yaml(tmp_path / "study.yaml", "case-3")
    assert (study.key, study.series) == ("case-3", ())
    assert message in study.problems[0].message


def test_loose_files_are_grouped_by_name(tmp_path):
    for name in ("AKa3_T1w", "DzZ_T1w", "DzZ_T2w", "DzZ_T2w_bodies", "T2_sag", "._DzZ_T2w"):
        _write(tmp_path / f"{name}.nii.gz")
    names = [path.name for path in tmp_path.iterdir()]
    studies = list(read_loose_files(tmp_path, image_files(tmp_path, names), "folder"))
    assert {one.key: [series.key for series in one.series] for one in studies} == {
        "folder-AKa3": ["T1w"],
        "folder-DzZ": ["T1w", "T2w"],
        "folder": ["T2_sag"],
    }


def test_files_whose_sidecars_name_one_study_are_one(tmp_path):
    for name, uid in (("x_1", "1.2"), ("y_2", "1.2"), ("z_3", "1.3")):
        _write(tmp_path / f"{name}.nii.gz")
        (tmp_path / f"{name}.json").write_text(json.dumps({"StudyInstanceUID": uid}))
    files = image_files(tmp_path, [path.name for path in tmp_path.iterdir()])
    assert [len(one.series) for one in read_loose_files(tmp_path, files)] == [2, 1]
