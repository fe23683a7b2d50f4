"""Runs the network of an exported MONAI bundle over studies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from torch import Tensor, nn

from spinemets.volume import Volume

# MONAI's dictionary of one study.
Item = Mapping[str, Any]


class BundleEvaluator:
    """Runs a network over a data set; MONAI's own evaluator needs a package (ignite) for the same.

    Args:
        dataset: Of dictionaries with ``image``.
        network: On the device.
        inferer: MONAI's, called with a batch and the network.
        postprocessing: Gets each item with ``pred`` added; saves what it makes.
        device: Where the network is.
    """

    def __init__(
        self,
        dataset: Sequence[Item],
        network: nn.Module,
        inferer: Callable[[Tensor, nn.Module], Tensor],
        postprocessing: Callable[[Item], object],
        device: torch.device,
    ) -> None:
        self.dataset = dataset
        self.network = network
        self.inferer = inferer
        self.postprocessing = postprocessing
        self.device = device

    def run(self) -> None:
        """Every item, one after the other."""
        self.network.eval()
        # By number: what is no dataset of torch's own may not end by itself.
        for number in range(len(self.dataset)):
            item = self.dataset[number]
            with torch.inference_mode():
                batch = torch.as_tensor(item["image"])[None].to(self.device)
                prediction = self.inferer(batch, self.network)[0]
            self.postprocessing({**item, "pred": prediction})


def volume_of(image: MetaTensor) -> Volume:
    """A volume of an image (1, i, j, k) that MONAI has read."""
    return Volume(image[0].cpu().numpy(), np.asarray(image.affine.cpu().numpy(), dtype=np.float64))
