"""A small assessed study by hand: tilted grid, an uncertain level, an ungradable one, a cut lesion."""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from spinemets.anatomy import Anatomy, BoneLesionType, EsccGrade, Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import (
    AlignmentFindings,
    BodyFindings,
    CanalFindings,
    Compartment,
    Lesion,
    Share,
    SinsImaging,
    StationFindings,
    Vertebra,
    WallShape,
)
from spinemets.inference.records import (
    Assessment,
    AxialImage,
    EsccResult,
    GradedSlice,
    GradeProbability,
    LevelResult,
    Provenance,
    SeriesUsed,
    StationImages,
    StationResult,
    StudyResult,
    WeightsUsed,
)
from spinemets.scoring.collapse import Genant
from spinemets.scoring.escc import EsccAssessment, EsccFindings, assessment_of, grade_escc, not_gradable
from spinemets.scoring.pathway import PathwayInputs, suggest_pathway
from spinemets.scoring.possible import Source, possible, unknown
from spinemets.scoring.sins import SinsFindings, score_sins
from spinemets.scoring.sins_items import Alignment, Collapse, Pain, Posterolateral
from spinemets.scoring.sins_study import highest_sins
from spinemets.study.records import (
    AcquisitionParameters,
    Evidence,
    FileSource,
    Plane,
    Series,
    Weighting,
    WeightingJudgement,
)
from spinemets.study.selection import Channel
from spinemets.volume import Volume, reorient

T12_OR_L1 = LevelBelief(
    (LevelProbability(Level.T12, 0.7), LevelProbability(Level.L1, 0.3)), ("counted from an assumed sacrum",)
)
L2_OR_L3 = LevelBelief((LevelProbability(Level.L2, 0.7), LevelProbability(Level.L3, 0.3)))
L3 = LevelBelief((LevelProbability(Level.L3, 0.97), LevelProbability(Level.L4, 0.03)))
_BODY_ROWS = (8, 24, 40)
_SHA = "0123456789abcdef" * 4


def small_assessment() -> Assessment:
    """Three bodies on nine tilted slices; T12 or L1 and L3 are involved, L3 has no axial T2."""
    reference = _series("s02_sag_T2", Plane.SAGITTAL, Weighting.T2)
    result = _result(reference)
    return Assessment(result, (_images(reference),), (_axial(),))


def measured(value: float | None, unit: Unit, note: str = "", at_least: bool = False) -> Measurement:
    """A value with a trace."""
    return Measurement(value, unit, Trace("a_rule", ("s02_sag_T2",), (4,), _SHA), at_least, note)


def tilted_affine() -> np.ndarray:
    """Of slices from left to right, rows from feet to head, columns from back to front; tilted."""
    axes = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]) * [4.0, 1.5, 1.2]
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (6.0, -4.0, 9.0), degrees=True).as_matrix() @ axes
    affine[:3, 3] = (-20.0, -60.0, -300.0)
    return affine


def _series(key: str, plane: Plane, weighting: Weighting) -> Series:
    return Series(
        key=key,
        plane=plane,
        weighting=WeightingJudgement(weighting, Evidence.PARAMETERS, "TR 3500 ms, TE 100 ms"),
        parameters=AcquisitionParameters(),
        shape=(9, 64, 60),
        affine_ras=tilted_affine(),
        slice_thickness_mm=4.0,
        source=FileSource(Path("image.nii.gz")),
    )


def _shown(array: np.ndarray) -> Volume:
    """An array that runs right to left, head to feet, front to back, on the grid of the series."""
    own = Volume(np.zeros((9, 64, 60)), tilted_affine())
    affine = reorient(own, "LIP").affine_ras
    back = reorient(Volume(array, affine), "RSA")
    return Volume(np.ascontiguousarray(back.array), tilted_affine())


