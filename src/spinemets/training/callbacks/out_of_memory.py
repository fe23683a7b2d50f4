"""Says which setting to lower when memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException

from spinemets.training.callbacks.peak_memory import peak_memory_gib
from spinemets.training.errors import TrainingError

# What torch says where the CPU's memory, or that of a CUDA library, is exhausted; it has no type for that.
_CPU_WORDS = ("can't allocate memory", "not enough memory", "DefaultCPUAllocator", "out of memory")
# The same in the last words of a process that Lightning has started, which has no types at all.
_PROCESS_WORDS = (*_CPU_WORDS, "OutOfMemoryError", "MemoryError")
# What torch says of a process that reads samples and that the kernel has ended, or has no room to hand over.
_WORKER_WORDS = ("is killed by signal: Killed", "insufficient shared memory")


@contextmanager
def explained_memory_errors() -> Iterator[None]:
    """Turn an out-of-memory error into one that names the settings to lower.

    Errors of the processes that Lightning starts for several devices are turned as well; what such a process
    says of its training (``TrainingError``) comes out as what it is.

    Raises:
        TrainingError: In its place; checkpoints written before are untouched.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise TrainingError(_explanation()) from error
    except (ProcessRaisedException, ProcessExitedException, RuntimeError) as error:
        explained = _explained(error)
        if explained is None:
            raise
        raise explained from error


def _explained(error: Exception) -> TrainingError | None:
    words = str(error)
    if isinstance(error, ProcessRaisedException):
        return _of_process(words)
    if isinstance(error, ProcessExitedException):
        # The kernel ends whoever takes the last memory, without a word.
        return TrainingError(_explanation()) if error.signal_name == "SIGKILL" else None
    if any(each in words for each in _CPU_WORDS):
        return TrainingError(_explanation())
    if any(each in words for each in _WORKER_WORDS):
        return TrainingError(_worker_explanation())
    return None


def _of_process(trace: str) -> TrainingError | None:
    """What the traceback of a process ends in, where that is known."""
    last = trace.rstrip().splitlines()[-1]
    kind, _, words = last.partition(": ")
    if kind == f"{TrainingError.__module__}.{TrainingError.__qualname__}":
        return TrainingError(words)
    if any(each in last for each in _PROCESS_WORDS):
        return TrainingError(_explanation())
    return None


def _explanation() -> str:
    return (
        f"memory ran out ({peak_memory_gib():.1f} GiB in use at most); lower data.batch_size first, then "
        "data.patch_size, or choose a smaller network (network=small, network=tiny); in a validation, lower "
        "data.window_voxels. The last checkpoint is kept: go on with ckpt=last where the network stays"
    )


def _worker_explanation() -> str:
    return (
        f"a process that reads samples ran out of memory ({peak_memory_gib():.1f} GiB in use at most); lower "
        "data.workers (0 reads in the training process). The last checkpoint is kept: go on with ckpt=last"
    )
