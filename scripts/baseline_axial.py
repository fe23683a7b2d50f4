"""Real axial slices without epidural tumour, for the ESCC grader: SPIDER cut across, and necks of SCT.

SPIDER's slices are sagittal, 0.9 mm thick; cut across they are coarser from left to right than acquired ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.study.records import Plane, Weighting
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import Annotation, ManifestSeries, ManifestStation, ManifestStudy
from spinemets.volume import ImageKind, Volume, read_volume, reorient, resample_to_spacing, write_volume

CANAL_SET = LabelSet(
    "canal", anatomy={0: frozenset(Anatomy), 1: frozenset({Anatomy.CORD, Anatomy.THECAL_SAC})}
)

# Of slices cut from a sagittal volume: thickness, and pixels from front to back and from left to right, mm.
_CUT_MM = (4.0, 0.6, 0.9)
# Slices of the canal with less are its ends, or hold a sliver of the mask.
_LEAST_CANAL_MM2 = 40.0
# The cord is in the middle of the canal.
_NECKS = {"sct": ("SCT/sct_acq-ax_T2starw.nii.gz", "SCT/sct_acq-ax_T2starw_cord.nii.gz")}


@dataclass(frozen=True)
class Axial:
    """Slices and the canal in them, (slice, row, column)."""

    patient: str
    site: str
    image: Volume
    canal: Volume


def axial_rows(real: Path, output: Path, validation: frozenset[str]) -> Iterator[ManifestStudy]:
    """A row for each patient; every slice that shows the canal is of grade 0."""
    for axial in _axials(real):
        folder = output / axial.patient / "axial"
        folder.mkdir(parents=True, exist_ok=True)
        write_volume(folder / "T2.nii.gz", axial.image)
        write_volume(folder / "canal.nii.gz", axial.canal)
        series = ManifestSeries(
            "axial T2", Plane.AXIAL, Weighting.T2, folder / "T2.nii.gz",
            (Annotation(folder / "canal.nii.gz", CANAL_SET.name),), _grades(axial.canal),
        )  # fmt: skip
        yield ManifestStudy(
            study=f"{axial.patient}-axial",
            patient=axial.patient,
            site=axial.site,
            simulated=False,
            fold=int(axial.patient in validation),
            stations=(ManifestStation("axial", (series,)),),
            subgroups={"kind": "real"},
        )


def _axials(real: Path) -> Iterator[Axial]:
    for path in sorted((real / "SPIDER").glob("*_T2w.nii.gz")):
        name = path.name.removesuffix("_T2w.nii.gz")
        mask = read_volume(path.with_name(f"{name}_anatomy.nii.gz"))
        canal = Volume((np.asarray(mask.array) == 3).astype(np.uint8), mask.affine_ras)
        image = resample_to_spacing(read_volume(path), _CUT_MM, ImageKind.IMAGE)
        yield Axial(name, "SPIDER", image, resample_to_spacing(canal, _CUT_MM, ImageKind.LABEL))
    for name, (image_name, cord_name) in _NECKS.items():
        if (real / image_name).exists():
            image, cord = (reorient(read_volume(real / each), "IPL") for each in (image_name, cord_name))
            middle = Volume((np.asarray(cord.array) > 0).astype(np.uint8), cord.affine_ras)
            yield Axial(name, "SCT", image, middle)


def _grades(canal: Volume) -> tuple[EsccGrade | None, ...]:
    pixel_mm2 = canal.spacing_mm[1] * canal.spacing_mm[2]
    areas_mm2 = np.asarray(canal.array).sum(axis=(1, 2)) * pixel_mm2
    return tuple(EsccGrade.G0 if area >= _LEAST_CANAL_MM2 else None for area in areas_mm2)
