"""Small axial data sets on disk, for tests of the ESCC grader's training."""

from dataclasses import replace

import numpy as np

from manifest_files import series_row, study_row, write_nifti
from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.study.records import Plane
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import new_manifest, write_manifest

SLICES, SIZE = 4, 48
AXIAL_RAS = np.array([[0, 0, -1.0, 24], [0, -1.0, 0, 24], [-4.0, 0, 0, 8], [0, 0, 0, 1]])
CANAL_CENTRE = (20, 28)
CANAL_SET = LabelSet(
    "canal",
    anatomy={
        0: frozenset({Anatomy.BACKGROUND}),
        1: frozenset({Anatomy.CORD}),
        2: frozenset({Anatomy.THECAL_SAC, Anatomy.EPIDURAL_SPACE}),
        3: frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.CORD}),
    },
)
LESION_SET = LabelSet("lesions", lesion={0: False, 1: True})
LABEL_SETS = {one.name: one for one in (CANAL_SET, LESION_SET)}


def canal_mask():
    """(slice, column, row) as NIfTI has it: a canal of 11 x 11 pixels with a cord, and a vertebra."""
    mask = np.zeros((SLICES, SIZE, SIZE), np.uint8)
    row, column = CANAL_CENTRE
    mask[:, row - 5 : row + 6, column - 5 : column + 6] = 2
    mask[:, row - 2 : row + 3, column - 2 : column + 3] = 1
    mask[:, 2:12, 20:36] = 3
    return mask


def axial_series(folder, grades, name="ax", masked=True, **changes):
    """An axial series whose canal is the darker the higher the grade."""
    mask = canal_mask()
    noise = np.random.default_rng(sum(map(ord, f"{folder.name}{name}"))).normal(0, 20, mask.shape)
    depth = np.array([0 if grade is None else grade.rank for grade in grades])[:, None, None]
    array = (300 + noise + np.where(mask == 2, 900 - 180 * depth, 0)).astype(np.int16)
    image = write_nifti(folder / f"{name}.nii.gz", array, AXIAL_RAS)
    masks = []
    if masked:
        masks = [(write_nifti(folder / f"{name}_mask.nii.gz", mask, AXIAL_RAS), "canal")]
    row = series_row(image, *masks, name=name, plane=Plane.AXIAL, escc_by_slice=tuple(grades))
    return replace(row, **changes)


def graded_manifest(folder, studies=4):
    """Studies in two folds, each with the grades 0, none, 1a to 3 in turn, 3."""
    rows = []
    for number in range(studies):
        middle = tuple(EsccGrade)[1 + number % 5]
        grades = (EsccGrade.G0, None, middle, EsccGrade.G3)
        series = axial_series(folder / f"s{number}", grades)
        rows.append(study_row(f"s{number}", [series], fold=number % 2))
    path = folder / "manifest.json"
    return write_manifest(path, new_manifest(path, tuple(rows), LABEL_SETS))
