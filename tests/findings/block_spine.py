"""Three vertebrae of blocks and ellipses on any grid: maps whose every measure is known by construction."""

import numpy as np
from scipy.spatial.transform import Rotation

from spinemets.anatomy import Anatomy
from spinemets.findings.maps import StationMaps
from spinemets.study.selection import Channel
from spinemets.volume import Volume, reorient

# Of every vertebra, mm, in its own frame (right, anterior, superior of the body's centre).
BODY_MM = (40.0, 30.0, 24.0)
PITCH_MM = 33.0
WALL_MM = -15.0
CANAL_CENTRE_MM, CANAL_HALF_MM = -24.0, (12.0, 9.0)
SPACING_MM = (4.0, 1.0, 1.0)
# Names of channels and signals of muscle, marrow, disc.
SIGNALS = {
    Channel.T1: (100.0, 160.0, 90.0),
    Channel.T2: (100.0, 180.0, 110.0),
    Channel.FLUID: (100.0, 60.0, 100.0),
}


def block_maps(
    lesion=None, tilt_deg=(0.0, 0.0, 0.0), centre=(0.0, 0.0, 0.0), stored="LIP", signals=None, lean_deg=0.0
):
    """Maps of three vertebrae, numbered 1 to 3 from the head; the middle one has its centre at ``centre``.

    Args:
        lesion: Of the patient's coordinates (right, anterior, superior mm of the middle body's centre), a
            boolean array, or a list of them; numbered in order.
        tilt_deg: The grid and the patient are turned together about the three axes: an oblique acquisition.
        centre: RAS mm.
        stored: Orientation of the arrays before they are brought to ``LIP``.
        signals: Of each lesion, for each channel.
        lean_deg: How far the patient leans forwards in the image, so that rows are not along the spine.
    """
    turn = Rotation.from_euler("xyz", tilt_deg, degrees=True).as_matrix()
    affine, shape = _grid(turn, np.asarray(centre, dtype=float), stored)
    indices = np.moveaxis(np.indices(shape), 0, -1)
    world = indices @ affine[:3, :3].T + affine[:3, 3]
    lean = Rotation.from_euler("x", -lean_deg, degrees=True).as_matrix()
    x, y, z = np.moveaxis((world - np.asarray(centre)) @ turn @ lean, -1, 0)
    anatomy, vertebrae = _paint(x, y, z)
    shapes = lesion if isinstance(lesion, (list, tuple)) else [] if lesion is None else [lesion]
    lesions = np.zeros(shape, np.uint16)
    for number, inside in enumerate(shapes, start=1):
        lesions[inside(x, y, z)] = number
    images = _images(anatomy, lesions, signals)
    arrays = [anatomy, vertebrae, lesions, (lesions > 0).astype(np.float32)]
    maps = [reorient(Volume(array, affine), "LIP") for array in arrays]
    return StationMaps(
        *maps,
        images={channel: reorient(Volume(image, affine), "LIP") for channel, image in images.items()},
        series={channel: str(channel) for channel in images},
        reference_series="T2",
    )


def ball(centre, radius):
    """A ball in the patient's coordinates."""
    return lambda x, y, z: (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 <= radius**2


def code_at(volume, maps, point, tilt_deg=(0.0, 0.0, 0.0), centre=(0.0, 0.0, 0.0)):
    """Value of a map at a point in the patient's coordinates."""
    turn = Rotation.from_euler("xyz", tilt_deg, degrees=True).as_matrix()
    index = np.round(maps.anatomy.world_to_voxel(turn @ np.asarray(point) + np.asarray(centre))).astype(int)
    return int(volume.array[tuple(index)])


def _grid(turn, centre, stored):
    """Affine and shape of a grid around the block spine, axes as ``stored`` says, sagittal slices thick."""
    letters = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
    extent = {0: (-42.0, 42.0), 1: (-72.0, 26.0), 2: (-55.0, 55.0)}
    affine, shape, first = np.eye(4), [], np.zeros(3)
    for axis, letter in enumerate(stored):
        direction, sign = letters[letter]
        low, high = extent[direction]
        spacing = SPACING_MM[0] if direction == 0 else SPACING_MM[1]
        affine[:3, axis] = turn[:, direction] * sign * spacing
        first[direction] = low if sign > 0 else high
        shape.append(round((high - low) / spacing) + 1)
    affine[:3, 3] = turn @ first + centre
    return affine, tuple(shape)


def _paint(x, y, z):
    anatomy = np.zeros(x.shape, np.uint8)
    vertebrae = np.zeros(x.shape, np.uint8)
    width, depth, height = BODY_MM
    flat = (np.abs(x) < width / 2) & (np.abs(y) < depth / 2)
    for number in (1, 2, 3):
        at = z + (number - 2) * PITCH_MM
        body, arch = flat & (np.abs(at) < height / 2), _arch(np.abs(x), y, at)
        anatomy[arch], anatomy[body] = Anatomy.POSTERIOR_ELEMENTS, Anatomy.VERTEBRAL_BODY
        vertebrae[arch | body] = number
        disc = flat & (np.abs(at + PITCH_MM / 2) < (PITCH_MM - height) / 2)
        anatomy[disc & (anatomy == 0)] = Anatomy.DISC
    canal = (x / CANAL_HALF_MM[0]) ** 2 + ((y - CANAL_CENTRE_MM) / CANAL_HALF_MM[1]) ** 2
    for kind, limit in ((Anatomy.EPIDURAL_SPACE, 1.0), (Anatomy.THECAL_SAC, 0.7), (Anatomy.CORD, 0.15)):
        anatomy[canal < limit] = kind
    vertebrae[canal < 1.0] = 0
    return anatomy, vertebrae


def _arch(aside, y, at):
    pedicle = (aside > 11) & (aside < 19) & (y > -27) & (y < -14) & (at > -1) & (at < 10)
    facet = (aside > 9) & (aside < 20) & (y > -37) & (y < -26) & (at > -20) & (at < 19)
    lamina = (aside < 15) & (y > -38) & (y < -32) & (np.abs(at) < 7)
    spinous = (aside < 4) & (y > -60) & (y < -37) & (np.abs(at) < 8)
    transverse = (aside > 18) & (aside < 36) & (y > -31) & (y < -22) & (at > 1) & (at < 9)
    return pedicle | facet | lamina | spinous | transverse


def _images(anatomy, lesions, signals):
    images = {}
    for channel, (muscle, marrow, disc) in SIGNALS.items():
        image = np.full(anatomy.shape, muscle, np.float32)
        bone = (anatomy == Anatomy.VERTEBRAL_BODY) | (anatomy == Anatomy.POSTERIOR_ELEMENTS)
        image[bone], image[anatomy == Anatomy.DISC] = marrow, disc
        for number, of_channel in enumerate(signals or (), start=1):
            image[lesions == number] = of_channel[channel]
        images[channel] = image
    return images
