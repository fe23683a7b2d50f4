"""One phantom patient of a stress test, imaged under one hardship after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from spinemets.anatomy import Level
from spinemets.phantom.build import build_spine
from spinemets.phantom.dicom_writer import StudyIdentity
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.disease_paint import paint_disease
from spinemets.phantom.hardship import Hardship, Severity, harden_protocols, with_screws
from spinemets.phantom.nifti_writer import write_nifti_series
from spinemets.phantom.protocol_draw import draw_protocols
from spinemets.phantom.scanner import Truth, acquire, acquire_labels
from spinemets.phantom.study import StudyRequest, plan_study
from spinemets.phantom.texture import texture_of
from spinemets.phantom.truth import LevelTruth, measure_truth
from spinemets.study.records import Plane
from spinemets.volume import Volume

_TRUTH: tuple[Truth, ...] = ("anatomy", "level", "lesion")
# Purposes of randomness, apart from those of whole studies.
_PROTOCOL, _NOISE = 20, 21
# Screws are placed at levels this far within the image.
_WITHIN_MM = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class StressedImages:
    """Images on disk, and what is true of them.

    Args:
        truth: Label maps on the grid of each sagittal series, by its file.
        levels: Involved levels of the patient.
    """

    truth: Mapping[Path, Mapping[Truth, Volume]]
    levels: tuple[LevelTruth, ...]


class StressPatient:
    """A phantom with metastases whose spine is built once and imaged again and again.

    Args:
        request: Who it is, and what protocols and disease are drawn from; of one station.

    Raises:
        ValueError: If the request is not of one station.
    """

    def __init__(self, request: StudyRequest) -> None:
        if len(request.stations) != 1:
            raise ValueError("a stress test images one station")
        self._request = request
        plan = plan_study(request)
        self._built = build_spine(plan.spec, plan.boxes[request.stations[0]], request.grid)
        self._painted = paint_disease(self._built)
        wanted = {lesion.level for lesion in plan.spec.lesions}
        wanted |= {epidural.level for epidural in plan.spec.epidurals}
        self._protocols = draw_protocols(
            request.generator(_PROTOCOL),
            self._painted,
            request.stations[0],
            [level for level in plan.spec.numbering.levels if level in wanted],
            plan.ranges,
        )

    def image(self, hardship: Hardship | None, severity: Severity, folder: Path) -> StressedImages:
        """Write images of the patient as a BIDS data set; chance falls alike under every hardship.

        Args:
            hardship: What is made worse; None for images as they are.
            severity: See ``harden_protocols``; for metal the number of levels with screws.
            folder: Of the images.

        Raises:
            ValueError: If the severity is none of the hardship's.
        """
        spine, protocols = self._painted, self._protocols
        if hardship is Hardship.METAL:
            spine = self._with_screws(int(severity))
        elif hardship is not None:
            protocols = harden_protocols(protocols, hardship, severity)
        texture = texture_of(spine)
        identity = StudyIdentity("stress", self._request.seed, f"PHANTOM-{self._request.number:06d}")
        drawn = {protocol.name: place for place, protocol in enumerate(self._protocols)}
        truth: dict[Path, Mapping[Truth, Volume]] = {}
        for protocol in protocols:
            place = drawn[protocol.name]
            image = acquire(spine, protocol, self._request.generator(_NOISE, place), texture)
            path = write_nifti_series(folder, protocol, image, identity, place + 1)
            if protocol.plane is Plane.SAGITTAL:
                truth[path] = {what: acquire_labels(spine, protocol, what) for what in _TRUTH}
        return StressedImages(truth, measure_truth(spine).levels)

    def _with_screws(self, count: int) -> DigitalSpine:
        spec = with_screws(self._built.spec, self._levels(), count)
        return paint_disease(replace(self._built, spec=spec))

    def _levels(self) -> list[Level]:
        """Levels that the sagittal images show with room around them."""
        sagittal = next(each for each in self._protocols if each.plane is Plane.SAGITTAL)
        middle = float(sagittal.geometry.centre_ras_mm[2])
        half_mm = sagittal.geometry.field_of_view_mm[0] / 2.0 - _WITHIN_MM
        frames = self._built.frames
        return [one.level for one in frames if abs(one.origin_ras_mm[2] - middle) < half_mm]
