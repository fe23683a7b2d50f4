"""Data sets in the four layouts as studies with label sets."""

import json
from dataclasses import replace

import numpy as np
import pytest

from manifest_files import AXIAL_RAS, SAGITTAL_RAS, mask_array, write_nifti
from phantom.test_study import COARSE, small_ranges
from spinemets.anatomy import Anatomy, Level
from spinemets.errors import ConfigurationError, InputError, UnreadableFileError
from spinemets.phantom.collection import make_studies
from spinemets.phantom.protocol_ranges import PresenceRanges
from spinemets.study.records import Plane, Weighting
from spinemets.training.folds import StudyTraits, assign_folds
from spinemets.training.label_sets import LESION_MAP, LabelSet
from spinemets.training.manifest import new_manifest
from spinemets.training.manifest_check import check_manifest
from spinemets.training.manifest_image import load_image, load_mask
from spinemets.training.manifest_sources.bids import read_bids
from spinemets.training.manifest_sources.layouts import read_layout
from spinemets.training.manifest_sources.nnunet import read_nnunet
from spinemets.training.manifest_sources.phantom import read_phantom
from spinemets.training.manifest_sources.records import LabelMeaning, SourceSettings
from spinemets.training.manifest_sources.spider import read_spider
from spinemets.volume import Volume, read_volume, write_volume

_PLAIN = SourceSettings()
_VERTEBRA = {Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS}
_CANAL = {Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE}


def _images(study):
    return {one.name: (one.weighting, [each.path.name for each in one.annotations]) for one in study.series}


def _check(tmp_path, content):
    return check_manifest(
        new_manifest(tmp_path / "m.json", content.studies, content.label_sets), thorough=True
    )


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """One study with a sagittal and an axial T2, as DICOM."""
    folder = tmp_path_factory.mktemp("phantom")
    presence = PresenceRanges(t1=0.0, t2=1.0, fat_suppressed_t2=0.0, contrast_agent=0.0, dixon=0.0)
    assert list(make_studies(replace(COARSE, ranges=small_ranges(presence)), 1, folder))
    return folder


def test_phantom_studies_pass_the_check(phantom, tmp_path):
    content = read_phantom(phantom, _PLAIN)
    (study,) = content.studies
    assert study.simulated
    assert study.site.startswith("phantom ")
    assert study.sins[0]["level"] in study.escc
    assert _check(tmp_path, content) == ()


def test_phantom_masks_teach_what_they_hold(phantom):
    content = read_phantom(phantom, _PLAIN)
    series = next(one for one in content.studies[0].series if one.plane is Plane.SAGITTAL)
    image = load_image(series.image)
    for one, what in zip(series.annotations, ("anatomy", "levels", "lesions"), strict=True):
        assert one.path.name.endswith(f"_{what}.nii.gz")
        targets = content.label_sets[one.label_set].encode(load_mask(one.path, image))
        assert (targets[LESION_MAP].max() < 255) == (what == "lesions")


def test_phantom_grades_follow_the_images_slices(phantom):
    listed = json.loads((phantom / "manifest.json").read_text())["training"][0]["stations"][0]["series"]
    series = {one.name: one for one in read_phantom(phantom, _PLAIN).studies[0].series}
    for row in (one for one in listed if one["escc_by_slice"]):
        truth = read_volume(phantom / row["masks"]["anatomy"])
        image = load_image(series[row["name"]].image)
        assert image.shape == truth.shape
        for number, grade in enumerate(row["escc_by_slice"]):
            middle = truth.voxel_to_world([number, *(np.array(truth.shape[1:]) - 1) / 2])
            slice_number = round(float(image.world_to_voxel(middle)[0]))
            assert series[row["name"]].escc_by_slice[slice_number] == grade


def test_a_folder_without_phantom_studies_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match="name the output folder of spinemets phantom"):
        read_phantom(tmp_path, _PLAIN)
    (tmp_path / "manifest.json").write_text('{"format": "x"}')
    with pytest.raises(InputError, match="format"):
        read_phantom(tmp_path, _PLAIN)


