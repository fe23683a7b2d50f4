"""spinemets infer on real MRI: python benchmarks/real_cases.py REAL_MRI OUTPUT [--only WORD ...]

REAL_MRI is the folder with SPIDER, VB1, VB2, VB3, SCT, sct_pair2014, tptbox, dicom_qa_sag and dicom_spine1;
what is missing is left out. Prints a table in Markdown: bodies found against the reference masks, levels,
lesions (all false: no case has a metastasis), seconds with start-up; below it refusals and warnings. Reports
stay in OUTPUT.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
from scipy import ndimage

from spinemets.anatomy import Anatomy
from spinemets.findings.records import Vertebra
from spinemets.inference.records import StudyResult
from spinemets.inference.result_json import read_result
from spinemets.volume import Volume, read_volume, reorient

# Says what each contrast is where images are written as DICOM: TR and TE in ms, TI where inverted.
_TIMING = {"T1": (600, 10, None), "T2": (3500, 100, None), "STIR": (4000, 60, 160)}
# Smaller pieces of a reference of vertebrae are parts of arches that no slice joins to a body.
_LEAST_VERTEBRA_ML = 8.0


@dataclass(frozen=True)
class Case:
    """A study of real MRI.

    Args:
        key: Its name in the table.
        images: Path of each weighting; the study is a copy of ``folder`` where there are none.
        reference: Mask of bodies, or of vertebrae.
        whole: Whether the mask shows vertebrae with their arches.
        as_dicom: Whether the images are written as DICOM first.
        folder: DICOM as it is.
    """

    key: str
    images: dict[str, Path]
    reference: Path | None = None
    whole: bool = False
    as_dicom: bool = False
    folder: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a case; ``result`` is None where it was refused."""

    case: Case
    result: StudyResult | None
    folder: Path
    seconds: float
    message: str


def cases(real: Path) -> Iterator[Case]:
    """Every case of the folder, pairs of one patient as one study, and some of them again as DICOM."""
    for path in sorted((real / "SPIDER").glob("*_T2w.nii.gz")):
        reference = path.with_name(path.name.replace("T2w", "anatomy"))
        key = path.name.removesuffix("_T2w.nii.gz")
        yield Case(key, {"T2": path}, reference, whole=True)
        if key.endswith("-11"):
            yield Case(f"{key}-dicom", {"T2": path}, reference, whole=True, as_dicom=True)
    one, other = real / "VB1" / "AKa3_T1w.nii.gz", real / "VB1" / "AKa4_STIR.nii.gz"
    pairs = {"AKa3+AKa4": {"T1": one, "STIR": other}}
    pairs["DzZ"] = {name: real / "VB1" / f"DzZ_{name}w.nii.gz" for name in ("T1", "T2")}
    pairs |= {key: {"T2": real / "VB1" / f"{key}_T2w.nii.gz"} for key in ("F02", "S01")}
    pairs |= {"AKa3": {"T1": one}, "AKa4": {"STIR": other}}
    for key, images in pairs.items():
        last = list(images.values())[-1] if "T2" in images else one if "T1" in images else other
        for as_dicom in (False, True) if len(images) > 1 else (False,):
            yield Case(f"VB1-{key}{'-dicom' * as_dicom}", images, _bodies(last), as_dicom=as_dicom)
    for path in sorted([*real.glob("VB2/*_T2w.nii.gz"), *real.glob("VB3/*_waterfat.nii.gz")]):
        yield Case(path.name.rpartition("_")[0], {"T2": path}, _bodies(path))
    necks = {"SCT": {"T1": "SCT/sct_T1w.nii.gz", "T2": "SCT/sct_T2w.nii.gz"}}
    necks["sct_pair2014"] = {"T2": "sct_pair2014/sag_T2w_1mm.nii.gz"}
    necks["tptbox-mri"] = {"T2": "tptbox/sub-mri_label-6_T2w.nii.gz"}
    necks["tptbox-ct-as-T2"] = {"T2": "tptbox/sub-ct_label-22_ct.nii.gz"}
    for key, files in necks.items():
        yield Case(key, {weighting: real / name for weighting, name in files.items()})
    for name in ("dicom_qa_sag/5001_Product_EPI_Sag_Ascending", "dicom_spine1"):
        yield Case(name.partition("/")[0], {}, folder=real / name)


def _bodies(path: Path) -> Path:
    return path.with_name(path.name.replace(".nii.gz", "_bodies.nii.gz"))


