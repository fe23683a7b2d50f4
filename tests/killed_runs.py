"""Kills a command at random moments and runs it again, until it has come to its end as often as it takes.

A process of its own that has imported everything and computed nothing: what it forks starts at once.
Prints a line for each kill.

Run: python tests/killed_runs.py KILLS SEED FOLDER infer|texts SOURCE [OVERRIDE ...]
"""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from archive_jobs import TextJob, assess, tree
from spinemets.cli import main as spinemets

_KILLS_IN_A_ROW = 7


def main(kills, seed, folder, what, source, *overrides):
    rng, folder, done = random.Random(int(seed)), Path(folder), 0
    command = _infer if what == "infer" else _texts
    began = time.monotonic()
    _finish(_start(command, source, folder / "undisturbed", overrides))
    longest = time.monotonic() - began
    expected = tree(folder / "undisturbed")
    while done < int(kills):
        output = folder / "killed"
        for _ in range(_KILLS_IN_A_ROW):
            moment = rng.uniform(0.0, 0.5 * longest)
            if not _kill(_start(command, source, output, overrides), moment, alone=rng.random() < 0.5):
                break
            done += 1
            print(f"killed after {moment:.2f} s of {longest:.2f}", flush=True)
        _finish(_start(command, source, output, overrides))
        found = tree(output)
        differing = sorted(name for name in found.keys() | expected if found.get(name) != expected.get(name))
        if differing:
            raise SystemExit(f"differs from an undisturbed run: {differing}")
        shutil.rmtree(output)


def _infer(source, output, overrides):
    return spinemets(["infer", f"input={source}", f"output={output}", "engine.start=fork", *overrides])


def _texts(source, output, overrides):
    assess(Path(source), output, start="fork", job=TextJob(output, seconds=0.1))
    return 0


def _start(command, source, output, overrides):
    child = os.fork()
    if child:
        return child
    os.setsid()
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    status = 1
    try:
        status = command(source, output, overrides)
    finally:
        os._exit(status)


def _finish(child):
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"the command ended with {os.waitstatus_to_exitcode(status)}")


def _kill(child, seconds, alone):
    """Kill the command, alone or with its workers; False where it had come to its end before."""
    time.sleep(seconds)
    if alone:
        os.kill(child, signal.SIGKILL)
    else:
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
