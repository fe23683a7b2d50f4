"""A series on the grid of another of its study, with the patient's motion between the two measured."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK
from nibabel.spaces import vox2out_vox
from scipy.spatial.transform import Rotation

from spinemets.errors import ConfigurationError, GeometryError
from spinemets.volume.record import AffineRas, Volume
from spinemets.volume.resampling import ImageKind, resample_like, resample_to_grid, resample_to_spacing
from spinemets.volume.simpleitk import to_simpleitk

Millimetres3 = tuple[float, float, float]

# RAS and LPS differ by this on either side.
_FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
# Joint histogram of 32 x 32 bins (Mattes et al. 2003, IEEE Trans Med Imaging 22:120, took 50 for PET and CT).
_BINS = 32
# The brightest fat beside the coil would leave the rest of the image a few bins of the histogram.
_CLIP_PERCENT = (0.5, 99.5)
_ITERATIONS = 60
# Steps of the optimizer, in mm of the largest movement of a voxel; the last is far below a pixel.
_LAST_STEP_MM = 0.01
# Fewer voxels than this along an axis cannot be interpolated between.
_FEWEST_VOXELS = 2


@dataclass(frozen=True, slots=True)
class AlignmentSettings:
    """When motion is corrected and when its measurement is believed; see ``configs/study/alignment.yaml``.

    Args:
        shift_threshold_mm: A larger shift is corrected.
        rotation_threshold_deg: A larger rotation is corrected.
        credible_shift_mm: A larger shift is taken for a failed measurement.
        credible_rotation_deg: A larger rotation is taken for a failed measurement.
        least_overlap_share: Part of the smaller field of view (0 to 1) that both must show.
        least_similarity: Mutual information (nats) that the aligned series must share.
        least_gain: Growth of mutual information, as a share of that before, that a correction must bring.
        level_spacings_mm: In-plane spacing of the images that are compared, coarse to fine.
        samples: Points at which they are compared.
        seed: Of the points' random offsets.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    shift_threshold_mm: float
    rotation_threshold_deg: float
    credible_shift_mm: float
    credible_rotation_deg: float
    least_overlap_share: float
    least_similarity: float
    least_gain: float
    level_spacings_mm: tuple[float, ...]
    samples: int
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "level_spacings_mm", tuple(self.level_spacings_mm))
        ranges = {
            "shift_threshold_mm": (0.0, self.credible_shift_mm),
            "rotation_threshold_deg": (0.0, self.credible_rotation_deg),
            "credible_shift_mm": (0.0, math.inf),
            "credible_rotation_deg": (0.0, 180.0),
            "least_overlap_share": (0.0, 1.0),
            "least_similarity": (0.0, math.inf),
            "least_gain": (0.0, math.inf),
            "samples": (1000, math.inf),
            "seed": (1, 2**31 - 1),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigurationError(f"is {value}", field=name, remedy=f"allowed: {low:g} to {high:g}")
        if not self.level_spacings_mm or not all(0 < value < math.inf for value in self.level_spacings_mm):
            raise ConfigurationError(
                f"is {list(self.level_spacings_mm)}",
                field="level_spacings_mm",
                remedy="give at least one spacing above 0, coarse to fine",
            )


@dataclass(frozen=True, slots=True, eq=False)
class AlignedVolume:
    """A series on the reference's grid, and what the shift check found.

    Args:
        volume: The moving series on the reference's grid, float32; 0 where it shows nothing.
        moving_to_reference_ras: 4 x 4, RAS mm of the moving series to RAS mm of the reference; the identity
            where nothing was corrected.
        translation_ras_mm: How far the moving series' anatomy lies from the reference's, at the centre of the
            shared field of view; None if not measured.
        rotation_deg: Angle by which it is turned, about any axis; None if not measured.
        similarity_before: Mutual information in nats, by the scanner's coordinates; None if not measured.
        similarity_after: The same with the measured motion taken away.
        overlap_share: Part of the smaller field of view that both show, 0 to 1.
        credible: Whether the measurement is believed.
        corrected: Whether the motion was taken away in ``volume``.
        statement: What was found and done, a sentence or two for the report.
    """

    volume: Volume
    moving_to_reference_ras: AffineRas
    translation_ras_mm: Millimetres3 | None
    rotation_deg: float | None
    similarity_before: float | None
    similarity_after: float | None
    overlap_share: float
    credible: bool
    corrected: bool
    statement: str


@dataclass(frozen=True, slots=True, eq=False)
class _Motion:
    reference_to_moving_ras: AffineRas
    translation_ras_mm: Millimetres3
    rotation_deg: float
    similarity_before: float
    similarity_after: float

    @property
    def shift_mm(self) -> float:
        return math.hypot(*self.translation_ras_mm)


def align(
    reference: Volume, moving: Volume, settings: AlignmentSettings, same_frame_of_reference: bool
) -> AlignedVolume:
    """Bring a series onto the grid of another of the same study, through scanner coordinates.

    A rigid registration by mutual information (Mattes et al. 2003, IEEE Trans Med Imaging 22:120) measures
    how the patient moved between the two. Motion past a threshold is corrected if the measurement is credible.
    The same input gives the same bytes, whatever the number of threads.

    Args:
        reference: The series whose grid counts.
        moving: The series to bring there; any grid and contrast.
        settings: Thresholds.
        same_frame_of_reference: Whether the scanner says that both share one coordinate system. If not, the
            statement always names what was measured, also below the threshold.

    Raises:
        GeometryError: If the two fields of view do not overlap.
    """
    shared = _shared_points(reference, moving)
    overlap = _overlap_share(reference, moving, len(shared) / _COARSE_POINTS)
    motion = None
    if overlap >= settings.least_overlap_share:
        motion = _measure(reference, moving, shared.mean(axis=0), settings)
    doubt = _doubt(motion, overlap, settings)
    corrected = motion is not None and doubt is None and _exceeds(motion, settings)
    to_reference = np.eye(4)
    if motion is not None and corrected:
        to_reference = np.linalg.inv(motion.reference_to_moving_ras)
    placed = Volume(moving.array, to_reference @ moving.affine_ras) if corrected else moving
    return AlignedVolume(
        volume=resample_like(placed, reference, ImageKind.IMAGE),
        moving_to_reference_ras=to_reference,
        translation_ras_mm=None if motion is None else motion.translation_ras_mm,
        rotation_deg=None if motion is None else motion.rotation_deg,
        similarity_before=None if motion is None else motion.similarity_before,
        similarity_after=None if motion is None else motion.similarity_after,
        overlap_share=overlap,
        credible=doubt is None,
        corrected=corrected,
        statement=_statement(motion, doubt, corrected, same_frame_of_reference),
    )


# Points along each axis of the reference at which the fields of view are compared.
_POINTS_PER_AXIS = 33
_COARSE_POINTS = _POINTS_PER_AXIS**3


def _shared_points(reference: Volume, moving: Volume) -> npt.NDArray[np.float64]:
    """Points (n, 3) in RAS mm, spread evenly over the reference, that the moving series shows too.

    Raises:
        GeometryError: If there is none.
    """
    # Middles of equal parts of the whole field of view, which reaches half a voxel beyond outer centres.
    parts = (np.arange(_POINTS_PER_AXIS) + 0.5) / _POINTS_PER_AXIS
    axes = [parts * count - 0.5 for count in reference.shape]
    points = reference.voxel_to_world(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
    indices = moving.world_to_voxel(points)
    inside = ((indices >= -0.5) & (indices <= np.asarray(moving.shape) - 0.5)).all(axis=1)
    if not inside.any():
        raise GeometryError(
            "the series shows no part of what the reference shows: their fields of view do not overlap",
            field="ImagePositionPatient",
            remedy="leave this series out, or give it a reference of its own station",
        )
    return np.asarray(points[inside])


def _overlap_share(reference: Volume, moving: Volume, of_reference: float) -> float:
    volumes_ml = [volume.voxel_volume_ml * math.prod(volume.shape) for volume in (reference, moving)]
    return min(1.0, of_reference * volumes_ml[0] / min(volumes_ml))


def _measure(
    reference: Volume, moving: Volume, centre_ras_mm: npt.NDArray[np.float64], settings: AlignmentSettings
) -> _Motion | None:
    """The motion between the two, or None if the registration finds nothing to compare."""
    transform: Any = SimpleITK.Euler3DTransform()
    transform.SetCenter((_FLIP[:3, :3] @ centre_ras_mm).tolist())
    identity: Any = SimpleITK.Euler3DTransform(transform)
    reference, moving = _orthogonal(_clipped(reference)), _orthogonal(_clipped(moving))
    try:
        for spacing_mm in settings.level_spacings_mm:
            fixed, floating = (to_simpleitk(_coarse(volume, spacing_mm)) for volume in (reference, moving))
            transform = _registered(fixed, floating, transform, spacing_mm, settings)
        before, after = (
            -_method(fixed, start, settings).MetricEvaluate(fixed, floating)
            for start in (identity, transform)
        )
    except RuntimeError:
        # ITK says so where all its points leave the moving image, or an image is constant.
        return None
    return _motion(transform, float(before), float(after))


def _clipped(volume: Volume) -> Volume:
    array = np.asarray(volume.array, dtype=np.float32)
    low, high = np.percentile(array, _CLIP_PERCENT)
    return Volume(np.clip(array, low, high), volume.affine_ras)


def _orthogonal(volume: Volume) -> Volume:
    """The volume itself, or if its axes are sheared, as ITK's cannot be, on a grid along the world's axes."""
    axes = volume.affine_ras[:3, :3] / np.asarray(volume.spacing_mm)
    if np.abs(axes.T @ axes - np.eye(3)).max() < 1e-4:
        return volume
    shape, affine_ras = vox2out_vox((volume.shape, volume.affine_ras))  # type: ignore[no-untyped-call]
    return resample_to_grid(volume, affine_ras, shape, ImageKind.IMAGE)


def _coarse(volume: Volume, spacing_mm: float) -> Volume:
    """The volume with pixels of at least this spacing; thick slices stay as they are."""
    i, j, k = (
        max(own, min(spacing_mm, own * count / _FEWEST_VOXELS))
        for own, count in zip(volume.spacing_mm, volume.shape, strict=True)
    )
    return resample_to_spacing(volume, (i, j, k), ImageKind.IMAGE)


def _registered(fixed: Any, floating: Any, start: Any, spacing_mm: float, settings: AlignmentSettings) -> Any:
    method = _method(fixed, start, settings)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=spacing_mm / 2.0,
        minStep=_LAST_STEP_MM,
        numberOfIterations=_ITERATIONS,
        relaxationFactor=0.5,
        gradientMagnitudeTolerance=1e-8,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    result: Any = SimpleITK.Euler3DTransform(method.Execute(fixed, floating))
    return result


def _method(fixed: Any, start: Any, settings: AlignmentSettings) -> Any:
    method: Any = SimpleITK.ImageRegistrationMethod()  # type: ignore[no-untyped-call]
    # Sums over several threads depend on their number in the last digits.
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    share = min(1.0, settings.samples / fixed.GetNumberOfPixels())
    method.SetMetricSamplingPercentage(share, settings.seed)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetInitialTransform(SimpleITK.Euler3DTransform(start), inPlace=False)
    return method


def _motion(transform: Any, before: float, after: float) -> _Motion:
    lps = np.eye(4)
    rotation = np.asarray(transform.GetMatrix()).reshape(3, 3)
    centre, shift = np.asarray(transform.GetCenter()), np.asarray(transform.GetTranslation())
    lps[:3, :3] = rotation
    lps[:3, 3] = centre + shift - rotation @ centre
    right, front, head = (float(value) for value in _FLIP[:3, :3] @ shift)
    angle_deg = math.degrees(float(Rotation.from_matrix(rotation).magnitude()))
    return _Motion(_FLIP @ lps @ _FLIP, (right, front, head), angle_deg, before, after)


def _exceeds(motion: _Motion, settings: AlignmentSettings) -> bool:
    return (
        motion.shift_mm > settings.shift_threshold_mm or motion.rotation_deg > settings.rotation_threshold_deg
    )
