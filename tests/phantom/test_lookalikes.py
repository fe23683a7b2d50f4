"""Look-alikes change the tissue that they should, and are never lesions."""

from collections.abc import Callable

import numpy as np
import pytest

from spinemets.anatomy import Anatomy, Element
from spinemets.phantom.digital import DigitalSpine
from spinemets.phantom.lookalikes import paint_lookalike
from spinemets.phantom.spec import LookalikeKind, LookalikeSpec
from spinemets.phantom.spine_maps import SpineMaps
from spinemets.phantom.tissue import Tissue

BuildSpine = Callable[[str], DigitalSpine]
MAIN_TISSUE = {
    LookalikeKind.HAEMANGIOMA: Tissue.HAEMANGIOMA,
    LookalikeKind.ENDPLATE_OEDEMA: Tissue.MARROW_OEDEMA,
    LookalikeKind.ENDPLATE_FAT: Tissue.FATTY_MARROW,
    LookalikeKind.SCHMORL_NODE: Tissue.SCHMORL_NODE,
    LookalikeKind.DISCITIS: Tissue.DISCITIS,
    LookalikeKind.BONE_ISLAND: Tissue.BONE_ISLAND,
    LookalikeKind.RED_MARROW: Tissue.RED_MARROW,
    LookalikeKind.OSTEOPOROTIC_FRACTURE: Tissue.FRACTURE_LINE,
    LookalikeKind.METAL: Tissue.METAL,
}


def _paint(spine: DigitalSpine, kind: LookalikeKind, size_mm: float = 7.0, seed: int = 4) -> SpineMaps:
    maps = SpineMaps.of(spine).copy()
    frame = spine.frames[1]
    paint_lookalike(maps, frame, LookalikeSpec(frame.level, kind, size_mm, seed))
    return maps


@pytest.mark.parametrize("kind", LookalikeKind)
def test_every_kind_shows_its_tissue_and_is_no_lesion(
    straight_spine: BuildSpine, kind: LookalikeKind
) -> None:
    spine = straight_spine("lumbar")
    maps = _paint(spine, kind)
    assert np.count_nonzero(maps.tissue == MAIN_TISSUE[kind]) * maps.voxel_ml > 0.02
    assert not maps.lesion.any()
    assert np.array_equal(maps.anatomy, spine.anatomy)


@pytest.mark.parametrize("kind", [LookalikeKind.ENDPLATE_OEDEMA, LookalikeKind.ENDPLATE_FAT])
def test_end_plate_change_lies_on_both_sides_of_one_disc(
    straight_spine: BuildSpine, kind: LookalikeKind
) -> None:
    spine = straight_spine("lumbar")
    changed = _paint(spine, kind).tissue != spine.tissue
    levels = set(np.unique(spine.level[changed]).tolist())
    assert levels == {spine.frames[1].level.code, spine.frames[2].level.code}


def test_discitis_crosses_the_disc(straight_spine: BuildSpine) -> None:
    spine = straight_spine("lumbar")
    changed = _paint(spine, LookalikeKind.DISCITIS).tissue != spine.tissue
    assert {Anatomy.DISC, Anatomy.VERTEBRAL_BODY} <= set(np.unique(spine.anatomy[changed]).tolist())


def test_osteoporotic_fracture_spares_the_pedicles(straight_spine: BuildSpine) -> None:
    spine = straight_spine("lumbar")
    changed = _paint(spine, LookalikeKind.OSTEOPOROTIC_FRACTURE).tissue != spine.tissue
    assert set(np.unique(spine.element[changed])) == {Element.BODY}


def test_trabeculae_of_a_haemangioma_run_vertically(straight_spine: BuildSpine) -> None:
    maps = _paint(straight_spine("lumbar"), LookalikeKind.HAEMANGIOMA, size_mm=20.0)
    trabecula = maps.tissue == Tissue.BONE_ISLAND
    either = trabecula | (maps.tissue == Tissue.HAEMANGIOMA)
    both = either[:, :, 1:] & either[:, :, :-1]
    assert trabecula.any()
    assert np.array_equal(trabecula[:, :, 1:][both], trabecula[:, :, :-1][both])


def test_screws_leave_the_canal_free(straight_spine: BuildSpine) -> None:
    spine = straight_spine("lumbar")
    metal = _paint(spine, LookalikeKind.METAL, size_mm=5.0).tissue == Tissue.METAL
    assert metal.any()
    assert not np.isin(spine.anatomy[metal], (Anatomy.CORD, Anatomy.THECAL_SAC)).any()
