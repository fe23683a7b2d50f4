"""Metastases put into an image of bodies whose tissue is known."""

import numpy as np
import pytest
from scipy import ndimage

from spinemets.anatomy import BoneLesionType
from spinemets.errors import ConfigurationError, GeometryError, InputError
from spinemets.phantom.insertion import InsertedLesions, InsertionSettings, insert_lesions
from spinemets.phantom.insertion_sites import VertebraMask, find_sites
from spinemets.phantom.lesion_draw import LesionTraits
from spinemets.study.records import Weighting
from spinemets.volume.record import Volume

MARROW, DISC, FLUID, MUSCLE = 100.0, 60.0, 220.0, 50.0
THICKNESS_MM = 3.0
SETTINGS = InsertionSettings(VertebraMask.BODIES, slice_thickness_mm=THICKNESS_MM)


def _spine_images(affine: np.ndarray | None = None) -> tuple[Volume, Volume]:
    """A noisy image with a bias field along the spine, and its mask: three bodies, discs, a canal."""
    rng = np.random.default_rng(7)
    affine = np.diag([1.0, 1.0, 1.0, 1.0]) if affine is None else affine
    x, y, z = np.meshgrid(np.arange(50), np.arange(80), np.arange(110), indexing="ij")
    mask = np.zeros(x.shape, dtype=np.uint8)
    signal = np.full(x.shape, MUSCLE)
    block = (np.abs(x - 25) < 18) & (np.abs(y - 50) < 14)
    signal[block & (z > 8) & (z < 102)] = DISC
    signal[(np.abs(x - 25) < 9) & (np.abs(y - 27) < 7)] = FLUID
    for label, low in enumerate((10, 43, 76), start=1):
        body = block & (z >= low) & (z < low + 24)
        mask[body] = label
        signal[body] = MARROW
    signal = signal * (0.8 + 0.4 * z / 110) + rng.normal(0, 3, x.shape)
    return Volume(np.clip(signal, 0, 255).astype(np.uint8), affine), Volume(mask, affine)


