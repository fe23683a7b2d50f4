"""The most memory that a training has had."""

import resource
import sys

import torch

_GIB = 2**30


def peak_memory_gib() -> float:
    """Of the GPU where this process has used one, else of this process or the largest that it has ended."""
    if torch.cuda.is_available() and (reserved := torch.cuda.max_memory_reserved()) > 0:
        return reserved / _GIB
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most * unit / _GIB
