"""Which arithmetic a network computes in: bf16 where it is fast and was found right, else fp32.

On processors bf16 is about twice as fast, but for some shapes of convolution oneDNN's kernels hang, crash or
compute wrongly. A hang cannot be caught from within, so network and shape are tried in a process of their
own first.
"""

import json
import logging
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from spinemets import __version__
from spinemets.networks.precision_store import kept_verdict, user_cache_folder
from spinemets.networks.precision_trial import Limits, Trial, Verdict

FP32, BF16 = "32-true", "bf16-mixed"
_LOG = logging.getLogger(__name__)
_PROBE = "spinemets.networks.precision_probe"
# Without these, bf16 is converted to fp32 and back and gains nothing.
_BF16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})
_CPUINFO = Path("/proc/cpuinfo")
# Changes whenever the same settings come to other kernels.
_ORDER = "channels last in training"
# Ended from outside, by the user or for want of memory: not the arithmetic's fault.
_OUTSIDE_SIGNALS = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


@dataclass(frozen=True, slots=True)
class Processor:
    """What decides which kernels run.

    Args:
        model: Name.
        flags: Instruction sets, as Linux names them; empty where they are not known.
    """

    model: str
    flags: frozenset[str]

    @property
    def computes_bf16(self) -> bool:
        """Whether it has instructions for bf16."""
        return bool(self.flags & _BF16_FLAGS)


def choose_precision(
    device: str,
    factory: str,
    settings: Mapping[str, Any],
    input_shape: tuple[int, ...],
    *,
    training: bool = True,
    threads: int | None = None,
    cache_folder: Path | None = None,
) -> tuple[str, str]:
    """Lightning's name of the arithmetic to use, and a sentence for the log that says why.

    Args:
        device: ``cpu``, ``cuda`` and so on.
        factory: Dotted path of the function that builds the network, ``module:function``.
        settings: Its keyword arguments, as JSON has them.
        input_shape: Of one batch.
        training: Whether the network trains or only runs forward.
        threads: Of torch, in the process that trains; by default those of this process.
        cache_folder: Of verdicts; by default the user's (``XDG_CACHE_HOME``).
    """
    if torch.device(device).type == "cuda":
        return _on_gpu()
    if torch.device(device).type != "cpu":
        return FP32, f"arithmetic fp32: bf16 is not used on {device}"
    processor = this_processor()
    if not processor.computes_bf16:
        return FP32, f"arithmetic fp32: {processor.model} has no bf16 instructions (AMX or AVX512-bf16)"
    verdict = bf16_verdict(
        factory, settings, input_shape, training, threads=threads, cache_folder=cache_folder
    )
    if verdict.passed:
        return BF16, f"arithmetic bf16 where autocast uses it: tried out on this processor, {verdict.reason}"
    return FP32, f"arithmetic fp32: bf16 was tried out on this processor and refused, {verdict.reason}"


def untried_shape(device: torch.device) -> AbstractContextManager[object]:
    """Within it a CPU computes in fp32, whatever the arithmetic around it: nothing has tried bf16 there."""
    return torch.autocast("cpu", enabled=False) if device.type == "cpu" else nullcontext()


def _on_gpu() -> tuple[str, str]:
    if torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False):
        return BF16, "arithmetic bf16 where autocast uses it: the GPU computes in it"
    return FP32, "arithmetic fp32: the GPU does not compute in bf16"


def bf16_verdict(
    factory: str,
    settings: Mapping[str, Any],
    input_shape: tuple[int, ...],
    training: bool,
    limits: Limits | None = None,
    *,
    threads: int | None = None,
    cache_folder: Path | None = None,
) -> Verdict:
    """Whether this processor computes a network in bf16 rightly, in time and faster than in fp32.

    The network is built in a process of its own, which runs forward (and backward and an optimiser's step
    where it trains) in both arithmetics and compares outputs, gradients and every convolution by itself. A
    crash, a hang, a wrong result or no gain in speed refuse bf16. The verdict is kept on disk for this
    processor, number of threads, versions of torch, MONAI and SpineMets, network and shape.

    Args:
        factory, settings, input_shape, training, threads, cache_folder: As for ``choose_precision``.
        limits: When bf16 passes.
    """
    trial = Trial(
        factory=factory,
        settings=settings,
        input_shape=input_shape,
        training=training,
        threads=threads or torch.get_num_threads(),
        limits=limits or Limits(),
    )
    processor = this_processor()
    key = {
        "trial": asdict(trial),
        "processor": [processor.model, sorted(processor.flags)],
        "versions": [torch.__version__, version("monai"), __version__, _ORDER],
    }
    return kept_verdict(cache_folder or user_cache_folder(), key, lambda: _tried(trial))


def this_processor(cpuinfo: Path = _CPUINFO) -> Processor:
    """The machine's processor; its flags are known on Linux only."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return Processor(platform.processor() or "this processor", frozenset())
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    model = facts.get("model name") or "this processor"
    return Processor(model, frozenset(facts.get("flags", "").split()))


def _tried(trial: Trial) -> Verdict:
    shape = " x ".join(str(size) for size in trial.input_shape)
    _LOG.info("trying out bf16 arithmetic for batches of %s in a process of its own", shape)
    probe = subprocess.Popen(
        # Without the working folder on the path, where anything may lie.
        [sys.executable, "-P", "-m", _PROBE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        answers, complaints = probe.communicate(
            json.dumps(asdict(trial)), trial.limits.start_up_seconds + trial.limits.seconds
        )
    except subprocess.TimeoutExpired:
        _end(probe)
        answers, complaints = probe.communicate()
        return Verdict(False, f"{_last_stage(answers)} did not end")
    finally:
        _end(probe)
    return _verdict(probe.returncode, answers, complaints)


def _end(probe: "subprocess.Popen[str]") -> None:
    """Kill the probe with all that it started."""
    if probe.poll() is None:
        os.killpg(probe.pid, signal.SIGKILL)


def _verdict(status: int, answers: str, complaints: str) -> Verdict:
    """What the probe says; else what its end says."""
    messages = _messages(answers)
    if messages and "passed" in messages[-1]:
        return Verdict(**messages[-1])
    stage = _last_stage(answers)
    if status < 0:
        ended_by = signal.Signals(-status)
        if ended_by is signal.SIGALRM:  # Its own alarm.
            return Verdict(False, f"{stage} did not end")
        return Verdict(False, f"{stage} crashed ({ended_by.name})", lasting=ended_by not in _OUTSIDE_SIGNALS)
    last_line = (complaints.strip().splitlines() or ["no message"])[-1]
    return Verdict(False, f"{stage} ended with status {status} ({last_line})", lasting=False)


def _messages(answers: str) -> list[dict[str, Any]]:
    messages = []
    for line in answers.splitlines():
        try:
            messages.append(json.loads(line))
        except ValueError:  # The line that the process was killed at.
            break
    return messages


def _last_stage(answers: str) -> str:
    stages = [message["stage"] for message in _messages(answers) if "stage" in message]
    return stages[-1] if stages else "loading its libraries"
