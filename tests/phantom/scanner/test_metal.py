"""Metal: its field against what theory gives, and signal that is moved, piles up or is lost."""

from dataclasses import replace

import numpy as np
import pytest

from spinemets.phantom.metal import TITANIUM_PPM, field_ppm, metal_distortion
from spinemets.phantom.protocol import PhaseAxis, SequenceKind, SeriesProtocol
from spinemets.phantom.tissue import Tissue

_SPACING = np.array([1.0, 1.0, 1.0])
_SHAPE, _MIDDLE = (61, 61, 61), 30


def _places():
    return np.stack(np.meshgrid(*[np.arange(61.0) - _MIDDLE] * 3, indexing="ij"))


def _tissue(shape):
    tissue = np.full(_SHAPE, Tissue.BODY_MARROW, np.uint8)
    tissue[shape] = Tissue.METAL
    return tissue


def _screw():
    """A bar 5 mm thick from back to front."""
    right, anterior, superior = _places()
    return (right**2 + superior**2 <= 2.5**2) & (np.abs(anterior) < 15)


def test_the_field_of_a_ball_is_a_dipole_s():
    radius = np.sqrt((_places() ** 2).sum(axis=0))
    ball = radius <= 6.0
    field = field_ppm(ball, _SPACING)
    volume = float(ball.sum())
    for right, superior, factor in ((0, 12, 2.0), (12, 0, -1.0), (0, 16, 2.0), (14, 0, -1.0)):
        distance = np.hypot(right, superior)
        expected = TITANIUM_PPM * volume / (4.0 * np.pi) * factor / distance**3
        assert field[_MIDDLE + right, _MIDDLE, _MIDDLE + superior] == pytest.approx(expected, rel=0.06)


def test_the_field_of_a_long_bar_across_the_main_field_falls_with_the_square():
    right, _, superior = _places()
    bar = right**2 + superior**2 <= 5.0**2
    field = field_ppm(bar, _SPACING)
    area = float(bar[:, _MIDDLE].sum())
    # Of a cylinder square to the field: half the difference, (radius / distance) squared, cos 2 phi.
    for right_mm, superior_mm, sign in ((12, 0, -1.0), (0, 12, 1.0)):
        expected = sign * TITANIUM_PPM / 2.0 * area / np.pi / 12.0**2
        # Its ends are 30 mm away.
        assert field[_MIDDLE + right_mm, _MIDDLE, _MIDDLE + superior_mm] == pytest.approx(expected, rel=0.15)


def _distorted(protocol: SeriesProtocol, signal=None):
    tissue = _tissue(_screw())
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    found = metal_distortion(tissue, affine, protocol)
    whole = np.where(tissue == Tissue.METAL, 0.0, 1.0).astype(np.float32) if signal is None else signal
    return found, found.applied(whole[found.box]), whole[found.box]


def test_without_metal_nothing_is_changed(ideal_t2):
    assert metal_distortion(np.zeros(_SHAPE, np.uint8), np.eye(4), ideal_t2) is None


def test_signal_is_moved_and_not_made(ideal_t2):
    found, image, whole = _distorted(ideal_t2)
    assert image.sum() <= (whole * found.kept).sum() * 1.001
    assert image.max() > 1.3
    assert image[_MIDDLE, _MIDDLE, _MIDDLE] < 0.5
    # The void is larger than the metal.
    assert (image < 0.5).sum() > 1.3 * (whole == 0).sum()


def test_far_from_metal_the_image_is_what_it_was(ideal_t2):
    right, _, superior = _places()
    _, image, whole = _distorted(ideal_t2)
    far = (np.hypot(right, superior) > 27) & (np.hypot(right, superior) < 29)
    assert np.abs(image[far] - whole[far]).mean() < 0.05


def _spread(protocol):
    _, image, whole = _distorted(protocol)
    return float(np.abs(image - whole).sum())


def test_a_higher_field_and_a_narrower_bandwidth_distort_more(ideal_t2):
    narrow = replace(ideal_t2, timing=replace(ideal_t2.timing, pixel_bandwidth_hz=120.0))
    wide = replace(ideal_t2, timing=replace(ideal_t2.timing, pixel_bandwidth_hz=500.0))
    strong = replace(ideal_t2, field_strength_t=3.0)
    assert _spread(wide) < _spread(narrow)
    assert _spread(ideal_t2) < _spread(strong)


def test_a_gradient_echo_loses_more_than_a_spin_echo(ideal_t2):
    timing = replace(ideal_t2.timing, kind=SequenceKind.GRADIENT_ECHO, echo_time_ms=10.0)
    lost = {}
    for protocol in (ideal_t2, replace(ideal_t2, timing=timing)):
        found, _, whole = _distorted(protocol)
        lost[protocol.timing.kind] = float((whole * (1.0 - found.kept)).sum())
    assert lost[SequenceKind.GRADIENT_ECHO] > 1.5 * lost[SequenceKind.SPIN_ECHO]


@pytest.mark.parametrize(("phase", "axis"), [(PhaseAxis.ROW, 2), (PhaseAxis.COLUMN, 1)])
def test_signal_moves_along_the_frequency_axis_and_through_the_slice(ideal_t2, phase, axis):
    protocol = replace(ideal_t2, phase_axis=phase)
    found, _, _ = _distorted(protocol)
    away = found.place - np.indices(found.kept.shape)
    frequency = np.abs(protocol.geometry.axes_ras[:, axis]).argmax()
    through = np.abs(protocol.geometry.axes_ras[:, 0]).argmax()
    still = ({0, 1, 2} - {int(frequency), int(through)}).pop()
    assert np.abs(away[frequency]).max() > 2.0
    assert np.abs(away[through]).max() > 0.5
    assert np.abs(away[still]).max() < 1e-3
