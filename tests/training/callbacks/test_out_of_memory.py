"""Where memory runs out, the error names the settings to lower."""

import pytest
import torch
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException

from spinemets.training.callbacks.last_checkpoint import LastCheckpoint
from spinemets.training.callbacks.out_of_memory import explained_memory_errors
from spinemets.training.errors import TrainingError
from training.callbacks.toy_task import ToyData, ToyTask, toy_trainer

_TRACE = "\n\n-- Process 1 terminated with the following error:\nTraceback (most recent call last):\n  ...\n"


def _too_much():
    torch.empty(2**48, dtype=torch.uint8)


def _ended(signal_name):
    return ProcessExitedException("process 1 terminated", 1, 2, exit_code=-9, signal_name=signal_name)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        MemoryError(),
        ProcessRaisedException(f"{_TRACE}torch.OutOfMemoryError: CUDA out of memory.\n", 1, 2),
        ProcessRaisedException(f"{_TRACE}RuntimeError: DefaultCPUAllocator: can't allocate memory\n", 1, 2),
        _ended("SIGKILL"),
    ],
    ids=["GPU", "a library of the GPU", "numpy", "GPU of a process", "CPU of a process", "kernel"],
)
def test_the_settings_to_lower_are_named(error):
    settings = r"GiB .*data\.batch_size .*data\.patch_size.*network"
    with pytest.raises(TrainingError, match=settings) as caught, explained_memory_errors():
        raise error
    assert caught.value.__cause__ is error


def test_what_torch_itself_says_on_the_cpu_is_known():
    with pytest.raises(TrainingError, match=r"data\.batch_size"), explained_memory_errors():
        _too_much()


def test_a_process_that_reads_samples_asks_for_fewer_of_them():
    with pytest.raises(TrainingError, match=r"data\.workers"), explained_memory_errors():
        raise RuntimeError("DataLoader worker (pid 17) is killed by signal: Killed. ")


def test_a_training_error_of_a_process_comes_out_as_one():
    trace = f"{_TRACE}spinemets.training.errors.TrainingError: the loss is nan (cases a: 1, b)\n"
    with (
        pytest.raises(TrainingError, match=r"^the loss is nan \(cases a: 1, b\)$"),
        explained_memory_errors(),
    ):
        raise ProcessRaisedException(trace, 0, 1)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        ProcessRaisedException(f"{_TRACE}KeyError: 'image'\n", 0, 1),
        _ended("SIGSEGV"),
        KeyError("x"),
    ],
    ids=["RuntimeError", "process", "crash", "KeyError"],
)
def test_other_errors_stay_what_they_are(error):
    with pytest.raises(type(error)) as caught, explained_memory_errors():
        raise error
    assert caught.value is error


@pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")
def test_the_last_checkpoint_is_kept(tmp_path):
    def disturb(loss, batch):
        if 8 in batch["sample"]:
            _too_much()
        return loss

    with pytest.raises(TrainingError, match="ckpt=last"), explained_memory_errors():
        toy_trainer(tmp_path, LastCheckpoint(tmp_path, 1)).fit(ToyTask(disturb), ToyData())
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 4
