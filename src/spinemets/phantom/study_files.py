"""A phantom study on disk: images as a scanner or an archive gives them, and beside them the truth."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from spinemets import __version__
from spinemets.anatomy import EsccGrade, Level, Numbering
from spinemets.phantom.complaint import draw_pain
from spinemets.phantom.dicom_writer import StudyIdentity, draw_identity, write_dicom_series
from spinemets.phantom.nifti_writer import write_nifti_series
from spinemets.phantom.sins_measure import SinsTruth
from spinemets.phantom.study import (
    ImageFormat,
    SimulatedSeries,
    SimulatedStation,
    StudyPlan,
    StudyRequest,
    make_stations,
    plan_study,
)
from spinemets.phantom.truth import LevelTruth
from spinemets.volume import write_volume

IMAGES, TRUTH = "images", "truth"
_IDENTITY, _PAIN = 6, 7
# What the words of a mask's name stand for, as data sets declare them.
_MAP_NAMES = {"anatomy": "anatomy", "level": "levels", "element": "elements", "lesion": "lesions"}

Record = dict[str, Any]
Volumes = dict[int, float | None]


def write_study(request: StudyRequest, key: str, folder: Path) -> Record:
    """Make a study and write its images and truth.

    Args:
        request: What it is like.
        key: Name of the study; paths in the result begin with it.
        folder: Made; ``images/`` and ``truth/`` go below it.

    Returns:
        The study's row of the manifest: series and masks by path, ESCC by slice and level, SINS findings.
    """
    plan = plan_study(request)
    identity = draw_identity(
        request.generator(_IDENTITY), key, request.seed * 1_000_000 + request.number, plan.days
    )
    (folder / IMAGES).mkdir(parents=True)
    (folder / TRUTH).mkdir()
    stations: list[Record] = []
    levels: dict[Level, LevelTruth] = {}
    volumes: Volumes = {}
    number = 0
    for station in make_stations(plan, request):
        rows = []
        for series in station.series:
            number += 1
            rows.append(_write_series(series, number, identity, request.image_format, key, folder))
        stations.append({"station": station.station.value, "series": rows})
        _write_json(folder / TRUTH / f"{station.station}.json", _station_truth(station))
        levels.update(_chosen_levels(station, levels))
        _keep_volumes(station, plan, volumes)
    if request.followups and request.image_format is ImageFormat.NIFTI:
        _write_study_yaml(folder / IMAGES, key, identity)
    ordered = [levels[level] for level in plan.spec.numbering.levels if level in levels]
    sins = _sins_rows(ordered, request, plan.spec.numbering)
    _write_json(folder / TRUTH / "sins.json", sins)
    _write_json(folder / TRUTH / "spine.json", _provenance(plan, request))
    return {
        "study": key,
        "patient": identity.patient_id,
        "site": _site(stations),
        "simulated": True,
        "stations": stations,
        "escc": {truth.level.value: _grade(truth.escc) for truth in ordered},
        "sins": sins,
        "visit": request.visit,
        "days": plan.days,
        "lesions": [
            {"lesion": lesion.seed, "level": lesion.level.value, "volume_ml": volumes.get(lesion.seed)}
            for lesion in plan.spec.lesions
        ],
        "fates": _fates(plan),
    }


def _write_study_yaml(images: Path, key: str, identity: StudyIdentity) -> None:
    """Names the patient and the day, which no NIfTI file tells."""
    files = sorted(images.rglob("*.nii.gz"))
    content = {
        "key": key,
        "patient": identity.patient_id,
        "date": f"{identity.date[:4]}-{identity.date[4:6]}-{identity.date[6:]}",
        "series": [{"path": path.relative_to(images).as_posix()} for path in files],
    }
    (images / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _keep_volumes(station: SimulatedStation, plan: StudyPlan, volumes: Volumes) -> None:
    """Whole volumes by the lesion's seed; None for one that every station cuts."""
    for lesion in station.truth.lesions:
        seed = plan.spec.lesions[lesion.code - 1].seed
        parts = (lesion.bone_volume_ml, lesion.soft_tissue_volume_ml, lesion.epidural_volume_ml)
        if volumes.get(seed) is None:
            volumes[seed] = None if lesion.touches_border else round(sum(parts), 3)


