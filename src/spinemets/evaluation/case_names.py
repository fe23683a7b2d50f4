"""What a study of the manifest may be called by those who predict it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from spinemets.errors import InputError
from spinemets.study.file_names import safe_key, stem_of, study_part
from spinemets.study.pseudonym import Identifiers, OriginalIdentifiers
from spinemets.training.manifest_image import dicom_studies
from spinemets.training.manifest_records import ManifestStudy

# spinemets infer names a study by the folders from its input down; longer names than these nobody reads.
_MOST_FOLDERS = 6
# Folders above an image that may be the study's, as sub-1/ses-2/anat are.
_DEEPEST = 4


def studies_by_name(studies: Sequence[ManifestStudy], identifiers: Identifiers) -> dict[str, int]:
    """The place of the study that each name means, by name.

    The manifest's own names win over what another study may be called as well: the pseudonym that
    ``spinemets infer`` gives to DICOM studies, names made of the images' folders and files, and the study's
    name with that of a station or series behind it (``anna-2023_lumbar``). A name of two studies means none.

    Args:
        studies: Rows of the manifest.
        identifiers: As ``spinemets infer`` had them.

    Raises:
        InputError: If two studies have the same name as a file's name.
    """
    own: dict[str, int] = {}
    for place, study in enumerate(studies):
        first = own.setdefault(safe_key(study.study), place)
        if first != place:
            raise InputError(
                f"{study.study!r} and {studies[first].study!r} are one name as a file's name",
                field="study",
                remedy="give them names that differ in letters or digits",
            )
    others = [frozenset(_other_names(study, identifiers)) for study in studies]
    counts = Counter(name for names in others for name in names)
    unique = {name: place for place, names in enumerate(others) for name in names if counts[name] == 1}
    return unique | own


def _other_names(study: ManifestStudy, identifiers: Identifiers) -> Iterator[str]:
    for station in study.stations:
        yield safe_key(f"{study.study}_{station.name}")
        yield from (safe_key(f"{study.study}_{series.name}") for series in station.series)
    yield from map(safe_key, _dicom_names(study, identifiers))
    for series in study.series:
        yield from map(safe_key, _file_names(series.image))


def _dicom_names(study: ManifestStudy, identifiers: Identifiers) -> Iterator[str]:
    """Of the first series that is DICOM, under both ways of naming."""
    image = next((series.image for series in study.series if series.image.is_dir()), None)
    if image is None:
        return
    for each in (identifiers, OriginalIdentifiers()):
        try:
            yield from (one.key for one in dicom_studies(image, each) if one.series)
        except InputError:
            # Whoever reads the images says what is wrong with them.
            return


def _file_names(image: Path) -> Iterator[str]:
    """The file's own name, and those of its folders with what of its name is the study's."""
    part = ""
    if not image.is_dir():
        yield stem_of(image)
        yield stem_of(image).removesuffix("_0000")
        part = study_part(stem_of(image))
    folders = image.absolute().parent.parts[1:]
    for end in range(len(folders), max(0, len(folders) - _DEEPEST), -1):
        for length in range(1, min(_MOST_FOLDERS, end) + 1):
            chain = folders[end - length : end]
            yield "-".join((*chain, part) if part else chain)
    if part:
        yield part
