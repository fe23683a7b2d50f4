"""Weights on disk: safetensors with a card and a checksum; nothing is ever unpickled."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from spinemets.errors import ConfigurationError, InputError, UnreadableFileError
from spinemets.networks.weights_card import FORMAT, VERSION, WeightsCard

# One entry of metadata: safetensors writes several in an order that changes from run to run.
_METADATA = "spinemets"
_COPY_AGAIN = "copy or export the file again"


def save_weights(path: Path, state: Mapping[str, Tensor], card: WeightsCard) -> str:
    """Write weights; the file appears whole or not at all, and the same content gives the same bytes.

    Equal tensors are written once: MONAI's DynUNet names most of its tensors twice.

    Args:
        path: ``.safetensors``.
        state: Tensors by name, as ``nn.Module.state_dict`` gives them.
        card: What they are.

    Returns:
        SHA-256 of the file.

    Raises:
        InputError: If the file cannot be written.
    """
    tensors, same = _each_once(state)
    facts: dict[str, Any] = {"card": card.model_dump(mode="json"), "same": same}
    facts["sha256"] = _checksum(tensors, facts)
    content = save(tensors, {_METADATA: _canonical(facts)})
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(
            f"cannot be written ({error.strerror})", file=path, remedy="choose another place"
        ) from None
    return hashlib.sha256(content).hexdigest()


def load_weights(
    path: Path, task: str | None, sha256: str | None = None
) -> tuple[WeightsCard, dict[str, Tensor]]:
    """Read weights, after everything about them has been checked.

    Args:
        path: The file.
        task: That they must be of; None takes any.
        sha256: Of the file, where it is known.

    Raises:
        UnreadableFileError: If the file is missing, damaged, altered, or no weights of ours.
        InputError: If they are of another task or version.
    """
    _check_file(path, sha256)
    metadata, tensors = _read(path)
    facts = _facts(path, metadata)
    if facts.pop("sha256", None) != _checksum(tensors, facts):
        raise UnreadableFileError(
            "does not hold what was written: its checksum differs", file=path, remedy=_COPY_AGAIN
        )
    card = _card(path, facts["card"])
    if task not in (None, card.task):
        raise InputError(
            f"are weights of the task {card.task}", file=path, remedy=f"name weights of the task {task}"
        )
    return card, tensors | {name: tensors[first] for name, first in facts["same"].items()}


def load_network(path: Path, task: str | None, sha256: str | None = None) -> tuple[WeightsCard, nn.Module]:
    """The network that a weights file holds, ready to predict; arguments and errors as ``load_weights``."""
    card, tensors = load_weights(path, task, sha256)
    network = _build(card, path)
    fill_network(network, tensors, path)
    return card, network.eval()


def fill_network(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Put tensors into a network, all of them or none.

    Raises:
        InputError: If names or shapes differ from the network's; it is unchanged then.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    wrong = sorted(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
    if wrong:
        name = wrong[0]
        raise InputError(
            f"has {_shape(given.get(name))} where the network has {_shape(wanted.get(name))} "
            f"({len(wrong)} tensors differ)",
            file=path,
            field=name,
            remedy="choose the network that the weights were trained with",
        )
    network.load_state_dict(dict(tensors))


def file_sha256(path: Path) -> str:
    """Of a file's bytes, which results name their weights by."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _build(card: WeightsCard, path: Path) -> nn.Module:
    # Only the module of the task is imported: either brings its own part of MONAI.
    try:
        if card.task == "segmentation":
            from spinemets.networks.segmenter import build_segmenter

            return build_segmenter(**card.network)
        from spinemets.networks.escc_grader import build_grader

        return build_grader(**card.network)
    except (TypeError, ValueError, ConfigurationError) as error:
        raise InputError(
            f"describes a network that cannot be built ({error})",
            file=path,
            field="network",
            remedy="use the version of spinemets that wrote it",
        ) from None


def _check_file(path: Path, sha256: str | None) -> None:
    if not path.is_file():
        raise UnreadableFileError("does not exist", file=path, remedy="check the path")
    if sha256 is None:
        return
    if (found := file_sha256(path)) != sha256:
        raise UnreadableFileError(
            f"has the SHA-256 {found}, where {sha256} is expected", file=path, remedy=_COPY_AGAIN
        )


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            # Sorted, as the file has them by size of their type.
            return file.metadata() or {}, {name: file.get_tensor(name) for name in sorted(file.keys())}
    except (OSError, SafetensorError) as error:
        raise UnreadableFileError(
            f"is no safetensors file ({error})", file=path, remedy=_COPY_AGAIN
        ) from None


def _facts(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """What stands beside the tensors, of the format and version that this code reads."""
    try:
        facts: dict[str, Any] = json.loads(metadata[_METADATA])
        kind = facts["card"]["format"], facts["card"]["version"]
    except (KeyError, TypeError, ValueError):
        raise UnreadableFileError(
            "are no weights of spinemets", file=path, remedy="name a file that spinemets train wrote"
        ) from None
    if kind != (FORMAT, VERSION):
        raise InputError(
            f"is {kind[0]} version {kind[1]}, this code reads {FORMAT} version {VERSION}",
            file=path,
            field="version",
            remedy="use the version of spinemets that wrote it",
        )
    return facts


def _card(path: Path, content: object) -> WeightsCard:
    try:
        return WeightsCard.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            first["msg"], file=path, field=".".join(map(str, first["loc"])), remedy=_COPY_AGAIN
        ) from None


def _each_once(state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors that differ, by the first of their names, and for every other name that first one."""
    tensors: dict[str, Tensor] = {}
    same: dict[str, str] = {}
    first_with: dict[str, str] = {}
    for name, tensor in sorted(state.items()):
        # A copy, as safetensors refuses tensors that lie in one piece of memory.
        plain = tensor.detach().cpu().contiguous().clone()
        first = first_with.setdefault(_digest(plain), name)
        if first == name:
            tensors[name] = plain
        else:
            same[name] = first
    return tensors, same


def _canonical(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True)


def _checksum(tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> str:
    """Over what is said of the tensors, and over each one's name and content."""
    digest = hashlib.sha256(_canonical(facts).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {_digest(tensor)}".encode())
    return digest.hexdigest()


def _digest(tensor: Tensor) -> str:
    """Of a tensor's type, shape and bytes."""
    digest = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _shape(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else f"the shape {shape}"
