"""Puts metastases into every real study of a folder, times it, and draws before and after side by side.

Run by hand: ``python benchmarks/insertion_gallery.py REAL_MRI OUTPUT [--figure FILE]``. REAL_MRI holds the
folders SPIDER, VB1 and VB2; OUTPUT gets one picture for each study. The figure for the documentation is
drawn from SPIDER alone (van der Graaf et al. 2024, CC BY 4.0), whose licence allows it.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import matplotlib as mpl
import nibabel as nib
import numpy as np
import numpy.typing as npt

from spinemets.phantom.insertion import InsertedLesions, InsertionSettings, insert_lesions
from spinemets.phantom.insertion_sites import VertebraMask
from spinemets.study.records import Weighting
from spinemets.volume.record import Volume

mpl.use("Agg")
import matplotlib.pyplot as plt

_WEIGHTING_OF_SUFFIX = {"T1w": Weighting.T1, "T2w": Weighting.T2, "STIR": Weighting.STIR}
# VB1 and VB2 were acquired with 3 to 4.4 mm slices and resampled; SPIDER's T2 SPACE is 0.9 mm.
_SETTINGS = {
    "SPIDER": InsertionSettings(
        VertebraMask.SPIDER, 0.9, in_plane_fwhm_mm=0.8, fewest_lesions=3, most_lesions=4
    ),
    "VB1": InsertionSettings(VertebraMask.BODIES, 4.0, fewest_lesions=3, most_lesions=5),
    "VB2": InsertionSettings(VertebraMask.BODIES, 3.5, fewest_lesions=3, most_lesions=4),
}
# The two exams of this patient share a frame.
_ONE_PATIENT = {"AKa4": "AKa3"}
_FIGURE_CASES = ("spider-45", "spider-52", "spider-57", "spider-136", "spider-98")


@dataclass(frozen=True)
class Study:
    """Channels of one patient with their mask of vertebrae."""

    name: str
    images: dict[Weighting, Volume]
    vertebrae: Volume


def read_studies(folder: Path) -> list[Study]:
    """Studies of one folder; channels of one patient together."""
    channels: dict[str, dict[Weighting, Path]] = {}
    for path in sorted(folder.glob("*.nii.gz")):
        name, _, suffix = path.name.removesuffix(".nii.gz").rpartition("_")
        if suffix in _WEIGHTING_OF_SUFFIX:
            patient = _ONE_PATIENT.get(name, name)
            channels.setdefault(patient, {})[_WEIGHTING_OF_SUFFIX[suffix]] = path
    return [
        Study(name, {weighting: _read(path) for weighting, path in paths.items()}, _mask(folder, name, paths))
        for name, paths in channels.items()
    ]


def _mask(folder: Path, name: str, paths: dict[Weighting, Path]) -> Volume:
    spider = folder / f"{name}_anatomy.nii.gz"
    first = next(iter(paths.values()))
    return _read(spider if spider.exists() else first.with_name(first.name.replace(".nii", "_bodies.nii")))


def _read(path: Path) -> Volume:
    image = nib.load(path)
    return Volume(np.asanyarray(image.dataobj), image.affine)


def best_slice(result: InsertedLesions) -> int:
    """Sagittal slice that shows most of the lesions (the last axis of these images)."""
    mask = result.lesion_mask.array
    last = min(mask.shape[2], *(image.shape[2] for image in result.images.values()))
    codes = np.arange(1, len(result.lesions) + 1)
    shown = [sum(np.sqrt((mask[:, :, place] == code).sum()) for code in codes) for place in range(last)]
    return int(np.argmax(shown))


def panel(image: Volume, bone: npt.NDArray[np.bool_], place: int) -> npt.NDArray[np.float64]:
    """A slice cropped to the spine, scaled to 0-1, columns stretched to the spacing of rows."""
    rows, columns = (np.flatnonzero(bone.any(axis=axes)) for axes in ((1, 2), (0, 2)))
    top, bottom = max(rows[0] - 5, 0), rows[-1] + 6
    middle = (columns[0] + columns[-1]) // 2
    reach = round(60 / image.spacing_mm[1])
    left = max(middle - reach, 0)
    cropped = image.array[top:bottom, left : middle + reach, place].astype(float)
    return np.clip(cropped / np.percentile(cropped, 99.3), 0, 1)


def draw(
    pairs: list[tuple[str, npt.NDArray[np.float64], npt.NDArray[np.float64]]], path: Path, dpi: int
) -> None:
    """Before above, after below."""
    figure, axes = plt.subplots(2, len(pairs), figsize=(3.2 * len(pairs), 10), squeeze=False)
    for column, (title, before, after) in enumerate(pairs):
        for row, (shown, when) in enumerate(((before, "before"), (after, "after"))):
            axes[row, column].imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="bilinear")
            axes[row, column].set_title(f"{title}, {when}", fontsize=9)
            axes[row, column].axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=dpi)
    plt.close(figure)


def main() -> None:
    """Reads the folders, inserts, draws, prints seconds per study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("real_mri", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--figure", type=Path, help="also draw the figure of the documentation")
    parser.add_argument("--seed", type=int, default=4)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    figure_pairs, seconds = [], []
    for source, settings in _SETTINGS.items():
        for study in read_studies(arguments.real_mri / source):
            start = time.perf_counter()
            rng = np.random.default_rng([arguments.seed, crc32(study.name.encode())])
            result = insert_lesions(study.images, study.vertebrae, settings, rng)
            seconds.append(time.perf_counter() - start)
            place, bone = best_slice(result), study.vertebrae.array > 0
            pairs = [
                (
                    f"{study.name} {weighting}",
                    panel(image, bone, place),
                    panel(result.images[weighting], bone, place),
                )
                for weighting, image in study.images.items()
            ]
            draw(pairs, arguments.output / f"{study.name}.png", dpi=60)
            figure_pairs += pairs if study.name in _FIGURE_CASES else []
            sizes = ", ".join(
                f"{lesion.traits.bone_type} {lesion.volume_ml:.1f} mL" for lesion in result.lesions
            )
            print(f"{source} {study.name}: {seconds[-1]:.1f} s; {sizes}")
    print(f"{len(seconds)} studies, {np.mean(seconds):.2f} s each, longest {max(seconds):.2f} s")
    if arguments.figure is not None:
        arguments.figure.parent.mkdir(parents=True, exist_ok=True)
        draw(figure_pairs, arguments.figure, dpi=75)


if __name__ == "__main__":
    main()
