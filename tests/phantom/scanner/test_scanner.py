"""The scanner: contrast, places, truth, imperfections, determinism."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK

from spinemets.anatomy import Anatomy, Level
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.protocol import FatSuppression, PhaseAxis, RigidShift, SeriesProtocol
from spinemets.phantom.scanner import acquire, acquire_labels
from spinemets.phantom.texture import texture_of
from spinemets.phantom.timing_draw import DIXON_WEIGHTINGS
from spinemets.phantom.tissue import Tissue
from spinemets.study.records import Weighting
from spinemets.volume import Volume

# Places in the block spine, RAS mm.
BODY, DISC, CSF, MUSCLE, FAT = (
    (0.0, 14.0, 0.0),
    (0.0, 14.0, 18.0),
    (0.0, -10.0, 0.0),
    (0.0, -30.0, 0.0),
    (0.0, -67.0, 0.0),
)


def _image(spine: DigitalSpine, protocol: SeriesProtocol, seed: int = 0) -> Volume:
    return acquire(spine, protocol, np.random.default_rng(seed))


def _index(volume: Volume, point_ras_mm: tuple[float, float, float]) -> tuple[int, int, int]:
    index = np.linalg.inv(volume.affine_ras) @ [*point_ras_mm, 1.0]
    i, j, k = np.rint(index[:3]).astype(int)
    return int(i), int(j), int(k)


def _around(volume: Volume, point_ras_mm: tuple[float, float, float]) -> float:
    i, j, k = _index(volume, point_ras_mm)
    return float(volume.array[i, j - 2 : j + 3, k - 2 : k + 3].mean())


def _contrast(volume: Volume) -> dict[str, float]:
    places = {"body": BODY, "disc": DISC, "csf": CSF, "muscle": MUSCLE, "fat": FAT}
    return {name: _around(volume, place) for name, place in places.items()}


def test_t1_shows_fat_then_marrow_then_disc_then_fluid(
    block_spine: DigitalSpine, ideal_t1: SeriesProtocol
) -> None:
    seen = _contrast(_image(block_spine, ideal_t1))
    assert seen["fat"] > seen["body"] > seen["disc"] > seen["csf"]
    assert seen["body"] > seen["muscle"] > seen["csf"]


def test_t2_shows_fluid_brightest_and_muscle_darkest(
    block_spine: DigitalSpine, ideal_t2: SeriesProtocol
) -> None:
    seen = _contrast(_image(block_spine, ideal_t2))
    assert seen["csf"] > seen["fat"] > seen["body"] > seen["muscle"]
    assert seen["csf"] > seen["disc"] > 3.0 * seen["muscle"]


def test_stir_darkens_fat_and_marrow(block_spine: DigitalSpine, ideal_stir: SeriesProtocol) -> None:
    seen = _contrast(_image(block_spine, ideal_stir))
    assert seen["csf"] > seen["disc"] > 1.5 * seen["body"]
    assert seen["fat"] < seen["disc"] / 2.0


def test_spectral_saturation_takes_fat_from_t2(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    timing = replace(ideal_t2.timing, fat_suppression=FatSuppression.SPECTRAL, fat_saturation=0.95)
    plain = _contrast(_image(block_spine, ideal_t2))
    saturated = _contrast(_image(block_spine, replace(ideal_t2, weighting=Weighting.T2_FS, timing=timing)))
    assert saturated["fat"] / saturated["csf"] < 0.15 * plain["fat"] / plain["csf"]


def test_contrast_agent_brightens_tumour_on_t1(block_spine: DigitalSpine, ideal_t1: SeriesProtocol) -> None:
    tissue = block_spine.tissue.copy()
    tissue[block_spine.lesion > 0] = Tissue.LYTIC_TUMOUR
    spine = replace(block_spine, tissue=tissue)
    tumour = (8.0, 14.0, 0.0)
    after = replace(ideal_t1, weighting=Weighting.T1_GD, timing=replace(ideal_t1.timing, contrast_agent=True))
    before_image, after_image = _image(spine, ideal_t1), _image(spine, after)
    assert _around(before_image, tumour) < _around(before_image, DISC) * 1.3
    assert _around(after_image, tumour) / _around(after_image, DISC) > 1.4 * (
        _around(before_image, tumour) / _around(before_image, DISC)
    )


def test_truth_lies_where_the_anatomy_does(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    anatomy = acquire_labels(block_spine, ideal_t2, "anatomy")
    level = acquire_labels(block_spine, ideal_t2, "level")
    assert anatomy.array[_index(anatomy, BODY)] == Anatomy.VERTEBRAL_BODY
    assert anatomy.array[_index(anatomy, CSF)] == Anatomy.THECAL_SAC
    assert level.array[_index(level, (0.0, 14.0, 36.0))] == Level.L1.code


def test_truth_keeps_the_volume_of_a_body(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    whole = replace(ideal_t2.geometry, slice_count=16, gap_mm=0.0)
    level = acquire_labels(block_spine, replace(ideal_t2, geometry=whole), "level")
    voxels = np.count_nonzero(block_spine.level == Level.L2.code)
    expected_ml = voxels * 1.25**3 / 1000.0
    assert np.count_nonzero(level.array == Level.L2.code) * level.voxel_volume_ml == pytest.approx(
        expected_ml, rel=0.06
    )


def test_left_stays_left_when_slices_run_the_other_way(
    block_spine: DigitalSpine, ideal_t2: SeriesProtocol
) -> None:
    flipped = replace(ideal_t2.geometry, axes_ras=ideal_t2.geometry.axes_ras * [-1.0, 1.0, 1.0])
    lesion = acquire_labels(block_spine, replace(ideal_t2, geometry=flipped), "lesion")
    where = np.argwhere(lesion.array > 0)
    right_mm = (lesion.affine_ras @ np.column_stack([where, np.ones(len(where))]).T)[0]
    assert len(where) > 0
    assert (right_mm > 0).all()


def test_a_movement_shifts_image_and_truth_alike(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    moved = replace(ideal_t2, shift=RigidShift((0.0, 5.0, 10.0)))
    anatomy = acquire_labels(block_spine, moved, "anatomy")
    image, still = _image(block_spine, moved), _image(block_spine, ideal_t2)
    sac = (0.0, -10.0 + 5.0, 0.0)
    assert anatomy.array[_index(anatomy, sac)] == Anatomy.THECAL_SAC
    disc = (0.0, 14.0 + 5.0, 18.0 + 10.0)
    assert anatomy.array[_index(anatomy, disc)] == Anatomy.DISC
    assert _around(image, disc) == pytest.approx(_around(still, DISC), rel=0.15)


def test_the_same_seed_gives_the_same_bytes(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    flawed = replace(
        ideal_t2, imperfections=replace(ideal_t2.imperfections, noise_sd=0.02, ghosting=0.2, shading=0.1)
    )
    first, second = _image(block_spine, flawed, seed=5), _image(block_spine, flawed, seed=5)
    assert first.array.tobytes() == second.array.tobytes()


def test_another_seed_gives_other_noise(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    noisy = replace(ideal_t2, imperfections=replace(ideal_t2.imperfections, noise_sd=0.02))
    assert (_image(block_spine, noisy, seed=1).array != _image(block_spine, noisy, seed=2).array).any()


def test_texture_is_shared_between_series(block_spine: DigitalSpine) -> None:
    np.testing.assert_array_equal(texture_of(block_spine).near, texture_of(block_spine).near)


def _air(volume: Volume) -> npt.NDArray[np.uint16]:
    return np.asarray(volume.array[:, 20:108, :2])


def test_air_is_silent_without_noise_and_hisses_with_it(
    block_spine: DigitalSpine, ideal_t2: SeriesProtocol
) -> None:
    noisy = replace(ideal_t2, imperfections=replace(ideal_t2.imperfections, noise_sd=0.05))
    assert _air(_image(block_spine, ideal_t2)).mean() < 10
    assert _air(_image(block_spine, noisy)).mean() > 25


def test_a_surface_coil_brightens_the_back(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    near_coil = replace(ideal_t2, imperfections=replace(ideal_t2.imperfections, coil_radius_mm=60.0))
    image = _image(block_spine, near_coil)
    front = (0.0, 67.0, 0.0)
    assert _around(image, FAT) > 3.0 * _around(image, front)


def test_correction_evens_out_the_coil(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    flaws = replace(ideal_t2.imperfections, coil_radius_mm=60.0, intensity_correction=1.0)
    image = _image(block_spine, replace(ideal_t2, imperfections=flaws))
    assert _around(image, FAT) == pytest.approx(_around(image, (0.0, 67.0, 0.0)), rel=0.1)


def test_without_oversampling_the_body_wraps(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    small = replace(ideal_t2.geometry, field_of_view_mm=(110.0, 110.0))
    along_columns = replace(ideal_t2, geometry=small, phase_axis=PhaseAxis.COLUMN)
    wrapped = replace(along_columns, imperfections=replace(ideal_t2.imperfections, wrap=True))
    # The first column lies at 55 mm in front, in muscle; folded onto it is the fat of the back.
    plain, folded = _image(block_spine, along_columns), _image(block_spine, wrapped)
    edge = (2, slice(50, 70), slice(115, 120))
    middle = (2, slice(50, 70), slice(60, 70))
    assert folded.array[edge].mean() / folded.array[middle].mean() > 1.5 * (
        plain.array[edge].mean() / plain.array[middle].mean()
    )


def test_ghosts_repeat_fluid_along_the_phase_axis(
    block_spine: DigitalSpine, ideal_t2: SeriesProtocol
) -> None:
    flaws = replace(ideal_t2.imperfections, ghosting=0.4)
    ghosted = replace(ideal_t2, phase_axis=PhaseAxis.COLUMN, imperfections=flaws)
    difference = np.abs(
        _image(block_spine, ghosted).array.astype(float) - _image(block_spine, ideal_t2).array
    )
    changed = difference[2, 30:98].mean(axis=0)
    assert changed.max() > 5.0 * np.median(changed) + 1.0


def test_metal_leaves_a_void(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    tissue = block_spine.tissue.copy()
    tissue[20:28, 40:46, 44:50] = Tissue.METAL
    spine = replace(block_spine, tissue=tissue)
    # The block of metal lies about (-2, 13, -1) mm; its void reaches beyond it.
    before, after = _image(block_spine, ideal_t2), _image(spine, ideal_t2)
    assert _around(after, BODY) < 0.25 * _around(before, BODY)


@pytest.mark.parametrize("fat_fraction", [0.1, 0.2, 0.45, 0.7])
def test_a_dixon_set_has_one_scale(
    block_spine: DigitalSpine, ideal_t1: SeriesProtocol, fat_fraction: float
) -> None:
    """In phase is water plus fat, and the drop to opposed phase is the one that the fat fraction asks for."""
    habitus = replace(block_spine.spec.habitus, marrow_fat_fraction=fat_fraction)
    spine = replace(block_spine, spec=replace(block_spine.spec, habitus=habitus))
    timing = replace(ideal_t1.timing, fat_suppression=FatSuppression.DIXON)
    seen = {
        weighting: _around(_image(spine, replace(ideal_t1, weighting=weighting, timing=timing)), BODY)
        for weighting in DIXON_WEIGHTINGS
    }
    water, fat = seen[Weighting.DIXON_WATER], seen[Weighting.DIXON_FAT]
    assert seen[Weighting.DIXON_IN] == pytest.approx(water + fat, rel=0.01)
    drop = 1.0 - seen[Weighting.DIXON_OPPOSED] / seen[Weighting.DIXON_IN]
    # Texture changes the share of fat from pixel to pixel, so that opposed phase never cancels wholly.
    assert drop == pytest.approx(1.0 - abs(1.0 - 2.0 * fat / (water + fat)), abs=0.04)


def test_images_of_one_acquisition_share_its_shading(
    block_spine: DigitalSpine, ideal_t2: SeriesProtocol
) -> None:
    shaded = replace(ideal_t2, imperfections=replace(ideal_t2.imperfections, shading=0.2))

    def image(seed: int, accidents: np.random.Generator | None) -> bytes:
        rng = np.random.default_rng(seed)
        return acquire(block_spine, shaded, rng, accidents=accidents).array.tobytes()

    assert image(0, None) != image(1, None)
    assert image(0, np.random.default_rng(5)) == image(1, np.random.default_rng(5))
    # What a series takes from its own generator, where nobody else needs it.
    assert image(0, None) == image(1, np.random.default_rng(0).spawn(1)[0])


def test_the_number_of_threads_does_not_matter(block_spine: DigitalSpine, ideal_t2: SeriesProtocol) -> None:
    usual = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()
    try:
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
        alone = _image(block_spine, ideal_t2)
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(4)
        together = _image(block_spine, ideal_t2)
    finally:
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)
    assert alone.array.tobytes() == together.array.tobytes()
