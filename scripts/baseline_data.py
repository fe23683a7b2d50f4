"""The baseline's training set: python scripts/baseline_data.py REAL_MRI OUTPUT [PHANTOMS ...]

Real spine MRI without metastases becomes rows of two manifests in OUTPUT: ``training.json``, as it is and
with inserted lesions, fold 1 to choose checkpoints by; and ``held_out.json``, patients that are never
trained on. Folders of ``spinemets phantom`` join the training. docs/model-card.md says where images are from.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
from baseline_axial import CANAL_SET, axial_rows

from spinemets.anatomy import Anatomy, Level
from spinemets.phantom.insertion import InsertionSettings, insert_lesions
from spinemets.phantom.insertion_sites import VertebraMask, find_sites
from spinemets.study.records import Plane, Weighting
from spinemets.training.label_sets import LabelSet
from spinemets.training.manifest import new_manifest, write_manifest
from spinemets.training.manifest_records import Annotation, ManifestSeries, ManifestStation, ManifestStudy
from spinemets.training.manifest_sources.phantom import read_phantom
from spinemets.training.manifest_sources.records import SourceContent, SourceSettings
from spinemets.volume import ImageKind, Volume, read_volume, resample_to_spacing, write_volume

HELD_OUT = frozenset(
    {"spider-22", "spider-57", "spider-98", "spider-142", "DzZ", "VB2-04", "VB2-09", "VB3-02", "VB3-07"}
)
VALIDATION = frozenset({"spider-35", "spider-127", "VB2-07", "VB3-05", "S01"})
# Of phantom studies, every eighth is one to choose checkpoints by.
_VALIDATION_EVERY = 8
_FINEST_MM = 0.9
# Two exams of one patient, in the same scanner coordinates.
_ONE_PATIENT = {"AKa4": "AKa3"}

# Values of the masks that are written: a body has its level's code, the arch behind it 40 more.
_ARCH, _DISC, _CANAL, _CUT_OFF, _UNSEEN = 40, 80, 81, 82, 90
_LEVELS = {level.code: level for level in Level if Level.T1.code <= level.code <= Level.S1.code}
_BODY_OR_ARCH = frozenset({Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS})
_MASKED = {
    **{code: frozenset({Anatomy.VERTEBRAL_BODY}) for code in _LEVELS if code != Level.S1.code},
    Level.S1.code: frozenset({Anatomy.SACRUM}),
    # Where the body ends and the pedicle begins is not drawn.
    **{_ARCH + code: _BODY_OR_ARCH for code in _LEVELS},
    _DISC: frozenset({Anatomy.DISC}),
    _CANAL: frozenset({Anatomy.THECAL_SAC, Anatomy.CORD, Anatomy.EPIDURAL_SPACE}),
    _CUT_OFF: _BODY_OR_ARCH,
}
_LEVEL_OF_VALUE = _LEVELS | {_ARCH + code: level for code, level in _LEVELS.items()}


def _anatomy_set(name: str, unmasked: frozenset[Anatomy]) -> LabelSet:
    return LabelSet(
        name, anatomy={0: unmasked, **_MASKED}, levels=_LEVEL_OF_VALUE, ignored=frozenset({_UNSEEN})
    )


LABEL_SETS = {
    one.name: one
    for one in (
        # Neither the sacrum nor the fat around the sac is drawn.
        _anatomy_set("whole", frozenset({Anatomy.BACKGROUND, Anatomy.SACRUM, Anatomy.EPIDURAL_SPACE})),
        _anatomy_set("bodies", frozenset(Anatomy) - {Anatomy.VERTEBRAL_BODY}),
        LabelSet("lesion-free", lesion=dict.fromkeys((0, *_MASKED, _UNSEEN), False)),
        LabelSet("inserted", lesion={0: False}, every_other_is_lesion=True),
        CANAL_SET,
    )
}


@dataclass(frozen=True)
class Source:
    """A folder of real cases.

    Args:
        folder: Below the real MRI.
        mask: Suffix of the masks' names.
        label_set: Of the masks that are written.
        lowest: Level of the lowest body that is drawn.
        weightings: By the suffix of the images' names.
        insertion: What the masks mean, and how the images were acquired.
    """

    folder: str
    mask: str
    label_set: str
    lowest: Level
    weightings: Mapping[str, Weighting]
    insertion: InsertionSettings


_NAMED = {"T1w": Weighting.T1, "T2w": Weighting.T2, "STIR": Weighting.STIR}
# Fluid is bright and fat dark in the water image of chemical-shift MRI.
_WATER = {"waterfat": Weighting.T2_FS}
SOURCES = (
    Source("SPIDER", "anatomy", "whole", Level.L5, _NAMED, InsertionSettings(VertebraMask.SPIDER, 0.9, 0.8)),
    Source("VB1", "bodies", "bodies", Level.S1, _NAMED, InsertionSettings(VertebraMask.BODIES, 4.0)),
    Source("VB2", "bodies", "bodies", Level.L5, _NAMED, InsertionSettings(VertebraMask.BODIES, 3.5)),
    Source("VB3", "bodies", "bodies", Level.L5, _WATER, InsertionSettings(VertebraMask.BODIES, 2.0)),
)


@dataclass(frozen=True)
class Patient:
    """Images of one patient that share scanner coordinates, with the mask of each."""

    name: str
    images: Mapping[Weighting, Path]
    masks: Mapping[Weighting, Path]


def patients_of(source: Source, real: Path) -> tuple[Patient, ...]:
    """The patients of a folder, by name."""
    images: dict[str, dict[Weighting, Path]] = {}
    masks: dict[str, dict[Weighting, Path]] = {}
    for path in sorted((real / source.folder).glob("*.nii.gz")):
        exam, _, suffix = path.name.removesuffix(".nii.gz").rpartition("_")
        if suffix in source.weightings:
            name, weighting = _ONE_PATIENT.get(exam, exam), source.weightings[suffix]
            named = f"{exam}_{suffix}_{source.mask}" if source.mask == "bodies" else f"{exam}_{source.mask}"
            images.setdefault(name, {})[weighting] = path
            masks.setdefault(name, {})[weighting] = path.with_name(f"{named}.nii.gz")
    return tuple(Patient(name, images[name], masks[name]) for name in images)


def numbered_mask(mask: Volume, source: Source) -> Volume:
    """The mask with a value for each level; axes as the images have them: inferior, posterior, left."""
    sites = find_sites(mask, source.insertion.mask_kind)
    given = np.asarray(mask.array)
    values = np.zeros(mask.shape, np.uint8)
    if source.insertion.mask_kind is VertebraMask.SPIDER:
        values[given == 1], values[given == 2], values[given == 3] = _CUT_OFF, _DISC, _CANAL
    part = values[sites.index]
    for place, site in enumerate(reversed(sites.sites)):
        part[sites.bodies == site.label] = source.lowest.code - place
        part[sites.posterior == site.label] = _ARCH + source.lowest.code - place
    if source.label_set == "bodies":
        _hide_above(values)
    return Volume(values, mask.affine_ras)


def _hide_above(values: npt.NDArray[np.uint8]) -> None:
    """Above the highest body that is drawn there may be others."""
    highest = int(np.flatnonzero((values > 0).any(axis=(1, 2)))[0])
    values[:highest][values[:highest] == 0] = _UNSEEN


def rows_of(
    source: Source, patient: Patient, output: Path, copies: int, seed: int
) -> Iterator[ManifestStudy]:
    """The patient as imaged, and so many times with lesions; files go to ``output``."""
    folder = output / patient.name
    images = {weighting: _coarser(path, ImageKind.IMAGE) for weighting, path in patient.images.items()}
    drawn = {weighting: _coarser(path, ImageKind.LABEL) for weighting, path in patient.masks.items()}
    numbered = {weighting: numbered_mask(mask, source) for weighting, mask in drawn.items()}
    masks = _written(numbered, folder / "masks")
    yield _row(source, patient, "as-imaged", _written(images, folder), masks, "lesion-free", masks)
    for copy in range(1, copies + 1):
        rng = np.random.default_rng([seed, crc32(patient.name.encode()), copy])
        first = next(iter(drawn))
        result = insert_lesions(images, drawn[first], source.insertion, rng)
        files = _written(result.images, folder / f"copy-{copy}")
        lesions = _written({first: result.lesion_mask}, folder / f"lesions-{copy}")
        yield _row(source, patient, f"lesions-{copy}", files, masks, "inserted", lesions)


def _coarser(path: Path, kind: ImageKind) -> Volume:
    """The file, its pixels no finer than the network needs by far."""
    volume = read_volume(path)
    finest = tuple(max(each, _FINEST_MM) for each in volume.spacing_mm)
    return volume if finest == volume.spacing_mm else resample_to_spacing(volume, finest, kind)


def _written(volumes: Mapping[Weighting, Volume], folder: Path) -> dict[Weighting, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = {weighting: folder / f"{weighting.value}.nii.gz" for weighting in volumes}
    for weighting, volume in volumes.items():
        write_volume(files[weighting], volume)
    return files


def _row(
    source: Source,
    patient: Patient,
    name: str,
    images: Mapping[Weighting, Path],
    masks: Mapping[Weighting, Path],
    lesion_set: str,
    lesions: Mapping[Weighting, Path],
) -> ManifestStudy:
    series = tuple(
        ManifestSeries(
            weighting.value,
            Plane.SAGITTAL,
            weighting,
            image,
            (
                Annotation(masks[weighting], source.label_set),
                *(Annotation(path, lesion_set) for where, path in lesions.items() if where is weighting),
            ),
        )
        for weighting, image in images.items()
    )
    return ManifestStudy(
        study=f"{patient.name}-{name}",
        patient=patient.name,
        site=source.folder,
        simulated=lesion_set == "inserted",
        fold=int(patient.name in VALIDATION),
        stations=(ManifestStation("lumbar", series),),
        subgroups={"kind": "real" if lesion_set == "lesion-free" else "real with inserted lesions"},
    )


def phantom_rows(folder: Path, content: SourceContent) -> Iterator[ManifestStudy]:
    """The studies of a folder, named after it."""
    for number, study in enumerate(content.studies):
        name = f"{folder.name}-{study.study}"
        fold = int(number % _VALIDATION_EVERY == _VALIDATION_EVERY - 1)
        yield replace(study, study=name, patient=name, fold=fold)


def write_rows(path: Path, rows: Sequence[ManifestStudy], label_sets: Mapping[str, LabelSet]) -> None:
    """Write a manifest, and say what it holds."""
    write_manifest(path, new_manifest(path, tuple(rows), label_sets))
    print(f"{path}: {len(rows)} rows of {len({row.patient for row in rows})} patients")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("real_mri", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("phantoms", type=Path, nargs="*")
    parser.add_argument("--copies", type=int, default=2, help="with lesions, of each patient")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    output = arguments.output.absolute()
    real = [
        row
        for source in SOURCES
        for patient in patients_of(source, arguments.real_mri.absolute())
        for row in rows_of(source, patient, output, arguments.copies, arguments.seed)
    ]
    real += axial_rows(arguments.real_mri.absolute(), output, VALIDATION)
    found = {
        folder.absolute(): read_phantom(folder.absolute(), SourceSettings()) for folder in arguments.phantoms
    }
    simulated = [row for folder, content in found.items() for row in phantom_rows(folder, content)]
    phantom_sets = {name: one for content in found.values() for name, one in content.label_sets.items()}
    trained = [row for row in real if row.patient not in HELD_OUT]
    write_rows(output / "training.json", [*trained, *simulated], LABEL_SETS | phantom_sets)
    write_rows(output / "held_out.json", [row for row in real if row.patient in HELD_OUT], LABEL_SETS)


if __name__ == "__main__":
    main()
