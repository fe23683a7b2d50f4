"""Coded names of anatomy, levels, lesions and measurements in DICOM outputs.

SNOMED CT codes are those of pydicom's dictionaries of the DICOM standard (PS3.16), with two exceptions that
DICOM's context groups lack and that are marked below. What SNOMED CT has no verified code for is coded in a
scheme of our own, ``99SPINEMETS``, never under the name of another.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from spinemets.anatomy import Anatomy, Level, Region

OWN_SCHEME = "99SPINEMETS"
RADELEMENT_SCHEME = "RADELEMENT"


def own(value: str, meaning: str) -> Code:
    """A code of our own scheme."""
    return Code(value, OWN_SCHEME, meaning)


def coding_schemes() -> list[CodingSchemeIdentificationItem]:
    """What the schemes are that are not part of the DICOM standard."""
    return [
        CodingSchemeIdentificationItem(OWN_SCHEME, name="Codes of SpineMets"),
        CodingSchemeIdentificationItem(
            RADELEMENT_SCHEME,
            name="Common data elements of ACR and RSNA: names of set RDES21",
            responsible_organization="ACR and RSNA",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Structure:
    """How a class of the anatomy map is named in DICOM.

    Args:
        label: For people.
        type: Segmented Property Type.
        modifier: Of the type, where it is only a part of it.
        region: Anatomic region, where the type alone does not say where it is.
        rgb: Colour to show it in, 0 to 255.
    """

    label: str
    type: Code
    rgb: tuple[int, int, int]
    modifier: Code | None = None
    region: Code | None = None


# Not in DICOM's context groups; both as the DICOM segmentation terminologies of 3D Slicer's
# TotalSegmentator extension and of public segmentation mappings have them.
_VERTEBRAL_BODY = Code("3572006", "SCT", "Vertebral body")
_INTERVERTEBRAL_DISC = Code("360499006", "SCT", "Intervertebral disc")

# The sac's wall stands for the sac: SNOMED CT's own concept of the sac could not be verified, nor could
# that of the epidural space.
STRUCTURES = {
    Anatomy.VERTEBRAL_BODY: Structure("Vertebral bodies", _VERTEBRAL_BODY, (221, 196, 140)),
    Anatomy.POSTERIOR_ELEMENTS: Structure(
        "Posterior elements",
        codes.SCT.ArchOfVertebra,
        (190, 160, 110),
        own("POSTERIOR", "Posterior elements"),
    ),
    Anatomy.DISC: Structure("Intervertebral discs", _INTERVERTEBRAL_DISC, (111, 184, 210)),
    Anatomy.SACRUM: Structure("Sacrum", codes.SCT.Sacrum, (212, 188, 102)),
    Anatomy.THECAL_SAC: Structure(
        "Thecal sac",
        codes.SCT.DuraMater,
        (120, 150, 230),
        own("THECAL_SAC", "Thecal sac"),
        codes.SCT.VertebralCanal,
    ),
    Anatomy.CORD: Structure("Spinal cord", codes.SCT.SpinalCord, (244, 214, 49)),
    Anatomy.EPIDURAL_SPACE: Structure(
        "Epidural space",
        own("EPIDURAL_SPACE", "Spinal epidural space"),
        (150, 208, 160),
        region=codes.SCT.VertebralCanal,
    ),
}
LESION_RGB = (220, 40, 60)

ANATOMICAL_STRUCTURE = codes.SCT.AnatomicalStructure
ABNORMAL_STRUCTURE = codes.SCT.MorphologicallyAbnormalStructure
METASTASIS = Code("14799000", "SCT", "Neoplasm, metastatic")

# DICOM CID 7603 names C1 to L5. Sacral segments have no code there: they are the sacrum, and so said.
_VERTEBRAE: dict[Level, Code] = {
    level: getattr(codes.SCT, f"{level.value}Vertebra")
    for level in Level
    if level.region in (Region.CERVICAL, Region.THORACIC, Region.LUMBAR)
    and level not in (Level.T13, Level.L6)
}
_REGIONS: dict[Region, Code] = {
    Region.OCCIPITAL: codes.SCT.OccipitalBone,
    Region.CERVICAL: codes.SCT.CervicalSpine,
    Region.THORACIC: codes.SCT.ThoracicSpine,
    Region.LUMBAR: codes.SCT.LumbarSpine,
    Region.SACRAL: codes.SCT.Sacrum,
}
_ACROSS: dict[frozenset[Region], Code] = {
    frozenset({Region.CERVICAL, Region.THORACIC}): codes.SCT.CervicoThoracicSpine,
    frozenset({Region.THORACIC, Region.LUMBAR}): codes.SCT.ThoracoLumbarSpine,
    frozenset({Region.LUMBAR, Region.SACRAL}): codes.SCT.LumboSacralSpine,
}
_SPINE: Code = codes.SCT.Spine


def level_code(level: Level) -> Code:
    """The code of one level: SNOMED CT where it has one, ours for the occiput's, sacral and extra levels."""
    return _VERTEBRAE.get(level) or own(f"LEVEL_{level.name}", f"Level {level.value}")


def site_code(levels: Iterable[Level]) -> Code:
    """Where something lies that may be at any of the levels.

    Returns:
        The vertebra, where there is one level and SNOMED CT names it; else the region that holds all of
        the levels; the spine, where there are none or they span more than two regions. The text beside
        the code has to name the levels.
    """
    held = tuple(levels)
    if len(held) == 1 and held[0] in _VERTEBRAE:
        return _VERTEBRAE[held[0]]
    regions = frozenset(level.region for level in held)
    if len(regions) == 1:
        return _REGIONS[next(iter(regions))]
    return _ACROSS.get(regions, _SPINE)
