"""What metal does to the signal around it: the field that it distorts, and where signal then appears."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from spinemets.phantom.protocol import SequenceKind, SeriesProtocol
from spinemets.phantom.signal import PROTON_MHZ_PER_T
from spinemets.phantom.tissue import Tissue

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Box = tuple[slice, slice, slice]

# Volume susceptibility of titanium alloy less that of tissue (Schenck 1996, Med Phys 23:815: 182 and -9 ppm).
TITANIUM_PPM = 191.0
# Field further out than this moves nothing by half a pixel.
_REACH_MM = 45.0
# Bandwidth of pulses over a slice's thickness, as of turbo spin echoes. Of what is off by more, the pulses
# of excitation and refocusing reach different slices, and it is lost.
_SLICE_BANDWIDTH_HZ = 1500.0
# Signal is smoothed by this share of a voxel where it was moved, which fills what lies between its samples.
_SPREAD_VOXELS = 0.6
_MOVED_FROM_MM = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class MetalDistortion:
    """Where signal near metal appears in the images of a series.

    Args:
        box: Voxels of the near grid that are concerned.
        place: Voxel index in the box at which the signal of each voxel appears (axis, ...).
        kept: Share of the signal that is left (...).
    """

    box: Box
    place: Floats
    kept: Floats

    def applied(self, signal: Floats) -> Floats:
        """The signal of the box as the series shows it.

        Signal is carried to where it appears: what piles up is bright, what is left behind is void.

        Args:
            signal: Of the box.
        """
        moved = _carried(signal * self.kept, self.place)
        far = ndimage.gaussian_filter(moved, _SPREAD_VOXELS)
        return np.where(self._is_moved(), far, moved).astype(np.float32)

    def _is_moved(self) -> npt.NDArray[np.bool_]:
        """Voxels from which, or to which, signal was moved."""
        own = np.indices(self.kept.shape, dtype=np.float32)
        away = np.abs(self.place - own).max(axis=0) > _MOVED_FROM_MM
        reached = _carried(away.astype(np.float32), self.place) > 0
        return np.asarray(ndimage.binary_dilation(away | reached))


def metal_distortion(
    tissue: Codes, affine_ras: npt.NDArray[np.float64], protocol: SeriesProtocol
) -> MetalDistortion | None:
    """What metal does to a series.

    Frequency encodes place along one axis of the image and across the slice: signal whose frequency is off
    by metal's field appears elsewhere, by the pixel bandwidth along the frequency axis and by the pulses'
    bandwidth through the slice (Hargreaves et al. 2011, AJR 197:547). Spin echoes bring back what dephases
    in between, gradient echoes do not. Signal that the pulses do not reach is lost.

    Args:
        tissue: ``Tissue`` codes, (right, anterior, superior).
        affine_ras: Of the same grid; diagonal.
        protocol: The series.

    Returns:
        None without metal.
    """
    metal = tissue == Tissue.METAL
    if not metal.any():
        return None
    spacing = np.diag(affine_ras)[:3]
    box = _box_around(metal, np.ceil(_REACH_MM / spacing).astype(int))
    field_hz = field_ppm(metal[box], spacing) * np.float32(PROTON_MHZ_PER_T * protocol.field_strength_t)
    across, along = _shifts_mm_per_hz(protocol)
    geometry = protocol.geometry
    frequency = geometry.axes_ras[:, 2 if protocol.phase_axis == "row" else 1]
    direction = along * frequency + across * geometry.axes_ras[:, 0]
    step = (direction / spacing).astype(np.float32)
    place = np.indices(field_hz.shape, dtype=np.float32)
    place += step[:, None, None, None] * field_hz
    kept = (np.abs(field_hz) <= _SLICE_BANDWIDTH_HZ) & ~metal[box]
    return MetalDistortion(box, place, kept * _echo(field_hz, spacing, protocol))


def field_ppm(metal: npt.NDArray[np.bool_], spacing_mm: npt.NDArray[np.float64]) -> Floats:
    """Change of the main field by a piece of titanium, in millionths; the field points to the head.

    A dipole's field summed over the metal, as a product in Fourier space (Marques & Bowtell 2005, Concepts
    Magn Reson B 25:65).

    Args:
        metal: (right, anterior, superior).
        spacing_mm: Of its voxels.
    """
    # Room around it keeps the field of the metal's repetitions away.
    shape = [fft.next_fast_len(2 * count, real=True) for count in metal.shape]
    axes = [fft.fftfreq(count, step) for count, step in zip(shape[:2], spacing_mm[:2], strict=True)]
    axes.append(fft.rfftfreq(shape[2], spacing_mm[2]))
    x, y, z = np.meshgrid(*(axis.astype(np.float32) for axis in axes), indexing="ij", sparse=True)
    square = x**2 + y**2 + z**2
    square[0, 0, 0] = 1.0
    kernel = np.float32(1.0 / 3.0) - z**2 / square
    kernel[0, 0, 0] = 0.0
    field = fft.irfftn(kernel * fft.rfftn(metal.astype(np.float32), shape), shape)
    inside = tuple(slice(count) for count in metal.shape)
    return np.asarray(TITANIUM_PPM * field[inside], dtype=np.float32)


def _shifts_mm_per_hz(protocol: SeriesProtocol) -> tuple[float, float]:
    """How far signal appears from its place through the slice, and along the frequency axis."""
    geometry = protocol.geometry
    index = 1 if protocol.phase_axis == "row" else 0
    pixel_mm = geometry.field_of_view_mm[index] / geometry.acquired_matrix[index]
    return geometry.thickness_mm / _SLICE_BANDWIDTH_HZ, pixel_mm / protocol.timing.pixel_bandwidth_hz


def _echo(
    field_hz: Floats, spacing_mm: npt.NDArray[np.float64], protocol: SeriesProtocol
) -> Floats | np.float32:
    """What a gradient echo keeps of a slice whose spins fan out until the echo; 1 for spin echoes."""
    if protocol.timing.kind is not SequenceKind.GRADIENT_ECHO:
        return np.float32(1.0)
    slopes = np.gradient(field_hz, *spacing_mm.tolist())
    across = sum(slope * share for slope, share in zip(slopes, protocol.geometry.axes_ras[:, 0], strict=True))
    turns = across * (protocol.geometry.thickness_mm * protocol.timing.echo_time_ms / 1000.0)
    return np.asarray(np.abs(np.sinc(turns)), dtype=np.float32)


def _carried(signal: Floats, place: Floats) -> Floats:
    """Signal at the voxels around where it appears, by trilinear weights; what leaves the box is lost."""
    low = np.floor(place).astype(np.int32)
    part = place - low
    total = np.zeros(signal.size, dtype=np.float64)
    for corner in _CORNERS:
        index = low + np.array(corner)[:, None, None, None]
        weight = signal.copy()
        for axis, far in enumerate(corner):
            weight *= part[axis] if far else 1.0 - part[axis]
        inside = np.ones(signal.shape, dtype=bool)
        for axis, count in enumerate(signal.shape):
            inside &= (index[axis] >= 0) & (index[axis] < count)
        flat = np.ravel_multi_index(tuple(axis[inside] for axis in index), signal.shape)
        total += np.bincount(flat, weight[inside], minlength=signal.size)
    return total.reshape(signal.shape).astype(np.float32)


def _corners() -> Iterator[tuple[int, int, int]]:
    for corner in range(8):
        yield corner & 1, corner >> 1 & 1, corner >> 2 & 1


_CORNERS = tuple(_corners())


def _box_around(mask: npt.NDArray[np.bool_], margin: npt.NDArray[np.int_]) -> Box:
    def extent(axis: int) -> slice:
        others = tuple(other for other in range(3) if other != axis)
        where = np.flatnonzero(mask.any(axis=others))
        low = max(int(where[0]) - int(margin[axis]), 0)
        return slice(low, min(int(where[-1]) + int(margin[axis]) + 1, mask.shape[axis]))

    return extent(0), extent(1), extent(2)
