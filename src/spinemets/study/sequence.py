"""What a header says of the pulse sequence, with the vendors' spellings made one."""

import re
from dataclasses import dataclass
from enum import StrEnum

from spinemets.study.records import AcquisitionParameters
from spinemets.study.vocabulary import Term


class Readout(StrEnum):
    """How the echoes of a sequence are made."""

    SPIN_ECHO = "spin echo"
    GRADIENT_ECHO = "gradient echo"
    STEADY_STATE = "balanced steady state"
    ECHO_PLANAR = "echo planar"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Facts of a sequence; None or "" where the header is silent.

    Args:
        readout: How the echoes are made.
        tr_ms: Repetition time.
        te_ms: (Effective) echo time.
        ti_ms: Inversion time of a non-selective inversion.
        inverted: Whether the header calls it an inversion recovery.
        flip_angle_deg: Flip angle.
        fat_suppression: Words of the header that say that fat is suppressed.
        agent: The contrast agent, where one was given.
        image: What a composite image shows, from Image Type: Dixon images, ADC, subtraction and so on.
    """

    readout: Readout | None
    tr_ms: float | None
    te_ms: float | None
    ti_ms: float | None
    inverted: bool
    flip_angle_deg: float | None
    fat_suppression: str
    agent: str
    image: Term | None


# Values of Image Type (0008,0008), beyond the first two, and what the image then shows.
_IMAGE_TYPES = {
    "ADC": Term.ADC,
    "ADC_UNSPECIFIED": Term.ADC,
    "EADC": Term.MAP,
    "FA": Term.MAP,
    "EXP": Term.MAP,
    "DIFFUSION": Term.DIFFUSION,
    "DIFFUSION_ANISO": Term.MAP,
    "TRACEW": Term.DIFFUSION,
    "TRACE": Term.DIFFUSION,
    "CALC_BVALUE": Term.DIFFUSION,
    "W": Term.WATER,
    "WATER": Term.WATER,
    "F": Term.FAT,
    "FAT": Term.FAT,
    "IP": Term.IN_PHASE,
    "IN": Term.IN_PHASE,
    "IN_PHASE": Term.IN_PHASE,
    "INPHASE": Term.IN_PHASE,
    "OP": Term.OPPOSED,
    "OPP": Term.OPPOSED,
    "OUT": Term.OPPOSED,
    "OPP_PHASE": Term.OPPOSED,
    "OUT_PHASE": Term.OPPOSED,
    "OUT_OF_PHASE": Term.OPPOSED,
    "OPPOSED_PHASE": Term.OPPOSED,
    "FF": Term.MAP,
    "FAT_FRACTION": Term.MAP,
    "FAT_FRAC": Term.MAP,
    "WATER_FRACTION": Term.MAP,
    "T1 MAP": Term.MAP,
    "T2 MAP": Term.MAP,
    "T2_STAR MAP": Term.MAP,
    "R2_STAR": Term.MAP,
    "PHASE": Term.MAP,
    "P": Term.MAP,
    "PHASE MAP": Term.MAP,
    "SUBTRACTION": Term.SUBTRACTION,
    "SUB": Term.SUBTRACTION,
    "MODULUS SUBTRACT": Term.SUBTRACTION,
    "LOCALIZER": Term.LOCALIZER,
    "LOCALISER": Term.LOCALIZER,
    "SCOUT": Term.LOCALIZER,
    "MIP": Term.PROJECTION,
    "MAX_IP": Term.PROJECTION,
    "MIN_IP": Term.PROJECTION,
    "PROJECTION IMAGE": Term.PROJECTION,
    "CSA MIP": Term.PROJECTION,
}
# Where an image carries several of them, the first of these counts: "DIFFUSION\\ADC" is an ADC map.
_IMAGE_TYPE_ORDER = (
    Term.LOCALIZER,
    Term.SUBTRACTION,
    Term.MAP,
    Term.ADC,
    Term.PROJECTION,
    Term.DIFFUSION,
    Term.WATER,
    Term.FAT,
    Term.IN_PHASE,
    Term.OPPOSED,
)

# Scan Options (0018,0022) that say that fat is suppressed or water alone excited: DICOM's FS, and what
# Siemens (SFS, WE), Philips (SPIR, SPAIR, PROSET), Canon, Fujifilm-Hitachi and United Imaging write. GE's
# SAT_GEMS stands for any saturation band, and says nothing of fat.
_FAT_OPTIONS = frozenset(
    {
        "FS",
        "SFS",
        "WE",
        "FATSAT",
        "FAT_SAT",
        "SAT_FAT",
        "SATFAT",
        "FATSUP",
        "SPIR",
        "SPAIR",
        "PROSET",
        "CHEMSAT",
        "WFOP",
        "WET",
        "PASTA",
    }
)
_FAT_SUPPRESSED_SPECTRA = frozenset({"FAT", "FAT_AND_WATER", "SILICONE_FAT"})

# Contrast/Bolus Agent (0018,0010) that stands for none.
_NO_AGENT = frozenset(
    {
        "NONE",
        "NO",
        "N",
        "NIL",
        "NULL",
        "NA",
        "N/A",
        "-",
        "--",
        ".",
        "?",
        "FALSE",
        "OHNE",
        "SANS",
        "SIN",
        "SENZA",
        "SEM",
        "ZONDER",
        "UNKNOWN",
        "KEINE",
        "KEIN",
        "AUCUN",
    }
)
_ZERO_DOSE = re.compile(r"0+(?:[.,]0+)?(?: ?(?:ML|CC|MMOL))?")
_NEGATED = re.compile(r"(?:NO|W/?O|WITHOUT|NON|OHNE|SANS|SIN|SENZA|SEM|ZONDER)[ -]\S.*")

# Names of pulse sequences (0018,0024) that tell the readout where Scanning Sequence does not, as on GE
# (RM, research mode), Canon and some converted files.
_READOUT_NAMES = (
    (Readout.ECHO_PLANAR, re.compile(r"\bep[_2b]|epi\b|epi_|^\*?ep", re.IGNORECASE)),
    (Readout.STEADY_STATE, re.compile(r"^\*?tfi|trufi|fiesta|ssfp|^\*?ci3d", re.IGNORECASE)),
    (
        Readout.SPIN_ECHO,
        re.compile(r"fse|tse|spc|cube|^\*?se\d|haste|^\*?h2d|fase|^\*?tir|fir|vista|spinecho", re.IGNORECASE),
    ),
    (
        Readout.GRADIENT_ECHO,
        re.compile(r"^\*?f[lme]\d?d|gre|ffe|spgr|tfl|vibe|lava|^\*?me2d|^\*?fe\d|merge", re.IGNORECASE),
    ),
)

# Balanced sequences repeat within a few milliseconds (Bitar et al. 2006, RadioGraphics 26:513); GE marks
# other gradient echoes as steady state too.
_LONGEST_BALANCED_TR_MS = 20.0


def sequence_of(parameters: AcquisitionParameters) -> Sequence:
    """The facts of the sequence that a header describes."""
    scanning = _upper(parameters.scanning_sequence)
    options = _upper(parameters.scan_options)
    ti_ms = _positive(parameters.inversion_time_ms)
    named_inversion = bool(re.search(r"^\*?q?tir|fir\d|stir|_ir\b", parameters.sequence_name, re.IGNORECASE))
    image_types = {"IR", "M_IR"} & _upper(parameters.image_type)
    return Sequence(
        readout=_readout(parameters, scanning),
        tr_ms=_positive(parameters.repetition_time_ms),
        te_ms=_positive(parameters.echo_time_ms),
        ti_ms=ti_ms,
        inverted="IR" in scanning | options or named_inversion or bool(image_types),
        flip_angle_deg=_positive(parameters.flip_angle_deg),
        fat_suppression=_fat_suppression(parameters, options),
        agent=contrast_agent(parameters.contrast_agent),
        image=_image(parameters),
    )


def contrast_agent(text: str) -> str:
    """The agent named in Contrast/Bolus Agent, or "" where the text stands for none ("NONE", "0 ml")."""
    plain = " ".join(text.split()).upper()
    if not plain or plain in _NO_AGENT or _ZERO_DOSE.fullmatch(plain) or _NEGATED.fullmatch(plain):
        return ""
    return " ".join(text.split())


def _readout(parameters: AcquisitionParameters, scanning: frozenset[str]) -> Readout | None:
    # Enhanced objects name the readout by Echo Pulse Sequence (0018,9008).
    if "EP" in scanning:
        return Readout.ECHO_PLANAR
    if scanning & {"SE", "SPIN", "BOTH"}:
        return Readout.SPIN_ECHO
    if scanning & {"GR", "GRADIENT"}:
        tr_ms = _positive(parameters.repetition_time_ms)
        balanced = "SS" in _upper(parameters.sequence_variant) and (tr_ms or 0.0) <= _LONGEST_BALANCED_TR_MS
        spoiled = "SP" in _upper(parameters.sequence_variant)
        return Readout.STEADY_STATE if balanced and not spoiled else Readout.GRADIENT_ECHO
    for readout, name in _READOUT_NAMES:
        if name.search(parameters.sequence_name):
            return readout
    if "IR" in scanning or (parameters.echo_train_length or 0) > 1:
        return Readout.SPIN_ECHO
    return None


def _fat_suppression(parameters: AcquisitionParameters, options: frozenset[str]) -> str:
    if found := sorted(options & _FAT_OPTIONS):
        return f"scan option {found[0]}"
    spectrum = parameters.spectrally_selected_suppression.strip().upper()
    return f"suppressed spectrum {spectrum}" if spectrum in _FAT_SUPPRESSED_SPECTRA else ""


def _image(parameters: AcquisitionParameters) -> Term | None:
    component = parameters.complex_image_component.strip().upper()
    if component and component not in {"MAGNITUDE", "MIXED"}:
        return Term.MAP
    found = {_IMAGE_TYPES[value] for value in _upper(parameters.image_type[2:]) if value in _IMAGE_TYPES}
    return next((term for term in _IMAGE_TYPE_ORDER if term in found), None)


def _upper(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(value.strip().upper() for value in values)


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None
