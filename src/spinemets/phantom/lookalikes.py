"""Look-alikes of metastases painted on a digital spine; none of them enters the map of lesions."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy import ndimage

from spinemets.anatomy import Anatomy, Element
from spinemets.phantom.digital import VertebraFrame
from spinemets.phantom.grid_box import FloatArray, GridBox
from spinemets.phantom.lesion_shape import Mask, correlated_noise, grow_to_volume, irregular_radius
from spinemets.phantom.spec import LookalikeKind, LookalikeSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue
from spinemets.phantom.tumour import MARROW

# Vertical trabeculae of a haemangioma (polka dots across, corduroy along): spacing and share of the area.
_TRABECULA_MM = 0.9
_TRABECULA_FROM_SIGMA = 0.8
_BAND_RAGGEDNESS = 0.35
_BAND_SCALE_MM = 4.0
_FRACTURE_LINE_MM = 0.8
_CLEFT_SHARE_OF_BAND = 0.25
_SCREW_MARGIN_MM = 6.0


class _Site:
    """A vertebra (and the disc below it) in a box, with coordinates of its frame."""

    def __init__(self, maps: SpineMaps, box: GridBox, frame: VertebraFrame, spec: LookalikeSpec) -> None:
        self.box, self.frame, self.spec = box, frame, spec
        self.maps = maps.cut(box)
        self.coordinates = box.coordinates_mm(frame.origin_ras_mm, frame.axes_ras)
        self.rng = np.random.default_rng(spec.seed)

    def body(self) -> Mask:
        """Free marrow of the vertebra's own body."""
        own = (self.maps.level == self.spec.level.code) & (self.maps.element == Element.BODY)
        return np.asarray(own & np.isin(self.maps.tissue, MARROW))

    def disc(self) -> Mask:
        """The disc below the vertebra: below its middle, no further than a body and a disc away."""
        height = self.coordinates[2]
        near = (height < 0) & (height > -2.2 * self.frame.half_size_mm[2])
        return np.asarray(near & (self.maps.anatomy == Anatomy.DISC))

    def from_disc_mm(self) -> FloatArray:
        """Distance from the disc below; large where there is none."""
        disc = self.disc()
        if not disc.any():
            return np.full(self.box.shape, np.inf, dtype=np.float32)
        return np.asarray(
            ndimage.distance_transform_edt(~disc, sampling=self.box.spacing_mm), dtype=np.float32
        )

    def marrow_beside_disc(self) -> Mask:
        """Free marrow of the bodies on both sides of the disc below."""
        bone = np.isin(self.maps.anatomy, (Anatomy.VERTEBRAL_BODY, Anatomy.SACRUM))
        return np.asarray(bone & np.isin(self.maps.tissue, MARROW) & (self.maps.lesion == 0))

    def noise(self, scale_mm: float) -> FloatArray:
        """Smooth noise over the box."""
        return correlated_noise(self.box.shape, self.box.spacing_mm, scale_mm, self.rng)

    def blob(self, allowed: Mask, diameter_mm: float, centre: tuple[float, float, float]) -> Mask:
        """An irregular focus of a diameter around a centre in the vertebra's frame, in millimetres."""
        half = diameter_mm / 2.0
        radius = irregular_radius(self.coordinates, self.box.spacing_mm, centre, (half, half, half), self.rng)
        volume_ml = 4.0 / 3.0 * np.pi * half**3 / 1000.0
        return grow_to_volume(radius, allowed, round(volume_ml / self.box.voxel_ml))

    def place_in_body(self, reach: float) -> tuple[float, float, float]:
        """A random place in the body, within this share of its half axes."""
        right, anterior, superior = self.rng.uniform(-reach, reach, size=3) * self.frame.half_size_mm
        return float(right), float(anterior), float(superior)


def paint_lookalike(maps: SpineMaps, frame: VertebraFrame, spec: LookalikeSpec) -> None:
    """Paints one look-alike in place.

    Args:
        maps: Painted on.
        frame: Of the vertebra ``spec.level``.
        spec: What is asked.
    """
    right, anterior, superior = frame.half_size_mm
    low = np.array([-right - 12.0, -anterior - 45.0, -2.8 * superior - 18.0])
    high = np.array([right + 12.0, anterior + 10.0, superior + 8.0])
    corners = np.array(np.meshgrid(*np.stack([low, high], axis=1), indexing="ij")).reshape(3, -1).T
    world = frame.to_world_mm(corners)
    box = maps.box(world.min(axis=0), world.max(axis=0))
    if box is not None:
        _PAINTERS[spec.kind](_Site(maps, box, frame, spec))


def _haemangioma(site: _Site) -> None:
    focus = site.blob(site.body(), site.spec.size_mm, site.place_in_body(0.4))
    # The same pattern at every height: trabeculae that run from end plate to end plate.
    scale = np.maximum(np.array(site.box.spacing_mm), 1e-3)
    across = correlated_noise(site.box.shape[:2], scale[:2], _TRABECULA_MM, site.rng)
    site.maps.tissue[focus] = Tissue.HAEMANGIOMA
    trabecula = np.broadcast_to((across > _TRABECULA_FROM_SIGMA)[:, :, None], focus.shape)
    site.maps.tissue[focus & trabecula] = Tissue.BONE_ISLAND


