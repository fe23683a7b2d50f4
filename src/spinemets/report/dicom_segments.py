"""The segments of a DICOM segmentation: classes of anatomy and lesions that occur in a station."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from highdicom.color import CIELabColor
from highdicom.content import AlgorithmIdentificationSequence
from highdicom.seg import SegmentDescription
from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from spinemets.findings.records import Lesion, StationFindings
from spinemets.inference.records import Provenance, StationImages, StudyResult
from spinemets.report.dicom_codes import (
    ABNORMAL_STRUCTURE,
    ANATOMICAL_STRUCTURE,
    LESION_RGB,
    METASTASIS,
    STRUCTURES,
    site_code,
)
from spinemets.report.dicom_identity import derived_uid

Mask = npt.NDArray[np.bool_]

# SNOMED CT has no code for the level of an uncertain vertebra; the label names it. Labels hold 64 characters.
_LONGEST_LABEL = 64


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One segment.

    Args:
        label: For people, at most 64 characters.
        category, type: Coded.
        rgb: Colour to show it in.
        mask: (slice, row, column).
        modifier: Of the type.
        region: Where it lies.
        tracking_id: Name that a report refers to it by; "" for classes of anatomy.
        tracking_uid: The same, unique in the world.
    """

    label: str
    category: Code
    type: Code
    rgb: tuple[int, int, int]
    mask: Mask
    modifier: Code | None = None
    region: Code | None = None
    tracking_id: str = ""
    tracking_uid: str = ""


def segments_of(images: StationImages, result: StudyResult) -> tuple[Segment, ...]:
    """The classes of anatomy that occur, in the order of their codes, then the lesions by number."""
    return (*_anatomy(images), *_lesions(images, result))


def lesion_tracking_id(station: str, number: int) -> str:
    """The name of a lesion that segmentation and report share."""
    return f"{station}: lesion {number}"


def lesion_levels_text(lesion: Lesion, findings: StationFindings) -> str:
    """The levels that a lesion's vertebra may be, in words; "" where it touches none."""
    vertebra = next((each for each in findings.vertebrae if each.number == lesion.vertebra), None)
    return vertebra.belief.words if vertebra else ""


def lesion_site(lesion: Lesion, findings: StationFindings) -> Code:
    """Where a lesion lies: its vertebra if the level is certain, else the region, else the spine."""
    vertebra = next((each for each in findings.vertebrae if each.number == lesion.vertebra), None)
    return site_code(vertebra.belief.credible if vertebra else ())


def description(number: int, segment: Segment, provenance: Provenance) -> SegmentDescription:
    """A segment as DICOM's Segment Description macro has it."""
    algorithm = algorithm_of(provenance)
    described = SegmentDescription(
        segment_number=number,
        segment_label=segment.label[:_LONGEST_LABEL],
        segmented_property_category=segment.category,
        segmented_property_type=segment.type,
        algorithm_type="AUTOMATIC" if algorithm else "MANUAL",
        algorithm_identification=algorithm,
        tracking_id=segment.tracking_id or None,
        tracking_uid=segment.tracking_uid or None,
        anatomic_regions=[segment.region] if segment.region else None,
        display_color=CIELabColor.from_rgb(*segment.rgb),
    )
    if segment.modifier is not None:
        concept = described.SegmentedPropertyTypeCodeSequence[0]
        concept.SegmentedPropertyTypeModifierCodeSequence = [CodedConcept.from_code(segment.modifier)]
    return described


def algorithm_of(provenance: Provenance) -> AlgorithmIdentificationSequence | None:
    """The network, or the ensemble, that drew the masks; None for masks drawn by hand."""
    weights = [each.sha256 for each in provenance.weights if each.task == "segmentation"]
    if not weights:
        return None
    return AlgorithmIdentificationSequence(
        name="SpineMets segmentation",
        family=codes.cid7162.ArtificialIntelligence,
        version=provenance.spinemets_version,
        source="SpineMets",
        parameters={"weights_sha256": "+".join(weights)},
    )


def _anatomy(images: StationImages) -> list[Segment]:
    found = []
    for each, structure in STRUCTURES.items():
        mask = images.anatomy.array == each
        if mask.any():
            found.append(
                Segment(
                    label=structure.label,
                    category=ANATOMICAL_STRUCTURE,
                    type=structure.type,
                    rgb=structure.rgb,
                    mask=mask,
                    modifier=structure.modifier,
                    region=structure.region,
                )
            )
    return found


def _lesions(images: StationImages, result: StudyResult) -> list[Segment]:
    findings = next((each.findings for each in result.stations if each.name == images.name), None)
    known = {each.number: each for each in findings.lesions} if findings else {}
    numbers = (int(number) for number in np.unique(images.lesions.array) if number)
    return [_lesion(images, number, known.get(number), findings) for number in numbers]


def _lesion(
    images: StationImages, number: int, lesion: Lesion | None, findings: StationFindings | None
) -> Segment:
    mask = images.lesions.array == number
    words, site = "", site_code(())
    if lesion is not None and findings is not None:
        words, site = lesion_levels_text(lesion, findings), lesion_site(lesion, findings)
    series_uid = getattr(images.reference.source, "series_instance_uid", "")
    return Segment(
        label=f"Lesion {number}" + (f", {words}" if words else ""),
        category=ABNORMAL_STRUCTURE,
        type=METASTASIS,
        rgb=LESION_RGB,
        mask=mask,
        region=site,
        tracking_id=lesion_tracking_id(images.name, number),
        tracking_uid=derived_uid("lesion", series_uid, images.name, number, _bytes_of(mask)),
    )


def _bytes_of(mask: Mask) -> str:
    return np.packbits(mask).tobytes().hex()
