"""The ESCC grader's cases: graded slices of a manifest's axial T2 series, as crops around the canal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.errors import InputError
from spinemets.networks.escc_crop import CropSettings, Points, canal_centres, canal_crop
from spinemets.study.records import Plane, Weighting
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import Annotation, ManifestSeries, ManifestStation, ManifestStudy
from spinemets.training.manifest_image import load_image, load_mask
from spinemets.volume import Volume

CANAL = frozenset({Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE})

# Crops of a series: (graded slice, slice, row, column).
Crops = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AxialSource:
    """An axial T2 series with grades.

    Args:
        name: Study, station and series, unique within a manifest.
        patient: Whose it is.
        series: Its row.
        canal_series: Series whose masks show the canal, the best first; may be empty.
    """

    name: str
    patient: str
    series: ManifestSeries
    canal_series: tuple[ManifestSeries, ...]

    @property
    def graded(self) -> dict[int, EsccGrade]:
        """The grade of each slice that has one, by the slice's index."""
        return {index: grade for index, grade in enumerate(self.series.escc_by_slice) if grade is not None}

    @property
    def files(self) -> tuple[Path, ...]:
        """The image, and the images and masks that show the canal, in a fixed order."""
        masks = (path for series in self.canal_series for path in (series.image, *_mask_paths(series)))
        return (self.series.image, *masks)


@dataclass(frozen=True, slots=True)
class EsccCase:
    """One graded slice with its crop on disk.

    Args:
        name: Series and slice index, unique within a manifest.
        patient: Whose it is.
        grade: What is to be learnt.
        file: Crops of the series, see ``escc_store``.
        place: Of this slice's crop in the file.
    """

    name: str
    patient: str
    grade: EsccGrade
    file: Path
    place: int

    def crop(self) -> Crops:
        """(slice, row, column) float32."""
        return np.asarray(np.load(self.file, mmap_mode="r")[self.place], dtype=np.float32)


def axial_sources(
    studies: Sequence[ManifestStudy], label_sets: Mapping[str, LabelSet]
) -> tuple[AxialSource, ...]:
    """Every axial T2 series with a grade among the studies."""
    return tuple(
        AxialSource(
            f"{study.study}/{station.name}/{series.name}",
            study.patient,
            series,
            _canal_series(series, station, label_sets),
        )
        for study in studies
        for station in study.stations
        for series in station.series
        if series.plane is Plane.AXIAL and series.weighting is Weighting.T2 and any(series.escc_by_slice)
    )


def canal_values(label_set: LabelSet) -> frozenset[int]:
    """Values of a mask that mean the spinal canal and nothing else."""
    return frozenset(value for value, classes in (label_set.anatomy or {}).items() if classes <= CANAL)


def read_crops(source: AxialSource, label_sets: Mapping[str, LabelSet], settings: CropSettings) -> Crops:
    """Crops of the graded slices, in the slices' order.

    The canal's centre is that of the series' own mask, else that of the station's other masks, through world
    coordinates.

    Args:
        source: The series.
        label_sets: What masks mean, by name.
        settings: The crops' size.

    Raises:
        InputError: If a file cannot be read, the grades do not fit the slices, or a graded slice's canal is
            not known.
    """
    image = load_image(source.series.image, Plane.AXIAL)
    if len(source.series.escc_by_slice) != image.shape[0]:
        raise InputError(
            f"has {len(source.series.escc_by_slice)} grades for {image.shape[0]} slices",
            file=source.series.image,
            field="escc_by_slice",
            remedy="give a grade or null for each slice",
        )
    centres = _centres(source, label_sets, image)
    if lost := [index for index in source.graded if np.isnan(centres[index]).any()]:
        raise InputError(
            f"no mask shows where the canal lies in the graded slices {', '.join(map(str, lost))}",
            file=source.series.image,
            field="annotations",
            remedy="annotate thecal sac, cord or epidural space, in the axial or a sagittal series",
        )
    return np.stack([canal_crop(image, centres[index], settings).array for index in source.graded])


def _centres(source: AxialSource, label_sets: Mapping[str, LabelSet], image: Volume) -> Points:
    """(slices, 3) centre of the canal in each slice; what one series does not show, the next may."""
    centres = np.full((image.shape[0], 3), np.nan)
    for series in source.canal_series:
        unknown = np.isnan(centres).any(axis=1)
        if not unknown[list(source.graded)].any():
            break
        shown = image if series is source.series else load_image(series.image, series.plane)
        found = canal_centres(_canal_points(series, label_sets, shown), image)
        centres[unknown] = found[unknown]
    return centres


def _canal_points(series: ManifestSeries, label_sets: Mapping[str, LabelSet], image: Volume) -> Points:
    points = []
    for annotation in series.annotations:
        if values := canal_values(label_sets[annotation.label_set]):
            canal = np.isin(load_mask(annotation.path, image), list(values))
            points.append(image.voxel_to_world(np.argwhere(canal)))
    return np.concatenate(points)


def _canal_series(
    series: ManifestSeries, station: ManifestStation, label_sets: Mapping[str, LabelSet]
) -> tuple[ManifestSeries, ...]:
    """The series itself first, then sagittal ones, T2 before others as it shows the canal best."""
    sagittal = sorted(
        (one for one in station.series if one.plane is Plane.SAGITTAL),
        key=lambda one: one.weighting is not Weighting.T2,
    )
    return tuple(one for one in (series, *sagittal) if _shows_canal(one.annotations, label_sets))


def _shows_canal(annotations: Sequence[Annotation], label_sets: Mapping[str, LabelSet]) -> bool:
    return any(canal_values(label_sets[one.label_set]) for one in annotations)


def _mask_paths(series: ManifestSeries) -> tuple[Path, ...]:
    return tuple(annotation.path for annotation in series.annotations)
