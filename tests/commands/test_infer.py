"""spinemets infer: from a study to its report, and from what is no study to a clear refusal."""

import json
import shutil
import subprocess

import nibabel
import numpy as np
import pydicom
import pytest

from spinemets.cli import main
from spinemets.findings.rules import RULES
from spinemets.inference.result_json import read_result


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """One DICOM study with disease, and its truth."""
    folder = tmp_path_factory.mktemp("phantom")
    arguments = ["phantom", f"output={folder}", "count=1", "seed=41", "format=dicom"]
    assert main([*arguments, "disease=metastatic", "stations=[lumbar]"]) == 0
    return next(folder.glob("phantom-*"))


@pytest.fixture(scope="module")
def assessed(phantom, tmp_path_factory):
    output = tmp_path_factory.mktemp("assessed")
    table = output / "clinical.csv"
    assert main(["infer", f"input={phantom / 'images'}", f"output={output}"]) == 0
    assert not table.exists()
    return next(path for path in output.iterdir() if path.is_dir())


def _write(path, shape=(12, 96, 64), axes="sagittal", values=None):
    """A NIfTI file of noise, or of the values given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    directions = {
        "sagittal": [[-4.0, 0, 0], [0, 0, -1.5], [0, -1.5, 0]],
        "axial": [[0, 0, -4.0], [0, -1.5, 0], [-1.5, 0, 0]],
        "coronal": [[0, -4.0, 0], [0, 0, -1.5], [-1.5, 0, 0]],
    }[axes]
    affine = np.eye(4)
    affine[:3, :3] = np.array(directions).T
    if values is None:
        values = np.random.default_rng(0).integers(50, 200, shape)
    nibabel.save(nibabel.Nifti1Image(values.astype(np.int16), affine), path)


def _infer(source, output, *more):
    return main(["infer", f"input={source}", f"output={output}", *more])


def test_a_study_becomes_files(assessed):
    names = {path.name for path in assessed.iterdir()}
    assert names >= {
        "result.json",
        "report.html",
        "anatomy.nii.gz",
        "levels.nii.gz",
        "lesions.nii.gz",
        "seg.dcm",
        "sr.dcm",
    }


def test_masks_have_the_grid_of_the_reference_series(assessed, phantom):
    result = read_result(assessed / "result.json")
    mask = nibabel.load(assessed / "anatomy.nii.gz")
    series = next(one for one in result.series if one.key == result.stations[0].reference_series)
    assert mask.shape == series.shape
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in phantom.rglob("images/**/*.dcm")]
    positions = [
        np.array(one.ImagePositionPatient, float) * (-1, -1, 1)
        for one in headers
        if [one.Rows, one.Columns] == list(mask.shape[1:])
    ]
    corner = mask.affine[:3, 3]
    assert min(np.linalg.norm(position - corner) for position in positions) < 1e-2


def _measurements(value):
    """Every measurement in a file of a result."""
    if isinstance(value, dict):
        if {"value", "unit", "trace"} <= set(value):
            yield value
        else:
            for each in value.values():
                yield from _measurements(each)
    elif isinstance(value, list):
        for each in value:
            yield from _measurements(each)


def test_every_measurement_has_unit_rule_series_slices_and_weights(assessed):
    content = json.loads((assessed / "result.json").read_text(encoding="utf-8"))
    found = list(_measurements(content))
    counts = {one["key"]: one["shape"][0] for one in content["series"]}
    weights = {one["sha256"] for one in content["provenance"]["weights"] if one["task"] == "segmentation"}
    assert len(found) > 100
    for one in found:
        trace = one["trace"]
        assert one["unit"]
        assert trace["rule"] in RULES
        assert trace["weights_sha256"] in weights
        (series,) = trace["series"]
        assert trace["slices"]
        assert set(trace["slices"]) <= set(range(counts[series]))


def test_traced_slices_are_those_where_a_body_or_a_lesion_lies(assessed):
    result = read_result(assessed / "result.json")
    (station,) = result.stations
    affine = np.vstack([station.grid.affine_ras, [0.0, 0.0, 0.0, 1.0]])
    traced = [(one.centre_ras_mm, one.volume.trace) for one in station.findings.lesions]
    traced += [(one.centre_ras_mm, one.body.involved.trace) for one in station.findings.vertebrae if one.body]
    assert traced
    for centre, trace in traced:
        index = np.linalg.solve(affine, [*centre, 1.0])[0]
        assert min(trace.slices) - 0.5 <= index <= max(trace.slices) + 0.5


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="dciodvfy (Debian's dicom3tools) is not installed"
)
@pytest.mark.parametrize("name", ["seg.dcm", "sr.dcm"])
def test_dciodvfy_finds_no_errors_in_dicom_outputs(assessed, name):
    found = subprocess.run(["dciodvfy", assessed / name], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if line.startswith("Error")] == []


def test_nobody_is_named_but_in_dicom(assessed, phantom):
    header = pydicom.dcmread(next(phantom.rglob("images/**/*.dcm")), stop_before_pixels=True)
    for name in ("result.json", "report.html"):
        text = (assessed / name).read_text(encoding="utf-8")
        assert str(header.PatientID) not in text
        assert str(header.PatientName) not in text


def test_pain_stays_unknown_without_a_table(assessed):
    result = read_result(assessed / "result.json")
    for level in result.levels:
        pain = next(item for item in level.sins.items if item.item == "pain")
        assert len(pain.findings) == 3
        assert level.sins.maximum > level.sins.minimum


def test_the_same_study_gives_the_same_bytes(assessed, phantom, tmp_path):
    assert _infer(phantom / "images", tmp_path) == 0
    again = tmp_path / assessed.name
    for name in ("result.json", "report.html", "lesions.nii.gz", "seg.dcm", "sr.dcm"):
        assert (again / name).read_bytes() == (assessed / name).read_bytes(), name


def test_the_clinical_table_settles_pain(assessed, phantom, tmp_path):
    table = tmp_path / "clinical.json"
    table.write_text(json.dumps([{"study": assessed.name, "pain": "mechanical"}]), encoding="utf-8")
    assert _infer(phantom / "images", tmp_path / "out", f"clinical={table}") == 0
    result = read_result(tmp_path / "out" / assessed.name / "result.json")
    for level in result.levels:
        pain = next(item for item in level.sins.items if item.item == "pain")
        assert pain.findings == ("mechanical",)


def test_a_misspelt_study_in_the_table_is_told(phantom, tmp_path, capsys):
    table = tmp_path / "clinical.csv"
    table.write_text("study,pain\nnobody,none\n", encoding="utf-8")
    _infer(phantom / "images", tmp_path / "out", f"clinical={table}")
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"t2.nii.gz": {"shape": (1, 96, 64)}}, "1 slice"),
        ({"ax_T2w.nii.gz": {"axes": "axial"}}, "No sagittal"),
        ({"cor_T2w.nii.gz": {"axes": "coronal"}}, "No sagittal"),
        ({"sag_CT.nii.gz": {}}, "No sagittal"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, capsys, files, words):
    for name, facts in files.items():
        _write(tmp_path / "in" / "study" / name, **facts)
    assert _infer(tmp_path / "in", tmp_path / "out") == 2
    assert words in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*/result.json"))


def test_an_empty_folder_is_refused(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert _infer(tmp_path / "in", tmp_path / "out") == 2
    assert "no study" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["noise", "ball", "nothing"])
def test_what_shows_no_spine_gets_no_confident_score(tmp_path, kind):
    shape = (16, 128, 128)
    places = np.stack(np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij"))
    values = {
        "noise": np.random.default_rng(0).integers(0, 300, shape),
        "ball": np.where((places**2).sum(axis=0) < 0.6, 400, 5) + 40 * (np.abs(places[1]) < 0.3),
        "nothing": np.zeros(shape),
    }[kind]
    _write(tmp_path / "in" / "study" / "sag_T2w.nii.gz", values=values)
    status = _infer(tmp_path / "in", tmp_path / "out")
    results = [read_result(path) for path in (tmp_path / "out").glob("*/result.json")]
    assert status == 2 or all(result.warnings for result in results)
    for result in results:
        assert all(not level.belief.is_certain for level in result.levels)


def test_one_bad_study_does_not_stop_the_next(phantom, tmp_path, capsys):
    _write(tmp_path / "in" / "axial-only" / "ax_T2w.nii.gz", axes="axial")
    (tmp_path / "in" / "good").symlink_to(phantom / "images")
    assert _infer(tmp_path / "in", tmp_path / "out") == 1
    assert "axial-only" in capsys.readouterr().err
    assert len(list((tmp_path / "out").glob("*/result.json"))) == 1
