"""How tumour that presses from one or several sides changes sac and cord, section by section."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.anatomy import EsccGrade
from spinemets.phantom.canal_curve import CanalCurve, Floats

# A direction across the canal: axis 0 is right, 1 anterior; sign +1 or -1 along it.
Direction = tuple[int, int]
RIGHT: Direction = (0, 1)
LEFT: Direction = (0, -1)
VENTRAL: Direction = (1, 1)
DORSAL: Direction = (1, -1)

# A compressed cord escapes sideways: its other axis grows by this power of its flattening.
_SPREADING_POWER = 0.6
_MOST_SPREADING = 1.3
_THINNEST_CORD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Pressure:
    """Tumour pressing on the sac at the worst section.

    Args:
        intrusion_mm: How far tumour reaches into the sac, by direction.
        reserve_mm: CSF that stays between the displaced cord and the far wall.
        yields_share: Part of the pressure that the cord evades by moving; it is flattened by the rest.
        obliterates: Whether all CSF is gone.
    """

    intrusion_mm: Mapping[Direction, float]
    reserve_mm: float
    yields_share: float
    obliterates: bool

    def adjusted(self, by_mm: float) -> "Pressure":
        """The same with more (or less) intrusion from every direction that presses."""
        intrusion = {
            direction: max(depth + by_mm, 0.0) if depth > 0 else 0.0
            for direction, depth in self.intrusion_mm.items()
        }
        return Pressure(intrusion, self.reserve_mm, self.yields_share, self.obliterates)


@dataclass(frozen=True, slots=True, eq=False)
class DeformedCord:
    """Ellipses of the cord under pressure; axes are (section, (right, anterior)), in millimetres."""

    centre_mm: Floats
    half_mm: Floats


def pressure_for(
    grade: EsccGrade, directions: tuple[Direction, ...], sac_half_mm: Floats, cord_half_mm: Floats
) -> Pressure:
    """A first guess of the pressure that gives a grade.

    Args:
        grade: 1a or higher.
        directions: From where tumour presses, the leading one first.
        sac_half_mm, cord_half_mm: Half width and half depth at the worst section, (2,).
    """
    opposed = len(directions) > 1
    leading_count = 2 if opposed and grade in (EsccGrade.G2, EsccGrade.G3) else 1
    intrusion = {}
    for place, (axis, sign) in enumerate(directions):
        gap, half = float(sac_half_mm[axis] - cord_half_mm[axis]), float(cord_half_mm[axis])
        own_grade = grade if place < leading_count or grade is EsccGrade.G1A else EsccGrade.G1B
        intrusion[axis, sign] = _intrusion(own_grade, gap, half, opposed)
    worst = grade is EsccGrade.G3
    return Pressure(intrusion, 0.0 if worst else 1.6, 1.0 if worst else 0.4, worst)


def _intrusion(grade: EsccGrade, gap_mm: float, cord_half_mm: float, opposed: bool) -> float:
    """Depth of tumour in the sac; tumour from one side pushes the cord, from two sides squeezes it."""
    depths = {
        EsccGrade.G1A: 0.0,
        EsccGrade.G1B: max(min(0.6 * gap_mm, gap_mm - 1.2), 1.3),
        EsccGrade.G1C: gap_mm + 0.4,
        EsccGrade.G2: gap_mm + (0.3 if opposed else 1.0) * cord_half_mm,
        EsccGrade.G3: gap_mm + 0.35 * cord_half_mm if opposed else 2.0 * gap_mm + 0.5 * cord_half_mm,
    }
    return depths[grade]


def deform_cord(curve: CanalCurve, pressure: Pressure, taper: npt.NDArray[np.floating]) -> DeformedCord:
    """The cord's ellipse in every section.

    Args:
        curve: The undeformed canal.
        pressure: At the worst section.
        taper: Share of the pressure in each section, (sections,).
    """
    centre = np.zeros_like(curve.cord_half_mm)
    half = curve.cord_half_mm.copy()
    for axis in (0, 1):
        low, high = _interval(curve, pressure, taper, axis)
        centre[:, axis], half[:, axis] = (low + high) / 2.0, (high - low) / 2.0
    flattening = curve.cord_half_mm / half
    for axis in (0, 1):
        spread = np.minimum(flattening[:, 1 - axis] ** _SPREADING_POWER, _MOST_SPREADING)
        room = np.maximum(curve.sac_half_mm[:, axis] - pressure.reserve_mm / 2.0, half[:, axis])
        half[:, axis] = np.minimum(half[:, axis] * spread, room)
    return DeformedCord(centre, half)


def _interval(
    curve: CanalCurve, pressure: Pressure, taper: npt.NDArray[np.floating], axis: int
) -> tuple[Floats, Floats]:
    """Lowest and highest place of the cord along an axis."""
    sac, cord = curve.sac_half_mm[:, axis], curve.cord_half_mm[:, axis]
    front, back = (sac - pressure.intrusion_mm.get((axis, sign), 0.0) * taper for sign in (1, -1))
    from_front, from_back = np.maximum(cord - front, 0.0), np.maximum(cord - back, 0.0)
    room_back = np.maximum(back - cord - pressure.reserve_mm, 0.0)
    room_front = np.maximum(front - cord - pressure.reserve_mm, 0.0)
    backwards = np.minimum(pressure.yields_share * from_front, room_back)
    forwards = np.minimum(pressure.yields_share * from_back, room_front)
    high, low = cord - from_front + forwards, -(cord - from_back) - backwards
    least = 2.0 * _THINNEST_CORD_SHARE * cord
    missing = np.maximum(least - (high - low), 0.0) / 2.0
    return low - missing, high + missing
