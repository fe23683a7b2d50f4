"""Networks as ONNX files, checked against the network before they are kept."""

import contextlib
import importlib
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from spinemets.networks.export_agreement import (
    Agreement,
    ExportError,
    Inputs,
    measured_agreement,
    seeded_inputs,
    takes_any_size,
)
from spinemets.networks.weights_card import WeightsCard

# Names of inputs and outputs by task.
INPUT_NAMES = {"segmentation": ("image", "presence"), "escc": ("crops",)}
OUTPUT_NAMES = {"segmentation": ("anatomy", "lesion", "level"), "escc": ("logits",)}
# Where the file keeps the card of the weights.
CARD_KEY = "spinemets"


def export_onnx(card: WeightsCard, network: nn.Module, path: Path) -> Agreement:
    """Write a network as one ONNX file, with its card in the file's metadata.

    Inputs are ``image`` (batch, 4, slice, row, column) and ``presence`` (batch, 4) of a segmenter, ``crops``
    (batch, slice, row, column) of a grader. The batch is of any size, and so are a fully convolutional
    segmenter's image axes, in multiples of what the network takes. The file is kept only if onnxruntime then
    computes what the network does.

    Args:
        card: Of the weights.
        network: Filled with them, in eval mode.
        path: ``.onnx``.

    Raises:
        ExportError: If packages are missing, the network cannot be exported, or the file computes
            something else.
    """
    # The exporter itself needs onnxscript.
    onnx, runtime, _ = map(_package, ("onnx", "onnxruntime", "onnxscript"))
    several = seeded_inputs(card, network)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        model = _converted(network, several[0], card)
        _describe(onnx, model, card)
        onnx.checker.check_model(model)
        onnx.save(model, partial)
        agreement = measured_agreement(network, _Session(runtime, partial, card.task), several)
        if not agreement.sufficient:
            raise ExportError(f"{path}: onnxruntime computes something else ({agreement}); it was not kept")
        partial.replace(path)
    except OSError as error:
        raise ExportError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    finally:
        partial.unlink(missing_ok=True)
    return agreement


class _Session:
    """onnxruntime with a file, called as a network is."""

    def __init__(self, runtime: ModuleType, path: Path, task: str) -> None:
        self.session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.task = task

    def __call__(self, inputs: Inputs) -> Inputs:
        feed = {name: value.numpy() for name, value in zip(INPUT_NAMES[self.task], inputs, strict=True)}
        return tuple(torch.from_numpy(output) for output in self.session.run(OUTPUT_NAMES[self.task], feed))


class _Plain(nn.Module):
    """A network whose outputs are a plain tuple."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        output = self.network(*inputs)
        return (output,) if isinstance(output, Tensor) else tuple(output)


def _package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ExportError(f"{name} is not installed; pip install 'spinemets[onnx]'") from None


def _converted(network: nn.Module, inputs: Inputs, card: WeightsCard) -> Any:
    open_axes = [{0: "batch"} for _ in inputs]
    if takes_any_size(network):
        open_axes[0] |= {2: "slice", 3: "row", 4: "column"}
    try:
        with _quiet():
            program = torch.onnx.export(
                _Plain(network).eval(),
                inputs,
                input_names=INPUT_NAMES[card.task],
                output_names=OUTPUT_NAMES[card.task],
                dynamic_shapes=(tuple(open_axes),),
                dynamo=True,
                verbose=False,
            )
    except Exception as error:
        # The exporter's kinds of error are private to torch, and many.
        raise ExportError(f"the network cannot be exported to ONNX: {error}") from error
    assert program is not None
    return program.model_proto


def _describe(onnx: ModuleType, model: Any, card: WeightsCard) -> None:
    """Puts the card into a model, and takes out the source lines and paths that torch notes at each part."""
    graph = model.graph
    parts = [graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]
    for part in parts:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.helper.set_model_props(model, {CARD_KEY: card.model_dump_json()})


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporter says of its own parts."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
