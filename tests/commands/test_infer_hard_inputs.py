"""spinemets infer on what it must not be sure of: wrong headers, other organs and modalities, odd studies."""

import shutil

import nibabel
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spinemets.anatomy import Level
from spinemets.cli import main
from spinemets.inference.result_json import read_result

_QUICK = ("++grid.near_spacing_mm=1.4", "++grid.far_spacing_mm=4")
_T2_ALONE = ("++protocol.presence.t1=0", "++protocol.presence.fat_suppressed_t2=0", "disease=metastatic")


@pytest.fixture(scope="module")
def lumbar(tmp_path_factory):
    """Sagittal and axial T2 of a lumbar phantom; every second pixel, which is quick and fine enough."""
    folder = tmp_path_factory.mktemp("phantom")
    arguments = ["phantom", f"output={folder}", "count=1", "seed=5", "format=nifti", "stations=[lumbar]"]
    assert main([*arguments, *_QUICK, *_T2_ALONE]) == 0
    files = sorted(folder.glob("phantom-*/images/**/*.nii.gz"))
    images = {("sag" if "sag" in path.name else "ax"): nibabel.load(path) for path in files}
    return images | {"sag": _thinned(images["sag"], 1, 2)}


@pytest.fixture(scope="module")
def plain(lumbar, tmp_path_factory):
    """Result of the sagittal T2 as it is."""
    folder = tmp_path_factory.mktemp("plain")
    return _only_result(folder, _array(lumbar["sag"]), lumbar["sag"].affine)


def _thinned(image, across, within):
    """Every so many-th slice and pixel of a sagittal image."""
    steps = [across if axis == _axes(image)[0] else within for axis in range(3)]
    return image.slicer[tuple(slice(None, None, step) for step in steps)]


def _array(image):
    return np.asarray(image.dataobj)


def _save(path, array, affine):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(array), affine), path)


def _infer(folder, *more):
    return main(["infer", f"input={folder / 'in'}", f"output={folder / 'out'}", *more])


def _results(folder):
    return {path.parent.name: read_result(path) for path in (folder / "out").glob("*/result.json")}


def _only_result(folder, array, affine):
    """Result of one sagittal T2; None where it was refused."""
    _save(folder / "in" / "study" / "sag_T2w.nii.gz", array, affine)
    status = _infer(folder)
    results = _results(folder)
    assert status == (0 if results else 2)
    return results.get("study")


def _vertebrae(result):
    return [one for station in result.stations for one in station.findings.vertebrae]


def _is_open(result):
    """Whether nothing is claimed of any level, and the reader is told."""
    told = any("levels are left open" in warning for warning in result.warnings)
    return told and all(len(one.belief.credible) > 10 for one in _vertebrae(result))


def _is_unsure(result):
    """Whether no vertebra has a level, and the reader is told that and why."""
    told = any("no sacrum is seen" in warning for warning in result.warnings)
    return told and all(len(one.belief.credible) > 2 for one in _vertebrae(result))


def _axes(image):
    """Array axes that run left to right, front to back and head to feet."""
    return [int(np.argmax(np.abs(image.affine[row, :3]))) for row in range(3)]


def test_the_plain_study_is_assessed_without_doubts(plain):
    assert not any("left open" in warning for warning in plain.warnings)
    assert _vertebrae(plain)[-1].belief.most_likely is Level.S1


def test_without_axial_slices_no_level_is_graded_and_the_narrowing_is_a_hint(plain):
    assert any("No axial T2" in warning for warning in plain.warnings)
    for level in plain.levels:
        assert level.escc.assessment.grades == ()
        assert level.escc.assessment.reason.endswith("no axial T2 at this level")
        canal = next(one.canal for one in _vertebrae(plain) if one.number == level.vertebra)
        known = canal is not None and canal.narrowing.value is not None
        assert level.escc.hint == (
            f"on sagittal images the canal has lost {canal.narrowing.value:.0f} % of its depth here"
            if known
            else ""
        )


@pytest.mark.parametrize("wrong", ["front and back", "head and feet", "both", "front and feet"])
def test_a_header_that_swaps_directions_gives_no_level(lumbar, tmp_path, wrong):
    array = _array(lumbar["sag"])
    _, anterior, superior = _axes(lumbar["sag"])
    turned = {
        "front and back": lambda: np.flip(array, anterior),
        "head and feet": lambda: np.flip(array, superior),
        "both": lambda: np.flip(array, (anterior, superior)),
        "front and feet": lambda: np.swapaxes(array, anterior, superior),
    }[wrong]()
    result = _only_result(tmp_path, turned, lumbar["sag"].affine)
    assert result is None or _is_open(result) or _is_unsure(result)


