"""Tries bf16 arithmetic on a network; run as a process of its own, since wrong kernels hang and crash.

Reads a trial (JSON) from standard input. Writes JSON lines to standard output: ``{"stage": ...}`` before each
stage, so that a crash can be placed, and the verdict at the end. The kernel ends the process (SIGALRM)
when a stage takes too long, even where the process that started it is gone.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TextIO

import torch
from torch import Tensor, nn

from spinemets.networks.allocator import keep_freed_memory
from spinemets.networks.precision_comparison import complaint
from spinemets.networks.precision_layers import layer_complaint, recorded_inputs
from spinemets.networks.precision_trial import Limits, Trial, Verdict

# The faster of two rounds counts; of slow steps one round is enough, as what disturbs it is small beside it.
_ROUNDS, _SLOW_S = 2, 5.0
_SEED = 0


def main() -> None:
    """Try, and write the verdict."""
    # Nothing of Python is asked, so that a hang within a kernel is ended as well.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    answers = _private_standard_output()
    request = json.load(sys.stdin)
    trial = Trial(**request | {"limits": Limits(**request["limits"])})
    try:
        verdict = _tried(trial, _Watch(trial.limits, answers))
    except Exception as error:  # Whatever the network's code raises, training says it better.
        verdict = Verdict(False, f"the probe failed ({type(error).__name__}: {error})", lasting=False)
    _tell(answers, asdict(verdict))


def _private_standard_output() -> TextIO:
    """A stream to the real standard output; what libraries print from now on goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _tell(answers: TextIO, message: Mapping[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


@dataclass(frozen=True, slots=True)
class _Watch:
    """Says which stage begins, and ends the process if it does not end in time."""

    limits: Limits
    answers: TextIO

    def begin(self, stage: str, fp32_s: float | None = None) -> None:
        _tell(self.answers, {"stage": stage})
        seconds = self.limits.seconds
        if fp32_s is not None:
            seconds = min(seconds, max(self.limits.hang_seconds, self.limits.hang_factor * fp32_s))
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _tried(trial: Trial, watch: _Watch) -> Verdict:
    torch.set_num_threads(trial.threads)
    keep_freed_memory()  # As training and inference do; else much of the time is the system's.
    watch.begin("building the network")
    step = Step.of(trial)
    watch.begin("the fp32 step")
    start = time.perf_counter()
    exact = step.results(bf16=False)
    fp32_s = time.perf_counter() - start
    watch.begin("the bf16 step", fp32_s)
    with recorded_inputs(step.network) as inputs:
        fast = step.results(bf16=True)
    problem = complaint(exact, fast, trial.limits)
    if problem is None:
        watch.begin("single layers in bf16", fp32_s)
        problem = layer_complaint(step.network, inputs, trial.training, trial.limits.layer_error)
    if problem is not None:
        return Verdict(False, problem)
    rounds = 1 if fp32_s > _SLOW_S else _ROUNDS
    watch.begin("timing", 2 * rounds * trial.threads * fp32_s)
    return _timed(step, rounds, trial.limits)


def _timed(step: "Step", rounds: int, limits: Limits) -> Verdict:
    """Both in turn; the faster round of each counts.

    Processor time of one thread: with other work on the machine the time that passes says little, and so
    does that of several threads, which wait for each other in loops.
    """
    torch.set_num_threads(1)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        for bf16, times in seconds.items():
            start = time.process_time()
            step.results(bf16)
            times.append(time.process_time() - start)
    fp32_s, bf16_s = min(seconds[False]), min(seconds[True])
    gain = fp32_s / bf16_s
    return Verdict(gain >= limits.gain, f"it is {gain:.1f} times as fast as fp32", fp32_s, bf16_s)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of a network on one input; a forward pass where it does not train."""

    network: nn.Module
    image: Tensor
    training: bool

    @classmethod
    def of(cls, trial: Trial) -> "Step":
        torch.manual_seed(_SEED)
        module, _, name = trial.factory.partition(":")
        network = getattr(importlib.import_module(module), name)(**trial.settings)
        for part in network.modules():
            if isinstance(part, nn.Dropout | nn.Dropout2d | nn.Dropout3d):
                part.p = 0.0  # Chance would differ between the two runs.
        return cls(network.train(trial.training), torch.randn(trial.input_shape), trial.training)

    def results(self, bf16: bool) -> dict[str, Tensor]:
        """Outputs, and gradients of the parameters, by name."""
        with torch.set_grad_enabled(self.training):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                found = list(_tensors(self._forward()(self.image)))
            results = {f"output {n}": output.detach().float() for n, output in enumerate(found)}
            return results | self._gradients(found) if self.training else results

    def _forward(self) -> Callable[[Tensor], Any]:
        """The call that training makes: networks with deep supervision give all scales there."""
        scales: Callable[[Tensor], Any] | None = getattr(self.network, "scales", None)
        return scales if scales is not None and self.training else self.network

    def _gradients(self, outputs: list[Tensor]) -> dict[str, Tensor]:
        # The step's arithmetic is timed too; a rate of 0 leaves the weights to the next run as they are.
        optimiser = torch.optim.SGD(self.network.parameters(), lr=0.0, momentum=0.9)
        optimiser.zero_grad()
        loss = torch.stack([output.float().square().mean() for output in outputs]).sum()
        torch.autograd.backward(loss)
        optimiser.step()
        named = self.network.named_parameters()
        return {f"gradient of {name}": one.grad.clone() for name, one in named if one.grad is not None}


def _tensors(output: Any) -> Iterator[Tensor]:
    """Tensors of an output, which may be nested in tuples and lists."""
    if isinstance(output, Tensor):
        yield output
    else:
        for part in output:
            yield from _tensors(part)


if __name__ == "__main__":
    main()
