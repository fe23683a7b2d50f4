"""What an ESCC grader is built from: architecture, width and the crops that it takes."""

from dataclasses import dataclass
from enum import StrEnum

from spinemets.errors import ConfigurationError
from spinemets.networks.escc_crop import CropSettings

_STAGES = 4
# MONAI networks are normalised over groups of so many channels; see ``escc_grader``.
NORM_GROUPS = 8
_SMALLEST_CROP = 32


class GraderArchitecture(StrEnum):
    """MONAI networks that can grade; ``filters`` and ``blocks`` shape the residual one alone."""

    RESNET = "resnet"
    DENSENET121 = "densenet121"
    EFFICIENTNET_B0 = "efficientnet-b0"


@dataclass(frozen=True, slots=True)
class GraderSettings:
    """A grader; lists in place of tuples are taken as well, as JSON and YAML have them.

    Args:
        slices: Neighbouring slices that are its input channels; odd, the middle one is graded.
        crop_size: Pixels of a crop along rows and along columns.
        spacing_mm: Of these pixels.
        architecture: Name of the MONAI network.
        filters: Feature maps of each of the four stages of a ResNet; 64, 128, 256, 512 make a ResNet-18.
        blocks: Residual blocks of each stage; 2, 2, 2, 2 make a ResNet-18.
        dropout: Share of features that the last layer does not see in training. Its masks come from torch's
            global generator, so with dropout a resumed run is no longer exactly the uninterrupted one.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    slices: int
    crop_size: int
    spacing_mm: float
    architecture: GraderArchitecture = GraderArchitecture.RESNET
    filters: tuple[int, ...] = (64, 128, 256, 512)
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        try:
            architecture = GraderArchitecture(self.architecture)
        except ValueError:
            known = ", ".join(GraderArchitecture)
            raise _refused("architecture", repr(self.architecture), f"allowed: {known}") from None
        object.__setattr__(self, "architecture", architecture)
        for name in ("filters", "blocks"):
            object.__setattr__(self, name, tuple(int(count) for count in getattr(self, name)))
        self._check()

    @property
    def crop(self) -> CropSettings:
        """What crops it takes."""
        return CropSettings(self.slices, self.crop_size, self.spacing_mm)

    def _check(self) -> None:
        if self.slices < 1 or self.slices % 2 == 0:
            raise _refused("slices", self.slices, "give an odd number, so that one is in the middle")
        if self.crop_size < _SMALLEST_CROP:
            raise _refused("crop_size", self.crop_size, f"give at least {_SMALLEST_CROP}")
        if not self.spacing_mm > 0:
            raise _refused("spacing_mm", self.spacing_mm, "give a number above 0")
        if len(self.filters) != _STAGES or any(count < 1 or count % NORM_GROUPS for count in self.filters):
            raise _refused("filters", self.filters, f"give {_STAGES} multiples of {NORM_GROUPS}")
        if len(self.blocks) != _STAGES or min(self.blocks) < 1:
            raise _refused("blocks", self.blocks, f"give {_STAGES} numbers of at least 1")
        if not 0 <= self.dropout < 1:
            raise _refused("dropout", self.dropout, "allowed: 0 to below 1")


def _refused(field: str, found: object, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"is {found}", field=field, remedy=remedy)
