"""What SINS asks of an image, measured at one level on the voxels of a digital spine.

Fisher et al. 2010 (Spine 35:E1221) names the findings without a method of measurement; the thresholds
here are ours where no other source is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spinemets.anatomy import BoneLesionType, Element, Level, Numbering
from spinemets.phantom.body_measure import (
    BodyShape,
    lost_against_neighbours_percent,
    lost_percent,
    wedge_deg,
)
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.lesion_measure import bone_type_of
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.scoring.location import location_of
from spinemets.scoring.sins_items import Alignment, Location, Posterolateral

# White and Panjabi 1990 (Clinical Biomechanics of the Spine): 3.5 mm of translation is instability in
# the neck, the smallest of their limits.
TRANSLATION_FROM_MM = 3.5
DEFORMITY_FROM_DEG = 10.0
# A pedicle or facet counts as replaced if tumour fills this share of it.
REPLACED_FROM_SHARE = 0.25

_BY_SIDES = (Posterolateral.NONE, Posterolateral.UNILATERAL, Posterolateral.BILATERAL)


@dataclass(frozen=True, slots=True)
class SinsTruth:
    """Findings at one level; pain is no finding of an image.

    Args:
        level: Which.
        location: Of the level in this person.
        bone_type: None where no tumour lies in bone.
        slip_mm: Offset of both walls against the neighbour, the larger of both neighbours, forwards
            positive; None without neighbours. A corner that is pushed out moves one wall alone.
        wedge_deg: Angle between the end plates beyond that of the intact body, kyphotic positive; None
            where the body is not wholly seen.
        alignment: From slip and wedge.
        loss_anterior_percent, loss_middle_percent, loss_posterior_percent: Height lost against the
            intact body of this person; None where the body is not wholly seen.
        loss_by_neighbours_percent: The largest loss that a reader would find, who knows only the nearest
            uninvolved bodies; None without any. Bodies vary, so it differs from the true loss.
        involved_percent: Tumour in the body over body.
        left_replaced_share, right_replaced_share: Tumour's share of pedicle or facet, the larger.
        posterolateral: From these shares.
    """

    level: Level
    location: Location
    bone_type: BoneLesionType | None
    slip_mm: float | None
    wedge_deg: float | None
    alignment: Alignment
    loss_anterior_percent: float | None
    loss_middle_percent: float | None
    loss_posterior_percent: float | None
    loss_by_neighbours_percent: float | None
    involved_percent: float
    left_replaced_share: float
    right_replaced_share: float
    posterolateral: Posterolateral

    @property
    def collapse_percent(self) -> float | None:
        """The largest height loss of the thirds, at least 0; None where the body is not wholly seen."""
        losses = (self.loss_anterior_percent, self.loss_middle_percent, self.loss_posterior_percent)
        known = [loss for loss in losses if loss is not None]
        return max(0.0, *known) if known else None


def measure_sins(
    maps: SpineMaps,
    level: Level,
    frames: Mapping[Level, VertebraFrame],
    shapes: Mapping[Level, BodyShape],
    intact_levels: Sequence[Level],
    intact_mm: tuple[float, float, float],
    numbering: Numbering,
) -> SinsTruth:
    """Findings at one level.

    Args:
        maps: Of the spine, or a part that holds the level's bone.
        level: Which.
        frames: Of all vertebrae that are seen.
        shapes: Of all bodies that are wholly seen.
        intact_levels: Bodies that neither tumour nor fracture has changed.
        intact_mm: Heights that the body had at the thirds before it broke.
        numbering: How many vertebrae the person has.
    """
    losses = lost_percent(shapes[level], intact_mm) if level in shapes else (None, None, None)
    by_neighbours = lost_against_neighbours_percent(shapes, level, intact_levels)
    slip = _slip_mm(level, frames, shapes)
    wedge = wedge_deg(shapes[level], intact_mm, frames[level]) if level in shapes else None
    here = maps.level == level.code
    tumour = here & (maps.lesion > 0)
    body = here & (maps.element == Element.BODY)
    sizes = np.bincount(maps.element[here], minlength=len(Element)).astype(float)
    filled = np.bincount(maps.element[tumour], minlength=len(Element)).astype(float)
    shares = filled / np.maximum(sizes, 1.0)
    left, right = (
        float(max(shares[pedicle], shares[facet]))
        for pedicle, facet in (
            (Element.LEFT_PEDICLE, Element.LEFT_FACET),
            (Element.RIGHT_PEDICLE, Element.RIGHT_FACET),
        )
    )
    sides = sum(share >= REPLACED_FROM_SHARE for share in (left, right))
    return SinsTruth(
        level=level,
        location=location_of(level, numbering),
        bone_type=bone_type_of(maps.tissue[tumour]),
        slip_mm=slip,
        wedge_deg=wedge,
        alignment=_alignment(slip, wedge),
        loss_anterior_percent=losses[0],
        loss_middle_percent=losses[1],
        loss_posterior_percent=losses[2],
        loss_by_neighbours_percent=None if by_neighbours is None else max(by_neighbours),
        involved_percent=100.0 * int(np.count_nonzero(tumour & body)) / max(int(np.count_nonzero(body)), 1),
        left_replaced_share=left,
        right_replaced_share=right,
        posterolateral=_BY_SIDES[sides],
    )


def _alignment(slip_mm: float | None, wedge_deg: float | None) -> Alignment:
    if slip_mm is not None and abs(slip_mm) >= TRANSLATION_FROM_MM:
        return Alignment.TRANSLATION
    if wedge_deg is not None and wedge_deg >= DEFORMITY_FROM_DEG:
        return Alignment.DEFORMITY
    return Alignment.NORMAL


def _slip_mm(
    level: Level, frames: Mapping[Level, VertebraFrame], shapes: Mapping[Level, BodyShape]
) -> float | None:
    """The larger offset against both neighbours.

    A broken body may lie behind (or before) both neighbours, which are in line: its offsets then have
    opposite signs, and what they share is its shape, not a displacement.
    """
    order = sorted(shapes, key=lambda each: each.coordinate)
    pairs = [pair for pair in pairwise(order) if pair[1].coordinate - pair[0].coordinate <= 1.0]
    offsets = {
        (upper, lower): _offset_mm(frames[upper], shapes[upper], frames[lower], shapes[lower])
        for upper, lower in pairs
    }
    for above, below in pairwise(pairs):
        if above[1] is below[0] and offsets[above] * offsets[below] < 0:
            shared = min(abs(offsets[above]), abs(offsets[below]))
            for pair in (above, below):
                offsets[pair] -= np.sign(offsets[pair]) * shared
    own = [offset for pair, offset in offsets.items() if level in pair]
    return float(max(own, key=abs)) if own else None


def _offset_mm(
    upper_frame: VertebraFrame, upper: BodyShape, lower_frame: VertebraFrame, lower: BodyShape
) -> float:
    """How far the upper body lies in front of the lower one, across the disc: what both walls share."""
    forwards = upper_frame.axes_ras[:, 1] + lower_frame.axes_ras[:, 1]
    forwards /= np.linalg.norm(forwards)
    walls = ((upper.lower_back_mm, lower.upper_back_mm), (upper.lower_front_mm, lower.upper_front_mm))
    offsets = []
    for above_mm, below_mm in walls:
        above = upper_frame.to_world_mm(np.array([0.0, above_mm, upper.bottom_mm]))
        below = lower_frame.to_world_mm(np.array([0.0, below_mm, lower.top_mm]))
        offsets.append(float((above - below) @ forwards))
    together = offsets[0] * offsets[1] > 0
    return min(offsets, key=abs) if together else 0.0
