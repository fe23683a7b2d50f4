"""Whether the voxels of a series can be those of a magnitude image of MRI."""

import numpy as np

from spinemets.errors import StudyError
from spinemets.study.channel_stack import ChannelStack
from spinemets.volume import Volume

# CT has air at -1000 and fat at -100 HU; phase maps are half negative. Z-scores reach no further than -10,
# and rounding or filters leave little below zero. Value and share are ours.
_FAR_BELOW, _LARGEST_SHARE = -50.0, 0.02


def check_magnitude(stack: ChannelStack) -> None:
    """Refuse what a header or a file name calls MRI, and voxels show to be none.

    Args:
        stack: The channels of a station.

    Raises:
        StudyError: If more than 2 % of a channel's values lie far below zero, as in CT and phase maps.
    """
    for channel, volume in stack.volumes.items():
        if (share := far_below_zero(volume)) > _LARGEST_SHARE:
            raise StudyError(
                f"has {100.0 * share:.0f} % of the values of its {channel} far below zero, as CT and phase"
                " maps have and magnitude images of MRI have not",
                field=stack.reference.key,
                remedy="exclude the series in series.yaml, or shift its values so that air is near 0",
            )


def far_below_zero(volume: Volume) -> float:
    """Share of the voxels that no magnitude image has, 0 to 1."""
    return float(np.count_nonzero(volume.array < _FAR_BELOW) / volume.array.size)
