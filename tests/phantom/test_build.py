"""The digital spine on voxels: order, sides, shape, and agreement of maps, frames and sections."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import nibabel
import numpy as np
import pytest

from spinemets.anatomy import Anatomy, Element, Level, Region
from spinemets.errors import ConfigurationError
from spinemets.phantom.body_measure import measure_bodies
from spinemets.phantom.build import BoxRas, GridSettings, build_spine, station_box
from spinemets.phantom.canal_curve import CanalCurve
from spinemets.phantom.chain import frames_of
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.healthy import draw_healthy_spec
from spinemets.phantom.protocol import Station
from spinemets.phantom.spec import CollapseSpec, SpineSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

GRID = GridSettings(near_spacing_mm=1.0, far_spacing_mm=3.0)
PAIRS = [
    (Element.LEFT_PEDICLE, Element.RIGHT_PEDICLE),
    (Element.LEFT_FACET, Element.RIGHT_FACET),
    (Element.LEFT_LAMINA, Element.RIGHT_LAMINA),
    (Element.LEFT_TRANSVERSE_PROCESS, Element.RIGHT_TRANSVERSE_PROCESS),
]


def _straight(seed: int = 4) -> SpineSpec:
    spec = draw_healthy_spec(np.random.default_rng(seed))
    return replace(spec, curve=replace(spec.curve, scoliosis_deg=0.0, tilt_deg=0.0))


def _box_around(spec: SpineSpec, level: Level, below: tuple[int, ...], above: tuple[int, ...]) -> BoxRas:
    origin = frames_of(spec)[level].origin_ras_mm
    low, high = (origin - below).tolist(), (origin + above).tolist()
    return BoxRas((low[0], low[1], low[2]), (high[0], high[1], high[2]))


@cache
def _built(station: Station) -> DigitalSpine:
    spec = _straight()
    return build_spine(spec, station_box(spec, station, 160.0, 240.0), GRID)


def _local(spine: DigitalSpine, mask: np.ndarray, level: Level) -> np.ndarray:
    world = np.argwhere(mask) @ spine.near_affine_ras[:3, :3].T + spine.near_affine_ras[:3, 3]
    return spine.frame(level).to_local_mm(world)


def _whole_levels(spine: DigitalSpine, region: Region) -> list[Level]:
    low = spine.near_affine_ras[2, 3] + 30.0
    high = spine.near_affine_ras[2, 3] + (spine.tissue.shape[2] - 1) * spine.near_affine_ras[2, 2] - 30.0
    return [f.level for f in spine.frames if f.level.region is region and low < f.origin_ras_mm[2] < high]


def test_same_specification_gives_same_bytes():
    spec = _straight()
    box = _box_around(spec, Level.L3, (50, 110, 20), (50, 60, 20))
    first, second = build_spine(spec, box, GRID), build_spine(spec, box, GRID)
    for name in ("tissue", "anatomy", "level", "element", "far_tissue"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("station", [Station.CERVICAL, Station.THORACIC, Station.LUMBAR])
def test_levels_follow_each_other_from_head_to_feet(station: Station):
    spine = _built(station)
    levels = [frame.level for frame in spine.frames]
    known = list(spine.spec.numbering.levels)
    assert levels == known[known.index(levels[0]) : known.index(levels[-1]) + 1]
    bodies = (spine.element == Element.BODY) * spine.level
    codes = [level.code for level in levels if level is not Level.C1]
    heights = [np.argwhere(bodies == code)[:, 2].mean() for code in codes if (bodies == code).any()]
    assert len(heights) >= 5
    assert all(np.diff(heights) < 0)


@pytest.mark.parametrize(
    ("station", "region"),
    [
        (Station.CERVICAL, Region.CERVICAL),
        (Station.THORACIC, Region.THORACIC),
        (Station.LUMBAR, Region.LUMBAR),
    ],
)
def test_bodies_have_the_size_asked_for(station: Station, region: Region):
    spine = _built(station)
    vertebrae = {each.level: each for each in spine.spec.vertebrae}
    for level in _whole_levels(spine, region):
        if level in (Level.C1, Level.C2):
            continue
        body = (spine.level == level.code) & (spine.element == Element.BODY)
        local, vertebra = _local(spine, body, level), vertebrae[level]
        middle = np.abs(local[:, 2]) < 0.25 * vertebra.posterior_height_mm
        width, depth = np.ptp(local[:, 0]), np.ptp(local[middle & (np.abs(local[:, 0]) < 6)][:, 1])
        assert width == pytest.approx(vertebra.width_mm, abs=3.5)
        # The waist and the hollow posterior wall take some of the depth away in the middle.
        assert 0.8 * vertebra.depth_mm - 1.5 < depth < vertebra.depth_mm + 1.5
        back = local[(np.abs(local[:, 0]) < 3) & (local[:, 1] < -0.6 * vertebra.depth_mm / 2)]
        assert np.ptp(back[:, 2]) == pytest.approx(vertebra.posterior_height_mm, abs=3.0)


@pytest.mark.parametrize("station", [Station.CERVICAL, Station.THORACIC, Station.LUMBAR])
def test_sides_are_the_patients_and_alike(station: Station):
    spine = _built(station)
    for region in (Region.CERVICAL, Region.THORACIC, Region.LUMBAR):
        for level in _whole_levels(spine, region):
            for left, right in PAIRS:
                masks = [(spine.level == level.code) & (spine.element == part) for part in (left, right)]
                sizes = [np.count_nonzero(mask) for mask in masks]
                if max(sizes) == 0:
                    continue
                assert (
                    _local(spine, masks[0], level)[:, 0].mean()
                    < 0
                    < _local(spine, masks[1], level)[:, 0].mean()
                )
                assert min(sizes) > 0.7 * max(sizes) - 20


def test_left_elements_lie_at_negative_world_coordinates():
    spine = _built(Station.LUMBAR)
    index = np.argwhere((spine.element == Element.LEFT_PEDICLE) & (spine.level == Level.L3.code))
    assert (index[:, 0] * spine.near_affine_ras[0, 0] + spine.near_affine_ras[0, 3]).max() < 0


@pytest.mark.parametrize("station", [Station.CERVICAL, Station.THORACIC, Station.LUMBAR])
def test_maps_tell_the_same_story(station: Station):
    spine = _built(station)
    bone = spine.level > 0
    assert np.array_equal(bone, spine.element > 0)
    vertebra = np.isin(spine.anatomy, (Anatomy.VERTEBRAL_BODY, Anatomy.POSTERIOR_ELEMENTS))
    assert not (vertebra & ~bone).any()
    sacral = [level.code for level in Level if level.region is Region.SACRAL]
    assert (spine.anatomy[np.isin(spine.level, sacral)] == Anatomy.SACRUM).all()
    body = (spine.element == Element.BODY) & ~np.isin(spine.level, sacral)
    assert (spine.anatomy[body] == Anatomy.VERTEBRAL_BODY).all()
    assert (spine.anatomy[bone & ~body & ~np.isin(spine.level, sacral)] == Anatomy.POSTERIOR_ELEMENTS).all()
    bone_tissue = (
        Tissue.CORTICAL_BONE,
        Tissue.BODY_MARROW,
        Tissue.POSTERIOR_MARROW,
        Tissue.BASIVERTEBRAL_VEIN,
    )
    assert np.isin(spine.tissue[bone], bone_tissue).all()
    cord = np.isin(spine.tissue, (Tissue.CORD_WHITE_MATTER, Tissue.CORD_GREY_MATTER))
    assert np.array_equal(cord, spine.anatomy == Anatomy.CORD)
    in_sac = (Tissue.CEREBROSPINAL_FLUID, Tissue.DURA, Tissue.NERVE_ROOT)
    assert np.isin(spine.tissue[spine.anatomy == Anatomy.THECAL_SAC], in_sac).all()
    assert not spine.lesion.any()


@pytest.mark.parametrize("station", [Station.CERVICAL, Station.THORACIC, Station.LUMBAR])
def test_sections_agree_with_the_voxels(station: Station):
    spine = _built(station)
    curve = CanalCurve.of(spine.canal)
    steps = np.linalg.norm(np.diff(curve.centre_ras_mm, axis=0), axis=1)
    assert steps == pytest.approx(np.ones_like(steps), abs=0.1)
    world = np.argwhere(spine.anatomy > 0) @ spine.near_affine_ras[:3, :3].T + spine.near_affine_ras[:3, 3]
    kind = spine.anatomy[spine.anatomy > 0]
    index, right, anterior, along = curve.locate(world)
    inner = (np.abs(along) < 1.0) & (index > 4) & (index < len(spine.canal) - 5)
    radius = np.hypot(
        right / np.maximum(curve.sac_half_mm[index, 0], 0.1),
        anterior / np.maximum(curve.sac_half_mm[index, 1], 0.1),
    )
    margin = 1.2 * GRID.near_spacing_mm / np.maximum(curve.sac_half_mm[index].min(axis=1), 1.5)
    in_sac = np.isin(kind, (Anatomy.THECAL_SAC, Anatomy.CORD))
    assert (radius[inner & in_sac] <= 1 + margin[inner & in_sac]).all()
    wide = curve.sac_half_mm[index, 0] > 3.0
    deep_inside = inner & wide & (radius < 1 - margin)
    # Bulging discs and bodies may reach in.
    assert np.isin(kind[deep_inside], (Anatomy.THECAL_SAC, Anatomy.CORD)).mean() > 0.97


def test_frames_lie_in_their_bodies():
    spine = _built(Station.LUMBAR)
    for level in _whole_levels(spine, Region.LUMBAR):
        local = _local(spine, (spine.level == level.code) & (spine.element == Element.BODY), level)
        assert np.abs(local.mean(axis=0)).max() < 2.0


def test_cord_ends_near_the_first_lumbar_vertebra():
    spec = _straight()
    box = station_box(spec, Station.THORACOLUMBAR, 120.0, 200.0)
    canal = build_spine(spec, box, GRID).canal
    last = next(each for each in reversed(canal) if each.cord_half_depth_mm > 0)
    assert last.level in (Level.T12, Level.L1, Level.L2)


def test_far_grid_shows_the_near_one():
    spine = _built(Station.LUMBAR)
    centre = spine.frame(Level.L3).origin_ras_mm
    index = np.rint((centre - spine.far_affine_ras[:3, 3]) / np.diag(spine.far_affine_ras)[:3]).astype(int)
    around = tuple(slice(i - 1, i + 2) for i in index)
    assert (spine.far_tissue[around] == Tissue.BODY_MARROW).all()


def test_body_is_closed_by_skin_and_air_lies_behind_it():
    spine = _built(Station.LUMBAR)
    assert (spine.far_tissue[:, 0, :] == Tissue.AIR).all()
    middle = spine.far_tissue[spine.far_tissue.shape[0] // 2, :, spine.far_tissue.shape[2] // 2]
    first = middle[np.flatnonzero(middle != Tissue.AIR)]
    assert first[0] in (Tissue.SKIN, Tissue.SUBCUTANEOUS_FAT)


@pytest.mark.parametrize("level", [Level.T9, Level.L2])
def test_collapsed_body_loses_what_was_asked(level: Level):
    spec = _straight()
    collapse = CollapseSpec(50.0, 40.0, 20.0)
    broken = replace(
        spec,
        vertebrae=tuple(replace(v, collapse=collapse) if v.level is level else v for v in spec.vertebrae),
    )
    grid = GridSettings(near_spacing_mm=0.7, far_spacing_mm=4.0, near_half_width_mm=30.0)
    heights = []
    for each in (spec, broken):
        spine = build_spine(each, _box_around(each, level, (50, 90, 28), (50, 40, 28)), grid)
        heights.append(measure_bodies(SpineMaps.of(spine), spine.frames)[level].heights_mm)
    lost = 100.0 * (1.0 - np.array(heights[1]) / np.array(heights[0]))
    assert lost == pytest.approx([50.0, 40.0, 20.0], abs=3.5)


def test_box_without_spine_is_refused():
    with pytest.raises(ConfigurationError, match="no vertebra"):
        build_spine(_straight(), BoxRas((-50, -50, 2000), (50, 50, 2100)), GRID)


@pytest.mark.real_data
def test_lumbar_bodies_are_as_large_as_real_ones(real_data: Path):
    # Mid-sagittal area of the bodies that healthy lumbar MRI shows (Chu et al. 2015: T11 to L5).
    real = []
    for path in sorted((real_data / "VB2").glob("*_bodies.nii.gz")):
        image = nibabel.as_closest_canonical(nibabel.load(path))
        labels = np.rint(np.asarray(image.dataobj)).astype(int)
        pixel_mm2 = float(np.prod(image.header.get_zooms()[1:3]))
        for label in np.unique(labels[labels > 0]):
            body = labels == label
            middle = int(np.rint(np.argwhere(body)[:, 0].mean()))
            real.append(np.count_nonzero(body[middle]) * pixel_mm2)
    drawn = []
    for seed in range(12):
        for vertebra in draw_healthy_spec(np.random.default_rng(seed)).vertebrae:
            if Level.T11.coordinate <= vertebra.level.coordinate <= Level.L5.coordinate:
                height = (vertebra.anterior_height_mm + vertebra.posterior_height_mm) / 2.0
                # Waist and hollow end plates take about a tenth.
                drawn.append(0.9 * height * vertebra.depth_mm)
    assert np.mean(drawn) == pytest.approx(np.mean(real), rel=0.15)
    assert np.std(drawn) == pytest.approx(np.std(real), rel=0.6)
