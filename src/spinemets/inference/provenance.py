"""Hashes of what a result was made from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from spinemets.volume import Volume


def input_sha256(volumes: Mapping[str, Volume]) -> str:
    """Of voxels and geometry, by the series' key; the same for DICOM and NIfTI of the same values.

    Args:
        volumes: As they were read.
    """
    digest = hashlib.sha256()
    for key, volume in sorted(volumes.items()):
        array = np.ascontiguousarray(volume.array)
        digest.update(f"{key} {array.dtype.str} {array.shape}".encode())
        digest.update(array.data)
        # Rounded as files round them.
        digest.update(np.round(volume.affine_ras, 4).astype("<f8").tobytes())
    return digest.hexdigest()


def settings_sha256(*settings: Any) -> str:
    """Of settings records, whatever the order of their fields."""
    content = [asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in settings]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
