"""``spinemets stress``: how figures fall as phantom images get worse."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.commands.infer_job import StudyJob
    from spinemets.evaluation.stress_run import Sweep
    from spinemets.phantom.study import StudyRequest

# Of the hash of settings, in the name of a folder.
_SHORT = 12


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 unusable configuration."""
    return run("stress", argv, _stress)


def _stress(config: "DictConfig") -> int:
    from dataclasses import replace

    from tqdm import tqdm

    from spinemets import __version__
    from spinemets.evaluation.resampling import Bootstrap
    from spinemets.evaluation.stress_assessment import Assessor
    from spinemets.evaluation.stress_patient import StressPatient
    from spinemets.evaluation.stress_record import StressTest
    from spinemets.evaluation.stress_run import cells_of, points_of, run_cells
    from spinemets.inference.assess import AssessmentSettings
    from spinemets.inference.models import load_models
    from spinemets.inference.provenance import settings_sha256
    from spinemets.report.stress_outputs import PAGE, write_stress

    request, sweep, studies = _request(config), _sweep(config), _whole(config, "studies", 1)
    bootstrap = Bootstrap(_whole(config, "resamples", 1), seed=0)
    job = _infer_job([str(one) for one in config.infer])
    models = load_models(job.segmentation, job.escc, job.device)
    assessor = Assessor(models, AssessmentSettings(**job.settings), float(config.least_lesion_ml))
    digest = settings_sha256(
        __version__, request, assessor.settings, assessor.least_lesion_ml, [one.sha256 for one in models.used]
    )
    output = Path(str(config.output)).absolute()
    cells = cells_of(sweep, studies)
    # Counts of other settings are kept apart, and never mixed with these.
    counts = run_cells(
        cells,
        output / "cells" / digest[:_SHORT],
        lambda number: StressPatient(replace(request, number=number)),
        assessor.count,
    )
    progress = tqdm(counts, total=len(cells), unit="set", desc="stress", file=sys.stderr, disable=None)
    test = StressTest(
        points=points_of(list(progress), bootstrap),
        studies=studies,
        seed=request.seed,
        station=request.stations[0].value,
        spinemets_version=__version__,
        config_sha256=digest,
        weights=models.used,
    )
    write_stress(test, output)
    print(f"{len(cells)} image sets of {studies} phantoms: {output / PAGE}. Simulated, not real patients.")
    return 0


def _request(config: "DictConfig") -> "StudyRequest":
    from omegaconf import OmegaConf

    from spinemets.commands.record_settings import with_settings
    from spinemets.errors import ConfigurationError
    from spinemets.phantom.build import GridSettings
    from spinemets.phantom.disease_priors import DiseasePriors
    from spinemets.phantom.hardship import CALM_RANGES
    from spinemets.phantom.protocol import Station
    from spinemets.phantom.study import StudyRequest

    disease: Any = OmegaConf.to_container(config.disease)
    grid: Any = OmegaConf.to_container(config.grid)
    try:
        station = Station(str(config.station))
    except ValueError:
        raise ConfigurationError(
            f"is {config.station!r}", field="station", remedy=f"allowed: {', '.join(Station)}"
        ) from None
    return StudyRequest(
        seed=_whole(config, "seed", 0),
        stations=(station,),
        priors=with_settings(DiseasePriors(), disease, "disease"),
        ranges=CALM_RANGES,
        grid=with_settings(GridSettings(), grid, "grid"),
    )


def _sweep(config: "DictConfig") -> "Sweep":
    from spinemets.errors import ConfigurationError
    from spinemets.phantom.hardship import Hardship, severity_of

    wanted = [str(name) for name in config.only] or [str(name) for name in config.sweep]
    sweep = {}
    for name in wanted:
        field = f"sweep.{name}"
        if name not in list(Hardship) or name not in config.sweep:
            known = ", ".join(Hardship)
            raise ConfigurationError("is no hardship of the sweep", field=field, remedy=f"known: {known}")
        hardship = Hardship(name)
        try:
            sweep[hardship] = tuple(severity_of(hardship, value) for value in config.sweep[name])
        except ValueError as error:
            raise ConfigurationError(str(error), field=field, remedy="see docs/stress.md") from None
    return sweep


def _infer_job(overrides: Sequence[str]) -> "StudyJob":
    """Networks and settings as ``spinemets infer`` with these overrides has them."""
    from hydra import compose

    from spinemets.commands.infer import study_job

    return study_job(compose("infer", ["input=none", "output=none", *overrides]))


def _whole(config: "DictConfig", field: str, least: int) -> int:
    from spinemets.errors import ConfigurationError

    value = config[field]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(f"is {value!r}", field=field, remedy=f"give a whole number from {least}")
    return value
