"""A data set of small images on disk, with its manifest, for tests of whole runs."""

import nibabel
import numpy as np

from spinemets.anatomy import Anatomy, Level
from spinemets.study.records import Plane, Weighting
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import (
    Annotation,
    ManifestSeries,
    ManifestStation,
    ManifestStudy,
    new_manifest,
    write_manifest,
)
from training.cases import annotated

_SETS = {
    "anatomy": LabelSet("anatomy", anatomy={int(one): frozenset({one}) for one in Anatomy}),
    "levels": LabelSet("levels", levels={int(Level.L2.code): Level.L2}),
    "lesions": LabelSet("lesions", lesion={0: False, 1: True}),
}


def write_set(folder, seeds=(0, 1), folds=(0, 1)):
    """Studies of one T2 series each, all three heads annotated; the manifest's path."""
    folder.mkdir(parents=True, exist_ok=True)
    studies = tuple(
        _study(folder, f"study-{number}", seed, fold)
        for number, (seed, fold) in enumerate(zip(seeds, folds, strict=True))
    )
    path = folder / "manifest.json"
    write_manifest(path, new_manifest(path, studies, _SETS))
    return path


def _study(folder, name, seed, fold):
    case = annotated(seed, presence=(0, 1, 0, 0))
    anatomy, lesion, level = case.targets
    image = _write(folder / f"{name}_t2.nii.gz", 200.0 + 80.0 * case.input.image[1])
    masks = {
        "anatomy": np.log2(anatomy.astype(float)).astype(np.uint8),
        "levels": np.where(level > 0, Level.L2.code, 0).astype(np.uint8),
        "lesions": lesion,
    }
    annotations = tuple(
        Annotation(_write(folder / f"{name}_{label_set}.nii.gz", mask), label_set)
        for label_set, mask in masks.items()
    )
    series = ManifestSeries("t2", Plane.SAGITTAL, Weighting.T2, image, annotations)
    stations = (ManifestStation("lumbar", (series,)),)
    return ManifestStudy(name, name, "here", True, fold, stations)


def _write(path, array):
    # Slices run to the left, rows to the feet, columns to the back.
    affine = np.array([[-4.0, 0, 0, 8], [0, 0, -1.0, 10], [0, -1.0, 0, 12], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(np.asarray(array), affine), path)
    return path
