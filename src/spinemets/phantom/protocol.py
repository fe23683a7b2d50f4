"""How one series is acquired: geometry, timing, hardware, imperfections."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from spinemets.study.records import Plane, Weighting

Matrix3 = npt.NDArray[np.float64]


class Vendor(StrEnum):
    """Manufacturer whose habits of naming, scaling and ordering a series follows."""

    SIEMENS = "SIEMENS"
    GE = "GE MEDICAL SYSTEMS"
    PHILIPS = "Philips Medical Systems"
    CANON = "CANON_MEC"


class Station(StrEnum):
    """The part of the spine that a series covers."""

    CERVICAL = "cervical"
    CERVICOTHORACIC = "cervicothoracic"
    THORACIC = "thoracic"
    THORACOLUMBAR = "thoracolumbar"
    LUMBAR = "lumbar"
    WHOLE = "whole"


class FatSuppression(StrEnum):
    """How the signal of fat is taken away."""

    NONE = "none"
    INVERSION = "inversion recovery"
    SPECTRAL = "spectral saturation"
    DIXON = "Dixon"


class SequenceKind(StrEnum):
    """What kind of pulse sequence it is, which decides the signal equation."""

    SPIN_ECHO = "spin echo"
    INVERSION_RECOVERY = "inversion recovery"
    GRADIENT_ECHO = "gradient echo"


class PhaseAxis(StrEnum):
    """The image axis along which phase is encoded: ROW means from row to row (up and down the image)."""

    ROW = "row"
    COLUMN = "column"


@dataclass(frozen=True, slots=True)
class Timing:
    """Sequence times in ms; ``inversion_time_ms`` is None without an inversion.

    ``contrast_agent`` says whether gadolinium was given before; ``fat_saturation`` is the share of fat's
    signal that spectral saturation removes (0 without).
    """

    kind: SequenceKind
    repetition_time_ms: float
    echo_time_ms: float
    flip_angle_deg: float
    echo_train_length: int
    echo_spacing_ms: float
    pixel_bandwidth_hz: float
    inversion_time_ms: float | None = None
    fat_suppression: FatSuppression = FatSuppression.NONE
    fat_saturation: float = 0.0
    contrast_agent: bool = False

    @property
    def train_ms(self) -> float:
        """Duration of the echo train, from excitation to its last echo."""
        return self.echo_train_length * self.echo_spacing_ms


@dataclass(frozen=True, slots=True, eq=False)
class SliceGeometry:
    """A stack of parallel slices, in the scanner's RAS coordinates.

    Args:
        centre_ras_mm: Centre of the stack, (3,).
        axes_ras: Columns are unit vectors of growing slice, row and column index, (3, 3), orthogonal.
        slice_count: Number of slices.
        thickness_mm: Thickness of each.
        gap_mm: Between neighbouring slices.
        field_of_view_mm: Extent along (row, column) index.
        acquired_matrix: Samples along (row, column) index that k-space holds.
        reconstructed_matrix: Pixels along (row, column) index after interpolation.
    """

    centre_ras_mm: npt.NDArray[np.float64]
    axes_ras: Matrix3
    slice_count: int
    thickness_mm: float
    gap_mm: float
    field_of_view_mm: tuple[float, float]
    acquired_matrix: tuple[int, int]
    reconstructed_matrix: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the reconstructed stack as (slice, row, column)."""
        return (self.slice_count, *self.reconstructed_matrix)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxel centres along (slice, row, column)."""
        rows, columns = self.reconstructed_matrix
        height, width = self.field_of_view_mm
        return (self.thickness_mm + self.gap_mm, height / rows, width / columns)

    @property
    def affine_ras(self) -> npt.NDArray[np.float64]:
        """4 x 4, index (slice, row, column) to RAS mm."""
        affine = np.eye(4)
        affine[:3, :3] = self.axes_ras * np.asarray(self.spacing_mm)
        middle = (np.asarray(self.shape) - 1) / 2.0
        affine[:3, 3] = self.centre_ras_mm - affine[:3, :3] @ middle
        return affine


@dataclass(frozen=True, slots=True)
class RigidShift:
    """How the patient lies, in scanner coordinates, against where the digital spine says.

    Rotations (about the right, anterior and superior axes, in that order) are about the stack's centre.
    """

    translation_ras_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Imperfections:
    """What keeps an image from being ideal.

    Args:
        noise_sd: Standard deviation of the noise in either channel, against the full magnetisation of
            CSF under unit coil sensitivity.
        coil_radius_mm: Of the spine array's loops: the smaller, the faster signal falls off in depth.
        anterior_coil: Sensitivity of coils in front, against those behind, 0 to 1.
        intensity_correction: Share of the fall-off that the vendor's normalisation takes out, 0 to 1.
        shading: Relative size of the slow variation that remains, 0 to 0.3.
        g_factor: Noise amplification of parallel imaging where it is worst, 1 without.
        ghosting: Amplitude of motion ghosts against the moving tissue's signal, 0 to 0.4.
        flow_void: Share of CSF signal lost where it flows fastest, 0 to 1.
        wrap: Whether what lies beyond the field of view along the phase axis folds in.
        chemical_shift: Whether fat is displaced along the frequency axis.
        anterior_saturation_mm: Distance in front of the stack's centre beyond which a saturation slab
            darkens tissue; None without a slab.
    """

    noise_sd: float = 0.01
    coil_radius_mm: float = 90.0
    anterior_coil: float = 0.3
    intensity_correction: float = 0.5
    shading: float = 0.08
    g_factor: float = 1.0
    ghosting: float = 0.05
    flow_void: float = 0.2
    wrap: bool = False
    chemical_shift: bool = True
    anterior_saturation_mm: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SeriesProtocol:
    """Everything that the scanner needs to know to acquire one series.

    Args:
        name: Name within the study, safe as a file name, such as ``lumbar_sag_T2``.
        station: The part of the spine.
        plane: Orientation of the slices.
        weighting: What the contrast shows.
        vendor: Whose habits are followed.
        field_strength_t: 1.5 or 3.
        timing: Pulse sequence.
        geometry: Where the slices are.
        phase_axis: Image axis of phase encoding.
        imperfections: Noise and artefacts.
        shift: How the patient moved before this series.
    """

    name: str
    station: Station
    plane: Plane
    weighting: Weighting
    vendor: Vendor
    field_strength_t: float
    timing: Timing
    geometry: SliceGeometry
    phase_axis: PhaseAxis
    imperfections: Imperfections = field(default_factory=Imperfections)
    shift: RigidShift = field(default_factory=RigidShift)