@pytest.fixture
def nnunet(tmp_path):
    """Two cases with T1 and T2; the second has no mask."""
    folder = tmp_path / "Dataset001_Spine"
    for case in ("anna_1", "anna_2"):
        for channel in ("0000", "0001"):
            write_nifti(folder / "imagesTr" / f"{case}_{channel}.nii.gz")
    write_nifti(folder / "labelsTr" / "anna_1.nii.gz", mask_array(slice(2, 5), slice(6, 8)))
    write_nifti(folder / "imagesTs" / "otto_1_0000.nii.gz")
    _describe(folder, {"background": 0, "vertebra": 1, "metastasis": 2})
    return folder


def _describe(folder, labels):
    content = {"channel_names": {"0": "T1", "1": "T2"}, "labels": labels, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(content))


def test_nnunet_cases_have_channels_by_name_and_one_mask_for_all(nnunet, tmp_path):
    content = read_nnunet(nnunet, _PLAIN)
    assert [(one.study, one.patient, one.site) for one in content.studies] == [
        ("anna_1", "anna_1", "Dataset001_Spine"),
        ("anna_2", "anna_2", "Dataset001_Spine"),
    ]
    assert _images(content.studies[0]) == {
        "0000-T1": (Weighting.T1, ["anna_1.nii.gz"]),
        "0001-T2": (Weighting.T2, ["anna_1.nii.gz"]),
    }
    assert _images(content.studies[1])["0001-T2"] == (Weighting.T2, [])
    assert len(content.studies[0].stations) == 1
    assert _check(tmp_path, content) == ()


def test_background_may_be_whatever_has_no_label(nnunet):
    (labels,) = read_nnunet(nnunet, _PLAIN).label_sets.values()
    assert labels.anatomy == {0: frozenset(Anatomy) - _VERTEBRA, 1: _VERTEBRA}
    assert labels.lesion == {0: False, 1: False, 2: True}


@pytest.mark.parametrize(
    "labels",
    [{"background": 0, "cord": 1, "spinal canal": 2}, {"0": "background", "1": "Spinal_Cord", "2": "canal"}],
    ids=["version 2", "version 1"],
)
def test_a_class_with_its_own_label_is_taken_out_of_wider_ones(nnunet, labels):
    _describe(nnunet, labels)
    anatomy = read_nnunet(nnunet, _PLAIN).label_sets["nnunet"].anatomy
    assert anatomy[1] == {Anatomy.CORD}
    assert anatomy[2] == _CANAL - {Anatomy.CORD}


def test_a_lesions_own_bone_takes_nothing_out_of_the_vertebra(nnunet):
    given = {"metastasis": LabelMeaning(frozenset({Anatomy.VERTEBRAL_BODY}), lesion=True)}
    labels = read_nnunet(nnunet, SourceSettings(labels=given)).label_sets["nnunet"]
    assert (labels.anatomy[1], labels.anatomy[2]) == (_VERTEBRA, {Anatomy.VERTEBRAL_BODY})
    assert labels.lesion[2]


def test_levels_by_name_leave_other_vertebrae_in_the_background(nnunet):
    _describe(nnunet, {"background": 0, "L5": 1, "vertebrae_T12": 2, "disc_L4_L5": 3, "S1": 4, "ignore": 5})
    labels = read_nnunet(nnunet, _PLAIN).label_sets["nnunet"]
    assert labels.levels == {1: Level.L5, 2: Level.T12, 4: Level.S1}
    assert labels.anatomy[0] == frozenset(Anatomy) - {Anatomy.DISC}
    assert labels.anatomy[4] == {Anatomy.SACRUM}
    assert labels.ignored == {5}


