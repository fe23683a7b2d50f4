"""The result of one study: what was found, graded and scored, and where all of it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import EsccGrade
from spinemets.findings.level_belief import LevelBelief
from spinemets.findings.measurement import Measurement
from spinemets.findings.records import StationFindings
from spinemets.inference.prior_records import PriorComparison
from spinemets.scoring.escc import EsccAssessment
from spinemets.scoring.pathway import Pathway
from spinemets.scoring.sins import SinsScore
from spinemets.scoring.sins_study import HighestSins
from spinemets.study.records import Series
from spinemets.study.selection import Channel
from spinemets.volume import Volume

SCHEMA_VERSION = "1.1"
RESEARCH_USE_ONLY = "Research software, not a medical device. Not for diagnosis or treatment."


@dataclass(frozen=True, slots=True)
class WeightsUsed:
    """Trained weights that a result rests on.

    Args:
        task: ``segmentation`` or ``escc``.
        sha256: Of the file.
        trained_on: In a sentence.
        simulated: Whether any of that was simulated.
        spinemets_version: Of the code that trained them.
        manifest_sha256: Of the manifest that they were trained on; "" where it is not known.
        seed: Of the training; null in results older than 1.1.
    """

    task: str
    sha256: str
    trained_on: str
    simulated: bool
    spinemets_version: str
    manifest_sha256: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a result was made with.

    Args:
        spinemets_version: Of the code.
        config_sha256: Of the composed settings that decide results.
        input_sha256: Of the voxels and geometry of the series that served.
        weights: Of the networks.
        arithmetic: What the networks computed in, and why.
        device: ``cpu`` or the GPU's name.
    """

    spinemets_version: str
    config_sha256: str
    input_sha256: str
    weights: tuple[WeightsUsed, ...]
    arithmetic: str
    device: str


@dataclass(frozen=True, slots=True)
class SeriesUsed:
    """A series of the study and what became of it.

    Args:
        key: Its name in every output.
        plane, weighting: As judged.
        weighting_reason: What the judgement of the weighting rests on.
        role: What it served for.
        channel: Of the network's input; "" where it served for something else.
        stations: That it shows.
        reason: Why it served so.
        shape: Voxels (slice, row, column).
        spacing_mm: Along the same axes.
        warnings: What is unusual.
    """

    key: str
    plane: str
    weighting: str
    weighting_reason: str
    role: str
    channel: str
    stations: tuple[str, ...]
    reason: str
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the voxels of a station's masks lie.

    Args:
        shape: Voxels as the file has them.
        affine_ras: The first three rows of the matrix from voxel index to RAS millimetres.
    """

    shape: tuple[int, int, int]
    affine_ras: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class StationResult:
    """One station.

    Args:
        name: Unique in the study.
        reference_series: Key of the series whose grid the masks have.
        channels: Key of the series for each channel, by the channel's name.
        statements: What was measured of the patient's movement between series.
        findings: Vertebrae and lesions.
        frame_of_reference: Pseudonym of the scanner coordinates; "" where unknown.
        grid: Of the masks; null in results older than 1.1.
    """

    name: str
    reference_series: str
    channels: Mapping[str, str]
    statements: tuple[str, ...]
    findings: StationFindings
    frame_of_reference: str = ""
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class GradeProbability:
    """Calibrated probability of a grade.

    Args:
        grade: Which one.
        probability: 0 to 1, of the grader whose weights ``provenance`` names.
    """

    grade: EsccGrade
    probability: float


@dataclass(frozen=True, slots=True)
class GradedSlice:
    """An axial slice that was graded.

    Args:
        series: Its key.
        slice_index: From 0.
        sop_instance_uid: Of the DICOM instance; "" for other formats.
        probabilities: Of all six grades, in order.
    """

    series: str
    slice_index: int
    sop_instance_uid: str
    probabilities: tuple[GradeProbability, ...]

    @property
    def grade(self) -> EsccGrade:
        """The median of the grade's distribution."""
        held = 0.0
        for one in self.probabilities:
            held += one.probability
            if held >= 0.5:
                return one.grade
        return self.probabilities[-1].grade


