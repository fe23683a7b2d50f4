"""Says which setting to lower when memory runs out."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from spinemets.training.errors import TrainingError

_GIB = 2**30
# What torch says where the CPU's memory is exhausted; it has no type of its own for that.
_CPU_WORDS = ("can't allocate memory", "not enough memory", "DefaultCPUAllocator")


@contextmanager
def explained_memory_errors() -> Iterator[None]:
    """Turn an out-of-memory error into one that names the settings to lower.

    Raises:
        TrainingError: In its place; checkpoints written before are untouched.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise TrainingError(_explanation()) from error
    except RuntimeError as error:
        if any(word in str(error) for word in _CPU_WORDS):
            raise TrainingError(_explanation()) from error
        raise


def _explanation() -> str:
    return (
        f"memory ran out ({_peak_gib():.1f} GiB in use at most); lower data.batch_size first, then "
        "data.patch_size, or choose a smaller network. The last checkpoint is kept: go on with ckpt=last"
    )


def _peak_gib() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_reserved() / _GIB
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _GIB
