"""CT, Dixon, DWI and ADC beside the channels, read at places of the patient rather than resampled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.errors import InputError
from spinemets.study.reading import load_volume
from spinemets.study.records import Series, Weighting
from spinemets.volume import Volume

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ExtraImage:
    """A series that supports the reading.

    Args:
        weighting: What it shows.
        series_key: Its name.
        volume: Its voxels, on its own grid.
        b_value_s_mm2: Of a diffusion image; None where unknown, and for others.
    """

    weighting: Weighting
    series_key: str
    volume: Volume
    b_value_s_mm2: float | None = None

    def at(self, points_ras_mm: Floats) -> Floats:
        """Values at places (point, 3), interpolated linearly; not a number beyond the image.

        Args:
            points_ras_mm: RAS mm.
        """
        places = self.volume.world_to_voxel(points_ras_mm).T
        array = self.volume.array.astype(np.float32, copy=False)
        values = ndimage.map_coordinates(array, places, order=1, mode="nearest").astype(np.float64)
        size = np.array(self.volume.shape)[:, None]
        inside = ((places >= -0.5) & (places <= size - 0.5)).all(axis=0)
        return np.where(inside, values, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class ExtraImages:
    """Those of a station.

    Args:
        images: In the study's order.
        left_out: In sentences.
    """

    images: tuple[ExtraImage, ...]
    left_out: tuple[str, ...]


def load_extras(series: Sequence[Series], reference: Series) -> ExtraImages:
    """Read the extras that lie in the coordinates of a station.

    Coordinates of another frame of reference, as those of most CT, cannot be compared: registering them is
    the user's part (a NIfTI file without a frame counts as registered).

    Args:
        series: That may serve.
        reference: Of the station.
    """
    images, left_out = [], []
    for one in series:
        if len({one.frame_of_reference, reference.frame_of_reference} - {""}) > 1:
            left_out.append(f"{one.weighting.weighting} {one.key} has another frame of reference: not used")
            continue
        try:
            volume = load_volume(one)
        except InputError as error:
            left_out.append(f"{one.weighting.weighting} {one.key} cannot be read: {error.problem}")
            continue
        images.append(ExtraImage(one.weighting.weighting, one.key, volume, one.parameters.b_value_s_mm2))
    return ExtraImages(tuple(images), tuple(left_out))
