"""A reference of three small studies on disk, and predictions of it in every layout."""

import csv
import json

import nibabel
import numpy as np

from manifest_files import SAGITTAL_RAS, SHAPE, series_row, write_nifti
from spinemets.anatomy import Anatomy, EsccGrade, Level
from spinemets.study.records import Plane
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import ManifestStation, ManifestStudy, new_manifest, write_manifest

LABEL_SETS = {
    "anatomy": LabelSet("anatomy", anatomy={each.value: frozenset({each}) for each in Anatomy}),
    "levels": LabelSet("levels", levels={level.code: level for level in Level}),
    "lesions": LabelSet("lesions", lesion={0: False}, every_other_is_lesion=True),
}
# Rows of the vertebrae L1 to L4, head to feet; the first and the last touch no edge.
ROWS = {
    Level.L1: slice(2, 5),
    Level.L2: slice(6, 9),
    Level.L3: slice(10, 13),
    Level.L4: slice(14, 18),
}
SINS = {"pain": "none", "alignment": "normal", "collapse": "0", "involved": "10", "posterolateral": "none"}


def anatomy():
    """Bodies with discs between them, and a thecal sac behind."""
    array = np.zeros(SHAPE, np.uint8)
    for rows in ROWS.values():
        array[1:5, rows, 4:9] = Anatomy.VERTEBRAL_BODY
    for row in (5, 9, 13):
        array[1:5, row, 4:9] = Anatomy.DISC
    array[2:4, 1:19, 10:13] = Anatomy.THECAL_SAC
    return array


def levels():
    """Level codes of the bodies."""
    array = np.zeros(SHAPE, np.uint8)
    for level, rows in ROWS.items():
        array[1:5, rows, 4:9] = level.code
    return array


def lesions(*places):
    """Lesions 1, 2, ... in the bodies of these levels: 2 x 2 x 2 voxels each."""
    array = np.zeros(SHAPE, np.uint8)
    for number, level in enumerate(places, start=1):
        first = ROWS[level].start
        array[2:4, first : first + 2, 5:7] = number
    return array


def masks_of(*places):
    """All masks of a study with lesions at these levels."""
    return {"anatomy": anatomy(), "levels": levels(), "lesions": lesions(*places)}


def write_masks(folder, masks, affine=SAGITTAL_RAS):
    """Files ``anatomy.nii.gz`` and so on; returns their paths by name."""
    return {name: write_nifti(folder / f"{name}.nii.gz", array, affine) for name, array in masks.items()}


def write_reference(folder):
    """Studies ``anna`` (lesions at L1 and L3), ``berta`` (L2) and ``carl`` (none), with grades and scores."""
    studies = [
        _study(folder, "anna", (Level.L1, Level.L3), {Level.L1: "2", Level.L3: "0"}, "north"),
        _study(folder, "berta", (Level.L2,), {Level.L2: "1b"}, "south"),
        _study(folder, "carl", (), {}, "south"),
    ]
    path = folder / "manifest.json"
    return write_manifest(path, new_manifest(path, tuple(studies), LABEL_SETS))


def _study(folder, name, places, grades, site):
    image = write_nifti(folder / name / f"{name}_sag_t2.nii.gz")
    axial = write_nifti(folder / name / f"{name}_ax_t2.nii.gz")
    paths = write_masks(folder / name / "truth", masks_of(*places))
    by_slice = tuple(EsccGrade(each) for each in ("0", "0", *grades.values()))
    series = (
        series_row(image, *((path, what) for what, path in paths.items()), name="sag_t2"),
        series_row(
            axial,
            name="ax_t2",
            plane=Plane.AXIAL,
            escc_by_slice=by_slice + (None,) * (SHAPE[0] - len(by_slice)),
        ),
    )
    return ManifestStudy(
        study=name,
        patient=f"patient {name}",
        site=site,
        simulated=True,
        fold=0,
        stations=(ManifestStation("lumbar", series),),
        escc={level: EsccGrade(grade) for level, grade in grades.items()},
        sins=tuple({"level": level.value, "bone": "lytic", **SINS} for level in places),
        subgroups={"sex": "F" if name == "anna" else "M"},
    )


def write_perfect(folder):
    """Folders of masks, and tables, that say what the reference says."""
    for name, places in (("anna", (Level.L1, Level.L3)), ("berta", (Level.L2,)), ("carl", ())):
        write_masks(folder / name, masks_of(*places))
    write_table(
        folder / "escc.csv",
        ("case", "level", "series", "slice", "grade"),
        ("anna", "L1", "", "", "2"),
        ("anna", "L3", "", "", "0"),
        ("berta", "L2", "", "", "1b"),
        *(("anna", "", "ax_t2", index, grade) for index, grade in enumerate(("0", "0", "2", "0"))),
        *(("berta", "", "ax_t2", index, grade) for index, grade in enumerate(("0", "0", "1b"))),
    )
    header = ("case", "level", "bone", *SINS)
    rows = [
        (case, level, "lytic", *SINS.values())
        for case, level in (("anna", "L1"), ("anna", "L3"), ("berta", "L2"))
    ]
    write_table(folder / "sins.csv", header, *rows)
    return folder


def write_table(path, header, *rows):
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write_nnunet(folder, cases, labels):
    """nnU-Net's output: one label map for each case, and ``dataset.json``."""
    for name, array in cases.items():
        write_nifti(folder / f"{name}.nii.gz", array)
    (folder / "dataset.json").write_text(json.dumps({"labels": labels, "channel_names": {"0": "T2"}}))
    return folder


def label_map(*places):
    """Background 0, vertebra 1, disc 2, canal 3, lesion 4, as nnU-Net would be trained."""
    array = anatomy()
    array[array == Anatomy.DISC] = 2
    array[array == Anatomy.THECAL_SAC] = 3
    array[lesions(*places) > 0] = 4
    return array


def rewritten(path, change):
    """Change the voxels of a mask on disk."""
    image = nibabel.load(path)
    array = np.asarray(image.dataobj).copy()
    write_nifti(path, change(array), image.affine)
