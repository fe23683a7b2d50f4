"""ONNX export: what onnxruntime computes, and what is kept."""

import json
import sys

import numpy as np
import pytest
import torch

from spinemets.networks import onnx_export
from spinemets.networks.export_agreement import ExportError
from spinemets.networks.onnx_export import export_onnx
from spinemets.networks.segmenter import SpineSegmenter
from weight_files import SEGMENTER, segmenter_card

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


def _segmenter(seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return SpineSegmenter(SEGMENTER).eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The network, its file and the agreement that was measured; made once, as exporting takes seconds."""
    path = tmp_path_factory.mktemp("onnx") / "segmentation.onnx"
    network = _segmenter(0)
    return network, path, export_onnx(segmenter_card(), network, path)


def test_the_measured_agreement_is_close(exported):
    agreement = exported[2]
    assert agreement.largest_difference < 1e-4
    assert agreement.same_class_share > 0.999


@pytest.mark.parametrize(("batch", "size"), [(1, (8, 32, 32)), (3, (2, 16, 24)), (2, (4, 8, 40))])
def test_any_batch_and_size_computes_the_same(exported, batch, size):
    network, path, _ = exported
    generator = torch.Generator().manual_seed(5)
    image = torch.randn(batch, 4, *size, generator=generator)
    presence = torch.ones(batch, 4)
    image[0, 2], presence[0, 2] = 0.0, 0.0
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = ["anatomy", "lesion", "level"]
    found = session.run(names, {"image": image.numpy(), "presence": presence.numpy()})
    with torch.inference_mode():
        wanted = network(image, presence)
    for name, values in zip(names, found, strict=True):
        np.testing.assert_allclose(values, getattr(wanted, name).numpy(), atol=1e-3)


def test_axes_have_names(exported):
    image, presence = onnx.load(exported[1]).graph.input
    axes = [dim.dim_param or dim.dim_value for dim in image.type.tensor_type.shape.dim]
    assert axes == ["batch", 4, "slice", "row", "column"]
    assert presence.name == "presence"


def test_the_card_goes_along(exported):
    (entry,) = onnx.load(exported[1]).metadata_props
    card = json.loads(entry.value)
    assert entry.key == "spinemets"
    assert card["channels"] == ["T1", "T2", "STIR", "T1+Gd"]
    assert card["trained_on"] == "2 simulated studies, no real one"
    assert card["metrics"] == {"lesion_dice": 0.5, "lesion_sensitivity": None}


def test_the_file_tells_nothing_of_the_computer(exported):
    content = exported[1].read_bytes()
    assert b".py" not in content
    assert b"stack_trace" not in content


def test_a_file_that_computes_something_else_is_not_kept(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "_converted", lambda *_: onnx.load(exported[1]))
    with pytest.raises(ExportError, match="computes something else"):
        export_onnx(segmenter_card(), _segmenter(1), tmp_path / "other.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_that_cannot_be_exported_is_said(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(ExportError, match="no such operator"):
        export_onnx(segmenter_card(), _segmenter(0), tmp_path / "none.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["onnx", "onnxruntime", "onnxscript"])
def test_a_missing_package_is_named_with_its_remedy(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExportError, match=rf"{name} is not installed; pip install 'spinemets\[onnx\]'"):
        export_onnx(segmenter_card(), _segmenter(0), tmp_path / "none.onnx")


def test_a_place_that_cannot_be_written_is_named(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "_converted", lambda *_: onnx.load(exported[1]))
    with pytest.raises(ExportError, match="cannot be written"):
        export_onnx(segmenter_card(), exported[0], tmp_path / "none" / "segmentation.onnx")
