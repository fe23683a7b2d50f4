"""Where a technologist puts slices: sagittal along the spine, axial along the end plates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from spinemets.phantom.digital import CanalSection, DigitalSpine, VertebraFrame

Vector = npt.NDArray[np.float64]

# The middle of a sagittal image lies this far behind the middle of the bodies: the canal is of most interest.
_BEHIND_BODIES_MM = 12.0
# Levels are one stack when no more than this lies between their bodies.
_NEIGHBOURS_WITHIN_MM = 55.0


@dataclass(frozen=True, slots=True, eq=False)
class AxialPlace:
    """A stack of axial slices to be.

    Args:
        centre_ras_mm: Its middle, on the canal.
        axes_ras: Columns right, anterior, superior of the levels covered, (3, 3).
        length_mm: From the upper end plate of the highest body to the lower one of the lowest.
    """

    centre_ras_mm: Vector
    axes_ras: Vector
    length_mm: float

    def axes(self, tilt_deg: Vector) -> Vector:
        """Directions of slice, row and column index: head to feet, front to back, patient right to left.

        Args:
            tilt_deg: Further rotation about the right and the anterior axis, (2,).
        """
        right, anterior, superior = self.axes_ras.T
        turn = Rotation.from_euler("xy", tilt_deg, degrees=True).as_matrix()
        axes: Vector = turn @ np.column_stack([-superior, -anterior, -right])
        return axes


def frames_inside(spine: DigitalSpine) -> tuple[VertebraFrame, ...]:
    """The vertebrae whose bodies have their centre on the near grid; all if none has."""
    low = spine.near_affine_ras[2, 3]
    high = low + spine.near_affine_ras[2, 2] * (spine.tissue.shape[2] - 1)
    inside = tuple(frame for frame in spine.frames if low <= frame.origin_ras_mm[2] <= high)
    return inside or spine.frames


def sagittal_axes(frames: Sequence[VertebraFrame], angulation_deg: Vector) -> Vector:
    """Directions of slice (to the patient's left), row (to the feet) and column index (to the back).

    Slices follow the line through the bodies in the coronal plane, and are turned by ``angulation_deg``
    about the right, anterior and superior axes, as a patient does not lie exactly straight.
    """
    superior = _line_direction(frames)
    superior[1] = 0.0
    superior /= np.linalg.norm(superior)
    anterior = np.array([0.0, 1.0, 0.0])
    right = np.cross(anterior, superior)
    # The rotation about the right axis would only turn the image in its plane; scanners allow a little.
    turn = Rotation.from_euler("xyz", angulation_deg * np.array([0.5, 1.0, 1.0]), degrees=True).as_matrix()
    axes: Vector = turn @ np.column_stack([-right, -superior, -anterior])
    return axes


def sagittal_centre(frames: Sequence[VertebraFrame]) -> Vector:
    """Middle of the bodies' extent, moved to the back so that the canal is in the middle of the image."""
    origins = np.array([frame.origin_ras_mm for frame in frames])
    centre = (origins.min(axis=0) + origins.max(axis=0)) / 2.0
    return np.asarray(centre - np.array([0.0, _BEHIND_BODIES_MM, 0.0]), dtype=np.float64)


def room_mm(spine: DigitalSpine, centre_ras_mm: Vector, axis: int) -> float:
    """The longest extent about a centre, along a RAS axis, that the far grid fills with anatomy."""
    spacing = spine.far_affine_ras[axis, axis]
    low = spine.far_affine_ras[axis, 3]
    high = low + spacing * (spine.far_tissue.shape[axis] - 1)
    return 2.0 * float(min(centre_ras_mm[axis] - low, high - centre_ras_mm[axis]))


def front_of_bodies_mm(frames: Sequence[VertebraFrame]) -> float:
    """The foremost anterior coordinate of the bodies."""
    return max(float(frame.origin_ras_mm[1]) + frame.half_size_mm[1] for frame in frames)


def axial_stacks(frames: Sequence[VertebraFrame], canal: Sequence[CanalSection]) -> list[AxialPlace]:
    """One place for each run of neighbouring levels, from head to feet, centred on the canal."""
    runs: list[list[VertebraFrame]] = []
    for frame in sorted(frames, key=lambda frame: -frame.origin_ras_mm[2]):
        if runs and np.linalg.norm(runs[-1][-1].origin_ras_mm - frame.origin_ras_mm) < _NEIGHBOURS_WITHIN_MM:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return [_place(run, canal) for run in runs]


def _place(run: list[VertebraFrame], canal: Sequence[CanalSection]) -> AxialPlace:
    axes = Rotation.from_matrix([frame.axes_ras for frame in run]).mean().as_matrix()
    origins = np.array([frame.origin_ras_mm for frame in run])
    middle = origins.mean(axis=0)
    heights = origins @ axes[:, 2]
    half_heights = np.array([frame.half_size_mm[2] for frame in run])
    length = float((heights + half_heights).max() - (heights - half_heights).min())
    along = middle @ axes[:, 2]
    centre = middle
    if canal:
        sections = np.array([section.centre_ras_mm for section in canal])
        centre = sections[int(np.argmin(np.abs(sections @ axes[:, 2] - along)))]
    return AxialPlace(np.asarray(centre, dtype=np.float64), axes, length)


def _line_direction(frames: Sequence[VertebraFrame]) -> Vector:
    if len(frames) < 2:
        return np.array(frames[0].axes_ras[:, 2], dtype=np.float64)
    origins = np.array([frame.origin_ras_mm for frame in frames])
    ordered = origins[np.argsort(origins[:, 2])]
    return np.asarray(ordered[-1] - ordered[0], dtype=np.float64)
