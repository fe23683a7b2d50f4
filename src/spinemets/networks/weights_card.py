"""What a weights file says of itself."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT, VERSION = "spinemets-weights", 1


class WeightsCard(BaseModel):
    """The metadata of trained weights.

    Args:
        task: What the network does.
        classes: Names of the classes, in the order of the outputs.
        channels: Names of the input channels, in order.
        spacing_mm: Of the input: (slice, row, column), or (row, column) for crops.
        patch_size: Voxels or pixels that it was trained on.
        network: Settings that rebuild the network.
        config: The composed configuration of the training.
        spinemets_version: Of the code that trained it.
        manifest_sha256: Of the manifest that it was trained on.
        seed: Of the training.
        trained_on: What the data were, in a sentence; says where they were simulated.
        simulated: Whether any of them were simulated.
        metrics: On the validation fold; empty without one.
        calibration: Temperatures and thresholds; empty where it was not calibrated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["spinemets-weights"] = "spinemets-weights"
    version: Literal[1] = 1
    task: Literal["segmentation", "escc"]
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    spacing_mm: tuple[float, ...]
    patch_size: tuple[int, ...]
    network: dict[str, Any]
    config: dict[str, Any] = Field(default_factory=dict)
    spinemets_version: str
    manifest_sha256: str
    seed: int
    trained_on: str
    simulated: bool
    metrics: dict[str, float] = Field(default_factory=dict)
    calibration: dict[str, Any] = Field(default_factory=dict)
