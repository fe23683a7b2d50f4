"""Counts the annotated lesions of a study."""

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from spinemets.training.label_sets import LESION, LESION_MAP, Head, LabelSet
from spinemets.training.manifest_image import image_series, load_mask
from spinemets.training.manifest_records import ManifestSeries, ManifestStation, ManifestStudy

# Voxels that touch at a face, an edge or a corner are one lesion: sheets of tumour are thin.
_NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


def count_lesions(study: ManifestStudy, label_sets: Mapping[str, LabelSet]) -> int | None:
    """Connected lesions on the first series of each station that has any annotated; None where none has.

    Raises:
        InputError: If an image or mask cannot be read.
    """
    counts = [_in_station(station, label_sets) for station in study.stations]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _in_station(station: ManifestStation, label_sets: Mapping[str, LabelSet]) -> int | None:
    counts = (_in_series(series, label_sets) for series in station.series)
    return next((count for count in counts if count is not None), None)


def _in_series(series: ManifestSeries, label_sets: Mapping[str, LabelSet]) -> int | None:
    masks = [one for one in series.annotations if Head.LESION in label_sets[one.label_set].heads]
    if not masks:
        return None
    image = image_series(series.image, series.plane)
    targets = [label_sets[one.label_set].encode(load_mask(one.path, image))[LESION_MAP] for one in masks]
    lesion = np.any([target == LESION for target in targets], axis=0)
    return int(ndimage.label(lesion, _NEIGHBOURS)[1])
