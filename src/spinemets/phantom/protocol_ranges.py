"""Ranges that protocols of spine MRI are drawn from.

Sources: ACR MRI accreditation, exam-specific parameters of the spine module (2022: sagittal slices at most
3 mm in the neck, gap at most 1 mm, pixel area at most 1 mm2); ACR-ASNR-SCBT-MR practice parameter for MRI of
the adult spine (2019; sagittal T1 and T2, axial T2, STIR and contrast for tumour); Bitar et al. 2006,
RadioGraphics 26:513 (TR and TE of each weighting); Moghadam et al. 2018, J Magn Reson Imaging 48:1431 and
Shah & Salzman 2011, Radiol Res Pract 2011:769753 (what a metastasis protocol holds). Echo trains, bandwidths,
matrices and their spread are what the vendors' standard spine protocols use.
"""

from dataclasses import dataclass, field, replace

from spinemets.phantom.protocol import Station, Vendor

Range = tuple[float, float]
IntegerRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TimingRanges:
    """Uniform ranges of a weighting's sequence parameters; inversion times are for 1.5 and 3 T."""

    repetition_time_ms: Range
    echo_time_ms: Range
    echo_train_length: IntegerRange
    echo_spacing_ms: Range
    pixel_bandwidth_hz: Range
    inversion_time_ms: tuple[Range, Range] | None = None


@dataclass(frozen=True, slots=True)
class StackRanges:
    """Uniform ranges of a stack of slices; ``phase_share`` is acquired phase lines over frequency samples."""

    field_of_view_mm: Range
    slice_count: IntegerRange
    thickness_mm: Range
    gap_share: Range
    frequency_samples: tuple[int, ...]
    phase_share: Range
    reconstructed_pixels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImperfectionRanges:
    """Uniform ranges of imperfections, and how often those happen that are there or not.

    ``noise_sd`` is for a spin echo with 4 mm^3 voxels at 1.5 T, ``noise_spread`` the standard deviation of
    its logarithm between the series of a study; ``saturation_probability`` is of a slab in front of the
    spine, ``saturation_mm`` its distance from the foremost body; ``shift_probability`` is of a patient who
    moved before a series.
    """

    noise_sd: Range = (0.005, 0.02)
    noise_spread: float = 0.2
    coil_radius_mm: Range = (70.0, 130.0)
    anterior_coil: Range = (0.0, 0.7)
    intensity_correction: Range = (0.0, 1.0)
    shading: Range = (0.02, 0.12)
    g_factor: Range = (1.0, 1.4)
    ghosting: Range = (0.0, 0.12)
    flow_void: Range = (0.05, 0.5)
    wrap_probability: float = 0.08
    saturation_probability: float = 0.7
    saturation_mm: Range = (6.0, 30.0)
    shift_probability: float = 0.15
    shift_sd_mm: float = 1.8
    shift_sd_deg: float = 0.8


@dataclass(frozen=True, slots=True)
class PresenceRanges:
    """How often a study holds each series."""

    t1: float = 0.95
    t2: float = 0.93
    fat_suppressed_t2: float = 0.85
    stir_among_fat_suppressed: float = 0.8
    contrast_agent: float = 0.35
    fat_saturated_after_contrast: float = 0.7
    dixon: float = 0.08
    axial_t2: float = 0.9


_T1 = TimingRanges((450.0, 750.0), (8.0, 14.0), (2, 4), (8.0, 12.0), (130.0, 260.0))
_T2 = TimingRanges((2800.0, 4800.0), (84.0, 118.0), (13, 23), (8.0, 11.5), (150.0, 280.0))
_STIR = TimingRanges(
    (3200.0, 5200.0), (30.0, 64.0), (8, 15), (8.0, 11.0), (160.0, 280.0), ((145.0, 170.0), (190.0, 225.0))
)
_T2_FS = TimingRanges((3000.0, 4600.0), (70.0, 95.0), (13, 18), (8.0, 11.0), (170.0, 280.0))
_AXIAL_T2 = TimingRanges((3000.0, 5000.0), (90.0, 118.0), (14, 23), (8.0, 11.5), (150.0, 280.0))

