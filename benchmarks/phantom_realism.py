"""Compare intensity ratios, texture and looks of the digital spine with real MRI.

Run by hand: ``python benchmarks/phantom_realism.py REAL_DATA_FOLDER FIGURE.png``. Prints a Markdown table for
docs/phantom.md and draws phantom and real images side by side.

Real regions are boxes placed by eye on the named images, (row, column, slice) inclusive; where the exam has
masks of vertebral bodies, the fall-off of coil sensitivity is measured between the front and the back third
of each body and taken out of regions near by. Phantom regions are the eroded tissue maps.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import nibabel
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from spinemets.anatomy import Level, Region
from spinemets.phantom.build import build_spine, station_box
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.protocol import (
    FatSuppression,
    Imperfections,
    PhaseAxis,
    SequenceKind,
    SeriesProtocol,
    SliceGeometry,
    Station,
    Timing,
    Vendor,
)
from spinemets.phantom.protocol_ranges import TRAINING_RANGES
from spinemets.phantom.scanner import acquire, acquire_labels
from spinemets.phantom.slice_placement import front_of_bodies_mm
from spinemets.phantom.tissue import Tissue
from spinemets.study.records import Plane, Weighting

Box = tuple[int, int, int, int, int, int]
Floats = npt.NDArray[np.floating]

SPIN_ECHO, INVERSION = SequenceKind.SPIN_ECHO, SequenceKind.INVERSION_RECOVERY
T1 = Timing(SPIN_ECHO, 560.0, 11.0, 150.0, 3, 10.0, 200.0)
T2 = Timing(SPIN_ECHO, 3600.0, 102.0, 150.0, 17, 10.0, 200.0)
# The exam's own times are not known; a short echo time is what its cord and fluid look like.
STIR = Timing(
    INVERSION,
    3500.0,
    30.0,
    150.0,
    8,
    9.0,
    200.0,
    inversion_time_ms=160.0,
    fat_suppression=FatSuppression.INVERSION,
)
TIMING = {Weighting.T1: T1, Weighting.T2: T2, Weighting.STIR: STIR}

# Beyond this distance from the bodies the measured fall-off is not extrapolated.
_CORRECT_WITHIN_MM = 45.0
_TOLERANCE = 0.25
_PEOPLE = 4


@dataclass(frozen=True)
class Exam:
    """A real image: file, weighting, marrow fat of the phantom compared with it, regions by tissue."""

    file: str
    weighting: Weighting
    marrow_fat_fraction: float
    regions: dict[str, list[Box]]
    bodies: str
    air: Box


DZZ = {
    "body": [(120, 142, 100, 122, 24, 26), (158, 180, 98, 122, 24, 26), (198, 215, 105, 122, 24, 26)],
    "disc": [(147, 151, 105, 120, 24, 26), (186, 190, 108, 118, 24, 26), (111, 113, 112, 122, 24, 26)],
    "CSF": [(110, 180, 132, 136, 24, 26)],
    "cord": [(62, 85, 137, 140, 24, 26)],
    "fat": [(100, 160, 186, 187, 24, 26)],
    "muscle": [(80, 200, 165, 175, 6, 10)],
}
AKA = {
    "body": [(42, 54, 138, 150, 27, 29), (70, 82, 127, 139, 27, 29), (102, 114, 118, 131, 27, 29)],
    "disc": [(61, 65, 137, 147, 27, 29), (91, 95, 124, 136, 27, 29)],
    "CSF": [(97, 105, 146, 149, 27, 29)],
    "cord": [(18, 22, 176, 179, 28, 28), (38, 42, 171, 174, 28, 28)],
}
EXAMS = (
    Exam("VB1/DzZ_T1w", Weighting.T1, 0.42, DZZ, "VB1/DzZ_T1w_bodies", (60, 160, 200, 218, 20, 30)),
    Exam("VB1/AKa3_T1w", Weighting.T1, 0.25, AKA, "VB1/AKa3_T1w_bodies", (100, 170, 215, 235, 20, 30)),
    Exam("VB1/DzZ_T2w", Weighting.T2, 0.42, DZZ, "VB1/DzZ_T2w_bodies", (60, 160, 200, 218, 20, 30)),
    Exam(
        "VB2/VB2-02_T2w",
        Weighting.T2,
        0.42,
        {
            "body": [
                (100, 112, 115, 135, 37, 39),
                (135, 150, 108, 128, 37, 39),
                (175, 190, 102, 122, 37, 39),
            ],
            "disc": [(86, 88, 128, 140, 37, 39), (123, 126, 120, 135, 37, 39), (161, 163, 110, 125, 37, 39)],
            "CSF": [(130, 160, 140, 144, 37, 39), (200, 225, 134, 138, 37, 39)],
            "muscle": [(120, 175, 118, 132, 10, 14)],
        },
        "VB2/VB2-02_T2w_bodies",
        (80, 200, 212, 225, 30, 40),
    ),
    Exam(
        "VB2/VB2-05_T2w",
        Weighting.T2,
        0.42,
        {
            "body": [(25, 35, 135, 150, 37, 39), (50, 62, 130, 150, 37, 39)],
            "CSF": [(160, 175, 132, 136, 37, 39)],
            "cord": [(5, 35, 163, 164, 37, 39)],
        },
        "VB2/VB2-05_T2w_bodies",
        (50, 150, 230, 245, 36, 40),
    ),
    Exam("VB1/AKa4_STIR", Weighting.STIR, 0.25, AKA, "VB1/AKa4_STIR_bodies", (100, 170, 215, 235, 20, 30)),
)
TISSUES = {
    "body": (Tissue.BODY_MARROW,),
    "disc": (Tissue.DISC_NUCLEUS,),
    "CSF": (Tissue.CEREBROSPINAL_FLUID,),
    "cord": (Tissue.CORD_WHITE_MATTER, Tissue.CORD_GREY_MATTER),
    "fat": (Tissue.SUBCUTANEOUS_FAT,),
    "muscle": (Tissue.MUSCLE,),
}


def real_ratios(folder: Path, exam: Exam) -> dict[str, float]:
    """Median of each region over that of the bodies, less the image's dark level, evened in depth."""
    image = nibabel.load(folder / f"{exam.file}.nii.gz")
    values = np.asarray(image.dataobj, dtype=np.float64)
    # 8-bit copies of some exams were scaled with an offset: air is not 0 there.
    values = values - _median(values, [exam.air])
    slope = _fall_off_per_column(folder, exam, values)
    medians = {name: _median(values, boxes) for name, boxes in exam.regions.items()}
    column = {
        name: np.mean([(box[2] + box[3]) / 2.0 for box in boxes]) for name, boxes in exam.regions.items()
    }
    row = {name: [(box[0] + box[1]) / 2.0 for box in boxes] for name, boxes in exam.regions.items()}
    ratios = {}
    for name, median in medians.items():
        # The spine leans: compare with the column of the bodies at the region's own rows.
        near = np.interp(np.mean(row[name]), *_body_line(exam))
        distance = column[name] - near
        factor = np.exp(-slope * distance) if abs(distance) < _CORRECT_WITHIN_MM else 1.0
        ratios[name] = median / medians["body"] * factor
    return ratios