def run(case: Case, output: Path) -> Outcome:
    """Write the study, and assess it as a user would."""
    source = output / "in" / case.key
    shutil.rmtree(source, ignore_errors=True)
    if case.folder is not None:
        shutil.copytree(case.folder, source)
    elif case.as_dicom:
        write_dicom(case, source)
    else:
        source.mkdir(parents=True)
        for weighting, path in case.images.items():
            shutil.copy(path, source / f"{weighting}.nii.gz")
        listed = "".join(f"- {{path: {name}.nii.gz, weighting: {name}}}\n" for name in case.images)
        (source / "study.yaml").write_text(f"key: {case.key}\nseries:\n{listed}")
    target = output / "out" / case.key
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "spinemets", "infer", f"input={source}", f"output={target}"]
    began = time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    found = next(target.glob("*/result.json"), None)
    message = "" if found else finished.stderr.strip().splitlines()[-1]
    return Outcome(
        case,
        None if found is None else read_result(found),
        found.parent if found else target,
        seconds,
        message,
    )


def write_dicom(case: Case, folder: Path) -> None:
    """The images as classic MR, sagittal slices, in one frame of reference."""
    study, frame = generate_uid(entropy_srcs=[case.key]), generate_uid(entropy_srcs=[case.key, "frame"])
    for number, (weighting, path) in enumerate(case.images.items(), start=1):
        volume = reorient(read_volume(path), "LIP")
        series = generate_uid(entropy_srcs=[case.key, weighting])
        (folder / weighting).mkdir(parents=True)
        for index in range(volume.shape[0]):
            dataset = _slice(volume, index, weighting)
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = (
                study,
                series,
                frame,
            )
            dataset.SeriesNumber, dataset.InstanceNumber = number, index + 1
            dataset.SOPInstanceUID = generate_uid(entropy_srcs=[series, str(index)])
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dcmwrite(folder / weighting / f"{index:04d}.dcm", dataset, enforce_file_format=True)


def _slice(volume: Volume, index: int, weighting: str) -> Dataset:
    lps = np.array([-1.0, -1.0, 1.0])
    repetition, echo, inversion = _TIMING[weighting]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = MRImageStorage
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Real^Case", "real-case", ""
    dataset.PatientSex, dataset.StudyDate, dataset.StudyTime = "", "20200101", "090000"
    dataset.StudyID, dataset.AccessionNumber, dataset.ReferringPhysicianName = "1", "", ""
    dataset.Modality, dataset.Manufacturer, dataset.SeriesDescription = "MR", "", f"SAG {weighting}"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    dataset.ScanningSequence = ["SE", "IR"] if inversion else "SE"
    dataset.SequenceVariant, dataset.ScanOptions, dataset.MRAcquisitionType = "SK", "", "2D"
    dataset.RepetitionTime, dataset.EchoTime = repetition, echo
    if inversion:
        dataset.InversionTime = inversion
    position = volume.voxel_to_world([index, 0, 0]) * lps
    directions = (volume.affine_ras[:3, [2, 1]] / np.array(volume.spacing_mm)[[2, 1]]).T * lps
    dataset.ImagePositionPatient = [f"{value:.8g}" for value in position]
    dataset.ImageOrientationPatient = [f"{value:.8g}" for value in directions.ravel()]
    dataset.PixelSpacing = [f"{value:.8g}" for value in volume.spacing_mm[1:]]
    dataset.SliceThickness = f"{volume.spacing_mm[0]:.8g}"
    dataset.Rows, dataset.Columns = volume.shape[1:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    pixels = np.clip(np.round(volume.array[index]), 0, 65535).astype("<u2")
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes()
    return dataset


def row(outcome: Outcome) -> str:
    """A line of the table."""
    case, result = outcome.case, outcome.result
    if result is None:
        return f"| {case.key} | refused | | | | | | {outcome.seconds:.0f} | |"
    vertebrae = [one for station in result.stations for one in station.findings.vertebrae]
    bodies = [one for one in vertebrae if one.belief.most_likely.name not in ("S1", "S2", "S3", "S4", "S5")]
    certain = sum(one.belief.is_certain for one in bodies)
    found, dice, lowest = f"{len(bodies)}", "", ""
    if case.reference is not None:
        found, dice, lowest = _compared(outcome, bodies)
    lesions = sum(len(station.findings.lesions) for station in result.stations)
    cells = (case.key, found, dice, f"{certain} of {len(bodies)}", lowest, lesions, len(result.levels))
    return f"| {' | '.join(map(str, cells))} | {outcome.seconds:.0f} | {len(result.warnings)} |"


def _compared(outcome: Outcome, bodies: list[Vertebra]) -> tuple[str, str, str]:
    """Bodies of the reference that were found, Dice, and the level of the lowest of them."""
    case = outcome.case
    reference = _reference(case)
    anatomy = read_volume(next(outcome.folder.glob("*anatomy.nii.gz")))
    kinds = [Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS] if case.whole else [Anatomy.VERTEBRAL_BODY]
    own = _like(reference, Volume(np.isin(anatomy.array, kinds).astype(np.uint8), anatomy.affine_ras))
    # Masks of some sources name the lumbar bodies alone: rows beyond them say nothing.
    rows = np.flatnonzero((reference.array > 0).any(axis=(0, 2)))
    within = np.s_[:, rows[0] : rows[-1] + 1]
    mask, predicted = reference.array[within] > 0, own[within] > 0
    both, total = np.mean(mask & predicted), np.mean(mask) + np.mean(predicted)
    dice = 2.0 * float(both) / float(total)
    hits = {one.number: _label_at(reference, one.centre_ras_mm) for one in bodies}
    labels = set(np.unique(reference.array[reference.array > 0]).tolist())
    matched = set(hits.values()) & labels
    depth = {float(np.nonzero(reference.array == label)[1].mean()): label for label in labels}
    lowest = depth[max(depth)]
    at_lowest = [one for one in bodies if hits[one.number] == lowest]
    words = at_lowest[0].belief.words if at_lowest else "not found"
    return f"{len(matched)} of {len(labels)}, {len(bodies) - len(matched)} more", f"{dice:.2f}", words


def _reference(case: Case) -> Volume:
    """Numbered bodies, in the orientation of the network."""
    assert case.reference is not None
    mask = reorient(read_volume(case.reference), "LIP")
    if not case.whole:
        return mask
    # One value for all vertebrae: they are told apart where discs part them.
    pieces, count = ndimage.label(ndimage.binary_opening(mask.array == 1, iterations=2))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1) * mask.voxel_volume_ml
    small = np.flatnonzero(sizes < _LEAST_VERTEBRA_ML)
    nearest = ndimage.distance_transform_edt(pieces == 0, return_indices=True, return_distances=False)
    whole = np.where(mask.array == 1, np.where(np.isin(pieces, small), 0, pieces)[tuple(nearest)], 0)
    return Volume(whole.astype(np.int32), mask.affine_ras)