@pytest.mark.parametrize("stored", ["reversed", "permuted", "mirrored"])
def test_another_order_of_storage_changes_nothing_but_the_file(lumbar, plain, tmp_path, stored):
    image = lumbar["sag"]
    codes = {"reversed": "RAI", "permuted": "ASR", "mirrored": "LAS"}[stored]
    change = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(codes)
    )
    turned = image.as_reoriented(change)
    result = _only_result(tmp_path, _array(turned), turned.affine)
    centres = np.array([one.centre_ras_mm for one in _vertebrae(result)])
    assert np.allclose(centres, [one.centre_ras_mm for one in _vertebrae(plain)], atol=0.5)
    assert [one.belief.words for one in _vertebrae(result)] == [one.belief.words for one in _vertebrae(plain)]
    (station,) = result.stations
    affine = np.vstack([station.grid.affine_ras, [0.0, 0.0, 0.0, 1.0]])
    for one in (one for one in _vertebrae(result) if one.body):
        index = np.linalg.solve(affine, [*one.centre_ras_mm, 1.0])[0]
        slices = one.body.involved.trace.slices
        assert min(slices) - 0.5 <= index <= max(slices) + 0.5


def test_flips_and_several_networks_are_a_matter_of_settings(lumbar, plain, tmp_path):
    _save(tmp_path / "in" / "study" / "sag_T2w.nii.gz", _array(lumbar["sag"]), lumbar["sag"].affine)
    settings = ("segmenting.flips=true", "weights.segmentation=[bundled,bundled]", "weights.escc=null")
    assert _infer(tmp_path, *settings) == 0
    result = _results(tmp_path)["study"]
    weights = [one.sha256 for one in result.provenance.weights]
    assert weights == [plain.provenance.weights[0].sha256] * 2
    assert result.provenance.config_sha256 != plain.provenance.config_sha256
    body = next(one.body for one in _vertebrae(result) if one.body)
    assert body.involved.trace.weights_sha256 == "+".join(weights)
    found, before = (
        {one.belief.most_likely: one.centre_ras_mm for one in _vertebrae(each)} for each in (result, plain)
    )
    apart = [np.linalg.norm(np.subtract(found[one], before[one])) for one in found.keys() & before.keys()]
    assert np.median(apart) < 3.0


def test_an_oblique_affine_is_followed(lumbar, plain, tmp_path):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", [8.0, -6.0, 12.0], degrees=True).as_matrix()
    affine[:3, 3] = (11.0, -23.0, 400.0)
    result = _only_result(tmp_path, _array(lumbar["sag"]), affine @ lumbar["sag"].affine)
    centres = np.array([one.centre_ras_mm for one in _vertebrae(plain)]) @ affine[:3, :3].T + affine[:3, 3]
    found = np.array([one.centre_ras_mm for one in _vertebrae(result)])
    # From the sacrum up: what the image cuts at the top is a matter of rounding.
    assert abs(len(found) - len(centres)) <= 1
    assert np.allclose(centres[::-1][:8], found[::-1][:8], atol=1.0)
    mask = nibabel.load(tmp_path / "out" / "study" / "anatomy.nii.gz")
    assert np.allclose(mask.affine, affine @ lumbar["sag"].affine, atol=1e-3)


def test_one_slice_is_refused_for_being_one(lumbar, tmp_path, capsys):
    image = lumbar["sag"]
    middle = np.take(_array(image), [image.shape[_axes(image)[0]] // 2], axis=_axes(image)[0])
    assert _only_result(tmp_path, middle, image.affine) is None
    assert "1 slice" in capsys.readouterr().err


def test_axial_slices_alone_are_refused(lumbar, tmp_path, capsys):
    _save(tmp_path / "in" / "study" / "ax_T2w.nii.gz", _array(lumbar["ax"]), lumbar["ax"].affine)
    assert _infer(tmp_path) == 2
    message = capsys.readouterr().err
    assert "No sagittal" in message
    assert "ax_T2w" in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("sag_T2w.nii.gz", b"", "Empty file"),
        ("sag_T2w.nii.gz", bytes(4096), "NIfTI"),
        ("study.yaml", b"series: [\n", "is not YAML"),
    ],
)
def test_a_study_of_broken_files_says_what_is_wrong_with_them(tmp_path, capsys, name, content, words):
    (tmp_path / "in" / "study").mkdir(parents=True)
    (tmp_path / "in" / "study" / name).write_bytes(content)
    assert _infer(tmp_path) == 2
    message = capsys.readouterr().err
    assert "No sagittal" in message
    assert words in message


