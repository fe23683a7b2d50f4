"""The MONAI bundle of the sagittal segmenter."""

from typing import Any

from spinemets.anatomy import Anatomy
from spinemets.networks.bundle_content import BundleContent, composed, loader
from spinemets.networks.bundle_sagittal_parts import FILE_OF_CHANNEL
from spinemets.networks.export_agreement import usual_size
from spinemets.networks.segmenter import CHANNELS, SpineSegmenter
from spinemets.networks.weights_card import WeightsCard

_PARTS = "spinemets.networks.bundle_sagittal_parts."
_USAGE = f"""\
INPUT is a folder of one study, or of one folder per study, with at least one of
{", ".join(FILE_OF_CHANNEL.values())} (STIR stands for fat-suppressed T2 as well). The files of a study
lie in one world; they are brought onto the grid of the first, but not registered. OUTPUT gets
`*_anatomy.nii.gz` and `*_lesion.nii.gz` on that grid.
"""


def segmenter_bundle(card: WeightsCard, network: SpineSegmenter) -> BundleContent:
    """What a segmenter's bundle holds beside the weights.

    Raises:
        ExportError: If the card's patch has not three axes.
    """
    window = usual_size(card, network)
    return BundleContent(
        title="SpineMets sagittal segmenter",
        task="Metastases, anatomy and levels of the spine on sagittal MRI",
        does=(
            "Segments metastases, vertebral bodies, posterior elements, discs, sacrum, thecal sac, cord and "
            "epidural space, and gives the level of each vertebra, from any non-empty subset of sagittal T1, "
            "T2, STIR and T1+Gd."
        ),
        usage=_USAGE,
        parts=_parts(card, window),
        image_channels=tuple(f"{channel}, z-scored; zeros where it is missing" for channel in CHANNELS),
        outputs=(
            *(f"logit of {each.name.lower().replace('_', ' ')}" for each in Anatomy),
            "logit of metastasis",
            "level coordinate, C1 = 1 to S1 = 25; means something on vertebrae alone",
        ),
        size=window,
    )


def _parts(card: WeightsCard, window: tuple[int, int, int]) -> dict[str, Any]:
    return {
        "network_def": {"_target_": f"{_PARTS}bundle_segmenter"},
        "preprocessing": composed(
            loader([str(channel) for channel in FILE_OF_CHANNEL]),
            {"_target_": f"{_PARTS}StackSagittal", "spacing_mm": list(card.spacing_mm)},
        ),
        "data": {"_target_": f"{_PARTS}sagittal_studies", "folder": "@dataset_dir"},
        "inferer": {
            "_target_": "SlidingWindowInferer",
            "roi_size": list(window),
            "sw_batch_size": 1,
            "overlap": 0.5,
            "mode": "gaussian",
        },
        "postprocessing": composed(
            {"_target_": f"{_PARTS}MasksOfSource"}, *(_saver(name) for name in ("anatomy", "lesion"))
        ),
    }


def _saver(name: str) -> dict[str, Any]:
    return {
        "_target_": "SaveImaged",
        "keys": name,
        "output_dir": "@output_dir",
        "output_postfix": name,
        "data_root_dir": "@dataset_dir",
        "separate_folder": False,
        "resample": False,
        "output_dtype": "$torch.uint8",
        "print_log": False,
    }
