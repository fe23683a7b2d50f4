"""Grey images: window, compression, stable bytes."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from spinemets.report.figures import (
    BEST,
    Compression,
    compression_for,
    grey_uri,
    tint_uri,
    webp,
    window,
)


def _picture(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 255, (300, 200)).astype(np.uint8)


def test_window_keeps_order_and_uses_the_whole_range():
    grey = window(np.linspace(-50.0, 900.0, 1000))
    assert (grey[0], grey[-1]) == (0, 255)
    assert (np.diff(grey.astype(int)) >= 0).all()


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_flat_or_missing_image_gives_a_picture_without_warning(value):
    assert window(np.full((4, 5), value)).shape == (4, 5)


def test_bright_outlier_does_not_darken_the_rest():
    image = np.tile(np.linspace(0.0, 100.0, 100), (100, 1))
    image[0, 0] = 1e6
    assert window(image)[50, 99] > 240


def test_rows_and_columns_keep_their_places(noise):
    image = np.zeros((30, 50), np.uint8)
    image[:5, 40:] = 255
    shown = np.asarray(_picture(grey_uri(image)).convert("L"))
    assert shown.shape == (30, 50)
    assert shown[2, 45] > 200
    assert shown[25, 5] < 50


def test_large_image_shrinks_in_proportion(noise):
    picture = Image.open(io.BytesIO(webp(noise, Compression(150, 60))))
    assert picture.size == (100, 150)


def test_same_image_gives_same_bytes(noise):
    assert grey_uri(noise) == grey_uri(noise.copy())


def test_compression_is_no_stronger_than_needed_and_fits(noise):
    assert compression_for([(noise, 1)], 10_000_000) is BEST
    tight = compression_for([(noise, 20)], 600_000)
    assert tight is not BEST
    assert len(webp(noise, tight)) * 20 * 4 / 3 <= 600_000


def test_without_images_nothing_needs_compression():
    assert compression_for([], 1) is BEST


def test_veil_is_clear_where_the_map_is_zero():
    veil = np.asarray(_picture(tint_uri(np.array([[0.0, 0.5, 1.0, np.nan]]), (255, 138, 0), 0.6)))
    np.testing.assert_array_equal(veil[0, :, 3], [0, 76, 153, 0])
    assert tuple(veil[0, 2, :3]) == (255, 138, 0)
