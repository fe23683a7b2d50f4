"""Results of a patient's earlier studies, read from where an earlier assessment has written them."""

from collections.abc import Mapping
from pathlib import Path

from spinemets.errors import InputError
from spinemets.inference.prior import EarlierStudies, EarlierStudy
from spinemets.inference.result_json import read_result
from spinemets.study.visits import EarlierVisits

RESULT_FILE = "result.json"


def read_earlier(visits: EarlierVisits, folders: Mapping[str, Path]) -> EarlierStudies:
    """Read the results of earlier visits; one that cannot be read is told and passed over.

    Args:
        visits: The latest first.
        folders: Of finished outputs, by the study's key; a visit that is not among them has none.
    """
    found: list[EarlierStudy] = []
    warnings = list(visits.warnings)
    for visit in visits.visits:
        folder = folders.get(visit.key)
        if folder is None:
            warnings.append(f"the earlier study {visit.key} has no result to compare with")
            continue
        try:
            found.append(EarlierStudy(read_result(folder / RESULT_FILE), visit.days))
        except InputError as error:
            warnings.append(f"the earlier study {visit.key} cannot be compared: its result {error.problem}")
    return EarlierStudies(tuple(found), tuple(warnings))
