"""Reads the SPIDER data set of lumbar MRI (van der Graaf et al. 2024, Sci Data 11:264)."""

import re
from collections.abc import Iterator
from pathlib import Path

from spinemets.anatomy import Anatomy, Level
from spinemets.errors import InputError, UnreadableFileError
from spinemets.study.file_names import is_image_name, stem_of
from spinemets.study.file_series import NamedFile, problem_of, series_of_file
from spinemets.study.records import Problem, Weighting
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest_records import Annotation, ManifestStation, ManifestStudy
from spinemets.training.manifest_sources.records import NO_FOLD_YET, SourceContent, SourceSettings
from spinemets.training.manifest_sources.study_rows import AnnotatedSeries

_VERTEBRA = frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS})
_CANAL = frozenset({Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE})
# Values of the masks, as the data set's authors list them: vertebrae from the bottom up (L5 = 1), the canal,
# vertebrae that are cut off by the field of view, discs. The sacrum is not annotated: it is background.
_CLASSES = {
    0: frozenset({Anatomy.BACKGROUND, Anatomy.SACRUM}),
    **dict.fromkeys(range(1, 26), _VERTEBRA),
    100: _CANAL,
    **dict.fromkeys(range(101, 126), _VERTEBRA),
    **dict.fromkeys(range(201, 226), frozenset({Anatomy.DISC})),
}
_FROM_BELOW = [Level(f"L{number}") for number in range(5, 0, -1)]
_FROM_BELOW += [Level(f"T{number}") for number in range(12, 0, -1)]
_FROM_BELOW += [Level(f"C{number}") for number in range(7, 0, -1)]
_LEVELS = {first + place: level for first in (1, 101) for place, level in enumerate(_FROM_BELOW)}
COUNTED, NOT_COUNTED = "spider", "spider-without-levels"
_LABEL_SETS = (LabelSet(COUNTED, anatomy=_CLASSES, levels=_LEVELS), LabelSet(NOT_COUNTED, anatomy=_CLASSES))

_FILE = re.compile(r"(?P<number>[0-9]+)_(?P<series>t1|t2|t2_SPACE)", re.IGNORECASE)
_WEIGHTINGS = {"t1": Weighting.T1, "t2": Weighting.T2, "t2_space": Weighting.T2}
# The 3D series competes with the 2D one as the T2 of a station, so it makes a station of its own.
_STATIONS = {"t1": "lumbar", "t2": "lumbar", "t2_space": "lumbar 3D"}


def read_spider(folder: Path, settings: SourceSettings) -> SourceContent:
    """The studies of SPIDER; files of other names are passed over.

    Args:
        folder: With ``images/<number>_t1.mha``, ``_t2``, ``_t2_SPACE`` and the same names in ``masks``.
        settings: ``site``, ``label_sets`` and ``uncertain_numbering`` count.

    Raises:
        UnreadableFileError: If there is no folder ``images``.
    """
    if not (folder / "images").is_dir():
        raise UnreadableFileError("no such folder", file=folder / "images", remedy="name SPIDER's folder")
    problems: list[Problem] = []
    series: dict[str, dict[str, list[AnnotatedSeries]]] = {}
    for number, kind, path in _image_files(folder / "images"):
        try:
            one = _series(path, kind, number in settings.uncertain_numbering)
        except InputError as error:
            problems.append(problem_of(error, path))
        else:
            series.setdefault(number, {}).setdefault(_STATIONS[kind], []).append(one)
    label_sets = {one.name: settings.label_sets.get(one.name, one) for one in _LABEL_SETS}
    site = "SPIDER" if settings.site is None else settings.site
    studies = (_study(number, series[number], site) for number in sorted(series, key=int))
    return SourceContent(tuple(studies), label_sets, tuple(problems))


def _image_files(folder: Path) -> Iterator[tuple[str, str, Path]]:
    for path in sorted(folder.iterdir()):
        if is_image_name(path.name) and (match := _FILE.fullmatch(stem_of(path))):
            yield match["number"], match["series"].casefold(), path


def _series(path: Path, kind: str, uncertain: bool) -> AnnotatedSeries:
    named = NamedFile(path, key=stem_of(path), weighting=_WEIGHTINGS[kind], named_in="its name")
    mask = path.parent.with_name("masks") / path.name
    annotations = (Annotation(mask, NOT_COUNTED if uncertain else COUNTED),) if mask.is_file() else ()
    return AnnotatedSeries(series_of_file(named), annotations)


def _study(number: str, stations: dict[str, list[AnnotatedSeries]], site: str) -> ManifestStudy:
    return ManifestStudy(
        study=f"spider-{number}",
        patient=number,
        site=site,
        simulated=False,
        fold=NO_FOLD_YET,
        stations=tuple(
            ManifestStation(name, tuple(one.row() for one in series)) for name, series in stations.items()
        ),
    )
