"""Prints how fast an archive of DICOM files is scanned, and with how much memory.

Run by hand: python benchmarks/archive_scan.py [--files 10000] [--slices 20] [--workers 1]
"""

import argparse
import resource
import struct
import tempfile
import time
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from spinemets.study.archive import ArchiveSettings, read_dicom_studies
from spinemets.study.pseudonym import PseudonymKey

_SERIES_PER_STUDY = 8
_ROWS = _COLUMNS = 32
# Size of the private headers that Siemens scanners write into every slice.
_PRIVATE_BYTES = 60_000


def main() -> None:
    """Write an archive, scan it, print files per second and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--slices", type=int, default=20, help="slices of each series")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--private", action="store_true", help="with private headers of scanner size")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_archive(folder, arguments.files, arguments.slices, arguments.private)
        before = _peak_mib()
        settings = ArchiveSettings(PseudonymKey.generate(), 2**28, 64, arguments.workers)
        start = time.perf_counter()
        studies = slices = 0
        for study in read_dicom_studies(folder, settings):
            studies += 1
            slices += sum(series.shape[0] for series in study.series)
        seconds = time.perf_counter() - start
    if slices != arguments.files:
        raise SystemExit(f"found {slices} slices of {arguments.files}")
    print(f"{arguments.files} files, {studies} studies, {arguments.workers} worker(s): {seconds:.1f} s")
    print(f"{arguments.files / seconds:.0f} files per second")
    print(f"peak memory {_peak_mib():.0f} MiB, {_peak_mib() - before:.0f} MiB of it for the scan")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _write_archive(folder: Path, files: int, slices: int, private: bool) -> None:
    """Write each series from one encoded slice, replacing what differs: encoding each would take minutes."""
    written = series = 0
    while written < files:
        study = series // _SERIES_PER_STUDY
        template = _encoded_slice(study, series, private, folder / "template")
        home = folder / f"{study:05d}" / f"{series:05d}"
        home.mkdir(parents=True)
        for k in range(min(slices, files - written)):
            content = template.replace(b"1.9.9.10000", f"1.9.9.{10_000 + k}".encode())
            content = content.replace(b"1000.0", f"{1000 + 4 * k:04d}.0".encode())
            (home / f"IM{k:05d}").write_bytes(content)
            written += 1
        series += 1
    (folder / "template").unlink()


def _encoded_slice(study: int, series: int, private: bool, path: Path) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = f"1.2.{study}.{series}.1.9.9.10000"
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=[f"study {study}"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[f"series {series}"])
    dataset.FrameOfReferenceUID = generate_uid(entropy_srcs=[f"frame {study}"])
    dataset.PatientName, dataset.PatientID = f"Patient {study}", f"{study}"
    dataset.StudyDate = dataset.SeriesDate = "20260102"
    dataset.SeriesTime, dataset.SeriesNumber = f"{series % _SERIES_PER_STUDY:06d}", series % _SERIES_PER_STUDY
    dataset.Modality, dataset.Manufacturer = "MR", "SIEMENS"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    dataset.SeriesDescription = dataset.ProtocolName = "t2_tse_sag"
    dataset.ScanningSequence, dataset.SequenceVariant, dataset.ScanOptions = "SE", ["SK", "SP"], "PFP"
    dataset.MRAcquisitionType, dataset.SequenceName = "2D", "*tse2d1_17"
    dataset.RepetitionTime, dataset.EchoTime, dataset.FlipAngle = 3500, 100, 150
    dataset.EchoTrainLength, dataset.MagneticFieldStrength, dataset.EchoNumbers = 17, 1.5, 1
    dataset.SliceThickness, dataset.SpacingBetweenSlices = 3.5, 4
    dataset.InstanceNumber = dataset.AcquisitionNumber = 1
    dataset.ImagePositionPatient = ["1000.0", "-140", "140"]
    dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.Rows, dataset.Columns = _ROWS, _COLUMNS
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if private:
        block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
        block.add_new(0x10, "OB", bytes(_PRIVATE_BYTES))
    dataset.PixelData = struct.pack("<H", 7) * (_ROWS * _COLUMNS)
    dataset.save_as(path, enforce_file_format=True)
    return path.read_bytes()


if __name__ == "__main__":
    main()
