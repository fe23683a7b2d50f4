"""Whenever a run is killed, the same command comes to the same end as if nothing had happened."""

import os
import subprocess
import sys
from pathlib import Path

from archive_jobs import write_archive

_KILLER = Path(__file__).parents[2] / "killed_runs.py"


def test_a_kill_at_any_of_twenty_moments_changes_nothing(tmp_path):
    write_archive(tmp_path / "in", {f"s{number}": "text" for number in range(5)} | {"bad": "refuse"})
    arguments = ["20", "1", str(tmp_path), "texts", str(tmp_path / "in")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, _KILLER, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("killed after") >= 20
