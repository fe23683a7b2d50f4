"""Names of what a DICOM structured report says of lesions and levels."""

from enum import Enum

from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from spinemets.anatomy import EsccGrade
from spinemets.findings.measurement import Unit
from spinemets.findings.records import WallShape
from spinemets.inference.prior_records import Direction, Involvement, LesionChangeKind
from spinemets.report.dicom_codes import OWN_SCHEME, RADELEMENT_SCHEME, own
from spinemets.scoring.collapse import Genant
from spinemets.scoring.escc import Severity
from spinemets.scoring.sins import SinsClass
from spinemets.scoring.sins_items import (
    RADELEMENT_INDETERMINATE,
    RADELEMENT_NAMES,
    RADELEMENT_UNKNOWN,
    Item,
    Pain,
)

COMMENT = codes.DCM.Comment
NOT_KNOWN = codes.DCM.ValueUnknown
INDETERMINATE = codes.DCM.ValueIndeterminate
PROBABILITY = codes.DCM.Probability
VOLUME = codes.SCT.Volume

UNITS = {
    Unit.MILLIMETRE: codes.UCUM.Millimeter,
    Unit.MILLILITRE: Code("mL", "UCUM", "mL"),
    Unit.PERCENT: codes.UCUM.Percent,
    Unit.DEGREE: codes.UCUM.Degree,
    Unit.ONE: codes.UCUM.NoUnits,
    Unit.DIFFUSION: Code(Unit.DIFFUSION.value, "UCUM", "square micrometre per second"),
    Unit.HOUNSFIELD: Code(Unit.HOUNSFIELD.value, "UCUM", "Hounsfield unit"),
}
POINTS_UNIT = Code("{score}", "UCUM", "score")
LEVELS_UNIT = Code("{levels}", "UCUM", "levels")

LOWER_BOUND = own("LOWER_BOUND", "Lower bound")
LARGEST_DIAMETER = own("DIAMETER_MAX", "Largest diameter")
SHARE_OF_LESION = own("LESION_SHARE", "Share of the lesion")
POSSIBLE_LEVEL = own("POSSIBLE_LEVEL", "Level that the vertebra may be")
HEIGHT_LOSS_ANTERIOR = own("LOSS_ANTERIOR", "Height loss, anterior third of the body")
HEIGHT_LOSS_MIDDLE = own("LOSS_MIDDLE", "Height loss, middle third of the body")
HEIGHT_LOSS_POSTERIOR = own("LOSS_POSTERIOR", "Height loss, posterior third of the body")
BODY_INVOLVED = own("BODY_INVOLVED", "Share of the body that lesions fill")
WALL_OFFSET = own("WALL_OFFSET", "Offset of the posterior wall")
WALL_SHAPE = own("WALL_SHAPE", "Shape of the posterior wall")
GENANT = own("GENANT", "Genant grade of the largest height loss")
KYPHOSIS = own("KYPHOSIS", "Local kyphosis")
WEDGE = own("WEDGE", "Wedging of the body")
SCOLIOSIS = own("SCOLIOSIS", "Local scoliosis")
SLIP = own("SLIP", "Slip against the neighbour")
CANAL_NARROWING = own("CANAL_NARROWING", "Depth of the thecal sac lost")
EPIDURAL_VOLUME = own("EPIDURAL_VOLUME", "Volume of epidural tumour")
EPIDURAL_EXTENT = own("EPIDURAL_EXTENT", "Extent of epidural tumour along the canal")
LESION_VOLUME = own("LESION_VOLUME", "Volume of all lesions at the level")
# Of a lesion, by the rule of the measurement.
MARROW = {
    "lesion.phase_drop": own("PHASE_DROP", "Loss of signal in opposed phase"),
    "lesion.fat_fraction": own("FAT_FRACTION", "Fat fraction of the signal"),
    "lesion.adc": Code("113041", "DCM", "Apparent Diffusion Coefficient"),
    "lesion.density": own("DENSITY", "Mean density on CT"),
}

ESCC_GRADE = own("ESCC", "Epidural spinal cord compression grade")
ESCC_MEASURED = own("ESCC_MEASURED", "Epidural spinal cord compression grade by measured geometry")
ESCC_POSSIBLE = own("ESCC_POSSIBLE", "Grade that is possible")
ESCC_COVERAGE = own("ESCC_COVERAGE", "Coverage of the set of possible grades")
ESCC_SLICE = own("ESCC_SLICE", "Instance of the deciding slice")
ESCC_DISAGREES = own("ESCC_DISAGREES", "Grades of network and geometry differ by more than one")
ESCC_SEVERITY = own("ESCC_SEVERITY", "Low or high grade compression, high from grade 2")
ESCC_AT_LEAST_1C = own("ESCC_FROM_1C", "Grade 1c or higher")
ESCC_CAUDA = own("ESCC_CAUDA", "Cauda equina graded in the place of the cord")
NOT_GRADABLE = own("NOT_GRADABLE", "Not gradable")
YES, NO = codes.SCT.Yes, codes.SCT.No

