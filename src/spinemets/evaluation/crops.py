"""The part of an image that masks take up."""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Box = tuple[slice, ...]


def box_of(*masks: Mask) -> Box | None:
    """The smallest box around all that the masks hold; None where they hold nothing.

    Args:
        masks: Of one shape.
    """
    spans = []
    for axis in range(masks[0].ndim):
        others = tuple(other for other in range(masks[0].ndim) if other != axis)
        taken = np.flatnonzero(np.logical_or.reduce([mask.any(axis=others) for mask in masks]))
        if not len(taken):
            return None
        spans.append(slice(int(taken[0]), int(taken[-1]) + 1))
    return tuple(spans)
