"""The smallest digital spine that disease can be painted on: three straight vertebrae of a region."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from spinemets.anatomy import Anatomy, Element, Level, Numbering
from spinemets.phantom.digital import CanalSection, DigitalSpine, VertebraFrame
from spinemets.phantom.spec import CurveSpec, DiscSpec, HabitusSpec, SpineSpec, VertebraSpec
from spinemets.phantom.tissue import Tissue

STEP_MM = 0.75


@dataclass(frozen=True)
class _Region:
    levels: tuple[Level, Level, Level]
    body_mm: tuple[float, float, float]
    disc_mm: float
    canal_half_mm: tuple[float, float]
    sac_half_mm: tuple[float, float]
    cord_half_mm: tuple[float, float]


# Middle values of published ranges; only their proportions matter here.
_REGIONS = {
    "cervical": _Region((Level.C4, Level.C5, Level.C6), (22, 16, 13), 5, (12, 7.8), (9.5, 6.3), (6.6, 3.8)),
    "thoracic": _Region((Level.T7, Level.T8, Level.T9), (30, 26, 20), 5, (9, 8.5), (7.6, 7.2), (4.4, 3.3)),
    "lumbar": _Region((Level.L2, Level.L3, Level.L4), (44, 34, 27), 9, (12, 9), (10.3, 8.2), (0, 0)),
}


@pytest.fixture(scope="session")
def straight_spine() -> Callable[[str], DigitalSpine]:
    """Builds the healthy spine of a region; the middle vertebra has its centre at the origin."""
    return cache(_build)


def _build(name: str) -> DigitalSpine:
    region = _REGIONS[name]
    width, depth, height = region.body_mm
    pitch = height + region.disc_mm
    axes = [
        np.arange(low, high, STEP_MM)
        for low, high in ((-36, 36), (-62, 32), (-1.5 * pitch - 3, 1.5 * pitch + 3))
    ]
    affine = np.diag([STEP_MM, STEP_MM, STEP_MM, 1.0])
    affine[:3, 3] = [axis[0] for axis in axes]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    maps = {key: np.zeros([len(axis) for axis in axes], np.uint8) for key in ("anatomy", "level", "element")}
    tissue = np.full_like(maps["anatomy"], Tissue.MUSCLE)
    back = -depth / 2 - region.canal_half_mm[1] - 0.5
    in_canal = _ellipse(x, y - back, region.canal_half_mm) & (z > -1e9)
    for place, level in enumerate(region.levels):
        at = z - (1 - place) * pitch
        for element, shape in _bone(x, y, at, region, back).items():
            new = shape & (maps["level"] == 0) & ~in_canal
            maps["element"][new], maps["level"][new] = element, level.code
            body = element is Element.BODY
            maps["anatomy"][new] = Anatomy.VERTEBRAL_BODY if body else Anatomy.POSTERIOR_ELEMENTS
            tissue[new] = Tissue.BODY_MARROW if body else Tissue.POSTERIOR_MARROW
        disc = _box_like(x, y, width, depth) & (np.abs(at + pitch / 2) < region.disc_mm / 2)
        tissue[disc], maps["anatomy"][disc] = Tissue.DISC_NUCLEUS, Anatomy.DISC
    for anatomy, code, half in (
        (Anatomy.EPIDURAL_SPACE, Tissue.EPIDURAL_FAT, region.canal_half_mm),
        (Anatomy.THECAL_SAC, Tissue.CEREBROSPINAL_FLUID, region.sac_half_mm),
        (Anatomy.CORD, Tissue.CORD_WHITE_MATTER, region.cord_half_mm),
    ):
        if half[0] > 0:
            inside = _ellipse(x, y - back, half) & (z > -1e9)
            tissue[inside], maps["anatomy"][inside] = code, anatomy
    frames = tuple(
        VertebraFrame(
            level, np.array([0.0, 0.0, (1 - place) * pitch]), np.eye(3), (width / 2, depth / 2, height / 2)
        )
        for place, level in enumerate(region.levels)
    )
    heights = np.arange(axes[2][-1], axes[2][0], -1.0)
    canal = tuple(_section(region, back, float(at), pitch) for at in heights)
    return DigitalSpine(
        spec=_spec(region),
        near_affine_ras=affine,
        tissue=tissue,
        lesion=np.zeros_like(tissue),
        far_affine_ras=affine,
        far_tissue=tissue,
        frames=frames,
        canal=canal,
        **maps,
    )


def _bone(x, y, at, region: _Region, back: float):  # type: ignore[no-untyped-def]
    width, depth, height = region.body_mm
    right, front = region.canal_half_mm
    ring = _ellipse(x, y - back, (right + 5, front + 5)) & (np.abs(at - 2) < 0.3 * height) & (y < -depth / 2)
    pedicle = ring & (y > back) & (np.abs(x) > 0.5 * right)
    facet = (
        (np.abs(np.abs(x) - right - 4) < 4) & (np.abs(y - back + front) < 4) & (np.abs(at + 3) < 0.3 * height)
    )
    spinous = (np.abs(x) < 3) & (y < back - front - 2) & (y > back - front - 24) & (np.abs(at + 4) < 5)
    return {
        Element.BODY: _box_like(x, y, width, depth) & (np.abs(at) <= height / 2),
        Element.RIGHT_PEDICLE: pedicle & (x > 0),
        Element.LEFT_PEDICLE: pedicle & (x < 0),
        Element.RIGHT_FACET: facet & (x > 0),
        Element.LEFT_FACET: facet & (x < 0),
        Element.RIGHT_LAMINA: ring & (x > 0),
        Element.LEFT_LAMINA: ring & (x <= 0),
        Element.SPINOUS_PROCESS: spinous,
    }


def _ellipse(x, y, half):  # type: ignore[no-untyped-def]
    return (x / half[0]) ** 2 + (y / half[1]) ** 2 <= 1


def _box_like(x, y, width, depth):  # type: ignore[no-untyped-def]
    return (2 * x / width) ** 4 + (2 * y / depth) ** 4 <= 1


def _section(region: _Region, back: float, at: float, pitch: float) -> CanalSection:
    place = int(np.clip(round(1 - at / pitch), 0, 2))
    right, anterior, up = np.eye(3)
    halves = (*region.canal_half_mm, *region.sac_half_mm, *region.cord_half_mm)
    return CanalSection(region.levels[place], np.array([0.0, back, at]), right, anterior, up, *halves)


def _spec(region: _Region) -> SpineSpec:
    width, depth, height = region.body_mm
    right, front = region.canal_half_mm
    vertebrae = tuple(
        VertebraSpec(level, depth, width, height, height, 2 * front, 2 * right, 6, 10, 24, 50, 0)
        for level in region.levels
    )
    discs = tuple(DiscSpec(level, region.disc_mm, region.disc_mm, 2) for level in region.levels)
    habitus = HabitusSpec(350, 220, 120, 120, 20, 0.1, 0.5)
    return SpineSpec(1, Numbering(), CurveSpec(0, 0, 0, 0), habitus, vertebrae, discs)
