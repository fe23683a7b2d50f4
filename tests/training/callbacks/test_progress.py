"""Progress: a bar on a terminal, a line of the log an epoch elsewhere."""

import logging
import re
import sys

import pytest

from spinemets.training.callbacks.progress import TrainingProgress
from training.callbacks.toy_task import ToyData, ToyTask, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")
_LOGGER = "spinemets.training.callbacks.progress"


def _train(folder):
    toy_trainer(folder, TrainingProgress(refresh_rate=1), epochs=2).fit(ToyTask(), ToyData())


def test_off_a_terminal_every_epoch_is_one_line(tmp_path, caplog, capsys):
    with caplog.at_level(logging.INFO, logger=_LOGGER):
        _train(tmp_path)
    lines = [record.getMessage() for record in caplog.records if record.name == _LOGGER]
    number = r"\d+\.\d+"
    pattern = rf"epoch \d of 2 \(\d+ s\): loss {number}, lesion Dice {number}, samples/s {number}"
    assert len(lines) == 2
    assert all(re.fullmatch(pattern, line) for line in lines), lines
    captured = capsys.readouterr()
    assert "%|" not in captured.out + captured.err


def test_on_a_terminal_the_bar_shows_the_same(tmp_path, monkeypatch, capsys, caplog):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with caplog.at_level(logging.INFO, logger=_LOGGER):
        _train(tmp_path)
    shown = capsys.readouterr().out
    for word in ("Epoch 1", "loss=", "lesion Dice=0.", "samples/s="):
        assert word in shown
    assert not [record for record in caplog.records if record.name == _LOGGER]
