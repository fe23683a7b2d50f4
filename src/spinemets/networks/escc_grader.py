"""The ESCC grader: a MONAI network over canal-centred axial crops, with an ordinal head."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import torch
from monai.networks.nets.densenet import DenseNet
from monai.networks.nets.efficientnet import EfficientNetBN, MBConvBlock
from monai.networks.nets.resnet import ResNet
from monai.visualize.class_activation_maps import GradCAM
from torch import Tensor, nn

from spinemets.networks.grader_settings import NORM_GROUPS, GraderArchitecture, GraderSettings
from spinemets.networks.ordinal import THRESHOLDS

# Batch statistics of a few crops are poor, and would differ between one process and several.
_NORM = ("group", {"num_groups": NORM_GROUPS})


class EsccGrader(nn.Module):
    """Grades the middle slice of a crop.

    Args:
        settings: What it is built from.
    """

    def __init__(self, settings: GraderSettings) -> None:
        super().__init__()
        self.settings = settings
        build, self._last, self._mapped = _BACKBONES[settings.architecture]
        self.backbone = build(settings)
        last = self.backbone.get_submodule(self._last)
        self.backbone.set_submodule(self._last, nn.Sequential(nn.Dropout(settings.dropout), last))

    def forward(self, crops: Tensor) -> Tensor:
        """CORN logits; ``ordinal.grade_probabilities`` makes probabilities of them.

        Args:
            crops: (batch, slice, row, column) as ``escc_crop.canal_crop`` gives them.

        Returns:
            (batch, 5).
        """
        logits: Tensor = self.backbone(crops)
        return logits

    @property
    def mapped_layer(self) -> str:
        """The layer whose activations ``heat_map`` shows."""
        return f"backbone.{self._mapped}"


def build_grader(**settings: Any) -> EsccGrader:
    """A grader from plain settings, as configs and weight files hold them."""
    return EsccGrader(GraderSettings(**settings))


def heat_map(grader: EsccGrader, crops: Tensor) -> Tensor:
    """Where a crop speaks for a higher grade (Grad-CAM, Selvaraju et al. 2017, ICCV).

    Args:
        grader: Trained; it is left as it was.
        crops: (batch, slice, row, column).

    Returns:
        (batch, row, column) of 0 to 1, 1 where a crop's evidence is strongest; zeros where there is none.
    """
    # Grad-CAM leaves hooks on the network.
    model = _Severity(deepcopy(grader)).eval().requires_grad_()
    camera = GradCAM(model, f"grader.{grader.mapped_layer}", postprocessing=_between_0_and_1)
    with torch.enable_grad():
        maps: Tensor = camera(crops, class_idx=0)
    return maps[:, 0].detach()


class _Severity(nn.Module):
    """A grader whose one output is the sum of its logits: it grows with every step of the grade."""

    def __init__(self, grader: EsccGrader) -> None:
        super().__init__()
        self.grader = grader

    def forward(self, crops: Tensor) -> Tensor:
        logits: Tensor = self.grader(crops)
        return logits.sum(dim=1, keepdim=True)


def _between_0_and_1(maps: Tensor) -> Tensor:
    return maps / maps.amax(dim=(1, 2, 3), keepdim=True).clamp_min(torch.finfo(maps.dtype).tiny)


class _GroupedResNet(ResNet):
    """MONAI's ResNet whose stages have the norm too, which the base class hands to the stem alone."""

    def _make_layer(
        self,
        block: Any,
        planes: int,
        blocks: int,
        spatial_dims: int,
        shortcut_type: str,
        stride: int = 1,
        norm: str | tuple[Any, ...] = _NORM,
    ) -> nn.Sequential:
        return super()._make_layer(block, planes, blocks, spatial_dims, shortcut_type, stride, norm=_NORM)


def _resnet(settings: GraderSettings) -> nn.Module:
    # Fluid around the cord is 1 to 3 mm wide, so only the stem's stride comes before the first stage.
    return _GroupedResNet(
        block="basic",
        layers=list(settings.blocks),
        block_inplanes=list(settings.filters),
        spatial_dims=2,
        n_input_channels=settings.slices,
        conv1_t_stride=2,
        no_max_pool=True,
        num_classes=THRESHOLDS,
        norm=_NORM,
    )


def _densenet121(settings: GraderSettings) -> nn.Module:
    return DenseNet(spatial_dims=2, in_channels=settings.slices, out_channels=THRESHOLDS, norm=_NORM)


def _efficientnet_b0(settings: GraderSettings) -> nn.Module:
    network = EfficientNetBN(
        "efficientnet-b0",
        pretrained=False,
        spatial_dims=2,
        in_channels=settings.slices,
        num_classes=THRESHOLDS,
        norm=_NORM,
    )
    # Its own dropouts draw from torch's global generator; ``GraderSettings.dropout`` says why that matters.
    for module in network.modules():
        if isinstance(module, MBConvBlock):
            module.drop_connect_rate = None
    network._dropout.p = 0.0
    return network


# For each: how it is built, its last layer, and the last layer that still shows where something lies.
_BACKBONES: Mapping[GraderArchitecture, tuple[Callable[[GraderSettings], nn.Module], str, str]] = {
    GraderArchitecture.RESNET: (_resnet, "fc", "layer3"),
    GraderArchitecture.DENSENET121: (_densenet121, "class_layers.out", "features.denseblock3"),
    GraderArchitecture.EFFICIENTNET_B0: (_efficientnet_b0, "_fc", "_blocks.4"),
}
