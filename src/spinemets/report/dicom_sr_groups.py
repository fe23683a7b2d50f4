"""Measurement groups of a DICOM structured report: the study, its involved levels, its lesions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr import Measurement as CodedMeasurement
from pydicom.sr.coding import Code

from spinemets.findings.measurement import Unit
from spinemets.findings.records import Lesion, StationFindings, Vertebra
from spinemets.inference.records import LevelResult, StudyResult
from spinemets.report import dicom_sr_codes as names
from spinemets.report.dicom_codes import ABNORMAL_STRUCTURE, METASTASIS, site_code
from spinemets.report.dicom_identity import derived_uid
from spinemets.report.dicom_segments import lesion_levels_text, lesion_site, lesion_tracking_id
from spinemets.report.dicom_source import SourceImages
from spinemets.report.dicom_sr_items import (
    Statement,
    escc_graded,
    escc_measured,
    evaluation,
    measured,
    number,
    sins_item,
    text,
)
from spinemets.report.dicom_sr_statements import (
    compartments,
    geometry,
    lesion_change,
    level_change,
    possible_levels,
    shapes,
    total,
)

Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations


@dataclass(frozen=True, slots=True)
class SegmentReference:
    """A segment of a DICOM segmentation, by which a lesion is referred to."""

    sop_class_uid: str
    sop_instance_uid: str
    number: int
    tracking_uid: str


@dataclass(frozen=True, slots=True, eq=False)
class StationReferences:
    """What the statements on a station refer to.

    Args:
        source: The series that its masks lie on; None where that is no DICOM series.
        segments: Of its lesions, by tracking identifier; empty without a segmentation.
    """

    source: SourceImages | None
    segments: dict[str, SegmentReference]


def study_group(result: StudyResult, root: str) -> Group:
    """The study: number of involved levels, highest SINS, warnings.

    Args:
        result: Of the study.
        root: What every tracking UID starts from.
    """
    statements: list[Statement] = [number(names.INVOLVED_LEVELS, len(result.levels), names.LEVELS_UNIT)]
    if result.highest is not None:
        statements += total(result.highest.minimum, result.highest.maximum, result.highest.classes)
    words = [result.note, f"Study {result.study}.", *result.warnings]
    if (prior := result.prior) is not None:
        if prior.days is not None:
            statements.append(number(names.DAYS_SINCE, prior.days, names.DAYS_UNIT))
        words += [f"Compared with study {prior.study}.", *prior.statements]
    return _general(result, root, "study", statements, words, [], [])


def level_group(level: LevelResult, result: StudyResult, references: StationReferences, root: str) -> Group:
    """An involved level: geometry, ESCC, SINS with every item that is open."""
    findings = findings_of(result, level.station)
    vertebra = next(each for each in findings.vertebrae if each.number == level.vertebra)
    score = level.sins
    statements = [
        *possible_levels(level),
        *geometry(vertebra),
        *shapes(vertebra),
        measured(names.LESION_VOLUME, level.lesion_volume),
        escc_graded(level.escc),
        escc_measured(level.escc),
        *([evaluation(names.ESCC_DISAGREES, names.YES)] if level.escc.disagrees else []),
        *total(score.minimum, score.maximum, score.classes),
        *(sins_item(item) for item in score.items),
        *level_change(result.prior, result.levels.index(level)),
    ]
    sites = [FindingSite(site_code(level.belief.credible))]
    words = [f"Level {level.belief.words}, station {level.station}, vertebra {level.vertebra}."]
    images = _image_through(vertebra, references.source)
    identifier = f"{level.station}: vertebra {level.vertebra}"
    return _general(result, root, identifier, statements, words, sites, images)


def lesion_group(
    lesion: Lesion, station: str, result: StudyResult, references: StationReferences, root: str
) -> Group:
    """A lesion: size, site, compartments, and its segment where there is a segmentation."""
    findings = findings_of(result, station)
    identifier = lesion_tracking_id(station, lesion.number)
    segment = references.segments.get(identifier)
    statements = [
        measured(names.VOLUME, lesion.volume),
        measured(names.LARGEST_DIAMETER, lesion.largest_diameter),
        number(names.PROBABILITY, lesion.probability, names.UNITS[Unit.ONE]),
        *compartments(lesion),
        *(measured(names.MARROW[one.measured.trace.rule], one.measured) for one in lesion.marrow),
        *lesion_change(result.prior, station, lesion.number),
    ]
    words = [f"Lesion {lesion.number}, {lesion_levels_text(lesion, findings) or 'beside the vertebrae'}."]
    if lesion.touches_border:
        words.append("The image cuts it: sizes are lower bounds.")
    sites = [FindingSite(lesion_site(lesion, findings))]
    if segment is None or references.source is None:
        return _general(result, root, identifier, statements, words, sites, [])
    group = VolumetricROIMeasurementsAndQualitativeEvaluations(
        referenced_segment=ReferencedSegment(
            sop_class_uid=segment.sop_class_uid,
            sop_instance_uid=segment.sop_instance_uid,
            segment_number=segment.number,
            source_series=SourceSeriesForSegmentation(references.source.series_instance_uid),
        ),
        tracking_identifier=TrackingIdentifier(segment.tracking_uid, identifier),
        **_content(result, statements, sites),
    )
    return _commented(group, words)


def findings_of(result: StudyResult, station: str) -> StationFindings:
    """The findings of a station by its name."""
    return next(each.findings for each in result.stations if each.name == station)


def _general(
    result: StudyResult,
    root: str,
    identifier: str,
    statements: Iterable[Statement],
    words: Iterable[str],
    sites: list[FindingSite],
    images: list[SourceImageForMeasurementGroup],
) -> Group:
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(derived_uid(root, identifier), identifier),
        source_images=images or None,
        **_content(result, statements, sites),
    )
    return _commented(group, words)


class _GroupContent(TypedDict):
    """Arguments that all kinds of groups take."""

    finding_category: Code | None
    finding_type: Code | None
    algorithm_id: AlgorithmIdentification
    finding_sites: list[FindingSite] | None
    measurements: list[CodedMeasurement]
    qualitative_evaluations: list[QualitativeEvaluation]


def _content(result: StudyResult, statements: Iterable[Statement], sites: list[FindingSite]) -> _GroupContent:
    """What all kinds of groups take; a group without a site, as the study's, states no finding."""
    held = list(statements)
    weights = [f"{each.task} weights {each.sha256}" for each in result.provenance.weights]
    return {
        "finding_category": ABNORMAL_STRUCTURE if sites else None,
        "finding_type": METASTASIS if sites else None,
        "algorithm_id": AlgorithmIdentification(
            name="SpineMets", version=result.provenance.spinemets_version, parameters=weights or None
        ),
        "finding_sites": sites or None,
        "measurements": [each for each in held if isinstance(each, CodedMeasurement)],
        "qualitative_evaluations": [each for each in held if isinstance(each, QualitativeEvaluation)],
    }


def _commented(group: Group, words: Iterable[str]) -> Group:
    for each in words:
        group[0].ContentSequence.append(text(each, RelationshipTypeValues.CONTAINS))
    return group


def _image_through(vertebra: Vertebra, source: SourceImages | None) -> list[SourceImageForMeasurementGroup]:
    """The slice of the source series that crosses the middle of a body."""
    if source is None:
        return []
    index = np.linalg.solve(source.series.affine_ras, [*vertebra.centre_ras_mm, 1.0])
    nearest = source.slices[int(np.clip(round(float(index[0])), 0, len(source.slices) - 1))]
    return [
        SourceImageForMeasurementGroup(
            referenced_sop_class_uid=nearest.sop_class_uid,
            referenced_sop_instance_uid=nearest.sop_instance_uid,
            referenced_frame_numbers=nearest.frame_numbers,
        )
    ]
