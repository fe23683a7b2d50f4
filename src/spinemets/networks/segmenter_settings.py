"""What a segmenter is built from: architecture, width, kernels and strides."""

from dataclasses import dataclass
from enum import StrEnum
from math import prod

from spinemets.errors import ConfigurationError

Triple = tuple[int, int, int]
# SwinUNETR's heads of attention share its features.
_SWIN_STEP = 12


class Architecture(StrEnum):
    """MONAI networks that can carry the heads."""

    DYN_UNET = "dynunet"
    SWIN_UNETR = "swinunetr"


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """A segmenter; lists in place of tuples are taken as well, as JSON and YAML have them.

    Args:
        architecture: Name of the MONAI network.
        filters: Feature maps of each stage, finest first. SwinUNETR takes the first as its feature size.
        kernels: Convolution kernel of each stage, (slice, row, column).
        strides: Stride into each stage; the first is (1, 1, 1). In-plane strides come first, as slices
            are thick (Isensee et al. 2021, Nat Methods 18:203).
        residual: Whether blocks are residual (Isensee et al. 2024, MICCAI, "nnU-Net revisited").
        deep_supervision: Coarser scales that get heads of their own in training; 0 for none.
        stem_channels: Feature maps of the stem that mixes the channels present.

    Raises:
        ConfigurationError: If the lists do not fit together.
    """

    filters: tuple[int, ...]
    kernels: tuple[Triple, ...]
    strides: tuple[Triple, ...]
    architecture: Architecture = Architecture.DYN_UNET
    residual: bool = True
    deep_supervision: int = 2
    stem_channels: int = 8

    def __post_init__(self) -> None:
        try:
            architecture = Architecture(self.architecture)
        except ValueError:
            known = ", ".join(Architecture)
            raise ConfigurationError(
                f"is {self.architecture!r}", field="architecture", remedy=f"allowed: {known}"
            ) from None
        object.__setattr__(self, "architecture", architecture)
        object.__setattr__(self, "filters", tuple(int(count) for count in self.filters))
        for name in ("kernels", "strides"):
            object.__setattr__(self, name, tuple(_triple(each, name) for each in getattr(self, name)))
        self._check()

    def _check(self) -> None:
        stages = len(self.filters)
        if stages < 3 or len(self.kernels) != stages or len(self.strides) != stages:
            raise ConfigurationError(
                f"there are {stages} filters, {len(self.kernels)} kernels and {len(self.strides)} strides",
                field="filters",
                remedy="give as many of each, at least three",
            )
        if self.strides[0] != (1, 1, 1):
            raise ConfigurationError(
                f"begins with {self.strides[0]}", field="strides", remedy="begin with [1, 1, 1]"
            )
        if min(self.filters) < 1 or self.stem_channels < 1:
            raise ConfigurationError("is below 1", field="filters", remedy="give at least 1")
        if self.architecture is Architecture.SWIN_UNETR and self.filters[0] % _SWIN_STEP:
            raise ConfigurationError(
                f"begins with {self.filters[0]}, SwinUNETR's feature size",
                field="filters",
                remedy=f"begin with a multiple of {_SWIN_STEP}",
            )
        if not 0 <= self.deep_supervision <= stages - 2:
            raise ConfigurationError(
                f"is {self.deep_supervision}", field="deep_supervision", remedy=f"allowed: 0 to {stages - 2}"
            )

    @property
    def divisor(self) -> Triple:
        """What an input's (slice, row, column) counts must be multiples of."""
        if self.architecture is Architecture.SWIN_UNETR:
            return (32, 32, 32)
        slices, rows, columns = (prod(stride[axis] for stride in self.strides) for axis in range(3))
        return slices, rows, columns


def _triple(values: object, name: str) -> Triple:
    try:
        i, j, k = (int(value) for value in values)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"holds {values!r}", field=name, remedy="give three whole numbers for slice, row and column"
        ) from None
    return i, j, k
