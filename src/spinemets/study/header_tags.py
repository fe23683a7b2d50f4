"""The header elements that are read of each file of an archive; all others are passed over."""

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag, Tag

# Private elements for the b value and gradient direction of classic diffusion images, with the creator that
# must own the block: Siemens (syngo MR), GE and Philips conformance statements.
SIEMENS_CREATOR = Tag(0x0019, 0x0010)
SIEMENS_B_VALUE = Tag(0x0019, 0x100C)
SIEMENS_DIRECTION = Tag(0x0019, 0x100E)
GE_CREATOR = Tag(0x0043, 0x0010)
GE_B_VALUE = Tag(0x0043, 0x1039)
PHILIPS_CREATOR = Tag(0x2001, 0x0010)
PHILIPS_B_VALUE = Tag(0x2001, 0x1003)

_SHARED = """
SpecificCharacterSet ImageType SOPClassUID StudyDate SeriesDate SeriesTime Modality Manufacturer
SeriesDescription PatientID IssuerOfPatientID ContrastBolusAgent BodyPartExamined ScanningSequence
SequenceVariant ScanOptions MRAcquisitionType SequenceName SliceThickness RepetitionTime EchoTime
InversionTime EchoNumbers MagneticFieldStrength SpacingBetweenSlices EchoTrainLength ProtocolName
InPlanePhaseEncodingDirection FlipAngle DiffusionBValue DiffusionGradientOrientation StudyInstanceUID
SeriesInstanceUID SeriesNumber AcquisitionNumber TemporalPositionIdentifier ImageOrientationPatient
FrameOfReferenceUID SamplesPerPixel NumberOfFrames Rows Columns PixelSpacing BitsAllocated
SpectrallySelectedSuppression ComplexImageComponent PatientOrientation
"""
_OF_EACH_SLICE = "SOPInstanceUID InstanceNumber TriggerTime ImagePositionPatient"
_ENHANCED = """
ContrastBolusAgentSequence DimensionIndexSequence EchoPlanarPulseSequence EchoPulseSequence
MultipleSpinEcho PulseSequenceName SegmentedKSpaceTraversal SteadyStatePulseSequence
SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
"""


def _tags(keywords: str) -> tuple[BaseTag, ...]:
    found = ((keyword, tag_for_keyword(keyword)) for keyword in keywords.split())
    if unknown := [keyword for keyword, tag in found if tag is None]:
        raise KeyError(f"no DICOM elements: {unknown}")
    return tuple(Tag(tag_for_keyword(keyword) or 0) for keyword in keywords.split())


# Equal in all, or in many, slices of a series.
SHARED_TAGS = (
    *_tags(_SHARED),
    SIEMENS_CREATOR,
    SIEMENS_B_VALUE,
    SIEMENS_DIRECTION,
    GE_CREATOR,
    GE_B_VALUE,
    PHILIPS_CREATOR,
    PHILIPS_B_VALUE,
)
ALL_TAGS = (*SHARED_TAGS, *_tags(_OF_EACH_SLICE), *_tags(_ENHANCED))
