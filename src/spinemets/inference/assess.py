"""One study to one assessment: select, align, segment, measure, grade, score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from spinemets import __version__
from spinemets.errors import StudyError
from spinemets.findings.canal_line import canal_points
from spinemets.findings.level_evidence import Anchor, LevelEvidence
from spinemets.findings.marrow_evidence import DEFAULT_MARROW, MarrowSettings
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import SinsImaging
from spinemets.inference.axial_slices import AxialSlice, slices_of_vertebrae
from spinemets.inference.clinical import ClinicalFacts, ClinicalTable
from spinemets.inference.escc_grading import AxialSeries, deciding_image, grade_level, ungraded
from spinemets.inference.merging import ShownVertebra, StationVertebrae, involved_vertebrae
from spinemets.inference.models import Models
from spinemets.inference.prior import NO_EARLIER_STUDIES, EarlierStudies, Prior, choose_prior, compare_with
from spinemets.inference.prior_alignment import answer_alignment
from spinemets.inference.provenance import input_sha256, settings_sha256
from spinemets.inference.records import (
    Assessment,
    EsccResult,
    LevelResult,
    Provenance,
    SeriesUsed,
    StudyResult,
)
from spinemets.inference.settings import ChangeSettings, GradingSettings, SegmentingSettings
from spinemets.inference.sins_levels import score_level
from spinemets.inference.station import AssessedStation, assess_station
from spinemets.scoring.escc import grade_escc
from spinemets.scoring.sins_study import highest_sins
from spinemets.study.alignment import AlignmentSettings
from spinemets.study.override import Override
from spinemets.study.path_words import without_paths
from spinemets.study.reading import load_volume
from spinemets.study.records import Series, Study
from spinemets.study.selection import Selection, SelectionSettings, StationChannels, select_series
from spinemets.volume import Volume

Progress = Callable[[str], None]
# Files that a refusal names; a study may have hundreds that are cut off.
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class AssessmentSettings:
    """Everything but the weights that decides a result.

    Args:
        selection: Which series serve.
        alignment: When movement between series is undone.
        segmenting: How the segmenter is run.
        grading: How axial slices are graded.
        change: What counts as a change against an earlier study.
        anchor: The user's word on one vertebra's level; None where there is none.
        marrow: Limits of what Dixon, diffusion and CT say of lesions.
    """

    selection: SelectionSettings
    alignment: AlignmentSettings
    segmenting: SegmentingSettings
    grading: GradingSettings
    change: ChangeSettings
    anchor: Anchor | None = None
    marrow: MarrowSettings = DEFAULT_MARROW


@dataclass(slots=True)
class _Work:
    """What has been read and found of a study so far."""

    selection: Selection
    stations: list[AssessedStation] = field(default_factory=list)
    axial: dict[str, AxialSeries] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def assess_study(
    study: Study,
    models: Models,
    settings: AssessmentSettings,
    clinical: ClinicalTable,
    override: Override | None = None,
    progress: Progress = lambda stage: None,
    earlier: EarlierStudies = NO_EARLIER_STUDIES,
) -> Assessment:
    """Assess one study.

    Args:
        study: Headers only; voxels are read here.
        models: The networks.
        settings: All else that decides the result.
        clinical: Pain and what else no image tells.
        override: The user's word on the series.
        progress: Is told each stage as it begins.
        earlier: Assessed studies of the same patient; what has changed is said against the latest that shows
            a vertebra of this one.

    Raises:
        StudyError: If there is no sagittal series to read, or no spine on any.
        InputError: If a series cannot be read.
    """
    selection = select_series(study, settings.selection, override)
    if not selection.usable:
        raise StudyError(_nothing_to_read(selection, study), field=study.key, remedy="see spinemets series")
    work = _Work(selection, warnings=list(selection.warnings))
    refusals = [_add_station(work, station, models, settings, progress) for station in selection.stations]
    if not work.stations:
        told = "; ".join(str(one) for one in refusals if one is not None)
        raise StudyError(f"has no station to assess: {told}", field=study.key)
    _read_axial(work, progress)
    progress("grading and scoring")
    work.warnings += earlier.warnings
    prior = choose_prior([one.result for one in work.stations], earlier.studies)
    return _assessment(work, models, settings, clinical, prior)


def _nothing_to_read(selection: Selection, study: Study) -> str:
    """That there is no sagittal series, and why other series and files do not serve."""
    reasons = [f"{one.series_key}: {one.reason}" for one in selection.decisions]
    problems = [f"{one.kind}: {without_paths(one.message, study)}." for one in study.problems[:_MOST_TOLD]]
    if more := len(study.problems) - len(problems):
        problems.append(f"{more} more files were left out.")
    return " ".join([*selection.warnings, *reasons, *problems])


def _add_station(
    work: _Work, station: StationChannels, models: Models, settings: AssessmentSettings, progress: Progress
) -> StudyError | None:
    """Assess a station, or say why it is left out: one that shows no spine does not stop the others."""
    name = station.station.name
    progress(f"{name}: reading {', '.join(station.channels)}")
    evidence = LevelEvidence(settings.anchor, _body_parts(station))
    try:
        found = assess_station(
            station,
            models,
            settings.alignment,
            settings.segmenting,
            evidence,
            progress,
            _extras_of(work.selection, name),
            settings.marrow,
        )
    except StudyError as error:
        work.warnings.append(f"{name.capitalize()} is left out: {error}")
        return error
    work.stations.append(found)
    work.volumes |= found.read
    work.warnings += [f"{name.capitalize()}: {warning}" for warning in found.warnings]
    return None


def _extras_of(selection: Selection, station: str) -> list[Series]:
    shown = {one.series_key for one in selection.decisions if station in one.station}
    return [one for one in selection.extras if one.key in shown]


def _body_parts(station: StationChannels) -> tuple[str, ...]:
    named = {series.parameters.body_part for series in station.channels.values()}
    return tuple(sorted(named - {""}))


def _read_axial(work: _Work, progress: Progress) -> None:
    for series in work.selection.axial_t2:
        progress(f"reading axial T2 {series.key}")
        volume = load_volume(series)
        work.axial[series.key] = AxialSeries(series, volume)
        work.volumes[series.key] = volume


def _assessment(
    work: _Work,
    models: Models,
    settings: AssessmentSettings,
    clinical: ClinicalTable,
    prior: Prior | None,
) -> Assessment:
    stations = {one.result.name: one for one in work.stations}
    vertebrae = involved_vertebrae(
        [
            StationVertebrae(name, one.images.reference.frame_of_reference, one.findings)
            for name, one in stations.items()
        ]
    )
    places = {name: _axial_slices(one, work.axial, settings.grading) for name, one in stations.items()}
    levels, images = [], []
    for place, involved in enumerate(vertebrae):
        slices = places[involved.station].get(involved.vertebra.number, ())
        escc, deciding = _escc(involved, stations[involved.station], slices, work, models, settings.grading)
        facts = clinical.of(work.selection.study.key, involved.vertebra.belief.credible)
        then = None if prior is None else prior.alignment_of(involved.station, involved.vertebra.number)
        answered = answer_alignment(involved.vertebra, then, facts.prior_alignment)
        work.warnings += [answered.warning] if answered.warning else []
        levels.append(_level(involved, stations[involved.station], escc, answered.sins, facts))
        if deciding is not None and models.grader is not None:
            axial = work.axial[deciding.series_key]
            images.append(deciding_image(place, deciding, axial, models.grader))
    result = _result(work, tuple(levels), models, settings, prior)
    return Assessment(result, tuple(one.images for one in work.stations), tuple(images))


def _axial_slices(
    station: AssessedStation, axial: Mapping[str, AxialSeries], settings: GradingSettings
) -> dict[int, tuple[AxialSlice, ...]]:
    """Slices of all axial series that share the station's coordinates, by the vertebra's number."""
    canal = canal_points(station.images.anatomy)
    centres = {one.number: one.centre_ras_mm for one in station.findings.vertebrae}
    found: dict[int, tuple[AxialSlice, ...]] = {}
    for one in axial.values():
        frames = {one.series.frame_of_reference, station.images.reference.frame_of_reference} - {""}
        if len(frames) > 1:
            continue
        own = slices_of_vertebrae(one.series, one.volume, canal, centres, settings.reach_mm)
        found = {number: (*found.get(number, ()), *own.get(number, ())) for number in found | own}
    return found


def _escc(
    involved: ShownVertebra,
    station: AssessedStation,
    slices: Sequence[AxialSlice],
    work: _Work,
    models: Models,
    settings: GradingSettings,
) -> tuple[EsccResult, AxialSlice | None]:
    measured = grade_escc(station.escc_findings[involved.vertebra.number])
    canal = involved.vertebra.canal
    hint = _hint(None if canal is None else canal.narrowing)
    if slices and models.grader is not None:
        has_cord = None if canal is None else canal.has_cord
        graded, deciding = grade_level(slices, work.axial, models.grader, settings, measured, has_cord)
        return (graded if deciding else replace(graded, hint=hint)), deciding
    reason = "no axial T2 at this level" if models.grader is not None else "no weights of a grader"
    return ungraded(reason, measured, hint), None


def _hint(narrowing: Measurement | None) -> str:
    if narrowing is None or narrowing.value is None:
        return ""
    return f"on sagittal images the canal has lost {narrowing.value:.0f} % of its depth here"


def _level(
    involved: ShownVertebra,
    station: AssessedStation,
    escc: EsccResult,
    imaging: SinsImaging,
    clinical: ClinicalFacts,
) -> LevelResult:
    vertebra = involved.vertebra
    scored = score_level(vertebra.belief, imaging, clinical, escc.assessment)
    return LevelResult(
        station=involved.station,
        vertebra=vertebra.number,
        belief=vertebra.belief,
        escc=escc,
        sins=scored.sins,
        pathway=scored.pathway,
        lesion_volume=_lesion_volume(station, vertebra.lesions),
    )


def _lesion_volume(station: AssessedStation, numbers: tuple[int, ...]) -> Measurement:
    own = [lesion.volume for lesion in station.findings.lesions if lesion.number in numbers]
    slices = sorted({index for one in own for index in one.trace.slices})
    return Measurement(
        sum(one.value or 0.0 for one in own),
        Unit.MILLILITRE,
        replace(own[0].trace, slices=tuple(slices)) if own else Trace("lesion.volume"),
        at_least=any(one.at_least for one in own),
        note="whole volume of every lesion that touches the level",
    )


def _result(
    work: _Work,
    levels: tuple[LevelResult, ...],
    models: Models,
    settings: AssessmentSettings,
    prior: Prior | None,
) -> StudyResult:
    study = work.selection.study
    stations = tuple(one.result for one in work.stations)
    provenance = Provenance(
        spinemets_version=__version__,
        config_sha256=settings_sha256(settings),
        input_sha256=input_sha256(work.volumes),
        weights=models.used,
        arithmetic=work.stations[0].arithmetic,
        device=models.device_name,
    )
    return StudyResult(
        study=study.key,
        patient=study.patient_key,
        levels=levels,
        highest=highest_sins([one.sins for one in levels]) if levels else None,
        stations=stations,
        series=_series(work.selection),
        warnings=tuple(dict.fromkeys(work.warnings)),
        problems=tuple(
            f"{problem.kind}: {without_paths(problem.message, study)}" for problem in study.problems
        ),
        provenance=provenance,
        prior=None if prior is None else compare_with(prior, levels, stations, provenance, settings.change),
    )


def _series(selection: Selection) -> tuple[SeriesUsed, ...]:
    return tuple(
        SeriesUsed(
            key=series.key,
            plane=series.plane.value,
            weighting=series.weighting.weighting.value,
            weighting_reason=series.weighting.reason,
            role=decision.role.value,
            channel="" if decision.channel is None else decision.channel.value,
            stations=decision.station,
            reason=decision.reason,
            shape=series.shape,
            spacing_mm=series.spacing_mm,
            warnings=series.warnings,
        )
        for series, decision in zip(selection.study.series, selection.decisions, strict=True)
    )
