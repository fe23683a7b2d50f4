"""The six items of SINS: their findings and points (Fisher et al. 2010, Spine 35:E1221, table 1)."""

from enum import Enum, StrEnum

from spinemets.anatomy import BoneLesionType


class Item(StrEnum):
    """An item of the score, in the order of the original table."""

    LOCATION = "location"
    PAIN = "pain"
    BONE = "bone"
    ALIGNMENT = "alignment"
    COLLAPSE = "collapse"
    POSTEROLATERAL = "posterolateral"


class Location(StrEnum):
    """How much the spine bears and moves at a level."""

    JUNCTIONAL = "junctional"
    MOBILE = "mobile"
    SEMIRIGID = "semirigid"
    RIGID = "rigid"


class Pain(StrEnum):
    """Pain of the patient; never seen on an image."""

    MECHANICAL = "mechanical"
    OCCASIONAL = "occasional"
    NONE = "none"


class Alignment(StrEnum):
    """Alignment of the spine at the level."""

    TRANSLATION = "translation"
    DEFORMITY = "deformity"
    NORMAL = "normal"


class Collapse(StrEnum):
    """Collapse of the vertebral body, or how much of it is involved without collapse."""

    AT_LEAST_HALF = "50 % or more"
    UNDER_HALF = "under 50 %"
    INVOLVED_OVER_HALF = "no collapse, over 50 % involved"
    NEITHER = "none of these"


class Posterolateral(StrEnum):
    """Facet, pedicle or costovertebral joint fractured or replaced by tumour."""

    BILATERAL = "bilateral"
    UNILATERAL = "unilateral"
    NONE = "none"


# By item, because findings of different items may share a word.
POINTS: dict[Item, dict[Enum, int]] = {
    Item.LOCATION: {
        Location.JUNCTIONAL: 3,
        Location.MOBILE: 2,
        Location.SEMIRIGID: 1,
        Location.RIGID: 0,
    },
    Item.PAIN: {Pain.MECHANICAL: 3, Pain.OCCASIONAL: 1, Pain.NONE: 0},
    Item.BONE: {BoneLesionType.LYTIC: 2, BoneLesionType.MIXED: 1, BoneLesionType.BLASTIC: 0},
    Item.ALIGNMENT: {Alignment.TRANSLATION: 4, Alignment.DEFORMITY: 2, Alignment.NORMAL: 0},
    # Exactly 50 % is not defined in the original: counted with "more than 50 %".
    Item.COLLAPSE: {
        Collapse.AT_LEAST_HALF: 3,
        Collapse.UNDER_HALF: 2,
        Collapse.INVOLVED_OVER_HALF: 1,
        Collapse.NEITHER: 0,
    },
    Item.POSTEROLATERAL: {
        Posterolateral.BILATERAL: 3,
        Posterolateral.UNILATERAL: 1,
        Posterolateral.NONE: 0,
    },
}

# The same findings in the words of the common data elements of ACR and RSNA (RadElement set RDES21),
# which has no element for pain.
RADELEMENT_NAMES: dict[Item, dict[Enum, str]] = {
    Item.LOCATION: {
        Location.JUNCTIONAL: "junctional",
        Location.MOBILE: "mobile",
        Location.SEMIRIGID: "semi-rigid",
        Location.RIGID: "rigid",
    },
    Item.BONE: {
        BoneLesionType.LYTIC: "lytic",
        BoneLesionType.MIXED: "mixed",
        BoneLesionType.BLASTIC: "blastic",
    },
    Item.ALIGNMENT: {
        Alignment.TRANSLATION: "subluxated",
        Alignment.DEFORMITY: "deformed",
        Alignment.NORMAL: "preserved",
    },
    Item.COLLAPSE: {
        Collapse.AT_LEAST_HALF: "more than 50",
        Collapse.UNDER_HALF: "less than 50",
        Collapse.INVOLVED_OVER_HALF: "none with more than 50 involved",
        Collapse.NEITHER: "none",
    },
    Item.POSTEROLATERAL: {
        Posterolateral.BILATERAL: "bilateral",
        Posterolateral.UNILATERAL: "unilateral",
        Posterolateral.NONE: "absent",
    },
}
RADELEMENT_INDETERMINATE, RADELEMENT_UNKNOWN = "indeterminate", "unknown"
