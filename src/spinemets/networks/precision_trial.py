"""Records of a trial of bf16 arithmetic: what is tried, within which limits, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """When bf16 passes.

    Args:
        seconds: For the whole trial, once its libraries are loaded.
        start_up_seconds: For loading them.
        hang_factor: A bf16 step that takes so many times as long as the fp32 step hangs,
        hang_seconds: if it takes longer than this as well.
        layer_error: Largest relative error (L2 norm of the difference over that of fp32) of a single layer's
            output and gradients. bf16 rounds to 0.4 %; a wrong kernel is off by 100 %.
        output_error: The same of the network's outputs, their mean taken away.
        gradient_error: The same of all gradients together, where rounding errors of all layers add up.
        agreement: Least share of voxels with the same argmax over the channels.
        gain: Least ratio of the times, fp32 over bf16.
    """

    seconds: float = 600.0
    start_up_seconds: float = 120.0
    hang_factor: float = 5.0
    hang_seconds: float = 10.0
    layer_error: float = 0.05
    output_error: float = 0.1
    gradient_error: float = 0.5
    agreement: float = 0.95
    gain: float = 1.1


@dataclass(frozen=True, slots=True)
class Trial:
    """A network and an input to try.

    Args:
        factory: Dotted path of the function that builds the network, ``module:function``.
        settings: Its keyword arguments, as JSON has them.
        input_shape: Of one batch.
        training: Whether backward pass and optimiser step are tried as well.
        threads: Of torch.
        limits: When bf16 passes.
    """

    factory: str
    settings: Mapping[str, Any]
    input_shape: tuple[int, ...]
    training: bool
    threads: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a trial.

    Args:
        passed: Whether bf16 may be used.
        reason: Why, as part of a sentence.
        fp32_s, bf16_s: One thread's seconds for a step, or for a forward pass; None where it was not timed.
        lasting: Whether the next trial would come to the same; a probe that was killed or ran out of memory
            says nothing of the arithmetic.
    """

    passed: bool
    reason: str
    fp32_s: float | None = None
    bf16_s: float | None = None
    lasting: bool = True
