"""Image files are read on the grid that their series names."""

from dataclasses import replace

import numpy as np
import pytest

from spinemets.errors import GeometryError
from spinemets.study.file_series import NamedFile, series_of_file
from spinemets.study.reading import load_volume
from spinemets.volume import Volume, write_volume

_AFFINE = np.array([[0.0, 0, 4.0, 1], [0, -0.7, 0, 2], [-0.6, 0, 0, 3], [0, 0, 0, 1]])


@pytest.fixture
def series(tmp_path):
    array = np.arange(4 * 5 * 3, dtype=np.float32).reshape(4, 5, 3)
    write_volume(tmp_path / "t2.nii.gz", Volume(array, _AFFINE))
    return series_of_file(NamedFile(tmp_path / "t2.nii.gz", "t2")), array


def test_axes_are_put_in_the_order_of_the_series(series):
    one, array = series
    volume = load_volume(one)
    assert one.shape == volume.shape == (3, 4, 5)
    assert np.array_equal(volume.array, array.transpose(2, 0, 1))
    assert np.allclose(volume.affine_ras, one.affine_ras)


def test_a_file_that_was_changed_since_is_refused(series):
    one, array = series
    write_volume(one.source.path, Volume(array[:3], _AFFINE))
    with pytest.raises(GeometryError, match="list the studies again"):
        load_volume(one)
    write_volume(one.source.path, Volume(array, np.diag([1.0, 1, 1, 1])))
    with pytest.raises(GeometryError):
        load_volume(replace(one))
