"""What is found in one station: vertebrae with their measurements, and lesions."""

from dataclasses import dataclass
from enum import StrEnum

from spinemets.anatomy import BoneLesionType
from spinemets.findings.level_belief import LevelBelief
from spinemets.findings.measurement import Measurement
from spinemets.scoring.bone_signal import Suggestion
from spinemets.scoring.collapse import Genant
from spinemets.scoring.possible import Possible
from spinemets.scoring.sins_items import Alignment, Collapse, Posterolateral

Point = tuple[float, float, float]


class Compartment(StrEnum):
    """Parts of a vertebra and its surroundings that a lesion may lie in; sides are the patient's."""

    BODY_ANTERIOR = "anterior third of the body"
    BODY_MIDDLE = "middle third of the body"
    BODY_POSTERIOR = "posterior third of the body"
    LEFT_PEDICLE = "left pedicle"
    RIGHT_PEDICLE = "right pedicle"
    LEFT_FACET = "left facet"
    RIGHT_FACET = "right facet"
    LEFT_LAMINA = "left lamina"
    RIGHT_LAMINA = "right lamina"
    LEFT_TRANSVERSE_PROCESS = "left transverse process"
    RIGHT_TRANSVERSE_PROCESS = "right transverse process"
    SPINOUS_PROCESS = "spinous process"
    SACRUM = "sacrum"
    PARAVERTEBRAL = "paravertebral"
    EPIDURAL = "epidural"


