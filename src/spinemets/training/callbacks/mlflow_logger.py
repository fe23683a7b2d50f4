"""MLflow as a record of training runs that stays on this machine."""

import os
from pathlib import Path

from pytorch_lightning.loggers import MLFlowLogger


def mlflow_logger(folder: Path | str, experiment_name: str) -> MLFlowLogger:
    """A store of metrics below a folder: no server is asked, and MLflow tells its makers nothing.

    Args:
        folder: Where ``mlflow.db`` and ``mlflow_artifacts`` go; made where it does not exist.
        experiment_name: What MLflow shows.

    Raises:
        ModuleNotFoundError: If mlflow is not installed.
    """
    # MLflow reports its use to its makers from 3.2 on, unless this is set before it is imported.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    place = Path(folder).resolve()
    place.mkdir(parents=True, exist_ok=True)
    return MLFlowLogger(
        experiment_name=experiment_name,
        tracking_uri=f"sqlite:///{place / 'mlflow.db'}",
        artifact_location=(place / "mlflow_artifacts").as_uri(),
    )
