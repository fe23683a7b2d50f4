"""spinemets infer over an archive: nothing lost, nothing done twice, the same bytes in every way there."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest

from archive_jobs import PATIENT_RAY, tree
from small_studies import SEES_LESIONS, make_small_studies
from spinemets.cli import main

_KILLER = Path(__file__).parents[1] / "killed_runs.py"
_LISTS = {"summary.csv", "summary.parquet", "failures.csv", "archive.html", "ledger.jsonl"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return make_small_studies(tmp_path_factory.mktemp("small"), 3)


@pytest.fixture(scope="module")
def assessed(archive, tmp_path_factory):
    output = tmp_path_factory.mktemp("assessed")
    assert _infer(archive, output) == 0
    return output


def _infer(source, output, *more):
    return main(["infer", f"input={source}", f"output={output}", *SEES_LESIONS, *more])


def _rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _damage(source, folder):
    """An archive of one sound study and some that cannot be assessed."""
    shutil.copytree(source / "study-0", folder / "sound")
    for name in ("empty", "axial-only", "torn"):
        (folder / name).mkdir(parents=True)
    (folder / "empty" / "sag_T2w.nii.gz").touch()
    shutil.copy(source / "study-0" / "ax_T2w.nii.gz", folder / "axial-only")
    whole = (source / "study-0" / "sag_T2w.nii.gz").read_bytes()
    (folder / "torn" / "sag_T2w.nii.gz").write_bytes(whole[: len(whole) // 2])


def test_leaves_a_folder_for_each_study_and_the_lists(assessed):
    assert {path.name for path in assessed.iterdir()} == {"study-0", "study-1", "study-2", *_LISTS}


def test_says_what_there_is_to_do_and_where_it_is(archive, assessed, tmp_path, capsys):
    shutil.copytree(assessed, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "study-1")
    assert _infer(archive, tmp_path / "out") == 0
    said = capsys.readouterr()
    assert "3 studies: 2 unchanged, 1 to do" in said.err
    assert "1/1 study-1" in said.err
    assert "3 of 3 studies assessed" in said.out
    assert str(tmp_path / "out" / "archive.html") in said.out
    assert tree(tmp_path / "out") == tree(assessed)


def test_other_settings_do_everything_again(archive, assessed, tmp_path, capsys):
    shutil.copytree(assessed, tmp_path / "out")
    assert _infer(archive, tmp_path / "out", "grading.reach_mm=3") == 0
    assert "0 unchanged, 3 to do" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["clinical", "override"])
def test_the_users_word_does_its_own_study_again(archive, assessed, tmp_path, capsys, change):
    shutil.copytree(assessed, tmp_path / "out")
    shutil.copytree(archive, tmp_path / "in")
    more = []
    if change == "clinical":
        (tmp_path / "clinical.csv").write_text("study,pain\nstudy-1,mechanical\n")
        more = [f"clinical={tmp_path / 'clinical.csv'}"]
    else:
        (tmp_path / "in" / "study-1" / "series.yaml").write_text(
            "series:\n  - key: '*ax*'\n    use: exclude\n"
        )
    assert _infer(tmp_path / "in", tmp_path / "out", *more) == 0
    assert "2 unchanged, 1 to do" in capsys.readouterr().err


def test_one_worker_or_two_give_the_same_bytes(archive, assessed, tmp_path):
    assert _infer(archive, tmp_path, "workers=1") == 0
    assert tree(tmp_path) == tree(assessed)


def test_bad_studies_are_listed_and_stop_no_other(archive, tmp_path, capsys):
    _damage(archive, tmp_path / "in")
    assert _infer(tmp_path / "in", tmp_path / "out") == 1
    failures = _rows(tmp_path / "out" / "failures.csv")
    assert {row["study"] for row in failures} == {"empty", "axial-only", "torn"}
    assert all(row["error"] and row["message"] and row["traceback"] for row in failures)
    assert {row["study"] for row in _rows(tmp_path / "out" / "summary.csv")} == {"sound"}
    before = tree(tmp_path / "out")
    capsys.readouterr()
    assert _infer(tmp_path / "in", tmp_path / "out") == 1
    assert "4 unchanged, 0 to do" in capsys.readouterr().err
    assert tree(tmp_path / "out") == before


def test_an_archive_of_which_nothing_can_be_used_is_an_unusable_input(archive, tmp_path):
    _damage(archive, tmp_path / "in")
    shutil.rmtree(tmp_path / "in" / "sound")
    assert _infer(tmp_path / "in", tmp_path / "out") == 2
    assert len(_rows(tmp_path / "out" / "failures.csv")) == 3


def test_a_study_over_its_limit_is_no_unusable_input(archive, tmp_path):
    assert _infer(archive / "study-0", tmp_path, "study_timeout_s=0.05") == 1
    assert [row["status"] for row in _rows(tmp_path / "failures.csv")] == ["timeout"]
    assert _infer(archive / "study-0", tmp_path) == 0
    assert not _rows(tmp_path / "failures.csv")


def test_weights_that_cannot_be_used_stop_the_run(archive, tmp_path, capsys):
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    assert _infer(archive, tmp_path / "out", f"weights.segmentation={tmp_path / 'bad.safetensors'}") == 2
    assert "bad.safetensors" in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("study-*"))


@pytest.mark.parametrize(
    "setting",
    [
        "workers=0",
        "engine.start=teleport",
        "study_timeout_s=-1",
        "study_memory_gib=0",
        "study_memory_gib=0.01",
    ],
)
def test_a_setting_out_of_range_is_refused(archive, tmp_path, setting):
    assert _infer(archive, tmp_path, setting) == 2


def test_ray_gives_the_same_bytes_though_a_worker_is_killed(archive, assessed, tmp_path):
    pytest.importorskip("ray", reason="ray is not installed: pip install 'spinemets[ray]'")
    mark = f"SPINEMETS_TEST={tmp_path.name}-{os.getpid()}"
    command = [sys.executable, "-m", "spinemets", "infer", f"input={archive}", f"output={tmp_path}"]
    run = subprocess.Popen(
        [*command, *SEES_LESIONS, "engine=ray", "workers=2"],
        env=os.environ | PATIENT_RAY | dict([mark.split("=")]) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    victim = _await_actor_at_work(mark, run)
    os.kill(victim, signal.SIGKILL)
    _, said = run.communicate()
    assert run.returncode == 0, said
    assert "it is tried again" in said
    assert tree(tmp_path) == tree(assessed)


def _await_actor_at_work(mark, run):
    """An actor of a run that is at a study; Ray names processes by what they do."""
    while run.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                at_work = b"SpineMetsWorker.assess" in (folder / "cmdline").read_bytes()
                if at_work and mark.encode() in (folder / "environ").read_bytes():
                    return int(folder.name)
            except OSError:
                continue
        time.sleep(0.02)
    raise AssertionError(run.communicate())


def test_no_output_tells_who_the_patient_is(tmp_path):
    folder = tmp_path / "in" / "Doe^Jane" / "19700101"
    folder.mkdir(parents=True)
    for number in range(6):
        _write_slice(folder / f"JANE{number}.dcm", number)
    (folder / "JANE-torn.dcm").write_bytes((folder / "JANE0.dcm").read_bytes()[:700])
    assert _infer(tmp_path / "in", tmp_path / "out") in (1, 2)
    for path in (tmp_path / "out").rglob("*"):
        content = path.read_bytes() if path.is_file() and path.suffix not in (".gz", ".dcm") else b""
        assert not [word for word in (b"Doe", b"JANE", b"Jane", b"19700101") if word in content], path


def _write_slice(path, number):
    """Sagittal noise with pixels that end too early, so that the study fails while it is read."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.SOPClassUID = pydicom.uid.MRImageStorage
    dataset.SOPInstanceUID = f"1.2.3.{number + 1}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2", "1.3", "1.4"
    dataset.PatientName, dataset.PatientID, dataset.Modality = "Doe^Jane", "JANE", "MR"
    dataset.SeriesDescription, dataset.InstanceNumber = "t2_tse_sag", number + 1
    dataset.RepetitionTime, dataset.EchoTime, dataset.ScanningSequence = 3500, 100, "SE"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.ImagePositionPatient, dataset.PixelSpacing = [4 * number, -60, 60], [1.0, 1.0]
    dataset.ImageOrientationPatient, dataset.SliceThickness = [0, 1, 0, 0, 0, -1], 4
    dataset.Rows = dataset.Columns = 128
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = np.zeros(128 * 64, np.uint16).tobytes()
    dataset.save_as(path, enforce_file_format=True)


def test_a_kill_at_any_of_twenty_moments_changes_nothing(archive, tmp_path):
    arguments = ["20", "2", str(tmp_path), "infer", str(archive), *SEES_LESIONS, "workers=1"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, _KILLER, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("killed after") >= 20
