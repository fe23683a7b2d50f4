"""What a fingerprint needs to know of one case, measured on its own grid."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from pydantic import TypeAdapter

from spinemets.anatomy import Anatomy
from spinemets.networks.sagittal_input import ORIENTATION
from spinemets.study.records import Plane
from spinemets.training.label_sets import (
    ANATOMY_MAP,
    LESION_MAP,
    LESION_NOT_ANNOTATED,
    LEVEL_MAP,
    LabelSet,
    Targets,
)
from spinemets.training.manifest_image import load_image
from spinemets.training.patch_sites import find_sites
from spinemets.training.sagittal_source import SagittalSource, read_targets
from spinemets.volume import Volume, reorient

_PERCENTILES = (0.5, 50.0, 99.5)


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One case before any resampling.

    Args:
        name: Study and station.
        spacing_mm, shape: Of the reference series; (slice, row, column) as the network has them.
        intensities: Percentiles 0.5, 50 and 99.5 of each channel, by its name.
        class_volumes_ml: Volume of every set of anatomy classes, by the classes' names.
        lesion_volumes_ml: Volume of each lesion; None where lesions are not annotated.
        levels: Whether levels are annotated.
    """

    name: str
    spacing_mm: tuple[float, float, float]
    shape: tuple[int, int, int]
    intensities: Mapping[str, tuple[float, ...]]
    class_volumes_ml: Mapping[str, float]
    lesion_volumes_ml: tuple[float, ...] | None
    levels: bool

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "CaseFacts":
        """From what ``to_json`` wrote."""
        return TypeAdapter(cls).validate_json(text)


def case_facts(source: SagittalSource, label_sets: Mapping[str, LabelSet]) -> CaseFacts:
    """Measure a case.

    Raises:
        InputError: If a file of the case cannot be read.
    """
    reference = load_image(source.channels[source.reference].image, Plane.SAGITTAL)
    targets = read_targets(source, label_sets, reference)
    oriented = reorient(reference, ORIENTATION)
    intensities = {
        channel.value: _percentiles(load_image(series.image, Plane.SAGITTAL))
        for channel, series in source.channels.items()
    }
    return CaseFacts(
        name=source.name,
        spacing_mm=oriented.spacing_mm,
        shape=oriented.shape,
        intensities=intensities,
        class_volumes_ml=_class_volumes_ml(targets, reference.voxel_volume_ml),
        lesion_volumes_ml=_lesion_volumes_ml(targets, reference.voxel_volume_ml),
        levels=bool(targets[LEVEL_MAP].any()),
    )


def _percentiles(volume: Volume) -> tuple[float, ...]:
    return tuple(float(value) for value in np.percentile(volume.array, _PERCENTILES))


def _class_volumes_ml(targets: Targets, voxel_volume_ml: float) -> dict[str, float]:
    counts = np.bincount(targets[ANATOMY_MAP].ravel(), minlength=2 ** len(Anatomy))
    return {
        _set_name(one): float(counts[one]) * voxel_volume_ml for one in np.flatnonzero(counts).tolist() if one
    }


def _set_name(bits: int) -> str:
    names = [one.name.lower().replace("_", " ") for one in Anatomy if bits >> one & 1]
    return " or ".join(names)


def _lesion_volumes_ml(targets: Targets, voxel_volume_ml: float) -> tuple[float, ...] | None:
    if (targets[LESION_MAP] == LESION_NOT_ANNOTATED).all():
        return None
    return tuple(find_sites(targets, voxel_volume_ml).lesion_volumes_ml.tolist())
