"""Seconds that intervals of every headline take: 2,000 resamples of 1,000 cases, masks read already.

Run by hand: ``python benchmarks/bootstrap_speed.py [--cases 1000] [--resamples 2000]``. Lesions by
size, type, region and level, 20 vertebrae with their names, masks of eight structures, ESCC and SINS
of two levels; percentile intervals.
"""

import argparse
import resource
import time
from functools import partial

import numpy as np

from spinemets.anatomy import EsccGrade, Level
from spinemets.evaluation.binary import BinaryRows, binary_figures
from spinemets.evaluation.calibration import calibration_figures
from spinemets.evaluation.detection_figures import detection_figures
from spinemets.evaluation.escc import CUTS, escc_forecasts, evaluate_escc
from spinemets.evaluation.lesion_cases import LesionCase, ReferenceLesion, size_class
from spinemets.evaluation.lesion_comparison import lesion_metrics
from spinemets.evaluation.lesion_matching import MATCHINGS, Overlap
from spinemets.evaluation.levels import evaluate_levels
from spinemets.evaluation.mask_figures import MaskRow, mask_figures
from spinemets.evaluation.mask_score import MaskScore
from spinemets.evaluation.paired import side_by_side
from spinemets.evaluation.pairs import EsccPair, LevelPair, SinsItemPair, SinsPair
from spinemets.evaluation.permutation import compare
from spinemets.evaluation.resampling import Bootstrap
from spinemets.evaluation.sins import evaluate_sins
from spinemets.scoring.sins import class_of
from spinemets.scoring.sins_items import POINTS, Item

_VERTEBRAE = 20
_STRUCTURES = [f"structure {number}" for number in range(8)]
_LEVELS = [f"T{number}" for number in range(1, 13)] + [f"L{number}" for number in range(1, 6)]


def main() -> None:
    """Draw results of cases, time each family of figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--resamples", type=int, default=2_000)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    cases = [_case(number, rng) for number in range(arguments.cases)]
    bootstrap = Bootstrap(arguments.resamples, seed=0)
    tasks = {
        f"lesions, {matching.name}": partial(detection_figures, cases, matching, bootstrap)
        for matching in MATCHINGS
    }
    tasks["lesions, paired permutation"] = partial(_compare, cases, bootstrap)
    tasks["vertebrae"] = partial(binary_figures, _vertebrae(arguments.cases, rng), bootstrap)
    tasks["masks"] = partial(mask_figures, _masks(arguments.cases, rng), bootstrap)
    levels = _levels(arguments.cases, rng)
    tasks["names of vertebrae"] = partial(evaluate_levels, levels, bootstrap)
    grades = _grades(arguments.cases, rng)
    tasks["ESCC"] = partial(evaluate_escc, grades, bootstrap)
    for cut in CUTS:
        forecasts = escc_forecasts(grades, cut)
        tasks[f"calibration at {cut}"] = partial(calibration_figures, forecasts, bootstrap)
    tasks["SINS"] = partial(evaluate_sins, _scores(arguments.cases, rng), bootstrap)
    total = 0.0
    for name, task in tasks.items():
        start = time.perf_counter()
        task()
        seconds = time.perf_counter() - start
        total += seconds
        print(f"{name}: {seconds:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"all, {arguments.cases:,} cases, {arguments.resamples:,} resamples: {total:.2f} s, {peak:.0f} MiB")


def _compare(cases: list[LesionCase], bootstrap: Bootstrap) -> None:
    for one in lesion_metrics(side_by_side(cases, cases)):
        compare(one.quantities, one.statistic, one.patients, bootstrap, one.width)


def _case(number: int, rng: np.random.Generator) -> LesionCase:
    lesions = int(rng.poisson(3)) if rng.random() < 0.7 else 0
    predictions = lesions + int(rng.poisson(1))
    shared = np.zeros((predictions, lesions), np.int64)
    np.fill_diagonal(shared, rng.integers(0, 90, min(predictions, lesions)))
    facts = tuple(
        ReferenceLesion(
            volume,
            {
                "size": size_class(volume),
                "type": str(rng.choice(["lytic", "mixed", "blastic"])),
                "region": str(rng.choice(["cervical", "thoracic", "lumbar", "sacral"])),
                "level": str(rng.choice(_LEVELS)),
            },
        )
        for volume in rng.gamma(1.0, 1.0, lesions)
    )
    sizes = np.full(predictions, 100), np.full(lesions, 100)
    return LesionCase(str(number), str(number), facts, Overlap(shared, *sizes), rng.random(predictions))


def _vertebrae(cases: int, rng: np.random.Generator) -> BinaryRows:
    truth = rng.random(cases * _VERTEBRAE) < 0.15
    score = rng.normal(size=len(truth)) + truth
    patients = np.repeat(np.arange(cases), _VERTEBRAE).astype(str).tolist()
    return BinaryRows(patients, truth, score > 0.5, score)


def _masks(cases: int, rng: np.random.Generator) -> list[MaskRow]:
    return [
        MaskRow(str(case), str(case), structure, MaskScore(*rng.random(5).tolist()))
        for case in range(cases)
        for structure in _STRUCTURES
    ]


def _levels(cases: int, rng: np.random.Generator) -> list[LevelPair]:
    spine = [level for level in Level if level.value[0] in "TL"][:_VERTEBRAE]
    shifts = (rng.random(cases) < 0.1).astype(int)
    return [
        LevelPair(str(case), str(case), level, found := spine[max(place - shift, 0)], (found,), 30.0 * shift)
        for case, shift in enumerate(shifts.tolist())
        for place, level in enumerate(spine)
    ]


def _grades(cases: int, rng: np.random.Generator) -> list[EsccPair]:
    grades, pairs = tuple(EsccGrade), []
    for row in range(2 * cases):
        true = int(rng.choice(6, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05]))
        chances = np.exp(-np.abs(np.arange(6) - true - rng.normal(0, 0.8)))
        chances /= chances.sum()
        found = grades[int(chances.argmax())]
        place = str(row // 2), str(row // 2), str(row % 2)
        pairs.append(EsccPair(*place, grades[true], found, tuple(chances.tolist()), (found,)))
    return pairs


def _scores(cases: int, rng: np.random.Generator) -> list[SinsPair]:
    pairs = []
    for row in range(2 * cases):
        points = {item: sorted(POINTS[item].values()) for item in Item}
        words = {item: sorted(POINTS[item], key=POINTS[item].__getitem__) for item in Item}
        true = {item: int(rng.integers(len(points[item]))) for item in Item}
        found = {
            item: int(rng.integers(len(points[item]))) if rng.random() < 0.2 else true[item] for item in Item
        }
        totals = [sum(points[item][each[item]] for item in Item) for each in (true, found)]
        items = tuple(
            SinsItemPair(item, str(words[item][true[item]].value), (str(words[item][found[item]].value),))
            for item in Item
        )
        ends = totals[1], totals[1]
        reference, classes = class_of(totals[0]), (class_of(totals[1]),)
        level = (Level.T8, Level.L2)[row % 2]
        pairs.append(
            SinsPair(str(row // 2), str(row // 2), level, items, totals[0], reference, *ends, classes)
        )
    return pairs


if __name__ == "__main__":
    main()
