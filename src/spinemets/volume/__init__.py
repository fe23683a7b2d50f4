"""Images with a place in the world: record, orientation, framing, resampling, files."""

from spinemets.volume.files import read_volume, write_volume
from spinemets.volume.framing import crop, pad
from spinemets.volume.orientation import axis_codes, reorient
from spinemets.volume.record import Volume
from spinemets.volume.resampling import ImageKind, resample_like, resample_to_grid, resample_to_spacing

__all__ = [
    "ImageKind",
    "Volume",
    "axis_codes",
    "crop",
    "pad",
    "read_volume",
    "reorient",
    "resample_like",
    "resample_to_grid",
    "resample_to_spacing",
    "write_volume",
]
