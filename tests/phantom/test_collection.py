"""Collections of studies: whole or not at all, resumable, the same bytes again."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256

import pytest

from phantom.test_study import COARSE, small_ranges
from spinemets.errors import ConfigurationError, InputError
from spinemets.phantom import collection
from spinemets.phantom.collection import make_studies
from spinemets.phantom.protocol_ranges import PresenceRanges
from spinemets.phantom.study import ImageFormat

_SMALL = replace(
    COARSE,
    ranges=small_ranges(PresenceRanges(t1=0.0, t2=1.0, fat_suppressed_t2=0.0, contrast_agent=0.0, dixon=0.0)),
)


def _hashes(folder):
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    assert [outcome.made for outcome in make_studies(_SMALL, 1, folder)] == [True]
    return folder


def test_the_manifest_names_files_that_are_there(made):
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["simulated"] is True
    (row,) = manifest["training"]
    for station in row["stations"]:
        for series in station["series"]:
            assert (made / series["image"]).exists()
            assert all((made / mask).is_file() for mask in series["masks"].values())


def test_the_sins_truth_is_what_the_command_reads(made, capsys):
    from spinemets.cli import main

    assert main(["score", "sins", str(made / "phantom-000001" / "truth" / "sins.json"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(json.loads((made / "manifest.json").read_text())["training"][0]["sins"])
    assert rows


def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    list(make_studies(_SMALL, 1, tmp_path))
    assert _hashes(tmp_path) == _hashes(made)


def test_a_second_run_keeps_what_is_there(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    before = _hashes(tmp_path)
    assert [outcome.made for outcome in make_studies(_SMALL, 1, tmp_path)] == [False]
    assert _hashes(tmp_path) == before


def test_an_interrupted_run_leaves_no_half_study(tmp_path, monkeypatch):
    def fail(request, key, folder):
        folder.mkdir(parents=True)
        (folder / "half").write_text("half")
        raise RuntimeError("power cut")

    monkeypatch.setattr(collection, "write_study", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        list(make_studies(_SMALL, 1, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_studies_of_other_settings_are_not_mixed(made):
    other = replace(_SMALL, seed=6)
    before = _hashes(made)
    with pytest.raises(ConfigurationError, match="another seed, version or settings"):
        list(make_studies(other, 1, made))
    assert _hashes(made) == before


def test_a_foreign_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "phantom-000001").mkdir()
    with pytest.raises(InputError, match="no record of a phantom study"):
        list(make_studies(_SMALL, 1, tmp_path))


@pytest.mark.parametrize(("count", "workers"), [(0, 1), (1, 0)])
def test_numbers_below_one_are_refused(tmp_path, count, workers):
    with pytest.raises(ConfigurationError, match="at least 1"):
        list(make_studies(_SMALL, count, tmp_path, workers))


def test_nifti_studies_hold_nifti(tmp_path):
    list(make_studies(replace(_SMALL, image_format=ImageFormat.NIFTI), 1, tmp_path))
    images = list((tmp_path / "phantom-000001" / "images").rglob("*.nii.gz"))
    assert images
    assert all(image.with_name(image.name.removesuffix(".nii.gz") + ".json").is_file() for image in images)
