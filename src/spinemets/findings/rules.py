"""How each value is measured, and after whom: the sentences behind the names of rules in traces."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "lesion.volume": "Number of voxels of the lesion times the volume of a voxel.",
    "lesion.diameter": (
        "Largest distance between two points of the lesion's surface in space (on its convex hull, through"
        " centres of voxel faces), not within one slice as RECIST measures (Eisenhauer et al. 2009, Eur J"
        " Cancer 45:228)."
    ),
}
