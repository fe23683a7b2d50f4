"""SINS scores a second, from a CSV of random lesions through the command: python benchmarks/score_rate.py"""

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from spinemets.anatomy import STANDARD_NUMBERING

CHOICES = {
    "pain": ("mechanical", "occasional", "none", "unknown", "mechanical|occasional"),
    "bone": ("lytic", "mixed", "blastic", "unknown", "lytic|mixed"),
    "alignment": ("normal", "deformity", "translation", "unknown"),
    "posterolateral": ("none", "unilateral", "bilateral", "unknown"),
}


def write_lesions(path: Path, rows: int) -> None:
    """A table of random findings."""
    draw = random.Random(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "level", *CHOICES, "collapse", "involved"])
        for number in range(rows):
            words = [draw.choice(choices) for choices in CHOICES.values()]
            percentages = [f"{draw.uniform(0, 100):.1f}", f"{draw.uniform(0, 100):.1f}"]
            writer.writerow([number, draw.choice(STANDARD_NUMBERING.levels), *words, *percentages])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "lesions.csv"
        write_lesions(table, rows)
        started = time.perf_counter()
        command = [sys.executable, "-m", "spinemets", "score", "sins", str(table), "--csv"]
        finished = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        seconds = time.perf_counter() - started
    assert finished.stdout.count("\n") == rows + 1
    print(f"{rows} rows in {seconds:.2f} s, start-up included: {rows / seconds:,.0f} scores a second")


if __name__ == "__main__":
    main()