@dataclass(frozen=True, slots=True)
class EsccResult:
    """Epidural compression at one involved level.

    Args:
        assessment: The conformal set of the worst slice, or why nothing can be graded.
        coverage: Share of new slices whose set is to hold the true grade; None where nothing was graded
            or the weights were not calibrated.
        slices: Every slice graded at the level, head to feet.
        worst: Place of the deciding slice in ``slices``; None where none was graded.
        rule: How the deciding slice was chosen, in a sentence.
        measured: The grade that the geometry of the masks gives.
        disagrees: Whether the two differ by more than one grade.
        hint: Narrowing seen on sagittal images, where axial ones are missing; "" otherwise.
    """

    assessment: EsccAssessment
    coverage: float | None
    slices: tuple[GradedSlice, ...]
    worst: int | None
    rule: str
    measured: EsccAssessment
    disagrees: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class LevelResult:
    """One involved level, seen best in one station.

    Args:
        station: Its name.
        vertebra: Number in that station.
        belief: Which level it may be.
        escc: Epidural compression.
        sins: The score.
        pathway: What the findings make worth considering.
        lesion_volume: Of all lesions at the level.
    """

    station: str
    vertebra: int
    belief: LevelBelief
    escc: EsccResult
    sins: SinsScore
    pathway: Pathway
    lesion_volume: Measurement


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The assessed study.

    Args:
        study, patient: Pseudonyms.
        levels: Involved levels, head to feet; empty where no lesion was found.
        highest: SINS of the study; None where no level is involved.
        stations: Head to feet.
        series: Every series of the study.
        warnings: What limits the result, in sentences.
        problems: Files that were left out, in sentences without paths.
        provenance: What it was made with.
        prior: What has changed since an earlier study; null where none was compared.
        schema_version, note: Of this record.
    """

    study: str
    patient: str
    levels: tuple[LevelResult, ...]
    highest: HighestSins | None
    stations: tuple[StationResult, ...]
    series: tuple[SeriesUsed, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    provenance: Provenance
    prior: PriorComparison | None = None
    schema_version: str = SCHEMA_VERSION
    note: str = RESEARCH_USE_ONLY


@dataclass(frozen=True, slots=True, eq=False)
class StationImages:
    """Voxels of a station, all on the grid of its reference series.

    Args:
        name: Of the station.
        reference: The series whose grid it is.
        volumes: Image of each channel.
        anatomy: uint8, codes of ``Anatomy``.
        levels: uint8, ``Level.code`` of the most likely level of each vertebra, 0 elsewhere.
        lesions: uint16, numbers of lesions, 0 elsewhere.
    """

    name: str
    reference: Series
    volumes: Mapping[Channel, Volume]
    anatomy: Volume
    levels: Volume
    lesions: Volume


@dataclass(frozen=True, slots=True, eq=False)
class AxialImage:
    """The deciding axial slice of a level.

    Args:
        level: Place in ``StudyResult.levels``.
        image: (row, column) the whole slice, rows from front to back, columns from right to left.
        pixel_mm: Along rows and columns.
        crop: (row, column) what the network saw of it.
        crop_pixel_mm: Of its pixels.
        crop_corner_px: Row and column in ``image`` of the crop's first pixel, fractional.
        heat: (row, column) of the crop, 0 to 1: where it speaks for a higher grade.
    """

    level: int
    image: npt.NDArray[np.float32]
    pixel_mm: tuple[float, float]
    crop: npt.NDArray[np.float32]
    crop_pixel_mm: float
    crop_corner_px: tuple[float, float]
    heat: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """A result with the voxels that reports show.

    Args:
        result: What is written as JSON.
        stations: In the result's order.
        axial: Deciding slices of levels that were graded.
    """

    result: StudyResult
    stations: tuple[StationImages, ...]
    axial: tuple[AxialImage, ...]