def _body_line(exam: Exam) -> tuple[list[float], list[float]]:
    boxes = sorted(exam.regions["body"])
    return [(box[0] + box[1]) / 2.0 for box in boxes], [(box[2] + box[3]) / 2.0 for box in boxes]


def _fall_off_per_column(folder: Path, exam: Exam, values: Floats) -> float:
    """Mean logarithmic slope of signal towards the back, between the thirds of each body."""
    labels = np.asarray(nibabel.load(folder / f"{exam.bodies}.nii.gz").dataobj)
    labels = labels[tuple(slice(0, count) for count in values.shape)]
    columns = np.indices(labels.shape, dtype=np.int16)[1]
    slopes = []
    for body in np.unique(labels)[1:]:
        inside = ndimage.binary_erosion(labels == body, iterations=2)
        if inside.sum() < 200:
            continue
        front, back = np.quantile(columns[inside], [0.33, 0.67])
        first, last = inside & (columns <= front), inside & (columns >= back)
        distance = columns[last].mean() - columns[first].mean()
        slopes.append(np.log(np.median(values[last]) / np.median(values[first])) / distance)
    return float(np.median(slopes))


def _median(values: Floats, boxes: list[Box]) -> float:
    return float(np.mean([np.median(values[a : b + 1, c : d + 1, e : f + 1]) for a, b, c, d, e, f in boxes]))


