"""Hashes change with what they are of, and with nothing else."""

import numpy as np

from spinemets.inference.provenance import input_sha256, settings_sha256
from spinemets.inference.settings import GradingSettings
from spinemets.volume import Volume


def _volume(value=1.0, shift_mm=0.0):
    affine = np.eye(4)
    affine[0, 3] = shift_mm
    return Volume(np.full((2, 3, 4), value, dtype=np.float32), affine)


def test_order_does_not_matter():
    one, other = {"a": _volume(1), "b": _volume(2)}, {"b": _volume(2), "a": _volume(1)}
    assert input_sha256(one) == input_sha256(other)


def test_voxels_geometry_and_names_matter():
    hashes = {
        input_sha256({"a": _volume()}),
        input_sha256({"b": _volume()}),
        input_sha256({"a": _volume(2)}),
        input_sha256({"a": _volume(shift_mm=0.5)}),
    }
    assert len(hashes) == 4


def test_rounding_of_a_file_does_not_matter():
    assert input_sha256({"a": _volume()}) == input_sha256({"a": _volume(shift_mm=1e-6)})


def test_settings_matter():
    one, other = GradingSettings(0.9, 4.0, 1), GradingSettings(0.8, 4.0, 1)
    assert settings_sha256(one) == settings_sha256(GradingSettings(0.9, 4.0, 1))
    assert settings_sha256(one) != settings_sha256(other)