def test_three_stations_are_merged_and_one_without_a_spine_left_out(lumbar, tmp_path):
    image, study = lumbar["sag"], tmp_path / "in" / "study"
    superior = _axes(image)[2]
    count = image.shape[superior]
    for number, (first, last) in enumerate([(0.0, 0.55), (0.45, 1.0)]):
        part = slice(int(first * count), int(last * count))
        cut = image.slicer[tuple(part if axis == superior else slice(None) for axis in range(3))]
        _save(study / f"{number}.nii.gz", _array(cut), cut.affine)
    away = image.affine.copy()
    away[2, 3] += 600.0
    noise = np.random.default_rng(0).integers(20, 200, image.shape).astype(np.int16)
    _save(study / "2.nii.gz", noise, away)
    series = "".join(f"- {{path: {number}.nii.gz, weighting: T2}}\n" for number in range(3))
    (study / "study.yaml").write_text(f"series:\n{series}")
    assert _infer(tmp_path) == 0
    result = _results(tmp_path)["study"]
    assert len(result.stations) == 2
    assert any("left out" in warning and "no spine" in warning for warning in result.warnings)
    assert len(list((tmp_path / "out" / "study").glob("station_*_anatomy.nii.gz"))) == 2


@pytest.mark.parametrize("content", ["empty folder", "text", "broken image", "flat image"])
def test_what_holds_no_image_is_refused(tmp_path, capsys, content):
    folder = tmp_path / "in"
    folder.mkdir()
    if content == "text":
        (folder / "notes.txt").write_text("no image")
    elif content == "broken image":
        (folder / "sag_T2w.nii.gz").write_bytes(b"\x1f\x8b broken")
    elif content == "flat image":
        affine = np.array([[-4.0, 0, 0, 0], [0, 0, -1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
        _save(folder / "sag_T2w.nii.gz", np.zeros((12, 96, 96), np.int16), affine)
    assert _infer(tmp_path) == 2
    assert "spinemets infer: " in capsys.readouterr().err
    assert _results(tmp_path) == {}


def _call_it_t2(study):
    """The user's word that every series of a study is sagittal T2."""
    (study / "series.yaml").write_text(
        "series:\n- {key: '*', weighting: T2, plane: sagittal, use: channel}\n"
    )


@pytest.mark.real_data
def test_a_brain_is_refused_even_where_it_is_called_a_spine(real_data, tmp_path, capsys):
    study = tmp_path / "in" / "brain"
    shutil.copytree(real_data / "dicom_qa_sag" / "5001_Product_EPI_Sag_Ascending", study)
    assert _infer(tmp_path) == 2
    assert "Its contrast serves no purpose" in capsys.readouterr().err
    _call_it_t2(study)
    assert _infer(tmp_path) == 2
    assert "shows no spine" in capsys.readouterr().err
    assert _results(tmp_path) == {}


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["ct", "sag_T2w"])
def test_a_ct_is_refused_by_its_name_and_by_its_values(real_data, tmp_path, capsys, name):
    image = nibabel.load(real_data / "tptbox" / "sub-ct_label-22_ct.nii.gz")
    _save(tmp_path / "in" / "study" / f"{name}.nii.gz", _array(image), image.affine)
    assert _infer(tmp_path) == 2
    words = {"ct": "No sagittal", "sag_T2w": "far below zero"}[name]
    assert words in capsys.readouterr().err


# With the steps that make slices as thick as acquired ones and pixels as wide as the network's.
_REAL_SPINES = {
    "degenerative": ("SPIDER/spider-11_T2w.nii.gz", 4, 3),
    "healthy": ("VB2/VB2-02_T2w.nii.gz", 4, 1),
    "fracture": ("VB1/F02_T2w.nii.gz", 4, 1),
    "end-plates-t1": ("VB1/AKa3_T1w.nii.gz", 4, 1),
    "end-plates-stir": ("VB1/AKa4_STIR.nii.gz", 4, 1),
}


@pytest.mark.real_data
def test_real_spines_are_neither_refused_nor_doubted(real_data, tmp_path):
    for key, (name, across, within) in _REAL_SPINES.items():
        image = _thinned(nibabel.load(real_data / name), across, within)
        weighting = name.removesuffix(".nii.gz").rpartition("_")[2]
        _save(tmp_path / "in" / key / f"sag_{weighting}.nii.gz", _array(image), image.affine)
    assert _infer(tmp_path, "weights.escc=null") == 0
    results = _results(tmp_path)
    assert set(results) == set(_REAL_SPINES)
    for result in results.values():
        assert not any("levels are left open" in warning for warning in result.warnings)
        assert len(_vertebrae(result)) >= 6


@pytest.mark.real_data
@pytest.mark.parametrize("axes", ["anterior", "superior"])
def test_a_real_spine_with_a_wrong_header_gives_no_level(real_data, tmp_path, axes):
    image = _thinned(nibabel.load(real_data / "SPIDER" / "spider-11_T2w.nii.gz"), 4, 3)
    axis = _axes(image)[{"anterior": 1, "superior": 2}[axes]]
    result = _only_result(tmp_path, np.flip(_array(image), axis), image.affine)
    assert result is None or _is_open(result)
