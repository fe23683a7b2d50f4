"""The MONAI bundle of the ESCC grader."""

from spinemets.anatomy import EsccGrade
from spinemets.networks.bundle_axial_parts import AXIAL_FILE, CANAL_FILE
from spinemets.networks.bundle_content import BundleContent, composed, loader
from spinemets.networks.escc_grader import EsccGrader

_PARTS = "spinemets.networks.bundle_axial_parts."
_USAGE = f"""\
INPUT is a folder of one study, or of one folder per study, with {AXIAL_FILE} (axial T2, slices within 45
degrees of axial) and {CANAL_FILE} (a mask of the spinal canal on any grid in the same world; above 0 is
canal). OUTPUT gets `grades.csv`: for each slice that shows the canal, the middle of its crop in RAS
mm, its grade and the probabilities of the six grades, which are not calibrated.
"""


def grader_bundle(network: EsccGrader) -> BundleContent:
    """What a grader's bundle holds beside the weights."""
    crop = network.settings.crop
    return BundleContent(
        title="SpineMets ESCC grader",
        task="Epidural spinal cord compression (ESCC) grades of axial T2 slices",
        does="Grades epidural spinal cord compression (ESCC) on crops of axial T2 slices around the canal.",
        usage=_USAGE,
        parts={
            "network_def": {"_target_": f"{_PARTS}bundle_grader"},
            "preprocessing": composed(
                loader(["axial", "canal"]),
                {
                    "_target_": f"{_PARTS}CanalCrops",
                    "slices": crop.slices,
                    "size": crop.size,
                    "spacing_mm": crop.spacing_mm,
                },
            ),
            "data": {"_target_": f"{_PARTS}axial_studies", "folder": "@dataset_dir"},
            "inferer": {"_target_": f"{_PARTS}AllCrops"},
            "postprocessing": composed(
                {
                    "_target_": f"{_PARTS}GradesFile",
                    "output_dir": "@output_dir",
                    "dataset_dir": "@dataset_dir",
                }
            ),
        },
        image_channels=tuple(
            f"slice {number - crop.slices // 2:+d} towards the feet" for number in range(crop.slices)
        ),
        outputs=tuple(f"logit of above {grade} where at least {grade}" for grade in list(EsccGrade)[:-1]),
        size=(crop.size, crop.size),
    )
