"""A column of block-shaped vertebrae on any grid, whose place and number are known by construction."""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from spinemets.anatomy import Anatomy
from spinemets.volume import Volume, reorient

BODY_MM = (40.0, 30.0, 24.0)
DISC_MM = 8.0


@dataclass(frozen=True)
class Column:
    """How the column is built; lengths in mm, vertebrae counted from 0 at the head."""

    heights: tuple[float, ...] = (BODY_MM[2],) * 5
    without_disc: tuple[int, ...] = ()
    bend: float = 0.0
    sacrum: bool = False
    cut_top: float = 0.0
    tilt_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stored: str = "LIP"
    spacing: tuple[float, float, float] = (4.0, 1.0, 1.0)
    arches: bool = True
    pedicles: bool = True
    islands: tuple[tuple[float, float, float, float], ...] = field(default=())

    @property
    def middles(self):
        """Depth of each body's middle below the top of the first body."""
        starts = np.concatenate([[0.0], np.cumsum(np.array(self.heights) + DISC_MM)])[:-1]
        return starts + np.array(self.heights) / 2.0

    def centre_ras_mm(self, index):
        """Where the middle of a body lies in the world."""
        depth = self.middles[index]
        return self.turn @ np.array([self._aside(depth), 0.0, -depth])

    @property
    def turn(self):
        return Rotation.from_euler("xyz", self.tilt_deg, degrees=True).as_matrix()

    def _aside(self, depth):
        length = self.middles[-1]
        return self.bend * np.sin(np.pi * depth / length)


def column_maps(column, coordinates=None):
    """(anatomy, level) volumes in ``LIP``; level is 20, 21, ... unless given."""
    affine, shape = _grid(column)
    indices = np.moveaxis(np.indices(shape), 0, -1)
    local = (indices @ affine[:3, :3].T + affine[:3, 3]) @ column.turn
    x, y, depth = local[..., 0] - column._aside(-local[..., 2]), local[..., 1], -local[..., 2]
    values = coordinates or [20.0 + number for number in range(len(column.heights))]
    anatomy, level = _paint(column, x, y, depth, values)
    for right, front, down, radius in column.islands:
        apart = (local[..., 0] - right) ** 2 + (y - front) ** 2 + (depth - down) ** 2
        anatomy[(apart < radius**2) & (anatomy == 0)] = Anatomy.VERTEBRAL_BODY
    maps = [reorient(Volume(array, affine), "LIP") for array in (anatomy, level)]
    return tuple(Volume(np.ascontiguousarray(one.array), one.affine_ras) for one in maps)


def column_with_canal(column, coordinates=None):
    """The same with a canal behind the bodies."""
    anatomy, level = column_maps(column, coordinates)
    local = anatomy.voxel_to_world(np.moveaxis(np.indices(anatomy.shape), 0, -1)) @ column.turn
    canal = (np.abs(local[..., 0] - column._aside(-local[..., 2])) < 10) & (np.abs(local[..., 1] + 24) < 8)
    array = anatomy.array.copy()
    array[canal] = Anatomy.THECAL_SAC
    return Volume(array, anatomy.affine_ras), level


def number_at(labels, point_ras_mm):
    """Number at a point of the world."""
    return int(labels.array[tuple(np.round(labels.world_to_voxel(point_ras_mm)).astype(int))])


def _grid(column):
    bottom = column.middles[-1] + column.heights[-1] / 2.0 + (70.0 if column.sacrum else 20.0)
    letters = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
    top = -column.cut_top if column.cut_top else 15.0
    extent = {0: (-40.0, 40.0), 1: (-75.0, 30.0), 2: (-bottom, top)}
    affine, shape, first = np.eye(4), [], np.zeros(3)
    for axis, letter in enumerate(column.stored):
        direction, sign = letters[letter]
        low, high = extent[direction]
        spacing = column.spacing[0 if direction == 0 else 1]
        affine[:3, axis] = column.turn[:, direction] * sign * spacing
        first[direction] = low if sign > 0 else high
        shape.append(round((high - low) / spacing) + 1)
    affine[:3, 3] = column.turn @ first
    return affine, tuple(shape)


def _paint(column, x, y, depth, values):
    anatomy, level = np.zeros(x.shape, np.uint8), np.zeros(x.shape, np.float32)
    flat = (np.abs(x) < BODY_MM[0] / 2) & (np.abs(y) < BODY_MM[1] / 2)
    pieces = zip(column.middles, column.heights, values, strict=True)
    for index, (middle, height, value) in enumerate(pieces):
        body = flat & (np.abs(depth - middle) <= height / 2)
        disc = flat & (np.abs(depth - middle - height / 2 - DISC_MM / 2) < DISC_MM / 2) & (anatomy == 0)
        kind = Anatomy.VERTEBRAL_BODY if index in column.without_disc else Anatomy.DISC
        anatomy[disc] = kind
        anatomy[body] = Anatomy.VERTEBRAL_BODY
        level[body | disc] = value
        if column.arches:
            arch = _arch(column, np.abs(x), y, depth - middle) & (anatomy == 0)
            anatomy[arch], level[arch] = Anatomy.POSTERIOR_ELEMENTS, value
    if column.sacrum:
        end = column.middles[-1] + column.heights[-1] / 2 + DISC_MM
        bone = (np.abs(x) < 30) & (np.abs(y) < 14) & (depth > end) & (depth < end + 50)
        anatomy[bone], level[bone] = Anatomy.SACRUM, 25.0 + np.floor((depth[bone] - end) / 25.0)
    return anatomy, level


def _arch(column, aside, y, below):
    pedicle = (aside > 9) & (aside < 17) & (y > -32) & (y <= -15) & (np.abs(below) < 6)
    lamina = (aside < 17) & (y > -40) & (y <= -32) & (below > -6) & (below < 12)
    # Like a thoracic one, it hangs down to the level of the next body.
    spinous = (aside < 5) & (y > -65) & (y <= -40) & (np.abs(below - 16 + (y + 40) * 0.4) < 8)
    return (pedicle if column.pedicles else False) | lamina | spinous
