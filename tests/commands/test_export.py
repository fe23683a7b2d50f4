"""``spinemets export`` as a user sees it: files, figures, exit status, messages."""

import re
import sys

import numpy as np
import pytest
import torch

from spinemets.commands.export import main
from weight_files import save_grader, save_segmenter


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_segmenter(path)
    return path


def test_a_bundle_is_written_and_its_agreement_printed(weights, tmp_path, capsys):
    output = tmp_path / "new" / "bundle"
    assert main([f"weights={weights}", f"output={output}", "format=bundle"]) == 0
    assert (output / "configs" / "inference.json").is_file()
    assert capsys.readouterr().out.strip() == (
        f"{output}: largest difference 0, same class in 100.000% of a seeded input"
    )


def test_a_grader_becomes_an_onnx_file_that_computes_the_same(tmp_path, capsys):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network = save_grader(tmp_path / "weights.safetensors")
    assert main([f"weights={tmp_path / 'weights.safetensors'}", f"output={tmp_path / 'new'}"]) == 0
    path = tmp_path / "new" / "escc.onnx"
    assert re.fullmatch(
        rf"{path}: largest difference \S+, same class in 100.000% of a seeded input",
        capsys.readouterr().out.strip(),
    )
    crops = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(9))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        wanted = network(crops).numpy()
    np.testing.assert_allclose(session.run(["logits"], {"crops": crops.numpy()})[0], wanted, atol=1e-3)


def test_another_format_is_refused(weights, tmp_path, capsys):
    assert main([f"weights={weights}", f"output={tmp_path / 'new'}", "format=torchscript"]) == 2
    assert "format: is 'torchscript'; allowed: onnx, bundle" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ["onnx", "bundle"])
def test_weights_that_cannot_be_read_are_named(tmp_path, capsys, kind):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"no weights")
    assert main([f"weights={path}", f"output={tmp_path / 'new'}", f"format={kind}"]) == 2
    error = capsys.readouterr().err
    assert str(path) in error
    assert "no safetensors file" in error
    assert not (tmp_path / "new").exists()


def test_output_must_be_given(weights, capsys):
    assert main([f"weights={weights}"]) == 2
    assert "output is not given" in capsys.readouterr().err


def test_missing_onnx_packages_are_named_with_the_remedy(weights, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert main([f"weights={weights}", f"output={tmp_path / 'new'}", "format=onnx"]) == 2
    assert "pip install 'spinemets[onnx]'" in capsys.readouterr().err


def test_a_bundle_never_replaces_what_is_there(weights, tmp_path, capsys):
    assert main([f"weights={weights}", f"output={tmp_path}", "format=bundle"]) == 2
    assert "holds something already" in capsys.readouterr().err
    assert weights.is_file()
