"""What becomes of lesions between two visits, as it is drawn and as it is told: phantoms, whole assessment.

Patients whose lesions do not change show how far two assessments differ by chance, and what is called new,
gone, grown or shrunk without being so; patients all of whose lesions grow show how often that is seen.

    python benchmarks/two_visits.py FOLDER [--patients 6] [--station lumbar]
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from spinemets.cli import main
from spinemets.inference.prior_records import PriorComparison
from spinemets.inference.result_json import read_result

# Weights of fates, and whether new lesions come.
_COURSES = {
    "unchanged": ("grown_weight=0", "stable_weight=1", "shrunk_weight=0", "gone_weight=0"),
    "growing": ("grown_weight=1", "stable_weight=0", "shrunk_weight=0", "gone_weight=0"),
}


def visits(folder: Path, course: str, patients: int, station: str) -> list[PriorComparison]:
    """Comparisons of the later visits of phantoms whose disease takes one course."""
    phantoms, results = folder / f"{course}-phantoms", folder / f"{course}-results"
    fates = [f"++followup.{one}" for one in _COURSES[course]]
    settings = [f"stations=[{station}]", "disease=metastatic", "protocol=complete", "seed=606"]
    settings += ["followups=1", "++followup.mean_new_count=0", *fates]
    made = main(["phantom", f"output={phantoms}", f"count={patients}", *settings])
    if made or main(["infer", f"input={phantoms}", f"output={results}", "workers=1"]):
        raise SystemExit("the studies could not be made or assessed")
    found = [read_result(path).prior for path in sorted(results.glob("*/result.json"))]
    return [one for one in found if one is not None]


def lesions_drawn(folder: Path, course: str) -> int:
    """True lesions of the later visits."""
    rows = json.loads((folder / f"{course}-phantoms" / "manifest.json").read_text())["training"]
    return sum(len(row.get("changes", ())) for row in rows)


def report(folder: Path, course: str, comparisons: list[PriorComparison]) -> None:
    """Kinds of change, and how far the volumes of matched lesions differ."""
    changes = [one for each in comparisons for one in each.lesions]
    print(f"{course}: {len(comparisons)} patients, {lesions_drawn(folder, course)} true lesions")
    print("  ", dict(Counter(one.kind.value for one in changes)))
    percent = np.array([one.change_percent for one in changes if one.change_percent is not None])
    if len(percent):
        ratio = np.abs(np.log(1.0 + percent / 100.0))
        quartiles = 100.0 * (np.exp(np.percentile(ratio, (50, 90))) - 1.0)
        print(f"   {len(percent)} matched: volumes differ by {quartiles.round(0)} % (50th, 90th percentile)")
    print("   levels:", dict(Counter(one.involvement.value for each in comparisons for one in each.levels)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patients", type=int, default=6)
    parser.add_argument("--station", default="lumbar")
    given = parser.parse_args()
    for each in _COURSES:
        report(given.folder, each, visits(given.folder, each, given.patients, given.station))
