"""The first layer: mixes the MRI channels that are present, and knows which are."""

from torch import Tensor, nn


class PresenceStem(nn.Module):
    """Mixes channels voxel by voxel, scaled and shifted by which of them are present.

    A presence mask as constant planes would be taken away again by the first instance norm. Scale and
    shift before a non-linearity (Perez et al. 2018, AAAI, "FiLM") survive it.

    Args:
        channels: Of the input.
        features: Of the output.
    """

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.mix = nn.Conv3d(channels, features, kernel_size=1)
        self.condition = nn.Linear(channels, 2 * features)
        self.activation = nn.LeakyReLU(0.01)
        nn.init.zeros_(self.condition.weight)
        nn.init.zeros_(self.condition.bias)

    def forward(self, image: Tensor, presence: Tensor) -> Tensor:
        """(batch, features, slice, row, column) from (batch, channels, ...) and (batch, channels)."""
        mixed = self.mix(image)
        scale, shift = self.condition(presence)[..., None, None, None].chunk(2, dim=1)
        result: Tensor = self.activation(mixed * (1.0 + scale) + shift)
        return result