class WallShape(StrEnum):
    """Shape of the posterior wall of a body."""

    STRAIGHT = "straight or concave"
    CONVEX = "convex"
    RETROPULSED = "retropulsed corner"


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a lesion lies in a compartment.

    Args:
        compartment: Which one.
        share: 0 to 1, of the lesion's voxels whose compartment is known.
    """

    compartment: Compartment
    share: float


@dataclass(frozen=True, slots=True)
class TypeProbability:
    """How likely a type of lesion is by the signal; equal before it is seen, and not calibrated.

    Args:
        type: Which one.
        probability: 0 to 1, by Bayes' rule.
    """

    type: BoneLesionType
    probability: float


@dataclass(frozen=True, slots=True)
class MarrowEvidence:
    """What Dixon, diffusion or CT says of a lesion; it supports the reading and settles nothing.

    Args:
        measured: Mean of the lesion within bone.
        suggests: What it speaks for; undetermined where no limit is configured.
        statement: The same in words, with the limit.
    """

    measured: Measurement
    suggests: Suggestion
    statement: str


@dataclass(frozen=True, slots=True)
class Lesion:
    """One connected lesion.

    Args:
        number: From 1, head to feet; its value in ``lesions.nii.gz``.
        vertebra: Number of the vertebra that holds most of it; None where it touches none.
        vertebrae: Numbers of all vertebrae that it touches.
        centre_ras_mm: Centre of mass.
        volume, largest_diameter: mL and mm.
        probability: Mean calibrated probability of its voxels, 0 to 1; 1 for masks drawn by hand.
        compartments: The largest share first; they add up to 1.
        breaches_cortex: Whether it reaches beyond bone; None where that cannot be judged.
        touches_border: Whether the image cuts it: sizes are then lower bounds.
        bone: What its signal suggests, or CT where it has one.
        bone_probabilities: Of each type; empty in results older than 1.1.
        marrow: Of Dixon, diffusion and CT.
    """

    number: int
    vertebra: int | None
    vertebrae: tuple[int, ...]
    centre_ras_mm: Point
    volume: Measurement
    largest_diameter: Measurement
    probability: float
    compartments: tuple[Share, ...]
    breaches_cortex: bool | None
    touches_border: bool
    bone: Possible[BoneLesionType]
    bone_probabilities: tuple[TypeProbability, ...] = ()
    marrow: tuple[MarrowEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyFindings:
    """The body of a vertebra.

    Args:
        height_anterior, height_middle, height_posterior: mm, end plate to end plate.
        loss_anterior, loss_middle, loss_posterior: % against the interpolated uninvolved neighbours;
            negative where the body is higher.
        references: Numbers of these neighbours.
        involved: % of the body that lesions fill.
        wall_offset: mm that the posterior wall stands behind the line of its neighbours' walls.
        wall_shape: None where it cannot be judged.
        genant: Grade of the largest loss; None where it is not known.
    """

    height_anterior: Measurement
    height_middle: Measurement
    height_posterior: Measurement
    loss_anterior: Measurement
    loss_middle: Measurement
    loss_posterior: Measurement
    references: tuple[int, ...]
    involved: Measurement
    wall_offset: Measurement
    wall_shape: WallShape | None
    genant: Genant | None


@dataclass(frozen=True, slots=True)
class AlignmentFindings:
    """How a vertebra stands to its neighbours.

    Args:
        kyphosis: deg between the end plates of the neighbours, kyphotic positive.
        wedge: deg between the body's own end plates, kyphotic positive.
        scoliosis: deg between the end plates of the neighbours in the coronal plane, left convex positive.
        slip: mm that the body stands before (+) or behind (-) its neighbour, the larger of both.
    """

    kyphosis: Measurement
    wedge: Measurement
    scoliosis: Measurement
    slip: Measurement


@dataclass(frozen=True, slots=True)
class CanalFindings:
    """The canal at a vertebra, on the sagittal masks.

    Args:
        narrowing: % of the sac's depth lost against the neighbouring levels.
        epidural_tumour: mL of lesion in the epidural space.
        epidural_extent: mm along the canal.
        has_cord: Whether the cord is seen at the level; None where the canal is not seen.
    """

    narrowing: Measurement
    epidural_tumour: Measurement
    epidural_extent: Measurement
    has_cord: bool | None


@dataclass(frozen=True, slots=True)
class SinsImaging:
    """What the image says of the items of SINS at a level; pain is none of them.

    Args:
        bone: Type of the lesions.
        alignment, collapse: From the measurements of the vertebra.
        posterolateral: From the share of pedicles and facets that tumour fills.
    """

    bone: Possible[BoneLesionType]
    alignment: Possible[Alignment]
    collapse: Possible[Collapse]
    posterolateral: Possible[Posterolateral]


@dataclass(frozen=True, slots=True)
class BodyFrame:
    """Axes of a vertebra, in which places are compared between studies; points are RAS mm.

    Args:
        origin_ras_mm: On the posterior wall, in the plane that parts left from right, at half height.
        right_ras, anterior_ras, superior_ras: Unit vectors, square to each other.
    """

    origin_ras_mm: Point
    right_ras: Point
    anterior_ras: Point
    superior_ras: Point


@dataclass(frozen=True, slots=True)
class Vertebra:
    """One vertebra of a station, or the sacrum.

    Args:
        number: From 1, head to feet; unique in the station.
        belief: Which level it may be.
        centre_ras_mm: Of the body.
        whole: Whether the body lies wholly within the image.
        involved: Whether a lesion touches it.
        lesions: Their numbers.
        body, alignment, canal: None for the sacrum and where the body is not wholly seen.
        sins: None where the vertebra is not involved.
        frame: None for the sacrum, where no body is seen, and in results older than 1.1.
    """

    number: int
    belief: LevelBelief
    centre_ras_mm: Point
    whole: bool
    involved: bool
    lesions: tuple[int, ...]
    body: BodyFindings | None
    alignment: AlignmentFindings | None
    canal: CanalFindings | None
    sins: SinsImaging | None
    frame: BodyFrame | None = None


@dataclass(frozen=True, slots=True)
class StationFindings:
    """All that is found in one station.

    Args:
        vertebrae: Head to feet.
        lesions: Head to feet.
        warnings: What limits the findings, in sentences.
    """

    vertebrae: tuple[Vertebra, ...]
    lesions: tuple[Lesion, ...]
    warnings: tuple[str, ...] = ()
