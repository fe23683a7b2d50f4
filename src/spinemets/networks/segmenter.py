"""The sagittal segmenter: one MONAI network with heads for anatomy, lesions and levels."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from monai.networks.nets.dynunet import DynUNet
from monai.networks.nets.swin_unetr import SwinUNETR
from torch import Tensor, nn

from spinemets.anatomy import Anatomy
from spinemets.networks.channels_last_norm import CHANNELS_LAST_INSTANCE, in_fast_order
from spinemets.networks.presence_stem import PresenceStem
from spinemets.networks.segmenter_settings import Architecture, SegmenterSettings
from spinemets.study.selection import Channel

CHANNELS: tuple[Channel, ...] = tuple(Channel)
_ANATOMY, _LESION = len(Anatomy), 1
_OUTPUTS = _ANATOMY + _LESION + 1
# The level head gives the coordinate's distance from the middle of the spine in this unit, so that its
# weights are of the size of the other heads'.
_LEVEL_CENTRE, _LEVEL_UNIT = 15.0, 8.0


class SegmenterOutput(NamedTuple):
    """What the heads say at one scale.

    Args:
        anatomy: (batch, 8, slice, row, column) logits of the classes of ``Anatomy``.
        lesion: (batch, 1, slice, row, column) logit of metastasis.
        level: (batch, 1, slice, row, column) coordinate along the spine (``Level.coordinate``); only
            voxels of vertebrae mean something.
    """

    anatomy: Tensor
    lesion: Tensor
    level: Tensor


class SpineSegmenter(nn.Module):
    """Segments a sagittal stack of any non-empty subset of T1, T2, STIR and T1+Gd.

    A missing channel is zeros; what is present conditions the stem. In training mode ``scales`` gives the
    heads of the coarser scales as well.

    Args:
        settings: What it is built from.
    """

    def __init__(self, settings: SegmenterSettings) -> None:
        super().__init__()
        self.settings = settings
        self.stem = PresenceStem(len(CHANNELS), settings.stem_channels)
        self.backbone = _BACKBONES[settings.architecture](settings)

    def forward(self, image: Tensor, presence: Tensor | None = None) -> SegmenterOutput:
        """The heads at full resolution.

        Args:
            image: (batch, 4, slice, row, column), z-scored; counts are multiples of ``settings.divisor``.
            presence: (batch, 4), 1 where a channel is there; taken from the image where it is left out
                (a channel without any value but zero is missing).
        """
        return self.scales(image, presence)[0]

    def scales(self, image: Tensor, presence: Tensor | None = None) -> list[SegmenterOutput]:
        """The heads, full resolution first, then ``settings.deep_supervision`` coarser scales in training."""
        if presence is None:
            presence = (image.abs().amax(dim=(2, 3, 4)) > 0).to(image.dtype)
        return [_heads(output) for output in self.backbone(self.stem(image, presence))]


class _ScaledDynUNet(DynUNet):
    """MONAI's DynUNet that hands over the coarser outputs at their own size.

    The base class blows each up to full size and stacks them, which costs more memory than the rest of
    the network, only for the loss to shrink the labels instead.
    """

    def forward(self, x: Tensor) -> list[Tensor]:
        # Without gradients nothing is gained.
        outputs = [self.output_block(self.skip_layers(in_fast_order(x) if self.training else x))]
        if self.training and self.deep_supervision:
            outputs += self.heads
            # The base class keeps them until the next call, and a network that holds them cannot be copied.
            self.heads[:] = [x.new_empty(0)] * len(self.heads)
        return [output.contiguous() for output in outputs]


class _OneScale(nn.Module):
    """A network of one output, as a list of one scale."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> list[Tensor]:
        return [self.network(x)]


def build_segmenter(**settings: Any) -> SpineSegmenter:
    """A segmenter from plain settings, as configs and weight files hold them."""
    return SpineSegmenter(SegmenterSettings(**settings))


def _heads(output: Tensor) -> SegmenterOutput:
    level = _LEVEL_CENTRE + _LEVEL_UNIT * output[:, -1:].float()
    return SegmenterOutput(output[:, :_ANATOMY], output[:, _ANATOMY : _ANATOMY + _LESION], level)


def _dyn_unet(settings: SegmenterSettings) -> nn.Module:
    return _ScaledDynUNet(
        spatial_dims=3,
        in_channels=settings.stem_channels,
        out_channels=_OUTPUTS,
        kernel_size=settings.kernels,
        strides=settings.strides,
        upsample_kernel_size=settings.strides[1:],
        filters=settings.filters,
        norm_name=(CHANNELS_LAST_INSTANCE, {"affine": True}),
        deep_supervision=settings.deep_supervision > 0,
        deep_supr_num=max(settings.deep_supervision, 1),
        res_block=settings.residual,
    )


def _swin_unetr(settings: SegmenterSettings) -> nn.Module:
    return _OneScale(SwinUNETR(settings.stem_channels, _OUTPUTS, feature_size=settings.filters[0]))


_BACKBONES: Mapping[Architecture, Any] = {
    Architecture.DYN_UNET: _dyn_unet,
    Architecture.SWIN_UNETR: _swin_unetr,
}