def protocol_like(spine: DigitalSpine, weighting: Weighting, flaws: Imperfections) -> SeriesProtocol:
    """A sagittal series through the middle of the spine with the timing compared."""
    centre = np.mean([frame.origin_ras_mm for frame in spine.frames], axis=0) - [0.0, 15.0, 0.0]
    geometry = SliceGeometry(
        centre_ras_mm=centre,
        axes_ras=np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]]),
        slice_count=15,
        thickness_mm=4.0,
        gap_mm=0.4,
        field_of_view_mm=(280.0, 280.0),
        acquired_matrix=(256, 320),
        reconstructed_matrix=(384, 384),
    )
    return SeriesProtocol(
        name=weighting.value,
        station=Station.LUMBAR,
        plane=Plane.SAGITTAL,
        weighting=weighting,
        vendor=Vendor.SIEMENS,
        field_strength_t=1.5,
        timing=TIMING[weighting],
        geometry=geometry,
        phase_axis=PhaseAxis.ROW,
        imperfections=flaws,
    )


EVEN = Imperfections(noise_sd=0.008, coil_radius_mm=1e5, anterior_coil=0.0, shading=0.0, flow_void=0.2)


def phantom_ratios(spine: DigitalSpine, weighting: Weighting, marrow_fat_fraction: float) -> dict[str, float]:
    """Median of each tissue over that of the bodies, under an even coil, mean of several people."""
    seen = [_person_ratios(spine, seed, weighting, marrow_fat_fraction) for seed in range(_PEOPLE)]
    return {name: float(np.mean([one[name] for one in seen])) for name in seen[0]}


def _person_ratios(
    spine: DigitalSpine, seed: int, weighting: Weighting, marrow_fat_fraction: float
) -> dict[str, float]:
    habitus = replace(spine.spec.habitus, marrow_fat_fraction=marrow_fat_fraction, muscle_fat_fraction=0.06)
    # The seed decides the person's own relaxation times and texture.
    person = replace(spine, spec=replace(spine.spec, habitus=habitus, seed=seed))
    protocol = protocol_like(person, weighting, EVEN)
    image = acquire(person, protocol, np.random.default_rng(1)).array.astype(np.float64)
    tissue = acquire_labels(person, protocol, "tissue").array
    structure = np.ones((1, 3, 3), dtype=bool)
    medians = {}
    for name, codes in TISSUES.items():
        inside = ndimage.binary_erosion(np.isin(tissue, codes), structure)
        if inside.sum() > 30:
            medians[name] = float(np.median(image[inside]))
    return {name: median / medians["body"] for name, median in medians.items()}


def demonstration_spine() -> DigitalSpine:
    """A lumbar spine of a person with fairly healthy discs."""
    for seed in range(100):
        spec = draw_healthy_spec(np.random.default_rng(seed))
        lumbar = [disc.pfirrmann for disc in spec.discs if disc.above.region is Region.LUMBAR]
        if max(lumbar) <= 3 and sum(grade <= 2 for grade in lumbar) >= 3:
            return build_spine(spec, station_box(spec, Station.LUMBAR))
    raise RuntimeError("no seed gives healthy lumbar discs")


def print_table(folder: Path, spine: DigitalSpine) -> None:
    """Ratios to the vertebral body, real and phantom, as a Markdown table."""
    print("| contrast | tissue | real, each exam | real, mean | phantom | difference |")
    print("|---|---|---|---|---|---|")
    for weighting in TIMING:
        exams = [exam for exam in EXAMS if exam.weighting is weighting]
        real = [real_ratios(folder, exam) for exam in exams]
        phantom = [phantom_ratios(spine, weighting, exam.marrow_fat_fraction) for exam in exams]
        for name in list(TISSUES)[1:]:
            shown = [index for index, ratios in enumerate(real) if name in ratios]
            if not shown:
                continue
            each = ", ".join(f"{real[index][name]:.2f}" for index in shown)
            mean_real = float(np.mean([real[index][name] for index in shown]))
            mean_phantom = float(np.mean([phantom[index][name] for index in shown]))
            difference = mean_phantom / mean_real - 1.0
            mark = "" if abs(difference) <= _TOLERANCE else " (outside 25 %)"
            print(
                f"| {weighting} | {name} | {each} | {mean_real:.2f} | {mean_phantom:.2f} "
                f"| {difference:+.0%}{mark} |"
            )


