"""What a digital spine is to look like: drawn from a seed, complete before any voxel is made."""

from dataclasses import dataclass
from enum import StrEnum

from spinemets.anatomy import BoneLesionType, EsccGrade, Level, Numbering


@dataclass(frozen=True, slots=True)
class CurveSpec:
    """Curvature of the spine; Cobb angles, positive as named."""

    cervical_lordosis_deg: float
    thoracic_kyphosis_deg: float
    lumbar_lordosis_deg: float
    sacral_slope_deg: float
    scoliosis_deg: float = 0.0
    scoliosis_apex: Level = Level.L1
    tilt_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class CollapseSpec:
    """A fractured body: height lost at its thirds, and what became of the posterior wall.

    ``loss_*_percent`` are of the intact height at that third. ``convex_bulge_mm`` is how far a
    convex posterior wall reaches into the canal (metastatic), ``retropulsion_mm`` how far a
    retropulsed corner does (osteoporotic).
    """

    loss_anterior_percent: float
    loss_middle_percent: float
    loss_posterior_percent: float
    convex_bulge_mm: float = 0.0
    retropulsion_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class VertebraSpec:
    """One vertebra before disease; lengths are of the body unless named otherwise."""

    level: Level
    depth_mm: float
    width_mm: float
    anterior_height_mm: float
    posterior_height_mm: float
    canal_depth_mm: float
    canal_width_mm: float
    pedicle_width_mm: float
    pedicle_height_mm: float
    spinous_length_mm: float
    transverse_span_mm: float
    concavity_mm: float
    collapse: CollapseSpec | None = None
    slip_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class DiscSpec:
    """The disc below ``above``; ``pfirrmann`` is 1 (healthy) to 5 (collapsed)."""

    above: Level
    anterior_height_mm: float
    posterior_height_mm: float
    pfirrmann: int
    bulge_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class HabitusSpec:
    """The body around the spine."""

    trunk_width_mm: float
    trunk_depth_mm: float
    neck_width_mm: float
    neck_depth_mm: float
    fat_thickness_mm: float
    muscle_fat_fraction: float
    marrow_fat_fraction: float


class LesionShape(StrEnum):
    """How a lesion grows through marrow."""

    FOCAL = "focal"
    DIFFUSE = "diffuse"


@dataclass(frozen=True, slots=True)
class LesionSpec:
    """One metastasis.

    ``centre_body`` is (right, anterior, superior) as fractions of the body's half width, half
    depth and half height from its centre; values beyond 1 lie in the posterior elements or outside.
    """

    level: Level
    bone_type: BoneLesionType
    shape: LesionShape
    centre_body: tuple[float, float, float]
    volume_ml: float
    elongation: tuple[float, float, float]
    spreads_to_left: bool
    spreads_to_right: bool
    breaches_cortex: bool
    paravertebral: bool
    halo: bool
    seed: int


class EpiduralSide(StrEnum):
    """Where epidural tumour enters the canal; sides are the patient's."""

    VENTRAL = "ventral"
    LEFT = "left"
    RIGHT = "right"
    DORSAL = "dorsal"
    CIRCUMFERENTIAL = "circumferential"


@dataclass(frozen=True, slots=True)
class EpiduralSpec:
    """Epidural tumour that gives ``grade`` at its worst section; ``curtain`` spares the midline."""

    level: Level
    grade: EsccGrade
    side: EpiduralSide
    extent_mm: float
    curtain: bool
    seed: int


class LookalikeKind(StrEnum):
    """What must not be called a metastasis."""

    HAEMANGIOMA = "haemangioma"
    ENDPLATE_OEDEMA = "endplate_oedema"
    ENDPLATE_FAT = "endplate_fat"
    SCHMORL_NODE = "schmorl_node"
    DISCITIS = "discitis"
    BONE_ISLAND = "bone_island"
    RED_MARROW = "red_marrow"
    OSTEOPOROTIC_FRACTURE = "osteoporotic_fracture"
    METAL = "metal"


@dataclass(frozen=True, slots=True)
class LookalikeSpec:
    """One look-alike; those of a disc belong to the disc below ``level``.

    A fracture's shape is the vertebra's ``collapse``; this entry adds what its marrow looks like.
    """

    level: Level
    kind: LookalikeKind
    size_mm: float
    seed: int


@dataclass(frozen=True, slots=True)
class SpineSpec:
    """A whole digital spine."""

    seed: int
    numbering: Numbering
    curve: CurveSpec
    habitus: HabitusSpec
    vertebrae: tuple[VertebraSpec, ...]
    discs: tuple[DiscSpec, ...]
    lesions: tuple[LesionSpec, ...] = ()
    epidurals: tuple[EpiduralSpec, ...] = ()
    lookalikes: tuple[LookalikeSpec, ...] = ()
