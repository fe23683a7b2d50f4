"""Small data sets on disk, for tests of manifests."""

import nibabel
import numpy as np

from spinemets.study.records import Plane, Weighting
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import Annotation, ManifestSeries, ManifestStation, ManifestStudy

# Axes (slice, row, column): to the left, to the feet, to the back.
SAGITTAL_RAS = np.array([[-4.0, 0, 0, 20], [0, 0, -1.0, 30], [0, -1.0, 0, 50], [0, 0, 0, 1]])
AXIAL_RAS = np.array([[0, 0, -1.0, 20], [0, -1.0, 0, 30], [-4.0, 0, 0, 50], [0, 0, 0, 1]])
SHAPE = (6, 20, 16)

LESION_SET = LabelSet("lesions", lesion={0: False}, every_other_is_lesion=True)


def write_nifti(path, array=None, affine=SAGITTAL_RAS):
    """An image, of noise where no array is given; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if array is None:
        array = np.random.default_rng(0).integers(0, 500, SHAPE, dtype=np.int16)
    nibabel.save(nibabel.Nifti1Image(array, affine), path)
    return path


def mask_array(*boxes):
    """A mask in which each box, a slice of rows, has the next value from 1 on."""
    array = np.zeros(SHAPE, np.uint8)
    for value, rows in enumerate(boxes, start=1):
        array[1:3, rows, 4:8] = value
    return array


def study_row(name, series=(), **changes):
    """A study of one station with the given series."""
    values = {"patient": name, "site": "here", "simulated": False, "fold": 0} | changes
    return ManifestStudy(study=name, stations=(ManifestStation("lumbar", tuple(series)),), **values)


def series_row(image, *annotations, name="t2", plane=Plane.SAGITTAL, **changes):
    """A T2 series with (path, label set) pairs."""
    masks = tuple(Annotation(path, label_set) for path, label_set in annotations)
    return ManifestSeries(name, plane, Weighting.T2, image, masks, **changes)