def _traits(
    volume_ml: float = 3.0,
    bone_type: BoneLesionType = BoneLesionType.LYTIC,
    *,
    breaches: bool = False,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> LesionTraits:
    return LesionTraits(bone_type, False, centre, volume_ml, (1.0, 1.0, 1.0), breaches, False)


def _insert(
    traits: LesionTraits, *weightings: Weighting, seed: int = 1
) -> tuple[Volume, Volume, InsertedLesions]:
    image, mask = _spine_images()
    images = dict.fromkeys(weightings or (Weighting.T1,), image)
    result = insert_lesions(images, mask, SETTINGS, np.random.default_rng(seed), requested=[(1, traits)])
    return image, mask, result


@pytest.mark.parametrize("volume_ml", [0.1, 1.0, 8.0])
def test_volume_is_the_asked_one(volume_ml: float) -> None:
    _, mask, result = _insert(_traits(volume_ml))
    assert result.lesions[0].volume_ml == pytest.approx(volume_ml, rel=0.05)
    assert set(np.unique(mask.array[result.lesion_mask.array > 0])) == {2}


def test_nothing_changes_outside_the_blended_margin() -> None:
    image, _, result = _insert(_traits())
    away = ndimage.distance_transform_edt(result.lesion_mask.array == 0) > 2.0 * THICKNESS_MM + 4.0
    painted = result.images[Weighting.T1]
    assert painted.array.dtype == image.array.dtype
    assert np.array_equal(painted.array[away], image.array[away])
    assert np.array_equal(painted.affine_ras, image.affine_ras)


@pytest.mark.parametrize(
    ("weighting", "bone_type", "low", "high"),
    [
        (Weighting.T1, BoneLesionType.LYTIC, 0.42, 0.75),
        (Weighting.T1, BoneLesionType.BLASTIC, 0.2, 0.6),
        (Weighting.STIR, BoneLesionType.LYTIC, 1.5, 2.2),
        (Weighting.STIR, BoneLesionType.BLASTIC, 0.4, 0.85),
        (Weighting.T2, BoneLesionType.BLASTIC, 0.2, 0.55),
    ],
)
def test_signal_is_that_of_the_weighting(
    weighting: Weighting, bone_type: BoneLesionType, low: float, high: float
) -> None:
    image, _, result = _insert(_traits(6.0, bone_type), weighting)
    core = ndimage.binary_erosion(result.lesion_mask.array > 0, iterations=4)
    ratio = result.images[weighting].array[core].mean() / image.array[core].mean()
    assert low < ratio < high


def test_lytic_lesion_on_t1_is_near_the_images_own_soft_tissue() -> None:
    image, _, result = _insert(_traits(6.0), Weighting.T1)
    core = ndimage.binary_erosion(result.lesion_mask.array > 0, iterations=4)
    disc = (np.abs(np.arange(110) - 38.5) < 3)[None, None, :] & np.ones((50, 80, 1), dtype=bool)
    disc[:8], disc[42:], disc[:, :38], disc[:, 62:] = False, False, False, False
    lesion = result.images[Weighting.T1].array[core].mean()
    assert lesion == pytest.approx(image.array[disc].mean(), rel=0.3)


def test_noise_in_the_lesion_is_the_images_own() -> None:
    image, _, result = _insert(_traits(8.0), Weighting.T1)
    core = ndimage.binary_erosion(result.lesion_mask.array > 0, iterations=3)
    before, after = (
        (volume.array.astype(float) - ndimage.gaussian_filter(volume.array.astype(float), 1.0))[core].std()
        for volume in (image, result.images[Weighting.T1])
    )
    assert 0.5 < after / before < 1.6


def test_edge_is_no_sharper_than_the_slice_profile() -> None:
    image, _, result = _insert(_traits(6.0), Weighting.STIR)
    change = result.images[Weighting.STIR].array.astype(float) - image.array
    line = change[:, 50, 55]
    steepest = np.abs(np.diff(line)).max()
    assert steepest < 0.45 * line.max()


def test_all_channels_show_the_same_lesion() -> None:
    image, _, result = _insert(_traits(4.0), Weighting.T1, Weighting.STIR)
    t1, stir = (
        result.images[weighting].array.astype(float) - image.array
        for weighting in (Weighting.T1, Weighting.STIR)
    )
    core = ndimage.binary_erosion(result.lesion_mask.array > 0, iterations=2)
    assert (t1[core] < 0).mean() > 0.95
    assert (stir[core] > 0).mean() > 0.95
    assert set(result.lesions[0].signal_over_marrow) == {Weighting.T1, Weighting.STIR}


def test_breach_leaves_the_body_but_spares_discs() -> None:
    traits = _traits(5.0, breaches=True, centre=(0.0, 0.9, 0.0))
    _, mask, result = _insert(traits)
    lesion = result.lesion_mask.array > 0
    disc = find_sites(mask, VertebraMask.BODIES).disc
    assert (lesion & (mask.array == 0)).sum() > 200
    assert not (lesion[find_sites(mask, VertebraMask.BODIES).index] & disc).any()


def test_same_seed_gives_the_same_bytes() -> None:
    image, mask = _spine_images()
    first, second = (
        insert_lesions({Weighting.T2: image}, mask, SETTINGS, np.random.default_rng(3)) for _ in range(2)
    )
    assert first.images[Weighting.T2].array.tobytes() == second.images[Weighting.T2].array.tobytes()
    assert first.lesions == second.lesions


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flipped_arrays_give_the_same_lesion_in_the_world(axis: int) -> None:
    image, mask = _spine_images()
    flip = np.eye(4)
    flip[axis, axis], flip[axis, 3] = -1.0, image.shape[axis] - 1
    flipped = [Volume(np.flip(volume.array, axis), volume.affine_ras @ flip) for volume in (image, mask)]
    traits = _traits(4.0, centre=(0.5, -0.4, 0.3))
    centres = [
        insert_lesions({Weighting.T1: own}, bone, SETTINGS, np.random.default_rng(1), [(0, traits)])
        .lesions[0]
        .centre_ras_mm
        for own, bone in ((image, mask), flipped)
    ]
    assert centres[0] == pytest.approx(centres[1], abs=4.0)
    # Right of and behind the middle of the body, which is at (25, 50).
    assert centres[0][0] > 27
    assert centres[0][1] < 49


def test_sites_are_ordered_from_head_to_feet_with_the_patients_right() -> None:
    _, mask = _spine_images()
    sites = find_sites(mask, VertebraMask.BODIES).sites
    assert [site.label for site in sites] == [3, 2, 1]
    assert sites[1].axes_ras == pytest.approx(np.eye(3), abs=1e-6)
    assert sites[1].half_size_mm == pytest.approx((17.0, 13.0, 11.5), abs=1.0)


def test_spider_masks_are_split_into_bodies_and_posterior_bone() -> None:
    _, bodies = _spine_images()
    values = (bodies.array > 0).astype(np.uint8)
    x, y, z = np.meshgrid(*(np.arange(size) for size in values.shape), indexing="ij")
    values[(np.abs(x - 25) < 9) & (np.abs(y - 27) < 7)] = 3
    values[(np.abs(x - 25) < 4) & (y > 2) & (y < 18) & (np.abs(z - 50) < 6)] = 1
    disc = (np.abs(x - 25) < 18) & (np.abs(y - 50) < 14) & (values == 0) & (z > 10) & (z < 100)
    values[disc] = 2
    sites = find_sites(Volume(values, bodies.affine_ras), VertebraMask.SPIDER)
    assert len(sites.sites) == 3
    assert sites.posterior.any()
    assert not (sites.posterior.astype(bool) & sites.bodies.astype(bool)).any()


def test_unusable_input_is_refused() -> None:
    image, mask = _spine_images()
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="empty"):
        insert_lesions({Weighting.T1: image}, Volume(mask.array * 0, mask.affine_ras), SETTINGS, rng)
    with pytest.raises(ConfigurationError, match="ADC"):
        insert_lesions({Weighting.ADC: image}, mask, SETTINGS, rng)
    elsewhere = mask.affine_ras.copy()
    elsewhere[:3, 3] += 1000
    with pytest.raises(GeometryError, match="different places"):
        insert_lesions({Weighting.T1: Volume(image.array, elsewhere)}, mask, SETTINGS, rng)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="slice_thickness_mm"):
        InsertionSettings(VertebraMask.BODIES, slice_thickness_mm=0.0)
    with pytest.raises(ValueError, match="fewest_lesions"):
        InsertionSettings(VertebraMask.BODIES, slice_thickness_mm=3.0, fewest_lesions=3, most_lesions=2)