def _end_plate(site: _Site, tissue: Tissue) -> None:
    depth = site.spec.size_mm * (1.0 + _BAND_RAGGEDNESS * site.noise(_BAND_SCALE_MM))
    band = site.marrow_beside_disc() & (site.from_disc_mm() <= depth)
    site.maps.tissue[band] = tissue


def _end_plate_oedema(site: _Site) -> None:
    _end_plate(site, Tissue.MARROW_OEDEMA)


def _end_plate_fat(site: _Site) -> None:
    _end_plate(site, Tissue.FATTY_MARROW)


def _schmorl_node(site: _Site) -> None:
    disc = site.disc()
    if not disc.any():
        return
    right, anterior, superior = (float(axis[disc].mean()) for axis in site.coordinates)
    own = (site.maps.level == site.spec.level.code) & (site.maps.element == Element.BODY)
    height = superior + site.spec.size_mm * 0.4
    shift = site.rng.uniform(-0.25, 0.25, size=2) * site.frame.half_size_mm[:2]
    node = site.blob(own, 0.9 * site.spec.size_mm, (right + shift[0], anterior + shift[1], height))
    rim = ndimage.binary_dilation(node, iterations=1) & site.body()
    site.maps.tissue[rim] = Tissue.ENDPLATE_SCLEROSIS
    site.maps.tissue[node] = Tissue.SCHMORL_NODE


def _discitis(site: _Site) -> None:
    """The disc, both end plates and the marrow beside them: what crosses the disc is no metastasis."""
    disc = site.disc()
    away = site.from_disc_mm()
    _end_plate_oedema(site)
    cortex = (site.maps.tissue == Tissue.CORTICAL_BONE) & (site.maps.element == Element.BODY)
    eroded = cortex & (away <= 3.0) & (site.noise(2.0) > -0.3)
    site.maps.tissue[disc | eroded] = Tissue.DISCITIS


def _bone_island(site: _Site) -> None:
    focus = site.blob(site.body(), site.spec.size_mm, site.place_in_body(0.6))
    site.maps.tissue[focus] = Tissue.BONE_ISLAND


def _red_marrow(site: _Site) -> None:
    """Ill-defined islands, several to a body."""
    body = site.body()
    islands = site.noise(site.spec.size_mm / 3.0) > 0.9
    site.maps.tissue[body & islands & (site.maps.tissue != Tissue.BASIVERTEBRAL_VEIN)] = Tissue.RED_MARROW


def _osteoporotic_fracture(site: _Site) -> None:
    """A band of oedema below the upper end plate with the fracture line in it and often a fluid cleft."""
    body = site.body()
    height, top = site.coordinates[2], _top_of(body, site.coordinates[2])
    if not np.isfinite(top):
        return
    below_top = top - height + 1.2 * site.noise(_BAND_SCALE_MM)
    band = body & (below_top <= site.spec.size_mm)
    line = np.abs(below_top - 0.6 * site.spec.size_mm) <= _FRACTURE_LINE_MM
    site.maps.tissue[band] = Tissue.MARROW_OEDEMA
    site.maps.tissue[band & line] = Tissue.FRACTURE_LINE
    if site.rng.uniform() < 0.5:
        half_right, half_anterior, _ = site.frame.half_size_mm
        centre = (0.0, 0.25 * half_anterior, top - 0.3 * site.spec.size_mm)
        axes = (0.55 * half_right, 0.4 * half_anterior, max(_CLEFT_SHARE_OF_BAND * site.spec.size_mm, 1.0))
        radius = irregular_radius(site.coordinates, site.box.spacing_mm, centre, axes, site.rng)
        site.maps.tissue[band & (radius <= 1.0)] = Tissue.FRACTURE_CLEFT_FLUID


def _top_of(body: Mask, height_mm: FloatArray) -> float:
    return float(np.percentile(height_mm[body], 97.0)) if body.any() else float("nan")


def _metal(site: _Site) -> None:
    """A pedicle screw on each side, from behind the arch through the pedicle into the body."""
    for pedicle in (Element.RIGHT_PEDICLE, Element.LEFT_PEDICLE):
        where = (site.maps.level == site.spec.level.code) & (site.maps.element == pedicle)
        if where.any():
            right, anterior, superior = (float(axis[where].mean()) for axis in site.coordinates)
            # Screws converge towards the midline of the body.
            inwards = 0.25 * (site.coordinates[1] - anterior) * -np.sign(right)
            across = site.coordinates[0] - right - inwards
            up = site.coordinates[2] - superior
            front, back = 0.6 * site.frame.half_size_mm[1], anterior - 18.0 - _SCREW_MARGIN_MM
            along = (site.coordinates[1] < front) & (site.coordinates[1] > back)
            screw = along & (across**2 + up**2 <= (site.spec.size_mm / 2.0) ** 2)
            site.maps.tissue[screw] = Tissue.METAL


_PAINTERS: Mapping[LookalikeKind, Callable[[_Site], None]] = {
    LookalikeKind.HAEMANGIOMA: _haemangioma,
    LookalikeKind.ENDPLATE_OEDEMA: _end_plate_oedema,
    LookalikeKind.ENDPLATE_FAT: _end_plate_fat,
    LookalikeKind.SCHMORL_NODE: _schmorl_node,
    LookalikeKind.DISCITIS: _discitis,
    LookalikeKind.BONE_ISLAND: _bone_island,
    LookalikeKind.RED_MARROW: _red_marrow,
    LookalikeKind.OSTEOPOROTIC_FRACTURE: _osteoporotic_fracture,
    LookalikeKind.METAL: _metal,
}
