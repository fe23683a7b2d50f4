"""Who made a DICOM output, and how it is written."""

from pathlib import Path

from pydicom import dcmwrite
from pydicom.dataset import Dataset

from spinemets.study.dicom_file import quiet_pydicom

MANUFACTURER = "SpineMets"
MODEL = "SpineMets, research use only"
# Texts of ours may hold signs such as a degree sign; names of the source are written in it as well.
CHARACTER_SET = "ISO_IR 192"


def write_dataset(dataset: Dataset, path: Path) -> None:
    """Write an output as a DICOM file; values taken from the source stay as they are, valid or not."""
    with quiet_pydicom():
        dcmwrite(path, dataset, enforce_file_format=True)
