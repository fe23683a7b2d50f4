"""A stress test as a whole: what was varied, on whom, with which weights, and every figure."""

from dataclasses import dataclass

from spinemets.evaluation.stress_figures import StressPoint
from spinemets.inference.records import RESEARCH_USE_ONLY, WeightsUsed

STRESS_SCHEMA_VERSION = "1.0"
SIMULATED = "Simulated images of a phantom: how figures fall is told, never how good they are on patients."


@dataclass(frozen=True, slots=True)
class StressTest:
    """Figures of every hardship at every severity.

    Args:
        points: In the order of the sweep; the studies as they are first.
        studies: How many phantoms.
        seed: Of the phantoms.
        station: That is imaged.
        spinemets_version: Of the code.
        config_sha256: Of all that decides the counts.
        weights: Of the networks.
        simulated, note, schema_version: Of this record.
    """

    points: tuple[StressPoint, ...]
    studies: int
    seed: int
    station: str
    spinemets_version: str
    config_sha256: str
    weights: tuple[WeightsUsed, ...]
    simulated: str = SIMULATED
    note: str = RESEARCH_USE_ONLY
    schema_version: str = STRESS_SCHEMA_VERSION
