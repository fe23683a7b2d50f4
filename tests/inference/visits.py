"""Two visits of one patient as records: a chain of vertebrae with frames, and lesions at places in them."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from spinemets.anatomy import BoneLesionType, Level
from spinemets.findings.level_belief import LevelBelief, LevelProbability
from spinemets.findings.measurement import Measurement, Trace, Unit
from spinemets.findings.records import BodyFrame, Lesion, StationFindings, Vertebra
from spinemets.inference.records import Grid, StationResult
from spinemets.inference.settings import ChangeSettings
from spinemets.scoring.possible import unknown

SETTINGS = ChangeSettings(small_ml=2.0, limit_small_percent=75.0, limit_large_percent=30.0, place_mm=10.0)
LUMBAR = (Level.T12, Level.L1, Level.L2, Level.L3, Level.L4)
# Distances of neighbouring centres, head to feet, of one person.
PITCHES_MM = (31.0, 33.5, 35.0, 36.0, 34.5, 37.0)
_BODY_TO_ORIGIN_MM = 16.0


@dataclass(frozen=True)
class Pose:
    """How the patient lies in the scanner."""

    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def axes(self):
        return Rotation.from_euler("xyz", self.turn_deg, degrees=True).as_matrix()

    def world(self, point):
        """RAS mm of a point of the patient."""
        return tuple((self.axes @ np.asarray(point, dtype=float) + np.asarray(self.shift_mm)).tolist())


@dataclass(frozen=True)
class Spot:
    """A lesion at a place (right, anterior, superior mm) in a vertebra's frame."""

    vertebra: int | None
    place_mm: tuple[float, float, float]
    volume_ml: float
    cut: bool = False


def sure(level):
    return LevelBelief((LevelProbability(level, 1.0),))


def unsure(*shares):
    return LevelBelief(tuple(LevelProbability(level, share) for level, share in shares))


def station(
    beliefs, spots=(), pose=None, pitches=PITCHES_MM, name="lumbar", frame="", grid="wide", with_axes=True
):
    """A station that shows these levels, head to feet, straight down from the patient's (0, 0, 0)."""
    pose = pose or Pose()
    heights = [0.0, *(-np.cumsum(pitches[: len(beliefs) - 1])).tolist()] if beliefs else []
    origins = [(0.0, -_BODY_TO_ORIGIN_MM, height) for height in heights]
    lesions = tuple(_lesion(number, spot, origins, pose) for number, spot in enumerate(spots, start=1))
    vertebrae = []
    for number, (belief, height) in enumerate(zip(beliefs, heights, strict=True), start=1):
        own = tuple(one.number for one in lesions if number in one.vertebrae)
        axes = [tuple(column) for column in pose.axes.T.tolist()]
        frame_of_body = BodyFrame(pose.world(origins[number - 1]), *axes) if with_axes else None
        vertebrae.append(
            Vertebra(
                number=number,
                belief=belief,
                centre_ras_mm=pose.world((0.0, 0.0, height)),
                whole=True,
                involved=bool(own),
                lesions=own,
                body=None,
                alignment=None,
                canal=None,
                sins=None,
                frame=frame_of_body,
            )
        )
    return StationResult(
        name=name,
        reference_series="T2",
        channels={"T2": "T2"},
        statements=(),
        findings=StationFindings(tuple(vertebrae), lesions),
        frame_of_reference=frame,
        grid=_grid(pose, heights, grid),
    )


def _lesion(number, spot, origins, pose):
    origin = (0.0, 0.0, 0.0) if spot.vertebra is None else origins[spot.vertebra - 1]
    note = "cut" if spot.cut else ""
    volume = Measurement(spot.volume_ml, Unit.MILLILITRE, Trace("lesion.volume", ("T2",)), spot.cut, note)
    return Lesion(
        number=number,
        vertebra=spot.vertebra,
        vertebrae=() if spot.vertebra is None else (spot.vertebra,),
        centre_ras_mm=pose.world(np.add(origin, spot.place_mm)),
        volume=volume,
        largest_diameter=Measurement(12.0, Unit.MILLIMETRE, Trace("lesion.diameter")),
        probability=0.9,
        compartments=(),
        breaches_cortex=None,
        touches_border=spot.cut,
        bone=unknown(BoneLesionType),
    )


def _grid(pose, heights, kind):
    """Of sagittal slices, 4 mm apart, that turn with the patient: 19 of them, or 9 where ``narrow``."""
    if kind is None or not heights:
        return None
    slices = {"wide": 19, "narrow": 9}[kind]
    rows = round(heights[0] - heights[-1]) + 80
    affine = np.empty((3, 4))
    axes = pose.axes @ np.array([[-4.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]])
    affine[:, :3] = axes
    affine[:, 3] = pose.world((2.0 * (slices - 1), 60.0, heights[0] + 40.0))
    return Grid((slices, rows, 140), tuple(tuple(row) for row in affine.tolist()))
