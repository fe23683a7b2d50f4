"""NIfTI studies so small that one is assessed in a second."""

import nibabel
import numpy as np

from spinemets.cli import main

# So low that there are lesions, whatever the weights: levels, grades and scores follow from them.
SEES_LESIONS = ("segmenting.lesion_threshold=0.01", "segmenting.least_lesion_ml=0.02")
_COARSE = ("++grid.near_spacing_mm=1.5", "++grid.far_spacing_mm=4")
_T2_ALONE = ("t1=0", "fat_suppressed_t2=0", "t2=1", "axial_t2=1")


def make_small_studies(folder, count):
    """Folders ``study-N``, each with a sagittal and an axial T2 of a lumbar phantom, cropped differently."""
    presence = [f"++protocol.presence.{one}" for one in _T2_ALONE]
    arguments = [f"output={folder / 'whole'}", "count=1", "seed=5", "format=nifti", "stations=[lumbar]"]
    assert main(["phantom", *arguments, "disease=metastatic", *_COARSE, *presence]) == 0
    images = {"sag" if "sag" in path.name else "ax": path for path in folder.rglob("images/**/*_T2w.nii.gz")}
    for number in range(count):
        study = folder / "archive" / f"study-{number}"
        study.mkdir(parents=True)
        _write_part(images["sag"], study / "sag_T2w.nii.gz", np.s_[4:13, : 354 + 18 * number : 3, 150:390:3])
        _write_part(images["ax"], study / "ax_T2w.nii.gz", np.s_[:, ::3, ::3])
    return folder / "archive"


def _write_part(source, path, part):
    image = nibabel.load(source)
    nibabel.save(image.slicer[part], path)