def print_unevenness(folder: Path, spine: DigitalSpine) -> None:
    """Standard deviation over median inside bodies: texture and noise together, at 1 mm pixels."""
    print("\n| contrast | real bodies | phantom bodies, least noise drawn | most noise drawn |")
    print("|---|---|---|---|")
    for weighting in TIMING:
        exams = [exam for exam in EXAMS if exam.weighting is weighting]
        real = [_real_unevenness(folder, exam) for exam in exams]
        low, high = (
            _phantom_unevenness(spine, weighting, noise) for noise in TRAINING_RANGES.imperfections.noise_sd
        )
        print(f"| {weighting} | {', '.join(f'{value:.2f}' for value in real)} | {low:.2f} | {high:.2f} |")


def _real_unevenness(folder: Path, exam: Exam) -> float:
    values = np.asarray(nibabel.load(folder / f"{exam.file}.nii.gz").dataobj, dtype=np.float64)
    values = values - _median(values, [exam.air])
    parts = [values[a : b + 1, c : d + 1, (e + f) // 2] for a, b, c, d, e, f in exam.regions["body"]]
    return float(np.mean([part.std() / np.median(part) for part in parts]))


def _phantom_unevenness(spine: DigitalSpine, weighting: Weighting, noise_sd: float) -> float:
    protocol = protocol_like(spine, weighting, replace(EVEN, noise_sd=noise_sd))
    image = acquire(spine, protocol, np.random.default_rng(1)).array.astype(np.float64)
    spacing = protocol.geometry.spacing_mm
    image = ndimage.zoom(image, (1.0, spacing[1], spacing[2]), order=1)
    level = acquire_labels(spine, protocol, "level").array
    tissue = acquire_labels(spine, protocol, "tissue").array
    marrow = ndimage.zoom(
        np.where(tissue == Tissue.BODY_MARROW, level, 0), (1, spacing[1], spacing[2]), order=0
    )
    middle = marrow.shape[0] // 2
    seen = []
    for body in np.unique(marrow[middle])[1:]:
        inside = ndimage.binary_erosion(marrow[middle] == body, iterations=3)
        if inside.sum() > 60:
            part = image[middle][inside]
            seen.append(part.std() / np.median(part))
    return float(np.mean(seen))


# Only images whose licence allows showing them: the exams of VB1, the only real lumbar T1 and STIR at hand,
# state none and are compared in numbers alone.
_NOT_SHOWN = "compared in numbers:\nthe licence does not allow showing it"


def draw_figure(folder: Path, spine: DigitalSpine, path: Path) -> None:
    """Real above, phantom below: lumbar T2, neck T2, lumbar T1 and STIR, and an axial T2."""
    neck = neck_spine()
    pairs = {
        "T2": (_real_picture(folder, "SPIDER/spider-110_T2w"), _phantom_picture(spine, Weighting.T2)),
        "T2, neck": (_real_neck_t2(folder), _phantom_picture(neck, Weighting.T2)),
        "T1": (None, _phantom_picture(spine, Weighting.T1)),
        "STIR": (None, _phantom_picture(spine, Weighting.STIR)),
        "axial T2": (_real_axial(folder), _phantom_axial(spine)),
    }
    figure, axes = plt.subplots(2, len(pairs), figsize=(20, 9.0), facecolor="black")
    for column, (title, pair) in zip(axes.T, pairs.items(), strict=True):
        for axis, picture, name in zip(column, pair, ("real", "phantom"), strict=True):
            _show(axis, picture, f"{name} {title}")
    figure.tight_layout()
    figure.savefig(path, dpi=65, facecolor="black")
    plt.close(figure)


def _show(axis: plt.Axes, picture: Floats | None, title: str) -> None:
    axis.axis("off")
    axis.set_title(title, color="white")
    if picture is None:
        axis.text(0.5, 0.5, _NOT_SHOWN, color="white", ha="center", va="center", transform=axis.transAxes)
        return
    # One rule for every window: up to a little more than the brightest tissue that is no artefact.
    bright = np.percentile(picture[picture > 0.1 * np.percentile(picture, 99)], 97)
    axis.imshow(picture, cmap="gray", vmin=0, vmax=bright * 1.1, interpolation="bicubic")


def neck_spine() -> DigitalSpine:
    """A person's neck."""
    spec = draw_healthy_spec(np.random.default_rng(3))
    return build_spine(spec, station_box(spec, Station.CERVICAL))


def _real_picture(folder: Path, name: str) -> Floats:
    image = nibabel.load(folder / f"{name}.nii.gz")
    values = np.asarray(image.dataobj, dtype=np.float64)
    rows = round(260.0 / image.header.get_zooms()[0])
    # Rows run to the feet, columns to the back: the front is on the left, as for the phantom.
    return values[:rows, :, values.shape[2] // 2]


def _real_neck_t2(folder: Path) -> Floats:
    image = nibabel.load(folder / "sct_pair2014/sag_T2w_1mm.nii.gz")
    # Axes are posterior, superior, right.
    return np.asarray(image.dataobj, dtype=np.float64)[90:330, ::-1, 26].T


def _real_axial(folder: Path) -> Floats:
    """A section across a sagittal volume of 1.5 mm: the nearest to an axial slice that the real data hold."""
    image = nibabel.load(folder / "tptbox/sub-mri_label-6_T2w.nii.gz")
    # Axes are posterior, inferior, right; the patient's right is shown on the left.
    return np.asarray(image.dataobj, dtype=np.float64)[:, 16, ::-1]


def _phantom_picture(spine: DigitalSpine, weighting: Weighting) -> Floats:
    # As the real exams beside it: T1 evened out, T2 and STIR as the coil sees them, with a saturation slab.
    as_received = weighting is not Weighting.T1
    protocol = protocol_like(spine, weighting, EVEN)
    before_mm = front_of_bodies_mm(spine.frames) + 12.0 - float(protocol.geometry.centre_ras_mm[1])
    flaws = Imperfections(
        noise_sd=0.012,
        coil_radius_mm=95.0,
        anterior_coil=0.1,
        intensity_correction={Weighting.T1: 0.85, Weighting.T2: 0.5, Weighting.STIR: 0.25}[weighting],
        flow_void=0.15,
        anterior_saturation_mm=before_mm if as_received else None,
    )
    image = acquire(spine, protocol_like(spine, weighting, flaws), np.random.default_rng(2))
    return image.array[image.shape[0] // 2].astype(np.float64)


def _phantom_axial(spine: DigitalSpine) -> Floats:
    frame = spine.frame(Level.L3)
    sagittal = protocol_like(spine, Weighting.T2, Imperfections(noise_sd=0.012, intensity_correction=0.6))
    right, anterior, superior = frame.axes_ras.T
    geometry = replace(
        sagittal.geometry,
        centre_ras_mm=frame.origin_ras_mm - 22.0 * anterior,
        axes_ras=np.column_stack([-superior, -anterior, -right]),
        slice_count=1,
        field_of_view_mm=(140.0, 140.0),
        acquired_matrix=(224, 180),
        reconstructed_matrix=(320, 320),
    )
    axial = replace(sagittal, plane=Plane.AXIAL, geometry=geometry, phase_axis=PhaseAxis.COLUMN)
    return acquire(spine, axial, np.random.default_rng(3)).array[0].astype(np.float64)


def main() -> None:
    """Print the table and draw the figure."""
    folder, figure = Path(sys.argv[1]), Path(sys.argv[2])
    spine = demonstration_spine()
    print_table(folder, spine)
    print_unevenness(folder, spine)
    draw_figure(folder, spine, figure)


if __name__ == "__main__":
    main()
