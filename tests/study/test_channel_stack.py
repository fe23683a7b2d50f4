"""The channels of a station lie on one grid, movement and all."""

from dataclasses import replace

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from phantom.test_study import COARSE
from spinemets.configuration import config_directory
from spinemets.phantom.build import build_spine
from spinemets.phantom.protocol import RigidShift, Station
from spinemets.phantom.protocol_draw import draw_protocols
from spinemets.phantom.scanner import acquire
from spinemets.phantom.study import plan_study
from spinemets.phantom.study_files import write_study
from spinemets.study.alignment import align
from spinemets.study.archive import ArchiveSettings
from spinemets.study.channel_stack import load_channels
from spinemets.study.discovery import read_studies
from spinemets.study.pseudonym import PseudonymKey
from spinemets.study.records import Weighting
from spinemets.study.selection import Channel, select_series

_CONFIG = config_directory() / "study"
_ALIGNMENT = instantiate(OmegaConf.load(_CONFIG / "alignment.yaml").alignment)
_SELECTION = instantiate(OmegaConf.load(_CONFIG / "selection.yaml").selection)
_ARCHIVE = ArchiveSettings(PseudonymKey(b"0123456789abcdef"), 2**28, 64, 1)


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "phantom"
    write_study(replace(COARSE, seed=8), "phantom", folder)
    (study,) = read_studies(folder / "images", _ARCHIVE)
    (station,) = select_series(study, _SELECTION).stations
    return station


def test_every_channel_lies_on_the_grid_of_the_reference(station):
    stack = load_channels(station, _ALIGNMENT)
    assert set(stack.volumes) == {Channel.T1, Channel.T2, Channel.FLUID}
    shapes = {volume.shape for volume in stack.volumes.values()}
    assert shapes == {station.reference.shape}
    for volume in stack.volumes.values():
        assert np.allclose(volume.affine_ras, station.reference.affine_ras, atol=1e-6)


def test_what_was_measured_is_said_for_every_other_channel(station):
    stack = load_channels(station, _ALIGNMENT)
    assert len(stack.statements) == len(stack.volumes) - 1
    assert all("ovement" in text or "anatomy" in text for text in stack.statements.values())
    assert not stack.left_out


def test_a_simulated_patient_who_moved_is_moved_back():
    plan = plan_study(COARSE)
    spine = build_spine(plan.spec, plan.boxes[Station.LUMBAR], COARSE.grid)
    sagittal = {
        protocol.weighting: replace(protocol, shift=RigidShift())
        for protocol in draw_protocols(np.random.default_rng(1), spine, Station.LUMBAR, [], plan.ranges)
    }
    shift_mm = (0.0, 4.0, -5.0)
    moved = replace(sagittal[Weighting.T1], shift=RigidShift(shift_mm))
    still = acquire(spine, sagittal[Weighting.T2], np.random.default_rng(2))
    aligned = align(still, acquire(spine, moved, np.random.default_rng(3)), _ALIGNMENT)
    assert aligned.corrected, aligned.statement
    # Within one of these coarse pixels, 1.5 mm.
    assert np.allclose(aligned.movement.translation_ras_mm, shift_mm, atol=1.5)
