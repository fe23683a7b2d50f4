"""How each value is measured, and after whom: the sentences behind the names of rules in traces."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "body.height": (
        "Distance between the end plates at the centre of the anterior, middle or posterior third of the"
        " body's depth, in a strip along its middle; ours, as SINS (Fisher et al. 2010) gives no method."
    ),
    "body.loss": (
        "Height against that interpolated between the nearest uninvolved, wholly seen bodies above and below"
        " (one where only one is seen), each over the usual height of its level (Panjabi et al. 1991, Spine"
        " 16:861 and 16:888; 1992, Spine 17:299); a body 20 % below the others' median is no reference; ours."
    ),
    "body.involved": "Voxels of lesion in the body over voxels of the body.",
    "body.wall_offset": (
        "Distance of the hindmost part of the posterior wall behind the line from the wall above to the wall"
        " below; ours."
    ),
    "alignment.kyphosis": (
        "Angle between the upper end plate of the vertebra above and the lower one of the vertebra below"
        " (after Cobb 1948), from rim to rim, in the vertebra's own sagittal plane; kyphotic positive."
    ),
    "alignment.wedge": "Angle between the body's own end plates, from rim to rim.",
    "alignment.scoliosis": (
        "Angle between the axes of the vertebrae above and below in the coronal plane; thick sagittal slices"
        " make it coarse."
    ),
    "alignment.slip": (
        "Offset against the neighbour that the posterior and the anterior wall share; the larger of both"
        " neighbours, forwards positive."
    ),
    "canal.narrowing": (
        "Loss of the sac's depth at its narrowest against the median depths at the neighbouring vertebrae, in"
        " the middle 10 mm of the canal; ours."
    ),
    "canal.epidural_tumour": "Volume of lesion within the canal between the middles of the adjoining discs.",
    "canal.epidural_extent": "Length of that lesion along the vertebra's own axis.",
    "lesion.volume": "Number of voxels of the lesion times the volume of a voxel.",
    "lesion.phase_drop": "Loss of the lesion's mean signal from in phase to opposed phase, within bone.",
    "lesion.fat_fraction": (
        "Fat over water and fat, of the lesion's mean signals within bone (Dixon); T1 weighting makes it"
        " larger than that of protons."
    ),
    "lesion.adc": "Mean apparent diffusion coefficient of the lesion within bone.",
    "lesion.density": "Mean density of the lesion within bone on CT.",
    "lesion.diameter": (
        "Largest distance between two points of the lesion's surface in space (on its convex hull, through"
        " centres of voxel faces), not within one slice as RECIST measures (Eisenhauer et al. 2009, Eur J"
        " Cancer 45:228)."
    ),
}
