"""The command line itself: what it says, what it returns, what it does not import."""

import importlib
import json
import subprocess
import sys

import pytest

from spinemets import __version__
from spinemets.cli import COMMANDS, main

# Measured 47 on Python 3.11 beyond a bare interpreter; any library that does real work brings hundreds.
_MOST_MODULES = 100


def _modules_after(statements: str) -> set[str]:
    program = f"import sys\n{statements}\nimport json\nprint(json.dumps(sorted(sys.modules)))"
    # -S leaves out site-packages' start-up files, whose imports are not ours.
    program = f"import sys\nsys.path[:] = {sys.path!r}\n{program}"
    finished = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(finished.stdout.splitlines()[-1]))


def test_help_imports_next_to_nothing():
    bare = _modules_after("")
    ours = _modules_after("from spinemets.cli import main; main(['--help'])") - bare
    assert "spinemets.cli" in ours
    assert len(ours) < _MOST_MODULES, sorted(ours)


def test_layers_one_to_three_never_import_torch():
    packages = "scoring", "volume", "study", "phantom", "anatomy", "errors"
    statements = "\n".join(f"import spinemets.{package}" for package in packages)
    submodules = (
        "import pkgutil, importlib\n"
        "for package in ('scoring', 'volume', 'study', 'phantom'):\n"
        "    path = importlib.import_module(f'spinemets.{package}').__path__\n"
        "    for module in pkgutil.walk_packages(path, f'spinemets.{package}.'):\n"
        "        importlib.import_module(module.name)\n"
    )
    heavy = {"torch", "monai", "pytorch_lightning", "lightning", "hydra", "matplotlib"}
    assert not heavy & _modules_after(f"{statements}\n{submodules}")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(arguments, capsys):
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in COMMANDS)
    assert "not a medical device" in text


def test_every_command_has_a_main():
    for command in COMMANDS.values():
        assert callable(importlib.import_module(f"spinemets.commands.{command.module}").main)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"spinemets {__version__}\n"


def test_without_a_command_the_usage_goes_to_standard_error(capsys):
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().err


def test_unknown_command_names_the_known_ones(capsys):
    assert main(["segment"]) == 2
    message = capsys.readouterr().err
    assert "'segment' is not a command" in message
    assert "score" in message


def test_python_dash_m_is_the_same_command():
    finished = subprocess.run(
        [sys.executable, "-m", "spinemets", "--version"], capture_output=True, text=True, check=True
    )
    assert finished.stdout == f"spinemets {__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close differently there")
def test_a_reader_who_leaves_early_is_no_error(tmp_path):
    table = "level\n" + "T1\n" * 20_000
    (tmp_path / "lesions.csv").write_text(table)
    words = [sys.executable, "-m", "spinemets", "score", "sins", str(tmp_path / "lesions.csv"), "--csv"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 141
        assert process.stderr.read() == b""
