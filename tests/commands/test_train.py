"""spinemets train from a manifest to weights: it learns, goes on exactly, and refuses what it cannot use."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch

from spinemets.cli import main
from spinemets.networks.weights import load_network, load_weights
from training.small_set import write_set

_QUICK = (
    "task=segmentation",
    "network=tiny",
    "augmentation=none",
    "precision=32-true",
    "network.segmentation.filters=[8,16,24]",
    "network.segmentation.kernels=[[1,3,3],[1,3,3],[3,3,3]]",
    "network.segmentation.strides=[[1,1,1],[1,2,2],[2,2,2]]",
    "network.segmentation.deep_supervision=1",
    "data.spacing_mm=[4,1,1]",
    "trainer.max_epochs=2",
    "data.steps_per_epoch=4",
    "callbacks.last.every_n_train_steps=1",
    "trainer.log_every_n_steps=1",
)


# AdamW would not notice gradients that are summed instead of averaged, and its first steps are as long for
# gradients that are rounding errors as for others; momentum piles such errors up.
_PLAIN = ("optimiser=sgd", "optimiser.momentum=0", "optimiser.nesterov=false")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("set"), seeds=(0, 1, 2), folds=(0, 1, 1))


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SPINEMETS_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def _arguments(manifest, output, *more):
    return ["train", *_QUICK, f"data.manifest={manifest}", f"output={output}", *more]


def _tensors(run):
    return load_weights(run / "weights.safetensors", "segmentation")[1]


def _same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def undisturbed(manifest, tmp_path_factory):
    os.environ["SPINEMETS_CACHE"] = str(tmp_path_factory.getbasetemp() / "cache")
    # A fresh folder each time: a process that is given this module's tests in two batches trains twice.
    run = tmp_path_factory.mktemp("training") / "undisturbed"
    assert main(_arguments(manifest, run)) == 0
    return run


def test_two_small_cases_are_learnt(tmp_path):
    """Both folds hold the same two patients, so that validation asks for what was learnt."""
    manifest = write_set(tmp_path / "set", seeds=(0, 1, 0, 1), folds=(0, 0, 1, 1))
    more = ("trainer.max_epochs=4", "data.steps_per_epoch=40", "optimiser.lr=0.01")
    assert main(_arguments(manifest, tmp_path / "run", *more)) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["lesion_dice"] > 0.8
    assert metrics["dice_vertebral_body"] > 0.8
    assert metrics["level_error"] < 0.5


def test_weights_say_what_they_are(undisturbed, manifest):
    card, network = load_network(undisturbed / "weights.safetensors", "segmentation")
    assert card.channels == ("T1", "T2", "STIR", "T1+Gd")
    assert card.spacing_mm == (4.0, 1.0, 1.0)
    assert card.simulated
    assert "no real one" in card.trained_on
    assert str(manifest.parent) not in card.model_dump_json()
    assert card.metrics.keys() >= {"lesion_dice", "anatomy_dice", "level_error"}
    assert not network.training


def test_a_run_leaves_its_records(undisturbed):
    names = {path.name for path in undisturbed.iterdir()}
    assert names >= {
        "config.json",
        "fingerprint.json",
        "plan.json",
        "run.json",
        "metrics.json",
        "learning_curve.png",
        "learning_curve.csv",
        "weights.safetensors",
        "throughput.json",
    }
    assert list((undisturbed / "previews").rglob("*.png"))
    run = json.loads((undisturbed / "run.json").read_text())
    assert run["simulated"]
    assert run["research_use_only"]


def test_the_same_seed_gives_the_same_bytes(undisturbed, manifest, tmp_path):
    assert main(_arguments(manifest, tmp_path / "run")) == 0
    assert _same(_tensors(tmp_path / "run"), _tensors(undisturbed))


def test_a_run_killed_mid_epoch_goes_on_exactly(undisturbed, manifest, tmp_path):
    run = tmp_path / "run"
    last = run / "checkpoints" / "last.ckpt"
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    arguments = _arguments(manifest, run)
    process = subprocess.Popen(
        [sys.executable, "-m", "spinemets", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not _mid_epoch(last) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert last.exists()
    assert not (run / "weights.safetensors").exists()
    assert main(_arguments(manifest, run, "ckpt=last")) == 0
    assert _same(_tensors(run), _tensors(undisturbed))


def _mid_epoch(path):
    if not path.exists():
        return False
    return torch.load(path, weights_only=True, mmap=True)["global_step"] % 4 > 0


def test_auto_begins_where_there_is_nothing_to_go_on_from(manifest, tmp_path):
    for _ in range(2):
        assert main(_arguments(manifest, tmp_path / "run", "ckpt=auto", "trainer.max_epochs=1")) == 0


def test_a_finished_run_is_not_overwritten(undisturbed, manifest, capsys):
    assert main(_arguments(manifest, undisturbed)) == 2
    assert "ckpt=last" in capsys.readouterr().err


def test_every_bad_row_is_named_before_the_first_step(tmp_path, capsys):
    manifest = write_set(tmp_path / "set", seeds=(0, 1, 2), folds=(0, 1, 1))
    (tmp_path / "set" / "study-1_t2.nii.gz").unlink()
    (tmp_path / "set" / "study-2_lesions.nii.gz").write_bytes(b"no image")
    assert main(_arguments(manifest, tmp_path / "run")) == 2
    message = capsys.readouterr().err
    assert "study-1" in message
    assert "study-2" in message
    assert "skip_bad" in message
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_bad_rows_can_be_left_out(tmp_path, capsys):
    manifest = write_set(tmp_path / "set", seeds=(0, 1, 2), folds=(0, 1, 1))
    (tmp_path / "set" / "study-1_t2.nii.gz").unlink()
    assert main(_arguments(manifest, tmp_path / "run", "data.skip_bad=true", "trainer.max_epochs=1")) == 0
    assert "1 bad rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["fold=7"], "fold"),
        (["fold=-1"], "fold"),
        (["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"], "processes"),
        (["ckpt=last"], "ckpt"),
        (["data.patch_size=[4,23,24]"], "multiples"),
        (["weights=nowhere.safetensors"], "nowhere.safetensors"),
        (["weights=bundled"], "segmentation.safetensors: "),
        (["network.segmentation.filters=[4,4]"], "filters"),
        (["precision=fp8"], "bf16-mixed"),
    ],
)
def test_settings_that_cannot_be_used_are_named(manifest, tmp_path, capsys, more, word):
    assert main(_arguments(manifest, tmp_path / "run", *more)) == 2
    assert word in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said(manifest, tmp_path, capsys):
    assert main(_arguments(manifest, tmp_path / "run", "trainer=gpu")) == 2
    assert "trainer=cpu" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "word"),
    [(["trainer.max_epochs=0"], "max_epochs"), (["data.cache=/dev/null"], "SPINEMETS_CACHE")],
)
def test_a_training_that_cannot_end_well_says_why(manifest, tmp_path, capsys, more, word):
    assert main(_arguments(manifest, tmp_path / "run", *more)) == 1
    assert word in capsys.readouterr().err


def test_a_checkpoint_of_another_network_is_refused(undisturbed, manifest, tmp_path, capsys):
    ckpt = undisturbed / "checkpoints" / "last.ckpt"
    more = (f"ckpt={ckpt}", "network.segmentation.stem_channels=4")
    assert main(_arguments(manifest, tmp_path / "run", *more)) == 2
    assert "network" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_refused(undisturbed, manifest, tmp_path, capsys):
    content = (undisturbed / "checkpoints" / "last.ckpt").read_bytes()
    (tmp_path / "cut.ckpt").write_bytes(content[: len(content) // 2])
    assert main(_arguments(manifest, tmp_path / "run", f"ckpt={tmp_path / 'cut.ckpt'}")) == 2
    assert "cut.ckpt" in capsys.readouterr().err


def test_fine_tuning_begins_with_the_weights_given(undisturbed, manifest, tmp_path):
    weights = undisturbed / "weights.safetensors"
    more = (f"weights={weights}", "optimiser.lr=0", "optimiser.weight_decay=0")
    assert main(_arguments(manifest, tmp_path / "run", *more)) == 0
    before, after = _tensors(undisturbed), _tensors(tmp_path / "run")
    # The mean of equal weights rounds.
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_all_trains_on_every_study_and_measures_nothing(manifest, tmp_path):
    assert main(_arguments(manifest, tmp_path / "run", "fold=all", "trainer.max_epochs=1")) == 0
    card, _ = load_weights(tmp_path / "run" / "weights.safetensors", "segmentation")
    assert card.metrics == {}


def test_a_multirun_gives_every_job_a_folder(manifest, tmp_path):
    more = ("fold=0,1", "trainer.max_epochs=1", "data.steps_per_epoch=1")
    command, *arguments = _arguments(manifest, tmp_path / "runs", *more)
    assert main([command, "--multirun", *arguments]) == 0
    folders = sorted(path.name for path in (tmp_path / "runs").iterdir() if path.is_dir())
    assert folders == ["0", "1"]
    assert all((tmp_path / "runs" / name / "weights.safetensors").exists() for name in folders)


def test_two_processes_are_one_with_the_doubled_batch(manifest, tmp_path):
    """Started as users start it; the curve and the weights are those of one process, in one folder."""
    cpu = ("trainer.accelerator=cpu", "trainer.deterministic=true", *_PLAIN)
    ddp = ("trainer=ddp", *cpu, "fold=1", "data.batch_size=1")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(_arguments(manifest, one, "data.batch_size=2", "fold=1", *_PLAIN)) == 0
    command = [sys.executable, "-m", "spinemets", *_arguments(manifest, two, *ddp)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    curves = [_curve(run) for run in (one, two)]
    assert curves[1] == pytest.approx(curves[0], abs=1e-4)
    before, after = _tensors(one), _tensors(two)
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)
    assert {path.name for path in one.iterdir()} == {path.name for path in two.iterdir()}


def test_processes_that_slurm_starts_are_one_run(manifest, tmp_path):
    """Each is a process of its own that composes the config; the first outlives the others to measure."""
    run = tmp_path / "run"
    cpu = ("trainer.accelerator=cpu", "trainer.devices=2", "trainer.deterministic=true")
    more = ("trainer=slurm", *cpu, "fold=1", "data.batch_size=1", "ckpt=auto", "trainer.max_epochs=1")
    command = [sys.executable, "-m", "spinemets", *_arguments(manifest, run, *more)]
    port = _free_port()
    processes = [
        subprocess.Popen(command, env=os.environ | _slurm(rank, port), stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    try:
        ends = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], ends
    card, _ = load_weights(run / "weights.safetensors", "segmentation")
    assert card.metrics.keys() >= {"lesion_dice", "overall"}


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _slurm(rank, port):
    """What SLURM tells the process of a rank, of two on this machine."""
    return {
        "OMP_NUM_THREADS": "1",
        "MASTER_PORT": str(port),
        "SLURM_JOB_ID": "17",
        "SLURM_JOB_NAME": "train",
        "SLURM_NTASKS": "2",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_NODEID": "0",
        "SLURM_NODELIST": "127.0.0.1",
        "SLURM_PROCID": str(rank),
        "SLURM_LOCALID": str(rank),
    }


def _curve(run):
    with (run / "learning_curve.csv").open(encoding="utf-8") as stream:
        return [float(row["train/loss_epoch"]) for row in csv.DictReader(stream)]


# Dynamo looks at gradients of every tensor while it traces.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_network_trains_to_the_same_weights(undisturbed, manifest, tmp_path):
    assert main(_arguments(manifest, tmp_path / "run", "compile=true")) == 0
    before, after = _tensors(undisturbed), _tensors(tmp_path / "run")
    assert all(torch.allclose(before[name], after[name], atol=1e-2) for name in before)
