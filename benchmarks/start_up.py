"""Seconds until ``spinemets --help`` has answered, over several runs: python benchmarks/start_up.py"""

import statistics
import subprocess
import sys
import time

RUNS = 20


def main() -> None:
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "spinemets", "--help"], capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    print(
        f"spinemets --help: median {statistics.median(seconds):.3f} s, "
        f"slowest {max(seconds):.3f} s of {RUNS} runs"
    )


if __name__ == "__main__":
    main()
