"""Reads the voxels of a series, whatever files hold it."""

from itertools import permutations

import numpy as np

from spinemets.errors import GeometryError
from spinemets.study.records import DicomSource, FileSource, Series
from spinemets.volume import Volume, read_volume

# Affines of one file, read twice, differ by rounding alone.
_SAME_AFFINE_MM = 1e-3


def load_volume(series: Series) -> Volume:
    """The voxels of a series, (slice, row, column), on the grid that the series names.

    DICOM values are rescaled as the header says, float32; values of NIfTI and MetaImage files are as
    ``volume.read_volume`` gives them.

    Raises:
        UnreadableFileError: If a file is gone or cannot be parsed.
        PixelDataError: If its voxels cannot be read.
        GeometryError: If an image file no longer has the grid that the series was made from.
    """
    if isinstance(series.source, DicomSource):
        # pydicom is slow to import, and NIfTI studies do not need it.
        from spinemets.study.dicom_pixels import read_frames

        _, rows, columns = series.shape
        return Volume(read_frames(series.source.frames, rows, columns), series.affine_ras)
    return _load_file(series, series.source)


def _load_file(series: Series, source: FileSource) -> Volume:
    volume = read_volume(source.path)
    for order in permutations((0, 1, 2)):
        shape = tuple(volume.shape[axis] for axis in order)
        affine_ras = volume.affine_ras[:, [*order, 3]]
        if shape == series.shape and np.allclose(affine_ras, series.affine_ras, rtol=0, atol=_SAME_AFFINE_MM):
            return Volume(np.transpose(volume.array, order), affine_ras)
    raise GeometryError(
        f"has the shape {volume.shape}, where its series was listed with {series.shape}",
        file=source.path,
        remedy="list the studies again",
    )
