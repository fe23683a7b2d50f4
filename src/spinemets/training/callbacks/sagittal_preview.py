"""Slices of a segmented case that are worth a look: the middle one, and the one with the most lesion."""

import numpy as np
import numpy.typing as npt
from torch import Tensor

from spinemets.anatomy import Anatomy
from spinemets.networks.segmenter import CHANNELS, SegmenterOutput
from spinemets.training.callbacks.preview import PreviewPanel, SliceMaps
from spinemets.training.label_sets import ANATOMY_MAP, LESION, LESION_MAP, LESION_NOT_ANNOTATED


def sagittal_panels(
    case: str,
    simulated: bool,
    image: Tensor,
    presence: Tensor,
    targets: Tensor,
    output: SegmenterOutput,
    pixel_mm: tuple[float, float] = (1.0, 1.0),
) -> tuple[PreviewPanel, ...]:
    """One or two slices of a case.

    Args:
        case: Its name.
        simulated: Whether no patient was imaged.
        image: (4, slice, row, column), z-scored.
        presence: (4,).
        targets: (3, slice, row, column) uint8 target maps.
        output: Heads over the case, (1, ..., slice, row, column).
        pixel_mm: Along rows and columns.
    """
    arrays, truth = image.float().cpu().numpy(), targets.cpu().numpy()
    anatomy = output.anatomy[0].argmax(dim=0).to("cpu").numpy().astype(np.uint8)
    lesion = (output.lesion[0, 0] > 0).cpu().numpy()
    there = [index for index, present in enumerate(presence.tolist()) if present > 0]
    return tuple(
        PreviewPanel(
            case=case,
            place=f"{kind} ({index + 1} of {truth.shape[1]} from the right)",
            simulated=simulated,
            images={CHANNELS[channel].value: arrays[channel, index] for channel in there},
            reference=_reference(truth[:, index]),
            predicted=SliceMaps(anatomy[index], lesion[index]),
            pixel_mm=pixel_mm,
        )
        for index, kind in _shown(truth[LESION_MAP] == LESION).items()
    )


def _shown(lesion: npt.NDArray[np.bool_]) -> dict[int, str]:
    """Index and kind of each slice that is shown."""
    middle = len(lesion) // 2
    most = int(lesion.sum(axis=(1, 2)).argmax())
    shown = {middle: "middle slice"}
    if lesion.any():
        shown[most] = "most lesion" if most != middle else "middle slice, most lesion"
    return shown


def _reference(targets: npt.NDArray[np.uint8]) -> SliceMaps:
    """A voxel that may be of several classes is drawn as the first of them."""
    allowed, lesion = targets[ANATOMY_MAP], targets[LESION_MAP]
    first = np.zeros_like(allowed)
    for anatomy in reversed(Anatomy):
        first[(allowed >> int(anatomy) & 1) == 1] = anatomy
    return SliceMaps(
        first if allowed.any() else None,
        lesion == LESION if (lesion != LESION_NOT_ANNOTATED).any() else None,
    )