def test_every_level_labelled_leaves_none_in_the_background(nnunet):
    levels = [level for level in Level if level.region in {"cervical", "thoracic", "lumbar"}]
    _describe(nnunet, {"background": 0} | {level.value: level.code for level in levels})
    labels = read_nnunet(nnunet, _PLAIN).label_sets["nnunet"]
    assert labels.anatomy[0] == frozenset(Anatomy) - _VERTEBRA


def test_an_unknown_label_says_how_to_name_it(nnunet):
    _describe(nnunet, {"background": 0, "Bone Stuff": 1})
    with pytest.raises(
        ConfigurationError, match=r"'Bone Stuff' stands for is not known; .*labels\.bone_stuff="
    ):
        read_nnunet(nnunet, _PLAIN)
    given = {"bone stuff": LabelMeaning(frozenset({Anatomy.VERTEBRAL_BODY}))}
    labels = read_nnunet(nnunet, SourceSettings(labels=given)).label_sets["nnunet"]
    assert labels.anatomy[1] == {Anatomy.VERTEBRAL_BODY}


def test_a_meaning_for_a_label_that_is_not_there_is_refused(nnunet):
    with pytest.raises(ConfigurationError, match=r"labels\.vertabra: is no label of this data set"):
        read_nnunet(nnunet, SourceSettings(labels={"vertabra": LabelMeaning(lesion=True)}))


def test_a_label_set_of_the_users_own_replaces_the_implied_one(nnunet):
    _describe(nnunet, {"background": 0, "whole": [1, 2]})
    with pytest.raises(UnreadableFileError, match=r"label_sets\.nnunet"):
        read_nnunet(nnunet, _PLAIN)
    own = LabelSet("nnunet", lesion={0: False, 1: True, 2: True})
    settings = SourceSettings(label_sets={"nnunet": own})
    assert read_nnunet(nnunet, settings).label_sets == {"nnunet": own}


def test_the_pattern_finds_the_patient(nnunet):
    content = read_nnunet(nnunet, SourceSettings(patient_pattern=r"^([a-z]+)_"))
    assert {one.patient for one in content.studies} == {"anna"}
    with pytest.raises(ConfigurationError, match="finds no patient in 'anna_1'"):
        read_nnunet(nnunet, SourceSettings(patient_pattern="(X)"))
    with pytest.raises(ConfigurationError, match="has 2 groups"):
        read_nnunet(nnunet, SourceSettings(patient_pattern="(a)(n)"))
    with pytest.raises(ConfigurationError, match="no regular expression"):
        read_nnunet(nnunet, SourceSettings(patient_pattern="("))


def test_what_cannot_be_used_is_a_problem_and_the_rest_is_read(nnunet):
    (nnunet / "imagesTr" / "anna_2_0000.nii.gz").write_bytes(b"broken")
    write_nifti(nnunet / "labelsTr" / "nobody.nii.gz", mask_array())
    content = read_nnunet(nnunet, _PLAIN)
    assert [problem.path.name for problem in content.problems] == ["anna_2_0000.nii.gz", "nobody.nii.gz"]
    assert list(_images(content.studies[1])) == ["0001-T2"]


@pytest.fixture
def spider(tmp_path):
    """Patient 1 with T1, T2 and SPACE, patient 12 with a T2 without mask."""
    for name in ("1_t1", "1_t2", "1_t2_SPACE", "12_t2"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "masks").mkdir(exist_ok=True)
        noise = np.random.default_rng(0).integers(0, 500, (6, 20, 16), dtype=np.int16)
        write_volume(tmp_path / "images" / f"{name}.mha", Volume(noise, SAGITTAL_RAS))
        if name != "12_t2":
            labels = np.zeros((6, 20, 16), np.uint8)
            labels[2, 2:6], labels[2, 8], labels[2, 10:12], labels[3, 0] = 1, 201, 2, 100
            write_volume(tmp_path / "masks" / f"{name}.mha", Volume(labels, SAGITTAL_RAS))
    return tmp_path