def _like(reference: Volume, mask: Volume) -> npt.NDArray[np.uint8]:
    """The mask on the reference's grid; both come from the same image, up to flips."""
    turned = reorient(mask, "LIP")
    if turned.shape != reference.shape:
        raise ValueError(f"{turned.shape} against {reference.shape}")
    return np.asarray(turned.array)


def _label_at(reference: Volume, point: tuple[float, float, float]) -> int:
    index = np.round(reference.world_to_voxel(point)).astype(int)
    inside = (index >= 0).all() and (index < np.array(reference.shape)).all()
    return int(reference.array[tuple(index)]) if inside else 0


def same(one: Outcome, other: Outcome) -> str:
    """How far the results of a study as NIfTI and as DICOM agree."""
    if one.result is None or other.result is None:
        return f"{one.case.key}: one of the two was refused"
    masks = []
    for outcome in (one, other):
        masks.append(reorient(read_volume(next(outcome.folder.glob("*anatomy.nii.gz"))), "LIP").array)
    agree = float(np.mean(masks[0] == masks[1])) if masks[0].shape == masks[1].shape else 0.0
    words = [
        [vertebra.belief.words for station in each.stations for vertebra in station.findings.vertebrae]
        for each in (one.result, other.result)
    ]
    levels = "the same" if words[0] == words[1] else "other"
    return f"{one.case.key}: {agree:.4%} of voxels have one anatomy from NIfTI and DICOM; {levels} levels"


_HEADER = (
    "| case | bodies found | Dice | levels certain | lowest body of the reference | lesions | involved levels"
    " | seconds | warnings |\n|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("real", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument(
        "--only", nargs="*", default=[], help="words that a case's name must hold, any of them"
    )
    arguments = parser.parse_args()
    outcomes: dict[str, Outcome] = {}
    print(_HEADER, flush=True)
    for case in cases(arguments.real):
        if arguments.only and not any(word in case.key for word in arguments.only):
            continue
        if not all(path.exists() for path in [*case.images.values(), *filter(None, [case.folder])]):
            continue
        outcomes[case.key] = outcome = run(case, arguments.output)
        print(row(outcome), flush=True)
    print()
    for key, outcome in outcomes.items():
        if f"{key}-dicom" in outcomes:
            print(f"- {same(outcome, outcomes[f'{key}-dicom'])}")
    for key, outcome in outcomes.items():
        told = [outcome.message] if outcome.result is None else outcome.result.warnings
        for line in told:
            print(f"- {key}: {line}")


if __name__ == "__main__":
    main()
