"""What technologists and vendors call a series."""

from enum import StrEnum

from spinemets.phantom.protocol import FatSuppression, SeriesProtocol, Station, Vendor
from spinemets.study.records import Plane, Weighting


class Language(StrEnum):
    """Language that protocols are named in."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"


_PLANE = {Plane.SAGITTAL: "sag", Plane.AXIAL: "tra", Plane.CORONAL: "cor", Plane.OBLIQUE: "obl"}
_AXIAL_WORD = {Vendor.SIEMENS: "tra", Vendor.GE: "Ax", Vendor.PHILIPS: "tra", Vendor.CANON: "Ax"}

# How each vendor's own protocols read; {plane} as above.
_VENDOR_NAME = {
    Vendor.SIEMENS: {
        Weighting.T1: "t1_tse_{plane}",
        Weighting.T2: "t2_tse_{plane}",
        Weighting.STIR: "t2_tirm_{plane}",
        Weighting.T2_FS: "t2_tse_fs_{plane}",
        Weighting.T1_GD: "t1_tse{fs}_{plane} KM",
        Weighting.DIXON_IN: "t1_fl2d_dixon_{plane}_in",
        Weighting.DIXON_OPPOSED: "t1_fl2d_dixon_{plane}_opp",
        Weighting.DIXON_WATER: "t1_fl2d_dixon_{plane}_W",
        Weighting.DIXON_FAT: "t1_fl2d_dixon_{plane}_F",
    },
    Vendor.GE: {
        Weighting.T1: "{plane} T1 FSE",
        Weighting.T2: "{plane} T2 FSE",
        Weighting.STIR: "{plane} STIR",
        Weighting.T2_FS: "{plane} T2 FS",
        Weighting.T1_GD: "{plane} T1{fs} +C",
        Weighting.DIXON_IN: "InPhase: {plane} Flex",
        Weighting.DIXON_OPPOSED: "OutPhase: {plane} Flex",
        Weighting.DIXON_WATER: "WATER: {plane} Flex",
        Weighting.DIXON_FAT: "FAT: {plane} Flex",
    },
    Vendor.PHILIPS: {
        Weighting.T1: "T1W_TSE {plane}",
        Weighting.T2: "T2W_TSE {plane}",
        Weighting.STIR: "STIR_longTE {plane}",
        Weighting.T2_FS: "T2W_SPAIR {plane}",
        Weighting.T1_GD: "T1W_TSE{fs} {plane} GD",
        Weighting.DIXON_IN: "mDIXON {plane} IP",
        Weighting.DIXON_OPPOSED: "mDIXON {plane} OP",
        Weighting.DIXON_WATER: "mDIXON {plane} W",
        Weighting.DIXON_FAT: "mDIXON {plane} F",
    },
    Vendor.CANON: {
        Weighting.T1: "T1 {plane} FSE2D",
        Weighting.T2: "T2 {plane} FSE2D",
        Weighting.STIR: "STIR {plane}",
        Weighting.T2_FS: "T2 FS {plane}",
        Weighting.T1_GD: "T1{fs} {plane} CE",
        Weighting.DIXON_IN: "WFS {plane} IN PHASE",
        Weighting.DIXON_OPPOSED: "WFS {plane} OPP PHASE",
        Weighting.DIXON_WATER: "WFS {plane} WATER",
        Weighting.DIXON_FAT: "WFS {plane} FAT",
    },
}
_FAT_SATURATED = {Vendor.SIEMENS: "_fs", Vendor.GE: " FS", Vendor.PHILIPS: "_SPIR", Vendor.CANON: " FatSat"}

# What a hospital names the series itself: the weighting, the plane, the region and the contrast agent.
_AGENT = {
    Language.ENGLISH: "POST GAD",
    Language.GERMAN: "NACH KM",
    Language.FRENCH: "GADO",
    Language.SPANISH: "CON CIV",
}
_STATIONS = (
    Station.CERVICAL,
    Station.CERVICOTHORACIC,
    Station.THORACIC,
    Station.THORACOLUMBAR,
    Station.LUMBAR,
    Station.WHOLE,
)
_REGIONS = {
    Language.ENGLISH: ("C SPINE", "C-T SPINE", "T SPINE", "T-L SPINE", "L SPINE", "WHOLE SPINE"),
    Language.GERMAN: ("HWS", "HWS BWS", "BWS", "BWS LWS", "LWS", "GANZE WS"),
    Language.FRENCH: (
        "RACHIS CERV",
        "CERV DORSAL",
        "RACHIS DORSAL",
        "DORSO LOMB",
        "RACHIS LOMB",
        "RACHIS ENTIER",
    ),
    Language.SPANISH: (
        "COL CERVICAL",
        "CERV DORSAL",
        "COL DORSAL",
        "DORSO LUMBAR",
        "COL LUMBAR",
        "COL TOTAL",
    ),
}
_REGION = {language: dict(zip(_STATIONS, names, strict=True)) for language, names in _REGIONS.items()}
_AXIAL_IN = {Language.ENGLISH: "AX", Language.GERMAN: "TRA", Language.FRENCH: "AX", Language.SPANISH: "AXIAL"}


def vendor_description(protocol: SeriesProtocol) -> str:
    """The series description as the vendor's own protocol tree has it."""
    vendor = protocol.vendor
    plane = _AXIAL_WORD[vendor] if protocol.plane is Plane.AXIAL else _PLANE[protocol.plane]
    if vendor is Vendor.GE:
        plane = plane.capitalize()
    fat = _FAT_SATURATED[vendor] if protocol.timing.fat_suppression is FatSuppression.SPECTRAL else ""
    return _VENDOR_NAME[vendor][protocol.weighting].format(plane=plane, fs=fat)


def hospital_description(protocol: SeriesProtocol, language: Language) -> str:
    """The series description as a hospital renames it, such as ``T1 TSE SAG FS LWS NACH KM``.

    Dixon series keep the vendor's name, which tells the four images apart.
    """
    if protocol.timing.fat_suppression is FatSuppression.DIXON:
        return vendor_description(protocol)
    axial = protocol.plane is Plane.AXIAL
    words = [
        {Weighting.STIR: "STIR", Weighting.T2: "T2 TSE", Weighting.T2_FS: "T2 TSE"}.get(
            protocol.weighting, "T1 TSE"
        ),
        _AXIAL_IN[language] if axial else _PLANE[protocol.plane].upper(),
        "FS" if protocol.timing.fat_suppression is FatSuppression.SPECTRAL else "",
        _REGION[language][protocol.station],
        _AGENT[language] if protocol.timing.contrast_agent else "",
    ]
    return " ".join(word for word in words if word)