def test_spiders_series_and_masks_are_found(spider, tmp_path):
    content = read_spider(spider, _PLAIN)
    first, second = content.studies
    assert (first.study, first.patient, second.patient) == ("spider-1", "1", "12")
    assert {station.name: [one.name for one in station.series] for station in first.stations} == {
        "lumbar": ["1_t1", "1_t2"],
        "lumbar 3D": ["1_t2_SPACE"],
    }
    assert _images(first)["1_t1"] == (Weighting.T1, ["1_t1.mha"])
    assert _images(second) == {"12_t2": (Weighting.T2, [])}
    assert _check(tmp_path, content) == ()


def test_spiders_values_mean_what_its_authors_say(spider):
    labels = read_spider(spider, _PLAIN).label_sets["spider"]
    assert labels.anatomy[0] == {Anatomy.BACKGROUND, Anatomy.SACRUM}
    assert labels.anatomy[1] == labels.anatomy[25] == _VERTEBRA
    assert labels.anatomy[100] == _CANAL
    assert labels.anatomy[201] == labels.anatomy[225] == {Anatomy.DISC}
    assert (labels.levels[1], labels.levels[5], labels.levels[6]) == (Level.L5, Level.L1, Level.T12)
    assert 100 not in labels.levels


def test_spider_patients_with_uncertain_numbering_teach_no_levels(spider):
    content = read_spider(spider, SourceSettings(uncertain_numbering=frozenset({"1"})))
    used = {each.label_set for one in content.studies[0].series for each in one.annotations}
    assert used == {"spider-without-levels"}
    assert content.label_sets["spider-without-levels"].levels is None


@pytest.fixture
def bids(tmp_path):
    """One visit with every contrast, masks with a table, and a lesion mask."""
    names = ("acq-sag_T1w", "acq-sag_T2w", "acq-stir_T2w", "acq-sag_ce-gadolinium_T1w", "acq-ax_T2w")
    for name in names:
        affine = AXIAL_RAS if "ax_" in name else SAGITTAL_RAS
        write_nifti(tmp_path / "sub-01" / "anat" / f"sub-01_{name}.nii.gz", affine=affine)
    anat = tmp_path / "derivatives" / "manual" / "sub-01" / "anat"
    write_nifti(anat / "sub-01_acq-sag_T2w_dseg.nii.gz", mask_array(slice(2, 5), slice(6, 8)))
    write_nifti(anat / "sub-01_acq-stir_label-lesion_mask.nii.gz", mask_array(slice(2, 5)))
    _table(anat.parent.parent / "dseg.tsv", "1\tvertebra\n2\tintervertebral disc\n")
    return tmp_path


def _table(path, rows):
    path.write_text(f"index\tname\n{rows}")


def test_bids_masks_go_to_the_image_whose_name_they_repeat(bids, tmp_path):
    content = read_bids(bids, _PLAIN)
    (study,) = content.studies
    assert (study.study, study.patient) == ("sub-01", "sub-01")
    assert _images(study) == {
        "acq-sag_T1w": (Weighting.T1, []),
        "acq-sag_T2w": (Weighting.T2, ["sub-01_acq-sag_T2w_dseg.nii.gz"]),
        "acq-stir_T2w": (Weighting.STIR, ["sub-01_acq-stir_label-lesion_mask.nii.gz"]),
        "acq-sag_ce-gadolinium_T1w": (Weighting.T1_GD, []),
        "acq-ax_T2w": (Weighting.T2, []),
    }
    assert content.label_sets["bids-manual"].anatomy[2] == {Anatomy.DISC}
    assert content.label_sets["bids-lesion"] == LabelSet("bids-lesion", lesion={0: False, 1: True})
    assert content.problems == ()
    assert _check(tmp_path, content) == ()