_NECK = StackRanges(
    (220.0, 260.0), (11, 16), (3.0, 3.0), (0.1, 0.2), (288, 320, 384), (0.7, 0.95), (384, 448, 512)
)
_TRUNK = StackRanges(
    (320.0, 400.0), (15, 20), (3.0, 4.5), (0.08, 0.2), (320, 384, 448), (0.7, 0.95), (384, 512)
)
_SAGITTAL = {
    Station.CERVICAL: _NECK,
    Station.CERVICOTHORACIC: StackRanges(
        (270.0, 340.0), (13, 18), (3.0, 3.5), (0.1, 0.2), (320, 384), (0.7, 0.95), (384, 512)
    ),
    Station.THORACIC: _TRUNK,
    Station.THORACOLUMBAR: _TRUNK,
    Station.LUMBAR: StackRanges(
        (260.0, 320.0), (14, 20), (3.5, 4.5), (0.08, 0.2), (288, 320, 384), (0.7, 0.95), (384, 448, 512)
    ),
    # Composed of stations, as vendors' whole-spine protocols are.
    Station.WHOLE: StackRanges(
        (560.0, 700.0), (15, 18), (3.5, 4.0), (0.1, 0.2), (512, 640), (0.7, 0.95), (768, 896)
    ),
}
_AXIAL_NECK = StackRanges(
    (160.0, 200.0), (8, 14), (3.0, 3.5), (0.0, 0.2), (256, 288, 320), (0.7, 0.95), (320, 384)
)
_AXIAL_TRUNK = StackRanges(
    (170.0, 220.0), (8, 14), (3.0, 4.5), (0.0, 0.25), (256, 288, 320), (0.7, 0.95), (320, 384)
)
_AXIAL = {
    Station.CERVICAL: _AXIAL_NECK,
    Station.CERVICOTHORACIC: _AXIAL_NECK,
    Station.THORACIC: _AXIAL_TRUNK,
    Station.THORACOLUMBAR: _AXIAL_TRUNK,
    Station.LUMBAR: _AXIAL_TRUNK,
    Station.WHOLE: _AXIAL_TRUNK,
}


@dataclass(frozen=True, slots=True)
class ProtocolRanges:
    """Everything that protocols are drawn from.

    Another record of this kind gives studies outside the usual ranges, for testing what happens there.
    """

    vendor_shares: dict[Vendor, float] = field(
        default_factory=lambda: {
            Vendor.SIEMENS: 0.42,
            Vendor.GE: 0.26,
            Vendor.PHILIPS: 0.24,
            Vendor.CANON: 0.08,
        }
    )
    three_tesla_share: float = 0.4
    t1: TimingRanges = _T1
    t2: TimingRanges = _T2
    stir: TimingRanges = _STIR
    t2_fs: TimingRanges = _T2_FS
    axial_t2: TimingRanges = _AXIAL_T2
    sagittal: dict[Station, StackRanges] = field(default_factory=lambda: dict(_SAGITTAL))
    axial: dict[Station, StackRanges] = field(default_factory=lambda: dict(_AXIAL))
    imperfections: ImperfectionRanges = field(default_factory=ImperfectionRanges)
    presence: PresenceRanges = field(default_factory=PresenceRanges)
    angulation_sd_deg: float = 1.5
    axial_extra_mm: Range = (4.0, 14.0)


TRAINING_RANGES = ProtocolRanges()

# Harder and older than what TRAINING_RANGES draws: low resolution, thick slices, strong artefacts.
OUTSIDE_RANGES = replace(
    TRAINING_RANGES,
    imperfections=ImperfectionRanges(
        noise_sd=(0.024, 0.045),
        coil_radius_mm=(50.0, 70.0),
        anterior_coil=(0.0, 0.2),
        intensity_correction=(0.0, 0.3),
        shading=(0.12, 0.25),
        g_factor=(1.4, 2.0),
        ghosting=(0.15, 0.35),
        flow_void=(0.4, 0.8),
        wrap_probability=0.4,
        shift_probability=0.6,
        shift_sd_mm=4.0,
        shift_sd_deg=2.0,
    ),
    sagittal={
        station: replace(
            ranges, thickness_mm=(4.5, 6.0), frequency_samples=(224, 256), phase_share=(0.6, 0.7)
        )
        for station, ranges in _SAGITTAL.items()
    },
)
