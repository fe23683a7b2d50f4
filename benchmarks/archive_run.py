"""Assesses a mixed archive of forty studies, ten of them broken in ten ways, with one worker and with more.

Run by hand: python benchmarks/archive_run.py FOLDER [--real REAL_MRI] [--workers 1 2]. FOLDER keeps the
archive and the outputs. Prints whether exactly the ten are in failures.csv, studies a minute, what more
workers gain against one study at a time, and peak memory of all processes together.
"""

import argparse
import csv
import gzip
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pydicom

_GOOD, _REAL, _DICOM = 30, 10, 10
_QUICK = (
    "stations=[lumbar]",
    "disease=metastatic",
    "protocol=complete",
    "++grid.near_spacing_mm=1.0",
    "++grid.far_spacing_mm=2.5",
)
# Real studies of two sequences; all others have one.
_PAIRS = {"AKa": ("VB1/AKa3_T1w", "VB1/AKa4_STIR"), "DzZ": ("VB1/DzZ_T1w", "VB1/DzZ_T2w")}
_AXIAL = np.array([[0, 0.6, 0, 0], [0, 0, 0.6, 0], [4.0, 0, 0, 0], [0, 0, 0, 1]])


def main() -> None:
    """Make the archive where it is missing, assess it with each number of workers, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--real", type=Path, help="folder of the real MRI; without it, more phantoms")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    if not (folder / "archive").is_dir():
        _make_archive(folder, arguments.real)
    first, *others = arguments.workers
    seconds = {count: _measure(folder, count) for count in arguments.workers}
    for count in others:
        same = _tree(folder / f"out-{count}") == _tree(folder / f"out-{first}")
        gain = seconds[first] / seconds[count]
        print(f"{count} workers against {first}: {gain:.2f} times as fast; same bytes: {same}")


def _make_archive(folder: Path, real: Path | None) -> None:
    archive = folder / "archive.making"
    shutil.rmtree(archive, ignore_errors=True)
    _make_phantoms(archive / "dicom", "dicom", _DICOM)
    real_count = 0 if real is None else _copy_real(real, archive / "real")
    _make_phantoms(archive / "nifti", "nifti", _GOOD - _DICOM - real_count)
    _break_images(next((archive / "nifti").rglob("images/**/*sag_run*T2w.nii.gz")), archive / "broken")
    _break_dicom(next((archive / "dicom").glob("phantom-*")) / "images", archive / "broken" / "cut-pixels")
    archive.rename(folder / "archive")


def _make_phantoms(output: Path, kind: str, count: int) -> None:
    arguments = [
        f"output={output}",
        f"count={count}",
        f"format={kind}",
        f"seed={11 if kind == 'dicom' else 12}",
    ]
    subprocess.run([sys.executable, "-m", "spinemets", "phantom", *arguments, *_QUICK], check=True)


def _copy_real(real: Path, folder: Path) -> int:
    """Copy real studies, those of two sequences first; how many."""
    studies = {name: [real / f"{part}.nii.gz" for part in parts] for name, parts in _PAIRS.items()}
    for path in sorted([*real.glob("VB2/*_T2w.nii.gz"), *real.glob("SPIDER/*.nii.gz")]):
        if not path.name.endswith("_anatomy.nii.gz"):
            studies[path.name.partition(".")[0]] = [path]
    chosen = dict(list(studies.items())[:_REAL])
    for name, paths in chosen.items():
        (folder / name).mkdir(parents=True)
        for path in paths:
            # Files of one study share what stands before the weighting.
            shutil.copy(path, folder / name / f"{name}_{path.name.rpartition('_')[2]}")
    return len(chosen)


def _break_images(source: Path, folder: Path) -> None:
    """Nine studies of image files that cannot be assessed, for nine reasons."""
    image, whole = nibabel.load(source), source.read_bytes()
    values = np.asarray(image.dataobj)

    def keep(kind: str, content: bytes, name: str = "sag_T2w.nii.gz") -> None:
        (folder / kind).mkdir(parents=True)
        (folder / kind / name).write_bytes(content)

    def write(kind: str, array: np.ndarray, affine: np.ndarray, name: str = "sag_T2w") -> None:
        (folder / kind).mkdir(parents=True)
        nibabel.Nifti1Image(array, affine).to_filename(folder / kind / f"{name}.nii.gz")

    keep("empty-file", b"")
    keep("cut-off", whole[: len(whole) // 2])
    keep("no-image", bytes(4096))
    keep("no-yaml", b"series: [\n", "study.yaml")
    write("one-slice", values[:1], image.affine)
    write("four-axes", np.stack([values[:4]] * 3, axis=-1), image.affine)
    write("a-ct", values, image.affine, "sag_CT")
    write("no-sagittal", values, _AXIAL, "ax_T2w")
    keep("no-place", _without_place(whole))


def _without_place(whole: bytes) -> bytes:
    """The file, the first row of its affine not numbers; nibabel does not write such a header."""
    content = bytearray(gzip.decompress(whole))
    content[280:296] = np.full(4, np.nan, "<f4").tobytes()
    return gzip.compress(bytes(content))


def _break_dicom(study: Path, folder: Path) -> None:
    """A DICOM study of another patient, each of whose files ends within its pixels."""
    for path in sorted(study.rglob("*.dcm")):
        dataset = pydicom.dcmread(path)
        dataset.PatientID, dataset.StudyInstanceUID = "cut", "1.2.826.0.1.3680043.10.1.1"
        target = folder / path.relative_to(study)
        target.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(target)
        target.write_bytes(target.read_bytes()[: -len(dataset.PixelData) // 2])


def _measure(folder: Path, workers: int) -> float:
    """Assess the archive, print what came of it; seconds."""
    output = folder / f"out-{workers}"
    shutil.rmtree(output, ignore_errors=True)
    arguments = [f"input={folder / 'archive'}", f"output={output}", f"workers={workers}"]
    command = [sys.executable, "-m", "spinemets", "infer", *arguments]
    began = time.monotonic()
    with (folder / f"log-{workers}.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        memory = _Memory(process.pid)
        status = process.wait()
    seconds = time.monotonic() - began
    began = time.monotonic()
    subprocess.run(command, check=False, capture_output=True)
    _tell(output, workers, seconds, status, memory)
    print(f"  the same command again: {time.monotonic() - began:.1f} s", flush=True)
    return seconds


def _tell(output: Path, workers: int, seconds: float, status: int, memory: "_Memory") -> None:
    with (output / "failures.csv").open(encoding="utf-8", newline="") as stream:
        failed = {row["study"]: row["error"] for row in csv.DictReader(stream)}
    done = sum(path.is_dir() for path in output.iterdir())
    count = done + len(failed)
    named = sum(name.startswith("broken-") for name in failed)
    exactly = done == _GOOD and len(failed) == 10 and named == 9
    print(f"{workers} worker{'s'[: workers > 1]}: {count} studies in {seconds:.0f} s, status {status}")
    print(f"  {60 * count / seconds:.1f} studies a minute, {60 * done / seconds:.1f} of them with a result")
    print(f"  peak memory {memory.peak_gib:.2f} GiB, of the parent {memory.parent_gib:.2f} GiB")
    print(f"  exactly the ten broken ones in failures.csv: {exactly}")
    for name, error in sorted(failed.items()):
        print(f"    {name}: {error}")


class _Memory:
    """Peak memory of a process and all its descendants; pages that they share count once."""

    def __init__(self, pid: int) -> None:
        self.peak_gib = self.parent_gib = 0.0
        self._pid = pid
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while Path(f"/proc/{self._pid}").exists():
            own = {pid: _proportional_gib(pid) for pid in _family(self._pid)}
            self.peak_gib = max(self.peak_gib, sum(own.values()))
            self.parent_gib = max(self.parent_gib, own.get(self._pid, 0.0))
            time.sleep(0.2)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _proportional_gib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 2**20


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


if __name__ == "__main__":
    main()