SINS_MINIMUM = own("SINS_MIN", "SINS, least total that the findings allow")
SINS_MAXIMUM = own("SINS_MAX", "SINS, greatest total that the findings allow")
SINS_CLASS = own("SINS_CLASS", "SINS class that the findings allow")
POSSIBLE_FINDING = own("POSSIBLE", "Finding that is possible")
LESION_CHANGE = own("LESION_CHANGE", "What has become of the lesion since the earlier study")
LEVEL_CHANGE = own("LEVEL_CHANGE", "Tumour at the level on the earlier study and now")
ESCC_CHANGE = own("ESCC_CHANGE", "Change of the compression grade that is possible")
VOLUME_CHANGE = own("VOLUME_CHANGE", "Change of volume since the earlier study")
DAYS_SINCE = own("DAYS_SINCE", "Days since the earlier study")
DAYS_UNIT = Code("d", "UCUM", "days")
INVOLVED_LEVELS = own("INVOLVED_LEVELS", "Number of involved levels")

# RadElement numbers its elements; the numbers could not be verified, so that codes are the published names.
_ELEMENTS = {
    Item.LOCATION: "Location",
    Item.BONE: "Lesion quality",
    Item.ALIGNMENT: "Alignment",
    Item.COLLAPSE: "Collapse",
    Item.POSTEROLATERAL: "Posterior elements",
}
_PAIN = {
    Pain.MECHANICAL: own("PAIN_MECHANICAL", "mechanical"),
    Pain.OCCASIONAL: own("PAIN_OCCASIONAL", "occasional, not mechanical"),
    Pain.NONE: own("PAIN_NONE", "none"),
}


def change_code(change: LesionChangeKind | Involvement | Direction) -> Code:
    """What has become of a lesion, a level or a grade."""
    return own(f"{_CHANGES[type(change)]}_{change.name}", change.value)


_CHANGES = {LesionChangeKind: "LESION", Involvement: "TUMOUR", Direction: "CHANGE"}


def grade_code(grade: EsccGrade) -> Code:
    """A grade of epidural compression (Bilsky et al. 2010)."""
    return own(f"ESCC_{grade.value.upper()}", f"ESCC grade {grade.value}")


def wall_code(shape: WallShape) -> Code:
    """A shape of the posterior wall."""
    return own(f"WALL_{shape.name}", str(shape))


def genant_code(grade: Genant) -> Code:
    """A grade of vertebral deformity (Genant et al. 1993)."""
    return own(f"GENANT_{grade.value}", f"Genant grade {grade.value}")


def severity_code(severity: Severity) -> Code:
    """Low or high grade compression."""
    return own(f"ESCC_{severity.name}", str(severity))


def class_code(sins_class: SinsClass) -> Code:
    """A class of SINS (Fisher et al. 2010)."""
    return own(f"SINS_{sins_class.name}", str(sins_class))


def item_code(item: Item) -> CodedConcept:
    """The name of an item of SINS: RadElement's, ours for pain, which RadElement lacks."""
    if item is Item.PAIN:
        return CodedConcept("SINS_PAIN", OWN_SCHEME, "Pain")
    name = _ELEMENTS[item]
    return CodedConcept(name, RADELEMENT_SCHEME, f"RDES21 {name}")


def finding_code(item: Item, finding: str) -> CodedConcept:
    """A finding of an item, by the value of its enumeration.

    Raises:
        KeyError: If the item has no such finding.
    """
    if item is Item.PAIN:
        return CodedConcept.from_code(_PAIN[Pain(finding)])
    return _radelement({str(key.value): name for key, name in _names(item).items()}[finding])


def open_finding_code(item: Item, anything_is_known: bool) -> CodedConcept:
    """What stands for an item with several possible findings: unknown, or indeterminate."""
    name = RADELEMENT_INDETERMINATE if anything_is_known else RADELEMENT_UNKNOWN
    if item is Item.PAIN:
        return CodedConcept.from_code(INDETERMINATE if anything_is_known else NOT_KNOWN)
    return _radelement(name)


def _names(item: Item) -> dict[Enum, str]:
    return RADELEMENT_NAMES[item]


def _radelement(name: str) -> CodedConcept:
    return CodedConcept(name, RADELEMENT_SCHEME, name)
