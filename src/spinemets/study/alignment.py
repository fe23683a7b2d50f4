"""Series of one study on one grid, with the patient's movement between them measured.

Series share the scanner's coordinates, so resampling alone aligns them unless the patient moved. The movement
is measured by rigid registration with Mattes mutual information (Mattes et al. 2003, IEEE Trans Med Imaging
22:120), which asks nothing of the contrasts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK

from spinemets.errors import ConfigurationError, GeometryError
from spinemets.volume import ImageKind, Volume, resample_like
from spinemets.volume.simpleitk import to_simpleitk

# SimpleITK carries no annotations.
sitk: Any = SimpleITK
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# Registration works on pixels of about this size; thicker slices are left as they are.
_WORKING_SPACING_MM = 1.6
_HISTOGRAM_BINS = 40
# Samples are jittered about a regular grid; without a seed of ours by the clock.
_SAMPLED_SHARE, _SEED = 0.25, 1
_SHRINK, _SMOOTH_MM = (3, 2, 1), (3.0, 1.5, 0.0)
_ITERATIONS, _LEARNING_RATE, _LEAST_STEP = 120, 1.0, 1e-4
# Tissue against air: this share of the image's 99th percentile.
_TISSUE_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class AlignmentSettings:
    """When movement is corrected and when it is believed; see ``configs/study/alignment.yaml``.

    Args:
        correct_from_mm: Least movement of the image's centre that is corrected.
        correct_from_deg: Least rotation that is corrected.
        credible_mm: Larger movements are not believed.
        credible_deg: Larger rotations are not believed.
        least_overlap: Least share of the smaller field of view that both show, 0 to 1.
        least_similarity: Least mutual information (nats) that series of one anatomy have once aligned.
        least_gain: Least relative growth of mutual information.

    Raises:
        ConfigurationError: If a value is negative, or a threshold lies above what is credible.
    """

    correct_from_mm: float
    correct_from_deg: float
    credible_mm: float
    credible_deg: float
    least_overlap: float
    least_similarity: float
    least_gain: float

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if getattr(self, name) < 0:
                raise ConfigurationError(f"is {getattr(self, name)}", field=name, remedy="give at least 0")
        if self.correct_from_mm > self.credible_mm or self.correct_from_deg > self.credible_deg:
            raise ConfigurationError("lies above what is credible", field="correct_from_mm, correct_from_deg")


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """How the anatomy of one series lies against that of another.

    Args:
        translation_ras_mm: Of the point in the middle of the reference.
        rotation_deg: About the axis of rotation.
        similarity_before, similarity_after: Mutual information as the scanner placed them, and with the
            movement undone; larger is more alike.
        back_ras: 4 x 4, takes a place in the reference to the place of the same anatomy in the other series.
    """

    translation_ras_mm: tuple[float, float, float]
    rotation_deg: float
    similarity_before: float
    similarity_after: float
    back_ras: npt.NDArray[np.float64]

    @property
    def distance_mm(self) -> float:
        """Length of the translation."""
        return float(np.linalg.norm(self.translation_ras_mm))


@dataclass(frozen=True, slots=True, eq=False)
class AlignedVolume:
    """A series on the grid of another.

    Args:
        volume: On the reference's grid; 0 where the series does not reach.
        movement: What was measured; None where it could not be.
        corrected: Whether the movement was undone.
        statement: What was done and why, for the report.
    """

    volume: Volume
    movement: Movement | None
    corrected: bool
    statement: str


def align(
    reference: Volume, moving: Volume, settings: AlignmentSettings, same_frame_of_reference: bool = True
) -> AlignedVolume:
    """Bring a series onto the grid of another, and undo what the patient moved between them.

    Args:
        reference: Image whose grid is taken, (slice, row, column).
        moving: Image of the same patient in the same visit.
        settings: When to correct.
        same_frame_of_reference: Whether the scanner says that both share its coordinates.

    Raises:
        GeometryError: If the two do not overlap, or the axes of one are sheared.
    """
    for volume in (reference, moving):
        if not volume.is_orthogonal:
            raise GeometryError(
                "has sheared axes", remedy="convert the original again, or leave the series out"
            )
    overlap = max(_overlap(reference, moving), _overlap(moving, reference))
    if overlap == 0.0:
        raise GeometryError(
            "does not overlap the reference series", remedy="treat the two as different stations"
        )
    caveat = "" if same_frame_of_reference else "The frames of reference differ. "
    if overlap < settings.least_overlap:
        statement = (
            f"{caveat}Movement not measured: the series share {overlap:.0%} of the smaller field of view."
        )
        return AlignedVolume(_resampled(reference, moving), None, False, statement)
    movement = measure_movement(reference, moving)
    if movement is None:
        statement = f"{caveat}Movement not measured: registration found no common structure."
        return AlignedVolume(_resampled(reference, moving), None, False, statement)
    corrected, statement = _judge(movement, settings)
    volume = _undone(reference, moving, movement) if corrected else _resampled(reference, moving)
    return AlignedVolume(volume, movement, corrected, caveat + statement)


def measure_movement(reference: Volume, moving: Volume) -> Movement | None:
    """The rigid movement of the patient from the reference to the other series.

    The same images give the same movement, on any number of processors.

    Returns:
        None where the registration fails.
    """
    with _one_thread():
        return _registered(reference, moving)


def _registered(reference: Volume, moving: Volume) -> Movement | None:
    fixed, other = (_working_image(volume) for volume in (reference, moving))
    start: Any = sitk.Euler3DTransform()
    start.SetCenter((_RAS_TO_LPS[:3, :3] @ _middle(reference)).tolist())
    method = _registration(fixed, start)
    try:
        before = method.MetricEvaluate(fixed, other)
        method.SetInitialTransform(start, inPlace=True)
        method.Execute(fixed, other)
        after = method.MetricEvaluate(fixed, other)
    except RuntimeError:
        # ITK raises where too few samples fall on both images.
        return None
    back = _matrix_ras(start)
    shift = (back @ np.append(_middle(reference), 1.0))[:3] - _middle(reference)
    angle = np.degrees(np.arccos(np.clip((np.trace(back[:3, :3]) - 1.0) / 2.0, -1.0, 1.0)))
    x, y, z = shift.tolist()
    # ITK minimises the negative of mutual information.
    return Movement((x, y, z), float(angle), -float(before), -float(after), back)


def _judge(movement: Movement, settings: AlignmentSettings) -> tuple[bool, str]:
    what = f"{movement.distance_mm:.1f} mm and {movement.rotation_deg:.1f} degrees"
    if movement.similarity_after < settings.least_similarity:
        return False, "Movement not corrected: the series have nothing in common. Check the series."
    small = (
        movement.distance_mm < settings.correct_from_mm and movement.rotation_deg < settings.correct_from_deg
    )
    if small:
        return False, f"No movement to correct ({what})."
    if movement.distance_mm > settings.credible_mm or movement.rotation_deg > settings.credible_deg:
        return False, f"Movement not corrected: {what} is not credible. Check the series."
    gain = movement.similarity_after - movement.similarity_before
    if gain < settings.least_gain * abs(movement.similarity_before):
        return False, f"Movement not corrected: {what} makes the series no more alike."
    return True, f"The anatomy lies {what} off between the series, as when a patient moves; corrected."


def _resampled(reference: Volume, moving: Volume) -> Volume:
    return resample_like(moving, reference, ImageKind.IMAGE)


def _undone(reference: Volume, moving: Volume, movement: Movement) -> Volume:
    moved_back = Volume(moving.array, np.linalg.inv(movement.back_ras) @ moving.affine_ras)
    return resample_like(moved_back, reference, ImageKind.IMAGE)


def _registration(fixed: Any, start: Any) -> Any:
    method: Any = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_HISTOGRAM_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(_SAMPLED_SHARE, seed=_SEED)
    method.SetMetricFixedMask(_tissue(fixed))
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(_LEARNING_RATE, _LEAST_STEP, _ITERATIONS)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(_SHRINK)
    method.SetSmoothingSigmasPerLevel(_SMOOTH_MM)
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(start, inPlace=False)
    return method


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums over threads depend on their number in the last digit, and the optimiser's path on them."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _working_image(volume: Volume) -> Any:
    """Float image with its finest axes thinned to the working spacing."""
    step = [max(round(_WORKING_SPACING_MM / spacing), 1) for spacing in volume.spacing_mm]
    image: Any = to_simpleitk(Volume(volume.array.astype(np.float32), volume.affine_ras))
    return sitk.BinShrink(image, step[::-1])


def _tissue(image: Any) -> Any:
    level = _TISSUE_SHARE * float(np.percentile(sitk.GetArrayViewFromImage(image), 99.0))
    return sitk.Cast(image > level, sitk.sitkUInt8)


def _overlap(reference: Volume, moving: Volume) -> float:
    """Share of the reference's voxels whose centres lie inside the other volume."""
    steps = [np.linspace(0, count - 1, min(count, 24)) for count in reference.shape]
    index = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = moving.world_to_voxel(reference.voxel_to_world(index))
    limits = np.asarray(moving.shape) - 0.5
    return float(((inside > -0.5) & (inside < limits)).all(axis=1).mean())


def _middle(volume: Volume) -> npt.NDArray[np.float64]:
    return volume.voxel_to_world((np.asarray(volume.shape) - 1) / 2.0)


def _matrix_ras(transform: Any) -> npt.NDArray[np.float64]:
    rotation = np.asarray(transform.GetMatrix()).reshape(3, 3)
    centre = np.asarray(transform.GetCenter())
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = centre + np.asarray(transform.GetTranslation()) - rotation @ centre
    return np.asarray(_RAS_TO_LPS @ matrix @ _RAS_TO_LPS)