def _images(reference: Series) -> StationImages:
    anatomy = np.zeros((9, 64, 60), np.uint8)
    levels, lesions = np.zeros_like(anatomy), np.zeros(anatomy.shape, np.uint16)
    for row, level in zip(_BODY_ROWS, (Level.T12, Level.L2, Level.L3), strict=True):
        anatomy[2:7, row : row + 12, 18:36] = Anatomy.VERTEBRAL_BODY
        anatomy[3:6, row + 3 : row + 9, 44:54] = Anatomy.POSTERIOR_ELEMENTS
        levels[:, row : row + 12][anatomy[:, row : row + 12] > 0] = level.code
    anatomy[4:6, :, 38:43] = Anatomy.THECAL_SAC
    lesions[5:7, 8:18, 26:40] = 1
    lesions[6:9, 44:50, 20:28] = 2
    place = np.arange(anatomy.size, dtype=np.float32).reshape(anatomy.shape)
    noise = 40.0 * np.sin(place / 7.0)
    signal = 200.0 * (anatomy == 1) + 400.0 * (anatomy == 5) - 120.0 * (lesions > 0) + noise
    return StationImages(
        name="lumbar",
        reference=reference,
        volumes={Channel.T1: _shown(500.0 - signal), Channel.T2: _shown(signal)},
        anatomy=_shown(anatomy),
        levels=_shown(levels),
        lesions=_shown(lesions),
    )


def _axial() -> AxialImage:
    rows, columns = np.mgrid[:80, :90].astype(np.float32)
    image = 100.0 + 80.0 * ((rows - 45) ** 2 + (columns - 44) ** 2 < 100) + rows
    heat = np.exp(-((rows[:48, :48] - 20) ** 2 + (columns[:48, :48] - 30) ** 2) / 80.0)
    return AxialImage(
        level=0,
        image=image.astype(np.float32),
        pixel_mm=(0.8, 0.7),
        crop=image[20:68, 20:68].astype(np.float32),
        crop_pixel_mm=0.6,
        crop_corner_px=(22.5, 21.0),
        heat=heat.astype(np.float32),
    )


def _result(reference: Series) -> StudyResult:
    levels = (_level(1, T12_OR_L1, _graded()), _level(3, L3, _ungraded()))
    return StudyResult(
        study="study-1",
        patient="patient-1",
        levels=levels,
        highest=highest_sins([one.sins for one in levels]),
        stations=(_station(reference),),
        series=_series_used(),
        warnings=("Lumbar: no sagittal STIR.", "Numbering of levels is uncertain."),
        problems=("unreadable file: one file ends before its pixels do",),
        provenance=Provenance(
            spinemets_version="0.1.0",
            config_sha256=_SHA,
            input_sha256=_SHA[::-1],
            weights=(
                WeightsUsed("segmentation", _SHA, "1000 simulated studies", True, "0.1.0"),
                WeightsUsed("escc", _SHA[::-1], "1000 simulated studies", True, "0.1.0"),
            ),
            arithmetic="float32: bfloat16 is slower on this processor",
            device="cpu",
        ),
    )


def _station(reference: Series) -> StationResult:
    return StationResult(
        name="lumbar",
        reference_series=reference.key,
        channels={"T1": "s01_sag_T1", "T2": "s02_sag_T2"},
        statements=("s01_sag_T1: moved by 0.4 mm, not corrected",),
        findings=StationFindings(
            vertebrae=(
                _vertebra(1, T12_OR_L1, (1,)),
                _vertebra(2, L2_OR_L3, ()),
                _vertebra(3, L3, (2,)),
            ),
            lesions=(_lesion(1, 1, False), _lesion(2, 3, True)),
            warnings=("The lowest body is cut by the image.",),
        ),
    )


def _vertebra(number: int, belief: LevelBelief, lesions: tuple[int, ...]) -> Vertebra:
    return Vertebra(
        number=number,
        belief=belief,
        centre_ras_mm=(1.0, 2.0, -30.0 * number),
        whole=number != 3,
        involved=bool(lesions),
        lesions=lesions,
        body=_body(),
        alignment=AlignmentFindings(
            kyphosis=measured(12.4, Unit.DEGREE),
            wedge=measured(8.1, Unit.DEGREE),
            scoliosis=measured(-2.0, Unit.DEGREE),
            slip=measured(0.5, Unit.MILLIMETRE),
        ),
        canal=CanalFindings(
            narrowing=measured(31.0, Unit.PERCENT),
            epidural_tumour=measured(0.84, Unit.MILLILITRE),
            epidural_extent=measured(18.0, Unit.MILLIMETRE, at_least=True),
            has_cord=False,
        )
        if number == 1
        else None,
        sins=_SINS if lesions else None,
    )


