"""Images with a place in the world: record, regridding, files."""

from spinemets.volume.record import Volume

__all__ = ["Volume"]
