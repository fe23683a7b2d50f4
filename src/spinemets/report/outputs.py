"""All files of an assessed study, in a folder that appears whole or not at all."""

from pathlib import Path

from spinemets.inference.archive.whole_folder import whole_folder
from spinemets.inference.records import Assessment
from spinemets.inference.result_json import write_result
from spinemets.report.dicom_seg import write_seg
from spinemets.report.dicom_sr import write_sr
from spinemets.report.html_report import write_report
from spinemets.report.nifti_masks import write_masks
from spinemets.study.records import DicomSource, Study


def write_outputs(assessment: Assessment, study: Study, output: Path) -> Path:
    """Write the study's folder; one that an earlier run has left is replaced.

    Args:
        assessment: What is written.
        study: As it was read.
        output: Folder of all results.

    Returns:
        The study's folder, named after its key.
    """
    folder = output / study.key
    with whole_folder(folder) as new:
        _write(assessment, new)
    return folder


def _write(assessment: Assessment, folder: Path) -> None:
    several = len(assessment.stations) > 1
    segmentations: dict[str, Path] = {}
    for station in assessment.stations:
        prefix = f"{station.name.replace(' ', '_')}_" if several else ""
        write_masks(station, folder, prefix)
        if isinstance(station.reference.source, DicomSource):
            segmentations[station.name] = folder / f"{prefix}seg.dcm"
            write_seg(station, assessment.result, segmentations[station.name])
    if len(segmentations) == len(assessment.stations):
        write_sr(assessment.result, assessment.stations, folder / "sr.dcm", segmentations)
    write_report(assessment, folder / "report.html")
    write_result(assessment.result, folder / "result.json")
