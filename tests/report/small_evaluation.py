"""A small evaluation with something of everything: a miss, a missing and an extra study, two sets."""

from dataclasses import replace

from evaluation.small_reference import (
    lesions,
    rewritten,
    write_masks,
    write_perfect,
    write_reference,
    write_table,
)
from evaluation.test_evaluation import evaluated
from spinemets.anatomy import EsccGrade, Level

GRADES = tuple(EsccGrade)


def small_evaluation(folder):
    """Predictions ``first`` and ``second`` of the small reference; ``carl`` is missing in the first."""
    reference = write_reference(folder / "reference")
    first = write_perfect(folder / "first")
    for path in sorted((first / "carl").iterdir()):
        path.unlink()
    (first / "carl").rmdir()
    write_masks(first / "dora", {"lesions": lesions()})
    rewritten(first / "anna" / "lesions.nii.gz", lambda array: lesions(Level.L1, Level.L4))
    scores = [("anna", 1, 0.9), ("anna", 2, 0.4), ("berta", 1, 0.7)]
    write_table(first / "lesions.csv", ("case", "lesion", "probability"), *scores)
    sure = [("anna", "L1", "2"), ("anna", "L3", "1a"), ("berta", "L2", "1b")]
    write_table(
        first / "escc.csv",
        ("case", "level", "grade", "set", *(f"p{grade}" for grade in GRADES)),
        *((case, level, grade, f"{grade}|3", *_probabilities(grade)) for case, level, grade in sure),
    )
    return evaluated(reference, first, write_perfect(folder / "second"))


def _probabilities(grade):
    return [0.5 if each == grade else 0.1 for each in GRADES]


def of_real_patients(evaluation):
    """The same, as if nothing in the reference were simulated."""
    return replace(evaluation, reference=replace(evaluation.reference, simulated=0))