def test_a_mask_without_the_images_suffix_goes_to_all_images_on_its_grid(bids):
    anat = bids / "derivatives" / "manual" / "sub-01" / "anat"
    (anat / "sub-01_acq-sag_T2w_dseg.nii.gz").rename(anat / "sub-01_acq-sag_dseg.nii.gz")
    images = _images(read_bids(bids, _PLAIN).studies[0])
    owners = [name for name, (_, masks) in images.items() if "sub-01_acq-sag_dseg.nii.gz" in masks]
    assert owners == ["acq-sag_T1w", "acq-sag_T2w"]


def test_a_table_beside_the_mask_counts_before_one_above(bids):
    anat = bids / "derivatives" / "manual" / "sub-01" / "anat"
    _table(anat / "sub-01_acq-sag_T2w_dseg.tsv", "1\tsacrum\n2\tcord\n")
    labels = read_bids(bids, _PLAIN).label_sets["bids-manual"]
    assert labels.anatomy[1] == {Anatomy.SACRUM}


def test_sessions_are_studies_of_one_patient(bids):
    for session in ("1", "2"):
        path = bids / "sub-02" / f"ses-{session}" / "anat" / f"sub-02_ses-{session}_acq-sag_T2w.nii.gz"
        write_nifti(path)
    studies = read_bids(bids, _PLAIN).studies
    assert [(one.study, one.patient) for one in studies[1:]] == [
        ("sub-02_ses-1", "sub-02"),
        ("sub-02_ses-2", "sub-02"),
    ]
    dealt = assign_folds(studies, [StudyTraits("here", None, None)] * 3, 2, np.random.default_rng(0))
    assert dealt[1].fold == dealt[2].fold


def test_masks_that_belong_to_nothing_are_problems(bids):
    anat = bids / "derivatives" / "manual" / "sub-01" / "anat"
    write_nifti(anat / "sub-01_acq-cor_T2w_dseg.nii.gz", mask_array(slice(2, 5)))
    write_nifti(
        bids / "derivatives" / "auto" / "sub-01" / "anat" / "sub-01_acq-sag_T2w_dseg.nii.gz", mask_array()
    )
    write_nifti(bids / "derivatives" / "auto" / "sub-09" / "anat" / "sub-09_dseg.nii.gz", mask_array())
    messages = [problem.message.rpartition(": ")[2] for problem in read_bids(bids, _PLAIN).problems]
    assert messages == [
        "no dseg.tsv tells what its values stand for",
        "belongs to no image of its visit, by its name and its grid",
        "is of a visit without images",
    ]


def test_settings_that_a_layout_does_not_heed_are_refused(spider):
    with pytest.raises(ConfigurationError, match="patient_pattern: says nothing of the layout spider"):
        read_layout("spider", spider, SourceSettings(patient_pattern="(x)"))
    with pytest.raises(ConfigurationError, match="allowed: phantom, nnunet, bids, spider"):
        read_layout("dicom", spider, _PLAIN)


@pytest.mark.real_data
def test_real_spider_copies_as_an_nnunet_data_set(real_data, tmp_path):
    (tmp_path / "imagesTr").mkdir()
    (tmp_path / "labelsTr").mkdir()
    for image in sorted((real_data / "SPIDER").glob("*_T2w.nii.gz"))[:3]:
        case = image.name.removesuffix("_T2w.nii.gz")
        (tmp_path / "imagesTr" / f"{case}_0000.nii.gz").symlink_to(image)
        (tmp_path / "labelsTr" / f"{case}.nii.gz").symlink_to(image.with_name(f"{case}_anatomy.nii.gz"))
    labels = {"background": 0, "vertebra": 1, "disc": 2, "spinal canal": 3}
    (tmp_path / "dataset.json").write_text(json.dumps({"channel_names": {"0": "T2"}, "labels": labels}))
    content = read_nnunet(tmp_path, _PLAIN)
    assert len(content.studies) == 3
    assert all(one.plane is Plane.SAGITTAL for study in content.studies for one in study.series)
    assert _check(tmp_path, content) == ()
