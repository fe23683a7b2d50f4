"""What an exported MONAI bundle says of itself in words."""

import math

from spinemets import __version__
from spinemets.networks.bundle_content import BundleContent
from spinemets.networks.weights_card import WeightsCard

INTENDED_USE = "Research only. Not a medical device, not for diagnosis or treatment."


def description(card: WeightsCard, content: BundleContent) -> str:
    """What the network does and what it was trained on, in a few sentences."""
    simulated = " Some or all of these were simulated." if card.simulated else ""
    return f"{content.does} Trained on: {card.trained_on}.{simulated}"


def finite_metrics(card: WeightsCard) -> dict[str, float]:
    """Metrics that have a value; JSON has no way to write the others."""
    return {name: value for name, value in card.metrics.items() if math.isfinite(value)}


def readme(card: WeightsCard, content: BundleContent, weights_sha256: str) -> str:
    """``docs/README.md``, Markdown."""
    metrics = "\n".join(f"- {name}: {value:.4g}" for name, value in sorted(finite_metrics(card).items()))
    return f"""# {content.title}

{INTENDED_USE}

{description(card, content)}

## Run

```
pip install 'spinemets=={__version__}' fire
python -m monai.bundle run --config_file configs/inference.json --bundle_root . \\
    --dataset_dir INPUT --output_dir OUTPUT
```

{content.usage}
## Weights

`models/model.safetensors`, checked against this SHA-256 before use:
`{weights_sha256}`.
MONAI's usual `model.pt` is a pickle, which can run code when it is loaded, and is left out for that reason;
TorchScript is deprecated by torch. The network is rebuilt by spinemets from the settings that the file holds.

- spacing: {" x ".join(f"{value:g}" for value in card.spacing_mm)} mm
- seed: {card.seed}; SHA-256 of the data manifest: `{card.manifest_sha256}`

## Metrics on the validation fold

{metrics or "None were measured."}

Figures of simulated studies say nothing about patients.
"""