def _body() -> BodyFindings:
    return BodyFindings(
        height_anterior=measured(18.04, Unit.MILLIMETRE),
        height_middle=measured(20.0, Unit.MILLIMETRE),
        height_posterior=measured(24.0, Unit.MILLIMETRE),
        loss_anterior=measured(28.1, Unit.PERCENT),
        loss_middle=measured(20.0, Unit.PERCENT),
        loss_posterior=measured(-1.5, Unit.PERCENT),
        references=(2,),
        involved=measured(37.5, Unit.PERCENT),
        wall_offset=measured(None, Unit.MILLIMETRE, "no neighbour is whole"),
        wall_shape=WallShape.CONVEX,
        genant=Genant.MODERATE,
    )


_SINS = SinsImaging(
    bone=possible(
        [BoneLesionType.LYTIC, BoneLesionType.MIXED], Source.MEASURED, "dark on T1, bright on T2", True
    ),
    alignment=possible([Alignment.DEFORMITY], Source.MEASURED, "kyphosis 12 deg", True),
    collapse=possible([Collapse.UNDER_HALF], Source.MEASURED, "28 % of height lost, Genant 2"),
    posterolateral=unknown(Posterolateral, "the arch is cut by the image"),
)


def _lesion(number: int, vertebra: int, cut: bool) -> Lesion:
    return Lesion(
        number=number,
        vertebra=vertebra,
        vertebrae=(vertebra,),
        centre_ras_mm=(1.0, 2.0, -30.0),
        volume=measured(3.25, Unit.MILLILITRE, at_least=cut),
        largest_diameter=measured(21.0, Unit.MILLIMETRE, at_least=cut),
        probability=0.875,
        compartments=(Share(Compartment.BODY_POSTERIOR, 0.75), Share(Compartment.LEFT_PEDICLE, 0.25)),
        breaches_cortex=None if cut else True,
        touches_border=cut,
        bone=_SINS.bone,
    )


def _level(vertebra: int, belief: LevelBelief, escc: EsccResult) -> LevelResult:
    sins = score_sins(
        SinsFindings(
            level=possible(belief.credible, Source.MEASURED, "counted", not belief.is_certain),
            pain=unknown(Pain),
            bone=_SINS.bone,
            alignment=_SINS.alignment,
            collapse=_SINS.collapse,
            posterolateral=_SINS.posterolateral,
        )
    )
    return LevelResult(
        station="lumbar",
        vertebra=vertebra,
        belief=belief,
        escc=escc,
        sins=sins,
        pathway=suggest_pathway(PathwayInputs(escc.assessment, sins.classes)),
        lesion_volume=measured(3.25, Unit.MILLILITRE, at_least=vertebra == 3),
    )


def _graded() -> EsccResult:
    shares = (0.02, 0.08, 0.15, 0.45, 0.2, 0.1)
    grades = tuple(GradeProbability(grade, p) for grade, p in zip(EsccGrade, shares, strict=True))
    return EsccResult(
        assessment=assessment_of((EsccGrade.G1C, EsccGrade.G2), "graded on slice 5 of s05_ax_T2", False),
        coverage=0.9,
        slices=(GradedSlice("s05_ax_T2", 4, "2.25.42", grades),),
        worst=0,
        rule="the slice with the highest expected grade decides",
        measured=_measured_grade(),
        disagrees=True,
    )


def _measured_grade() -> EsccAssessment:
    return grade_escc(EsccFindings(epidural_tumour=True, sac_deformed=False))


def _ungraded() -> EsccResult:
    return EsccResult(
        assessment=not_gradable("no axial T2 at this level"),
        coverage=None,
        slices=(),
        worst=None,
        rule="",
        measured=not_gradable("the canal is not seen"),
        disagrees=False,
        hint="on sagittal images the canal has lost 31 % of its depth here",
    )


def _series_used() -> tuple[SeriesUsed, ...]:
    def one(key: str, plane: str, weighting: str, role: str, channel: str, reason: str) -> SeriesUsed:
        spacing = (4.0, 1.5, 1.2)
        why = "TR 3500 ms, TE 100 ms"
        return SeriesUsed(
            key, plane, weighting, why, role, channel, ("lumbar",), reason, (9, 64, 60), spacing, ()
        )

    return (
        one("s01_sag_T1", "sagittal", "T1", "channel", "T1", "The only sagittal T1 of the station."),
        one("s02_sag_T2", "sagittal", "T2", "channel", "T2", "The best of 2: thinner slices."),
        one("s05_ax_T2", "axial", "T2", "axial T2", "", "Every axial T2 serves."),
    )
