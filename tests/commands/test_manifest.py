"""``spinemets manifest`` as a user sees it: what it writes, says and returns."""

import json

import pytest

from manifest_files import mask_array, write_nifti
from spinemets.commands.manifest import main
from spinemets.training.manifest import read_manifest


@pytest.fixture
def nnunet(tmp_path):
    """Four cases of two patients."""
    folder = tmp_path / "Dataset001"
    for case in ("anna_1", "anna_2", "otto_1", "otto_2"):
        write_nifti(folder / "imagesTr" / f"{case}_0000.nii.gz")
        write_nifti(folder / "labelsTr" / f"{case}.nii.gz", mask_array(slice(2, 5)))
    labels = {"background": 0, "bone_stuff": 1}
    (folder / "dataset.json").write_text(json.dumps({"channel_names": {"0": "T2"}, "labels": labels}))
    return folder


def _arguments(folder, *more):
    return [f"input={folder}", "layout=nnunet", f"output={folder / 'manifest.json'}", "folds=2", *more]


_MEANING = "labels.bone_stuff=[vertebral body,posterior elements]"


@pytest.fixture
def manifest(nnunet, capsys):
    assert main(_arguments(nnunet, _MEANING, "patient_pattern='^([a-z]+)_'")) == 0
    capsys.readouterr()
    return nnunet / "manifest.json"


def test_a_data_set_becomes_a_manifest_with_folds(nnunet, capsys):
    assert main(_arguments(nnunet, _MEANING, "patient_pattern='^([a-z]+)_'")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["fold 0: 2 studies of 1 patient", "fold 1: 2 studies of 1 patient"]
    assert lines[-1] == f"manifest: {nnunet / 'manifest.json'}"
    manifest = read_manifest(nnunet / "manifest.json")
    assert {(study.patient, study.fold) for study in manifest.studies} in (
        {("anna", 0), ("otto", 1)},
        {("anna", 1), ("otto", 0)},
    )


def test_the_same_call_writes_the_same_bytes(nnunet, manifest):
    before = manifest.read_bytes()
    main(_arguments(nnunet, _MEANING, "patient_pattern='^([a-z]+)_'"))
    assert manifest.read_bytes() == before


def test_a_good_manifest_passes_its_check(manifest, capsys):
    assert main(["--check", str(manifest)]) == 0
    assert capsys.readouterr().out == f"{manifest}: 4 studies, 0 faults\n"


@pytest.mark.parametrize("spelling", [["--check", "{}"], ["--check={}"], ["check={}"]])
def test_a_bad_row_is_named_and_fails_the_check(manifest, nnunet, capsys, spelling):
    (nnunet / "imagesTr" / "otto_1_0000.nii.gz").unlink()
    assert main([part.format(manifest) for part in spelling]) == 2
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("otto_1: series 0000-T2, image: ")
    assert first.endswith("otto_1_0000.nii.gz no such file; check the path")
    assert last.endswith("4 studies, 1 fault")


def test_a_path_that_hydra_would_not_read_can_be_checked(manifest, capsys):
    odd = manifest.rename(manifest.with_name("it's, mine=1.json"))
    assert main(["--check", str(odd)]) == 0
    assert "0 faults" in capsys.readouterr().out


def test_faults_of_new_manifests_are_shown_and_the_manifest_is_written(nnunet, capsys):
    write_nifti(nnunet / "labelsTr" / "anna_1.nii.gz", mask_array(slice(2, 5))[:4])
    assert main(_arguments(nnunet, _MEANING)) == 1
    assert "anna_1: series 0000-T2, annotations (shape)" in capsys.readouterr().out
    assert len(read_manifest(nnunet / "manifest.json").studies) == 4


def test_what_was_left_out_is_said(nnunet, capsys):
    write_nifti(nnunet / "labelsTr" / "nobody.nii.gz", mask_array())
    assert main(_arguments(nnunet, _MEANING)) == 1
    assert "nobody.nii.gz: has no image in imagesTr" in capsys.readouterr().out


def test_studies_that_the_segmenter_cannot_use_are_counted(nnunet, capsys):
    description = json.loads((nnunet / "dataset.json").read_text())
    (nnunet / "dataset.json").write_text(json.dumps(description | {"channel_names": {"0": "ADC"}}))
    assert main(_arguments(nnunet, _MEANING)) == 0
    assert "4 studies without sagittal T1, T2, STIR" in capsys.readouterr().out


def test_a_label_set_of_the_users_own_is_written(nnunet):
    own = "label_sets.nnunet={lesion: {0: false, 1: true}}"
    assert main(_arguments(nnunet, own)) == 0
    labels = read_manifest(nnunet / "manifest.json").label_sets["nnunet"]
    assert (labels.anatomy, labels.lesion) == (None, {0: False, 1: True})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], r"labels: what 'bone_stuff' stands for is not known; say it with labels.bone_stuff="),
        ([_MEANING, "folds=9"], "folds: is 9, with 4 patients"),
        ([_MEANING, "folds=x"], "folds: is 'x'"),
        (["labels.bone_stuff=[marrow]"], "labels.bone_stuff: 'marrow' is no class of anatomy"),
        (
            [_MEANING, "label_sets.other={lesion: {0: false}}"],
            "label_sets.other: is no label set of this layout",
        ),
        (["label_sets.nnunet={lesions: {0: false}}"], "label_sets.nnunet.lesions: "),
        ([_MEANING, "uncertain_numbering=[1]"], "uncertain_numbering: says nothing of the layout nnunet"),
        ([_MEANING, "layout=zip"], "layout: is 'zip'; allowed: phantom, nnunet, bids, spider"),
        ([_MEANING, "input=/nowhere"], "input: /nowhere is no folder"),
        ([_MEANING, "output=null"], "output: is not given"),
        ([_MEANING, "check=x.json"], "input: is given beside check"),
    ],
)
def test_what_cannot_be_meant_is_status_2(nnunet, capsys, more, message):
    assert main(_arguments(nnunet, *more)) == 2
    assert message in capsys.readouterr().err
    assert not (nnunet / "manifest.json").exists()


def test_a_folder_without_studies_is_status_2(tmp_path, capsys):
    assert main([f"input={tmp_path}", "layout=bids", f"output={tmp_path / 'm.json'}"]) == 2
    assert "holds no study" in capsys.readouterr().err


def test_help_names_every_setting(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    words = (
        "usage: spinemets manifest",
        "--check FILE",
        "patient_pattern",
        "uncertain_numbering",
        "Exit status",
    )
    assert all(word in text for word in words)
