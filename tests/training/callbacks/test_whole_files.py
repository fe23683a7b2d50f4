"""The last good checkpoint can always be read, whenever the process is killed."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from spinemets.training.callbacks.last_checkpoint import LastCheckpoint
from spinemets.training.callbacks.whole_files import WholeFileCheckpoints
from training.callbacks.toy_task import ToyData, ToyTask, toy_trainer

_WRITER = """
import sys, torch
from spinemets.training.callbacks.whole_files import WholeFileCheckpoints
for number in range(10**6):
    WholeFileCheckpoints().save_checkpoint({"number": number, "weights": torch.zeros(2_000_000)}, sys.argv[1])
"""


def test_what_is_written_is_read_back(tmp_path):
    WholeFileCheckpoints().save_checkpoint({"weights": torch.arange(3)}, tmp_path / "new" / "last.ckpt")
    content = WholeFileCheckpoints().load_checkpoint(tmp_path / "new" / "last.ckpt", weights_only=True)
    assert content["weights"].tolist() == [0, 1, 2]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["last.ckpt"]


def test_a_write_that_fails_leaves_the_checkpoint_before(tmp_path):
    path = tmp_path / "last.ckpt"
    WholeFileCheckpoints().save_checkpoint({"number": 1}, path)
    with pytest.raises(AttributeError, match="local object"):
        WholeFileCheckpoints().save_checkpoint({"number": lambda: 2}, path)
    assert torch.load(path, weights_only=True) == {"number": 1}


def test_a_kill_while_writing_leaves_a_checkpoint_that_can_be_read(tmp_path):
    path = tmp_path / "last.ckpt"
    aside = tmp_path / ".last.ckpt.partial"
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)])
    try:
        deadline = time.monotonic() + 60
        while not (path.exists() and aside.exists() and aside.stat().st_size > 0):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.0005)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert torch.load(path, weights_only=True)["weights"].shape == (2_000_000,)
    WholeFileCheckpoints().save_checkpoint({"number": 0}, path)
    assert [each.name for each in tmp_path.iterdir()] == ["last.ckpt"]


@pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")
def test_the_trainer_writes_with_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    trainer = toy_trainer(tmp_path, LastCheckpoint(tmp_path, 2), epochs=1, plugins=[WholeFileCheckpoints()])
    trainer.fit(ToyTask(), ToyData())
    assert isinstance(trainer.strategy.checkpoint_io, WholeFileCheckpoints)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 4
