"""Which DICOM objects are images of a body to read, and why the others are not."""

from dataclasses import dataclass

from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

MULTI_FRAME_CLASSES = frozenset(
    {
        EnhancedMRImageStorage,
        EnhancedCTImageStorage,
        LegacyConvertedEnhancedMRImageStorage,
        LegacyConvertedEnhancedCTImageStorage,
    }
)
_IMAGE_CLASSES = MULTI_FRAME_CLASSES | {MRImageStorage, CTImageStorage}
_MODALITIES = frozenset({"MR", "CT"})

# SOP classes (DICOM PS3.4, B.5) that hold pictures, but not of an acquisition.
_CAPTURE_CLASSES = "1.2.840.10008.5.1.4.1.1.7"
# The same of other modalities: they are named to the user, who may have expected them to be read.
_OTHER_IMAGES = {
    "1.2.840.10008.5.1.4.1.1.1": "a radiograph",
    "1.2.840.10008.5.1.4.1.1.3": "an ultrasound image",
    "1.2.840.10008.5.1.4.1.1.6": "an ultrasound image",
    "1.2.840.10008.5.1.4.1.1.12": "an angiogram",
    "1.2.840.10008.5.1.4.1.1.20": "a nuclear medicine image",
    "1.2.840.10008.5.1.4.1.1.128": "a PET image",
    "1.2.840.10008.5.1.4.1.1.4.3": "an enhanced MR colour image",
    "1.2.840.10008.5.1.4.1.1.4.2": "an MR spectrum",
}

# Values of Image Type (0008,0008) beyond the second: those of DICOM PS3.3 C.8.3 and C.8.13, and what Siemens,
# GE, Philips and Canon add.
_TYPES_LEFT_OUT = {
    "a localizer": {"LOCALIZER", "LOCALISER", "SCOUT", "SURVEY", "TOPOGRAM"},
    "a projection (MIP)": {"MIP", "MAX_IP", "MIN_IP", "MINIP", "PROJECTION IMAGE", "CSA MIP"},
    "reformatted from another series": {
        "MPR",
        "CSA MPR",
        "CSA MPR CURVED",
        "CSA MPR THICK",
        "MPR CURVED",
        "CURVED",
        "REFORMATTED",
        "RESAMPLED",
        "CSA RESAMPLED",
        "VRT",
        "RENDERING",
    },
    "a screenshot": {"SCREEN SAVE", "SCREENSHOT", "SCREEN CAPTURE", "SCREENSAVE"},
    "a report made into an image": {"CSA REPORT", "CSA BLACK IMAGE", "CSA RESULT", "CSA 3D EDITOR"},
    "a mosaic of slices": {"MOSAIC"},
    "a phase or complex image": {
        "P",
        "PHASE",
        "PHASE MAP",
        "PHASE_MAP",
        "PHASE IMAGE",
        "R",
        "REAL",
        "I",
        "IMAGINARY",
        "VELOCITY",
        "VELOCITY MAP",
        "P_FFE",
        "P_SE",
        "PHASE CONTRAST M",
        "PCA",
    },
}
_LEFT_OUT_BY_TYPE = {value: what for what, values in _TYPES_LEFT_OUT.items() for value in values}
_COMPONENTS_LEFT_OUT = frozenset({"PHASE", "REAL", "IMAGINARY"})

# What keeps an image that is both derived and secondary: images that scanners compute as part of the
# acquisition, and stations put together.
_SERVING_TYPES = frozenset(
    {
        "ADC",
        "ADC_UNSPECIFIED",
        "DIFFUSION",
        "TRACEW",
        "TRACE",
        "DIXON",
        "W",
        "WATER",
        "F",
        "FAT",
        "IP",
        "IN",
        "IN_PHASE",
        "INPHASE",
        "OP",
        "OPP",
        "OUT",
        "OPP_PHASE",
        "OUT_PHASE",
        "OUT_OF_PHASE",
        "OPPOSED_PHASE",
        "COMPOSED",
        "COMP",
        "COMBINED",
        "MOBIVIEW",
    }
)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an object is not read; ``quiet`` where nobody would have expected it to be."""

    reason: str
    quiet: bool = False


def exclusion_by_class(sop_class_uid: str, modality: str) -> Exclusion | None:
    """Whether the kind of object rules it out; a missing SOP class is judged by the modality."""
    if sop_class_uid in _IMAGE_CLASSES or (not sop_class_uid and modality in _MODALITIES):
        return None
    if sop_class_uid == _CAPTURE_CLASSES or sop_class_uid.startswith(f"{_CAPTURE_CLASSES}."):
        return Exclusion("a secondary capture")
    for uid, what in _OTHER_IMAGES.items():
        if sop_class_uid == uid or sop_class_uid.startswith(f"{uid}."):
            return Exclusion(what)
    if modality in _MODALITIES and not sop_class_uid.startswith("1.2.840.10008."):
        return Exclusion("a private object of the scanner", quiet=True)
    return Exclusion("no image", quiet=True)


def exclusion_by_type(
    image_type: tuple[str, ...], complex_component: str, samples_per_pixel: int
) -> Exclusion | None:
    """Whether the header says that the image is none of the acquisition, or none of magnitude.

    Args:
        image_type: Image Type, or Frame Type of a frame.
        complex_component: Complex Image Component of an enhanced image.
        samples_per_pixel: More than 1 for a colour image.
    """
    if samples_per_pixel > 1:
        return Exclusion("a colour image")
    types = tuple(value.strip().upper() for value in image_type)
    for value in types[2:]:
        if value in _LEFT_OUT_BY_TYPE:
            return Exclusion(_LEFT_OUT_BY_TYPE[value])
    if complex_component.strip().upper() in _COMPONENTS_LEFT_OUT:
        return Exclusion("a phase or complex image")
    if types[:2] == ("DERIVED", "SECONDARY") and not _serves(types):
        return Exclusion("derived from other images after the acquisition")
    return None


def _serves(types: tuple[str, ...]) -> bool:
    return any(value in _SERVING_TYPES or value.startswith(("COMP_", "DIXON")) for value in types[2:])
