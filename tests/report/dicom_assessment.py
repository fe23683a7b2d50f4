"""A small assessed study on a DICOM series: masks by the place of voxels, findings by hand."""

from dataclasses import replace

import numpy as np

from spinemets.anatomy import Anatomy, BoneLesionType, EsccGrade, Level, Numbering
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import (
    AlignmentFindings,
    BodyFindings,
    CanalFindings,
    Compartment,
    Lesion,
    MarrowEvidence,
    Share,
    SinsImaging,
    StationFindings,
    Vertebra,
    WallShape,
)
from spinemets.inference.records import (
    EsccResult,
    GradedSlice,
    GradeProbability,
    LevelResult,
    Provenance,
    StationImages,
    StationResult,
    StudyResult,
    WeightsUsed,
)
from spinemets.scoring.bone_signal import Suggestion
from spinemets.scoring.collapse import Genant
from spinemets.scoring.escc import EsccFindings, grade_escc, not_gradable
from spinemets.scoring.pathway import PathwayInputs, suggest_pathway
from spinemets.scoring.possible import Source, possible, unknown
from spinemets.scoring.sins import SinsFindings, score_sins
from spinemets.scoring.sins_items import Alignment, Collapse, Pain, Posterolateral
from spinemets.scoring.sins_study import highest_sins
from spinemets.study.records import Series
from spinemets.volume import Volume

STATION = "lumbar"
CERTAIN = LevelBelief((LevelProbability(Level.L3, 1.0),))
T12_OR_L1 = LevelBelief((LevelProbability(Level.T12, 0.6), LevelProbability(Level.L1, 0.4)))
L5_OR_L6 = LevelBelief((LevelProbability(Level.L5, 0.7), LevelProbability(Level.L6, 0.3)))
AXIAL_SLICE_UID = "2.25.424242"

_BONE = possible([BoneLesionType.LYTIC, BoneLesionType.MIXED], Source.MEASURED, "dark on T1 ≤ muscle")
_ALIGNMENT = possible([Alignment.DEFORMITY], Source.MEASURED, "kyphosis 12°", needs_confirmation=True)
_COLLAPSE = possible([Collapse.UNDER_HALF], Source.MEASURED)
_POSTEROLATERAL = unknown(Posterolateral, "the arch is cut by the image")
_GRADES = (0.02, 0.08, 0.15, 0.45, 0.2, 0.1)


def measurement(value: float | None, unit: Unit, note: str = "", at_least: bool = False) -> Measurement:
    """A value with a plain trace."""
    return Measurement(value, unit, Trace("by hand", ("series-1",)), at_least, note)


def on_grid_of(series: Series, array: np.ndarray) -> Volume:
    """A map on the grid of a series."""
    return Volume(array, series.affine_ras)


def masks_of(series: Series) -> StationImages:
    """Masks with every class that differ in every direction, and two lesions, one inside the bodies."""
    index = np.stack(np.meshgrid(*map(np.arange, series.shape), indexing="ij"))
    place = np.ravel_multi_index(tuple(index), series.shape)
    anatomy = np.where(index[0] > 0, place % (len(Anatomy) + 1), 0).astype(np.uint8)
    anatomy[anatomy >= len(Anatomy)] = Anatomy.VERTEBRAL_BODY
    lesions = np.zeros(series.shape, np.uint16)
    lesions[1:3, 1:3, 2:4] = 1
    lesions[2, 4:, :2] = 2
    levels = np.where(anatomy == Anatomy.VERTEBRAL_BODY, Level.L3.code, 0).astype(np.uint8)
    return StationImages(
        name=STATION,
        reference=series,
        volumes={},
        anatomy=on_grid_of(series, anatomy),
        levels=on_grid_of(series, levels),
        lesions=on_grid_of(series, lesions),
    )


def with_masks(images: StationImages, anatomy: np.ndarray, lesions: np.ndarray) -> StationImages:
    """The same station with other masks."""
    return replace(
        images,
        anatomy=on_grid_of(images.reference, anatomy),
        lesions=on_grid_of(images.reference, lesions),
    )


def result_of(series: Series, belief: LevelBelief = CERTAIN, graded: bool = True) -> StudyResult:
    """A study with one involved vertebra, two lesions, and every kind of open item."""
    vertebra = _vertebra(series, belief)
    findings = StationFindings((vertebra,), (_lesion(series, 1, 1), _lesion(series, 2, None)))
    level = _level(belief, _escc() if graded else _not_gradable())
    return StudyResult(
        study="study-key",
        patient="patient-key",
        levels=(level,),
        highest=highest_sins([level.sins]),
        stations=(StationResult(STATION, series.key, {"T2": series.key}, (), findings),),
        series=(),
        warnings=("Only one sequence: bone type is a guess.",),
        problems=(),
        provenance=_PROVENANCE,
    )


def empty_result_of(series: Series) -> StudyResult:
    """A study in which nothing was found."""
    station = StationResult(STATION, series.key, {"T2": series.key}, (), StationFindings((), ()))
    return replace(result_of(series), levels=(), highest=None, stations=(station,))


