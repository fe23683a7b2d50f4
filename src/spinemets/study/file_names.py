"""What the names of image files say: mask or image, and which files are of one study."""

import re
from pathlib import Path

from spinemets.study.records import AcquisitionParameters
from spinemets.study.stations import region_named
from spinemets.study.vocabulary import terms_of
from spinemets.volume.header import IMAGE_SUFFIXES

# Folders that hold what was made from images, and no images to read.
PRODUCT_FOLDERS = frozenset(
    {
        "derivatives",
        "labels",
        "labelstr",
        "labelsts",
        "masks",
        "segmentations",
        "annotations",
        "truth",
        "code",
        "__macosx",
    }
)

_MASK_WORDS = frozenset(
    {
        "mask",
        "masks",
        "msk",
        "seg",
        "dseg",
        "probseg",
        "gmseg",
        "csfseg",
        "segmentation",
        "segmentations",
        "labelmap",
    }
)
# Words that name a mask only where they end the name: "label-6_T2w" is an image.
_LAST_MASK_WORDS = frozenset(
    {
        "label",
        "labels",
        "body",
        "bodies",
        "anatomy",
        "cord",
        "csf",
        "gm",
        "wm",
        "disc",
        "discs",
        "level",
        "levels",
        "lesion",
        "lesions",
        "landmarks",
        "manual",
        "roi",
        "truth",
        "gt",
        "annotation",
    }
)
# Words of a name that tell series of one study apart, beside those of contrast and region.
_SERIES_WORDS = frozenset(
    {
        "sag",
        "sagittal",
        "ax",
        "axial",
        "tra",
        "transversal",
        "transverse",
        "cor",
        "coronal",
        "tse",
        "fse",
        "se",
        "spc",
        "space",
        "cube",
        "vista",
        "iso",
        "2d",
        "3d",
        "image",
        "img",
        "scan",
        "series",
        "mr",
        "mri",
        "w",
        "weighted",
        "spin",
        "echo",
    }
)
# BIDS entities that part the images of one visit.
_ENTITY = re.compile(r"(?:^|_)(?:acq|ce|rec|dir|run|echo|part|chunk|inv|mod|res|space|desc)-[A-Za-z0-9]+")
_SUBJECT = re.compile(r"^sub-[A-Za-z0-9]+(?:_ses-[A-Za-z0-9]+)?")
_TIME = re.compile(r"(?:^|_)[0-9]{14}(?=_|$)")
_PARTS = re.compile(r"[_\-. ]+")


def is_image_name(name: str) -> bool:
    """Whether a file is an image by its suffix; hidden files and macOS's ``._`` twins are not."""
    return name.casefold().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def stem_of(path: Path) -> str:
    """The name without the image suffix."""
    name = path.name
    suffix = next((one for one in IMAGE_SUFFIXES if name.casefold().endswith(one)), path.suffix)
    return name[: len(name) - len(suffix)]


def is_mask_name(stem: str) -> bool:
    """Whether a name is that of a mask or of marks set by hand."""
    parts = [part.casefold() for part in _PARTS.split(stem) if part]
    return bool(parts) and (not _MASK_WORDS.isdisjoint(parts) or parts[-1] in _LAST_MASK_WORDS)


def study_part(stem: str, parameters: AcquisitionParameters | None = None, number: int | None = None) -> str:
    """What of a name is the study's, once all that names a series is taken away; "" where nothing is left.

    Two names belong to one study where this part agrees. An unknown word keeps studies apart: two patients
    taken for one would be worse than one taken for two, which the user sees and mends with ``study.yaml``.

    Args:
        stem: The name without its suffix.
        parameters: Header facts of a sidecar; its description is often part of the name.
        number: Series number of the sidecar.
    """
    if subject := _SUBJECT.match(stem):
        return subject.group()
    rest = _TIME.sub("", _ENTITY.sub("", stem))
    if parameters is not None:
        for text in (parameters.series_description, parameters.protocol_name):
            described = re.escape(re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_"))
            rest = re.sub(rf"(?:^|_){described}(?=_|$)", "", rest) if described else rest
    if number is not None:
        rest = re.sub(rf"(?:^|_)0*{number}[a-z]?(?=_|$)", "", rest)
    kept = [part for part in re.split(r"([_\-. ]+)", rest) if not _names_series(part)]
    return re.sub(r"[_\-. ]+$|^[_\-. ]+|([_\-. ])[_\-. ]+", r"\1", "".join(kept))


def _names_series(part: str) -> bool:
    plain = part.casefold()
    sized = re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?mm", plain)
    return plain in _SERIES_WORDS or bool(sized or terms_of(part) or region_named(part))


def safe_key(*parts: str) -> str:
    """Texts as one key, joined by dashes: letters, digits, dot, dash and underscore; safe as a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(filter(None, parts))).strip("-.") or "unnamed"