def _fates(plan: StudyPlan) -> list[Record]:
    """What was drawn for each lesion since the visit before."""
    fates = plan.followups[-1].fates if plan.followups else ()
    return [{"lesion": one.seed, "level": one.level.value, "fate": one.fate.value} for one in fates]


def _write_series(
    series: SimulatedSeries,
    number: int,
    identity: StudyIdentity,
    image_format: ImageFormat,
    key: str,
    folder: Path,
) -> Record:
    images = folder / IMAGES
    if image_format is ImageFormat.DICOM:
        image = images / f"{number:04d}"
        write_dicom_series(image, series.protocol, series.image, identity, number)
    else:
        image = write_nifti_series(images, series.protocol, series.image, identity, number)
    masks = {}
    for what, volume in series.truth.items():
        path = folder / TRUTH / f"{number:04d}_{series.protocol.name}_{_MAP_NAMES[what]}.nii.gz"
        write_volume(path, volume)
        masks[_MAP_NAMES[what]] = _relative(path, folder, key)
    protocol = series.protocol
    return {
        "name": protocol.name,
        "plane": protocol.plane.value,
        "weighting": protocol.weighting.value,
        "vendor": protocol.vendor.value,
        "field_strength_t": protocol.field_strength_t,
        "image": _relative(image, folder, key),
        "masks": masks,
        "escc_by_slice": [_grade(grade) for grade in series.escc_by_slice],
    }


def _chosen_levels(station: SimulatedStation, known: dict[Level, LevelTruth]) -> dict[Level, LevelTruth]:
    """Levels of a station that no earlier one has shown, and those that only this one shows whole."""
    return {
        truth.level: truth
        for truth in station.truth.levels
        if truth.level not in known or truth.level in station.whole_levels
    }


def _sins_rows(levels: Sequence[LevelTruth], request: StudyRequest, numbering: Numbering) -> list[Record]:
    """What ``spinemets score sins`` reads: a row for each involved level, in the words of its flags."""
    rng = request.generator(_PAIN)
    counts = {"thoracic_count": numbering.thoracic_count, "lumbar_count": numbering.lumbar_count}
    return [_sins_row(truth.sins, draw_pain(truth.sins, rng).value) | counts for truth in levels]


def _sins_row(sins: SinsTruth, pain: str) -> Record:
    return {
        "level": sins.level.value,
        "pain": pain,
        "bone": "unknown" if sins.bone_type is None else sins.bone_type.value,
        "alignment": sins.alignment.value,
        "collapse": "unknown" if sins.collapse_percent is None else round(max(sins.collapse_percent, 0.0), 1),
        "involved": round(sins.involved_percent, 1),
        "posterolateral": sins.posterolateral.value,
    }


def _station_truth(station: SimulatedStation) -> Record:
    return {
        "simulated": True,
        "station": station.station.value,
        "levels_shown": [level.value for level in station.levels],
        **station.truth.as_json(),
        "vertebrae": [_plain(asdict(vertebra)) for vertebra in station.vertebrae],
    }


def _provenance(plan: StudyPlan, request: StudyRequest) -> Record:
    return {
        "simulated": True,
        "made_by": f"spinemets {__version__}",
        "seed": request.seed,
        "number": request.number,
        "spine": _plain(asdict(plan.spec)),
    }


def _site(stations: Sequence[Record]) -> str:
    first = stations[0]["series"][0]
    return f"phantom {first['vendor']} {first['field_strength_t']:g} T"


def _grade(grade: EsccGrade | None) -> str | None:
    return None if grade is None else grade.value


def _relative(path: Path, folder: Path, key: str) -> str:
    return (Path(key) / path.relative_to(folder)).as_posix()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
