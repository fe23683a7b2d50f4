"""Fixtures that several areas share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Nothing is asserted against the clock. In CI the same examples come each time; new ones are found by hand.
settings.register_profile("spinemets", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("spinemets")

_DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "real"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real MRI that development uses; the test is skipped where it is missing."""
    folder = Path(os.environ.get("SPINEMETS_DATA", _DEFAULT_DATA))
    if not folder.is_dir():
        pytest.skip(f"no real MRI at {folder}; set SPINEMETS_DATA to the folder that holds SPIDER, VB1, VB2")
    return folder