_PROVENANCE = Provenance(
    spinemets_version="0.1.0",
    config_sha256="c" * 64,
    input_sha256="d" * 64,
    weights=(WeightsUsed("segmentation", "a" * 64, "simulated spines", True, "0.1.0"),),
    arithmetic="float32",
    device="cpu",
)


def _centre(series: Series) -> tuple[float, float, float]:
    middle = (np.array(series.shape) - 1) / 2.0
    r, a, s = (series.affine_ras @ [*middle, 1.0])[:3]
    return float(r), float(a), float(s)


def _vertebra(series: Series, belief: LevelBelief) -> Vertebra:
    return Vertebra(
        number=1,
        belief=belief,
        centre_ras_mm=_centre(series),
        whole=True,
        involved=True,
        lesions=(1,),
        body=BodyFindings(
            height_anterior=measurement(20.0, Unit.MILLIMETRE),
            height_middle=measurement(22.0, Unit.MILLIMETRE),
            height_posterior=measurement(26.0, Unit.MILLIMETRE),
            loss_anterior=measurement(28.125, Unit.PERCENT),
            loss_middle=measurement(15.0, Unit.PERCENT),
            loss_posterior=measurement(-1.5, Unit.PERCENT),
            references=(2,),
            involved=measurement(37.5, Unit.PERCENT),
            wall_offset=measurement(None, Unit.MILLIMETRE, "no neighbour is whole"),
            wall_shape=WallShape.CONVEX,
            genant=Genant.MODERATE,
        ),
        alignment=AlignmentFindings(
            kyphosis=measurement(12.0, Unit.DEGREE),
            wedge=measurement(8.0, Unit.DEGREE),
            scoliosis=measurement(1.0, Unit.DEGREE),
            slip=measurement(0.5, Unit.MILLIMETRE),
        ),
        canal=CanalFindings(
            narrowing=measurement(30.0, Unit.PERCENT),
            epidural_tumour=measurement(0.8, Unit.MILLILITRE),
            epidural_extent=measurement(18.0, Unit.MILLIMETRE, at_least=True),
            has_cord=False,
        ),
        sins=SinsImaging(_BONE, _ALIGNMENT, _COLLAPSE, _POSTEROLATERAL),
    )


def _lesion(series: Series, number: int, vertebra: int | None) -> Lesion:
    return Lesion(
        number=number,
        vertebra=vertebra,
        vertebrae=() if vertebra is None else (vertebra,),
        centre_ras_mm=_centre(series),
        volume=measurement(3.25, Unit.MILLILITRE, at_least=number == 2),
        largest_diameter=measurement(21.0, Unit.MILLIMETRE, at_least=number == 2),
        probability=0.875,
        compartments=(Share(Compartment.BODY_POSTERIOR, 0.75), Share(Compartment.LEFT_PEDICLE, 0.25)),
        breaches_cortex=None,
        touches_border=number == 2,
        bone=_BONE,
        marrow=_marrow() if number == 1 else (),
    )


def _marrow() -> tuple[MarrowEvidence, ...]:
    """Every kind of evidence beside the channels."""
    values = {
        "lesion.phase_drop": (12.5, Unit.PERCENT),
        "lesion.fat_fraction": (0.125, Unit.ONE),
        "lesion.adc": (850.0, Unit.DIFFUSION),
        "lesion.density": (240.0, Unit.HOUNSFIELD),
    }
    return tuple(
        MarrowEvidence(Measurement(value, unit, Trace(rule, (STATION,))), Suggestion.UNDETERMINED, "no limit")
        for rule, (value, unit) in values.items()
    )


def _level(belief: LevelBelief, escc: EsccResult) -> LevelResult:
    sins = score_sins(
        SinsFindings(
            level=possible(belief.credible, Source.MEASURED),
            pain=unknown(Pain),
            bone=_BONE,
            alignment=_ALIGNMENT,
            collapse=_COLLAPSE,
            posterolateral=_POSTEROLATERAL,
            numbering=Numbering(lumbar_count=6 if Level.L6 in belief.credible else 5),
        )
    )
    return LevelResult(
        station=STATION,
        vertebra=1,
        belief=belief,
        escc=escc,
        sins=sins,
        pathway=suggest_pathway(PathwayInputs(escc.assessment, sins.classes)),
        lesion_volume=measurement(3.25, Unit.MILLILITRE),
    )


def _escc() -> EsccResult:
    grades = tuple(GradeProbability(grade, p) for grade, p in zip(EsccGrade, _GRADES, strict=True))
    return EsccResult(
        assessment=grade_escc(EsccFindings(sac_deformed=True)),
        coverage=0.9,
        slices=(GradedSlice("axial-T2", 4, AXIAL_SLICE_UID, grades),),
        worst=0,
        rule="the worst of three neighbours",
        measured=grade_escc(EsccFindings(epidural_tumour=True, sac_deformed=False)),
        disagrees=True,
    )


def _not_gradable() -> EsccResult:
    nothing = not_gradable("no axial T2 at the level")
    return EsccResult(nothing, None, (), None, "", nothing, False, "the sac is 30 % narrower")
