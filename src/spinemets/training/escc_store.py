"""Crops of axial series on disk, keyed by what they were made from."""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from spinemets.errors import InputError
from spinemets.networks.escc_crop import CropSettings
from spinemets.training.cache_folder import writing_into
from spinemets.training.escc_cases import AxialSource, EsccCase, canal_values, read_crops
from spinemets.training.file_content import content_sha256
from spinemets.training.label_sets import LabelSet

_LOG = logging.getLogger(__name__)
# Changes whenever crops would come out different from the same files and settings.
_FORMAT = 2


class CropStore:
    """Crops below one folder, a file for each series; made when first asked for.

    A file is written aside and renamed, so that concurrent processes and a killed writer do no harm.

    Args:
        folder: Made where it does not exist.
        settings: The crops' size.
        label_sets: What masks mean, by name.
    """

    def __init__(self, folder: Path, settings: CropSettings, label_sets: Mapping[str, LabelSet]) -> None:
        self._folder = folder
        self._settings = settings
        self._label_sets = label_sets

    def cases(self, sources: Sequence[AxialSource]) -> tuple[list[EsccCase], list[InputError]]:
        """The graded slices of the series, and what was wrong with series that could not be read."""
        cases: list[EsccCase] = []
        failures: list[InputError] = []
        for source in sources:
            try:
                cases.extend(self._cases_of(source))
            except InputError as error:
                failures.append(error)
        _LOG.info("%d graded slices of %d axial series", len(cases), len(sources) - len(failures))
        return cases, failures

    def _cases_of(self, source: AxialSource) -> Iterator[EsccCase]:
        file = self._folder / f"{self._key(source)}.npy"
        if not file.is_file():
            self._write(file, source)
        for place, (index, grade) in enumerate(source.graded.items()):
            yield EsccCase(f"{source.name}#{index}", source.patient, grade, file, place)

    def _key(self, source: AxialSource) -> str:
        described = {
            "format": _FORMAT,
            "settings": asdict(self._settings),
            "slices": list(source.graded),
            "canal": [
                sorted(canal_values(self._label_sets[one.label_set]))
                for series in source.canal_series
                for one in series.annotations
            ],
        }
        digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
        for path in source.files:
            digest.update(content_sha256(path))
        return digest.hexdigest()[:32]

    def _write(self, file: Path, source: AxialSource) -> None:
        crops = read_crops(source, self._label_sets, self._settings)
        with writing_into(self._folder):
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".crops-", delete=False) as aside:
                np.save(aside, crops.astype(np.float16))
                aside.flush()
                os.fsync(aside.fileno())
            Path(aside.name).replace(file)
