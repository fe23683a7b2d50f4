"""A simulated study as BIDS-like NIfTI with sidecars, the same bytes for the same seed."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from spinemets.phantom.dicom_header import contrast_elements, sequence_elements
from spinemets.phantom.dicom_writer import StudyIdentity, describe
from spinemets.phantom.protocol import SeriesProtocol, Station
from spinemets.study.records import Plane, Weighting
from spinemets.volume import Volume, write_volume

_STATION = {
    Station.CERVICAL: "c",
    Station.CERVICOTHORACIC: "ct",
    Station.THORACIC: "t",
    Station.THORACOLUMBAR: "tl",
    Station.LUMBAR: "l",
    Station.WHOLE: "whole",
}
_PLANE = {Plane.SAGITTAL: "sag", Plane.AXIAL: "ax", Plane.CORONAL: "cor", Plane.OBLIQUE: "obl"}
_SUFFIX_T1 = "T1w"
_SUFFIX_T2 = "T2w"
_NAMED_CONTRAST = {
    Weighting.STIR: "STIR",
    Weighting.T2_FS: "FS",
    Weighting.DIXON_IN: "DixonInPhase",
    Weighting.DIXON_OPPOSED: "DixonOppPhase",
    Weighting.DIXON_WATER: "DixonWater",
    Weighting.DIXON_FAT: "DixonFat",
}
_T2_LIKE = frozenset({Weighting.T2, Weighting.STIR, Weighting.T2_FS})
# BIDS counts in seconds what DICOM counts in milliseconds.
_IN_SECONDS = frozenset({"RepetitionTime", "EchoTime", "InversionTime"})


def write_nifti_study(
    folder: Path, series: Sequence[tuple[SeriesProtocol, Volume]], identity: StudyIdentity
) -> tuple[Path, ...]:
    """Write each series as ``folder/sub-ID/anat/sub-ID_acq-..._T2w.nii.gz`` with its JSON sidecar.

    Args:
        folder: Of the data set; made if missing.
        series: Protocol and image, in order of acquisition.
        identity: Patient and study.

    Returns:
        The image files, in the order of ``series``.
    """
    return tuple(
        write_nifti_series(folder, protocol, volume, identity, number)
        for number, (protocol, volume) in enumerate(series, start=1)
    )


def write_nifti_series(
    folder: Path, protocol: SeriesProtocol, volume: Volume, identity: StudyIdentity, number: int
) -> Path:
    """Write one series with its JSON sidecar, in its own axis order.

    Args:
        folder: Of the data set; made if missing.
        protocol: How it was acquired.
        volume: Its image.
        identity: Patient and study.
        number: Series number, from 1.

    Returns:
        The image file.
    """
    subject = "sub-" + re.sub(r"[^A-Za-z0-9]", "", identity.patient_id)
    path = folder / subject / "anat" / f"{subject}_{_entities(protocol, number)}.nii.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_volume(path, volume)
    sidecar = path.with_name(path.name.removesuffix(".nii.gz") + ".json")
    sidecar.write_text(json.dumps(_sidecar(protocol, identity, number), indent=2) + "\n")
    return path


def _entities(protocol: SeriesProtocol, number: int) -> str:
    acquisition = _STATION[protocol.station] + _PLANE[protocol.plane]
    acquisition += _NAMED_CONTRAST.get(protocol.weighting, "")
    agent = "_ce-gadolinium" if protocol.timing.contrast_agent else ""
    suffix = _SUFFIX_T2 if protocol.weighting in _T2_LIKE else _SUFFIX_T1
    return f"acq-{acquisition}{agent}_run-{number:02d}_{suffix}"


def _sidecar(protocol: SeriesProtocol, identity: StudyIdentity, number: int) -> dict[str, object]:
    elements = {**sequence_elements(protocol), **contrast_elements(protocol)}
    content: dict[str, object] = {
        "Modality": "MR",
        "Manufacturer": protocol.vendor.value,
        "ManufacturersModelName": "SpineMets digital spine",
        "SeriesDescription": describe(protocol, identity),
        "SeriesNumber": number,
    }
    content.update(elements)
    for keyword in _IN_SECONDS & elements.keys():
        content[keyword] = float(str(elements[keyword])) / 1000.0
    return content
