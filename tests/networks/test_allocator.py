import subprocess
import sys

import pytest

from spinemets.networks import allocator

_PAGE_FAULTS = """
import resource
import numpy as np
from spinemets.networks.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(20_000_000, dtype=np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
print(keep_freed_memory())
faults()
print(faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has the settings")
def test_a_freed_block_is_used_again():
    # In a process of its own: the setting stays for as long as a process runs.
    finished = subprocess.run(
        [sys.executable, "-c", _PAGE_FAULTS], capture_output=True, text=True, check=True
    )
    before, taken, after = finished.stdout.split()
    assert taken == "True"
    assert int(before) > 100
    assert int(after) < 10


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.sys, "platform", "darwin")
    assert not allocator.keep_freed_memory()
