"""The tissues that a digital spine is made of."""

from enum import IntEnum, unique


@unique
class Tissue(IntEnum):
    """What a voxel of a digital spine consists of; the scanner knows signal by these codes alone."""

    AIR = 0
    SUBCUTANEOUS_FAT = 1
    SKIN = 2
    MUSCLE = 3
    VISCERA = 4
    LUNG = 5
    BLOOD_VESSEL = 6
    FASCIA = 7
    CORTICAL_BONE = 8
    BODY_MARROW = 9
    POSTERIOR_MARROW = 10
    BASIVERTEBRAL_VEIN = 11
    DISC_NUCLEUS = 12
    DISC_ANNULUS = 13
    LIGAMENT = 14
    CEREBROSPINAL_FLUID = 15
    CORD_WHITE_MATTER = 16
    CORD_GREY_MATTER = 17
    NERVE_ROOT = 18
    EPIDURAL_FAT = 19
    DURA = 20
    INTERMUSCULAR_FAT = 21
    DISC_DEGENERATE = 22
    BOWEL = 23
    BRAIN = 24
    # Tumour
    LYTIC_TUMOUR = 40
    MIXED_TUMOUR = 41
    BLASTIC_TUMOUR = 42
    SOFT_TISSUE_TUMOUR = 43
    TUMOUR_HALO = 44
    # Look-alikes
    HAEMANGIOMA = 60
    MARROW_OEDEMA = 61
    FATTY_MARROW = 62
    ENDPLATE_SCLEROSIS = 63
    RED_MARROW = 64
    BONE_ISLAND = 65
    FRACTURE_CLEFT_FLUID = 66
    FRACTURE_LINE = 67
    DISCITIS = 68
    SCHMORL_NODE = 69
    METAL = 80
