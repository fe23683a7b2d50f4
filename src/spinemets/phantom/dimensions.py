"""Published dimensions of vertebrae, discs, canal, sac and cord, by level.

Population means, both sexes together, rounded, some moved so that bodies match healthy MRI (J): quote the
papers, not this table. The draw of a person scales and scatters them.

Sources, by the letters in the tables:
    A  Panjabi et al. 1991, Spine 16:861 (cervical vertebrae C2-C7).
    B  Panjabi et al. 1991, Spine 16:888 (thoracic vertebrae).
    C  Panjabi et al. 1992, Spine 17:299 (lumbar vertebrae).
    D  Gilad & Nissan 1986, Spine 11:154 (anterior heights of cervical and lumbar bodies and discs; their
       wedge).
    E  Zhou et al. 2000, Eur Spine J 9:242 (lumbar bodies and discs on CT: larger than C's small cadavers).
    F  Kunkel et al. 2011, J Anat 219:375 (thoracic discs).
    G  Frostell et al. 2016, Front Neurol 7:238 (cord).
    H  Kato et al. 2012, Eur Spine J 21:1499 (cervical sac and cord on MRI of 1211 people without symptoms).
    J  No table by level known to us (sac, lumbar spinous processes and heights among them): read from healthy
       MRI (Chu et al. 2015, PLoS ONE 10:e0143327).
    K  Cheng & Song 2003, Neurosurg Focus 15:E3 (sacrum), rounded, with anatomy texts for what it lacks.
"""

from dataclasses import dataclass

from spinemets.anatomy import Level


@dataclass(frozen=True, slots=True)
class VertebraRow:
    """Mean dimensions of one level in mm, as the fields of ``VertebraSpec``.

    ``wedge_deg`` is positive where the body is taller in front; heights are from the posterior one.
    ``spinous_length_mm`` runs from the posterior wall of the body to the tip of the process.
    """

    depth_mm: float
    width_mm: float
    posterior_height_mm: float
    wedge_deg: float
    canal_depth_mm: float
    canal_width_mm: float
    pedicle_width_mm: float
    pedicle_height_mm: float
    spinous_length_mm: float
    transverse_span_mm: float
    concavity_mm: float


@dataclass(frozen=True, slots=True)
class DiscRow:
    """Mean height in the middle and wedge (positive where taller in front) of the disc below a level."""

    height_mm: float
    wedge_deg: float


@dataclass(frozen=True, slots=True)
class SacRow:
    """Full width and depth of the thecal sac and of the cord in mm at a level's middle."""

    sac_width_mm: float
    sac_depth_mm: float
    cord_width_mm: float
    cord_depth_mm: float


# depth, width, posterior height, wedge, canal depth and width, pedicle width and height, spinous, span,
# concavity
VERTEBRAE: dict[Level, VertebraRow] = {
    Level.C1: VertebraRow(17.0, 20.0, 12.0, 0.0, 19.0, 28.0, 8.0, 8.0, 34.0, 78.0, 0.0),  # H, texts
    Level.C2: VertebraRow(15.6, 17.5, 20.0, 0.0, 18.0, 24.0, 8.0, 9.0, 36.0, 56.0, 1.0),  # A
    Level.C3: VertebraRow(15.6, 17.4, 13.4, -1.0, 15.6, 23.2, 5.8, 7.4, 32.0, 52.0, 1.0),  # A D H
    Level.C4: VertebraRow(15.8, 18.2, 13.0, -1.5, 15.2, 24.0, 5.6, 7.4, 32.0, 52.0, 1.0),  # A D H
    Level.C5: VertebraRow(16.2, 19.0, 12.8, -2.0, 15.4, 24.6, 5.8, 7.0, 33.0, 54.0, 1.1),  # A D H
    Level.C6: VertebraRow(17.2, 21.0, 12.8, -1.5, 15.6, 25.2, 6.2, 7.3, 38.0, 57.0, 1.1),  # A D H
    Level.C7: VertebraRow(17.6, 23.2, 14.2, 0.0, 15.6, 24.6, 6.8, 7.5, 47.0, 68.0, 1.1),  # A D H
    Level.T1: VertebraRow(18.0, 26.0, 15.6, -1.5, 16.4, 21.8, 8.5, 9.6, 50.0, 75.0, 1.1),  # B
    Level.T2: VertebraRow(19.4, 25.6, 16.8, -2.0, 15.8, 19.5, 8.2, 11.4, 51.0, 69.0, 1.2),  # B
    Level.T3: VertebraRow(21.6, 25.0, 17.2, -2.5, 15.6, 18.3, 6.8, 11.9, 50.0, 62.0, 1.2),  # B
    Level.T4: VertebraRow(23.2, 25.0, 17.6, -3.0, 15.8, 17.4, 6.3, 12.1, 51.0, 60.0, 1.2),  # B
    Level.T5: VertebraRow(24.6, 25.6, 18.0, -3.5, 15.8, 17.4, 6.0, 11.9, 52.0, 60.0, 1.3),  # B
    Level.T6: VertebraRow(26.0, 26.6, 18.6, -3.8, 15.8, 17.4, 6.0, 12.2, 53.0, 60.0, 1.3),  # B
    Level.T7: VertebraRow(27.4, 28.0, 19.2, -4.0, 15.8, 17.4, 5.9, 12.0, 53.0, 60.0, 1.4),  # B
    Level.T8: VertebraRow(28.2, 29.5, 19.8, -3.6, 15.8, 17.8, 6.7, 12.5, 53.0, 59.0, 1.4),  # B
    Level.T9: VertebraRow(29.2, 30.8, 20.4, -3.0, 15.6, 18.0, 7.7, 13.9, 52.0, 59.0, 1.5),  # B
    Level.T10: VertebraRow(30.0, 32.4, 21.6, -2.6, 15.6, 18.4, 9.0, 14.9, 51.0, 57.0, 1.6),  # B
    Level.T11: VertebraRow(31.0, 35.4, 23.6, -3.0, 16.0, 19.6, 9.4, 16.8, 51.0, 52.0, 1.7),  # B
    Level.T12: VertebraRow(31.8, 39.2, 25.4, -3.0, 17.2, 22.0, 8.8, 16.7, 54.0, 47.0, 1.8),  # B
    Level.L1: VertebraRow(32.4, 41.6, 27.4, -2.0, 17.6, 23.2, 8.6, 15.8, 47.0, 72.0, 2.0),  # C E
    Level.L2: VertebraRow(33.2, 43.4, 28.0, -0.8, 17.2, 23.6, 8.6, 15.2, 49.0, 78.0, 2.2),  # C E
    Level.L3: VertebraRow(34.0, 45.4, 28.0, 1.2, 16.8, 24.0, 10.2, 15.0, 49.0, 86.0, 2.3),  # C D E
    Level.L4: VertebraRow(34.6, 47.6, 27.4, 2.8, 17.0, 25.0, 13.4, 15.4, 47.0, 84.0, 2.3),  # C D E
    Level.L5: VertebraRow(34.6, 49.4, 25.2, 7.8, 17.6, 26.4, 17.6, 17.0, 39.0, 92.0, 2.2),  # C D E
    Level.S1: VertebraRow(27.0, 48.0, 27.0, 6.0, 15.0, 28.0, 20.0, 20.0, 38.0, 108.0, 0.6),  # K
    Level.S2: VertebraRow(19.0, 36.0, 24.0, 0.0, 11.5, 24.0, 18.0, 16.0, 28.0, 94.0, 0.2),  # K
    Level.S3: VertebraRow(14.0, 30.0, 20.5, -6.0, 8.5, 18.0, 14.0, 12.0, 21.0, 78.0, 0.1),  # K
    Level.S4: VertebraRow(10.5, 26.0, 17.5, -8.0, 6.5, 14.0, 10.0, 9.0, 14.0, 62.0, 0.1),  # K
    Level.S5: VertebraRow(8.5, 22.0, 14.5, -8.0, 5.0, 10.0, 7.0, 7.0, 9.0, 46.0, 0.1),  # K
}

# The disc below the level.
DISCS: dict[Level, DiscRow] = {
    Level.C2: DiscRow(5.2, 2.5),  # D
    Level.C3: DiscRow(5.4, 3.0),  # D
    Level.C4: DiscRow(5.5, 3.0),  # D
    Level.C5: DiscRow(5.4, 3.2),  # D
    Level.C6: DiscRow(5.6, 3.0),  # D
    Level.C7: DiscRow(5.0, 1.5),  # F
    Level.T1: DiscRow(4.5, -0.2),  # F
    Level.T2: DiscRow(4.2, -0.5),  # F
    Level.T3: DiscRow(4.1, -0.6),  # F
    Level.T4: DiscRow(4.2, -0.8),  # F
    Level.T5: DiscRow(4.5, -0.8),  # F
    Level.T6: DiscRow(4.8, -0.8),  # F
    Level.T7: DiscRow(5.1, -0.8),  # F
    Level.T8: DiscRow(5.4, -0.6),  # F
    Level.T9: DiscRow(5.8, -0.3),  # F
    Level.T10: DiscRow(6.4, 0.0),  # F
    Level.T11: DiscRow(7.0, 0.5),  # F
    Level.T12: DiscRow(7.6, 1.5),  # D F
    Level.L1: DiscRow(8.6, 3.8),  # D E
    Level.L2: DiscRow(9.8, 5.8),  # D E
    Level.L3: DiscRow(10.8, 8.0),  # D E
    Level.L4: DiscRow(11.4, 10.5),  # D E
    Level.L5: DiscRow(10.4, 13.5),  # D E
    Level.S1: DiscRow(3.0, -2.0),  # K
    Level.S2: DiscRow(1.6, -6.0),  # K
    Level.S3: DiscRow(1.0, -6.0),  # K
    Level.S4: DiscRow(0.8, -6.0),  # K
}

# Sac width and depth, cord width and depth. The cord ends where the person's conus lies, whatever stands
# here.
SACS: dict[Level, SacRow] = {
    Level.C1: SacRow(23.0, 15.5, 11.8, 8.2),  # G H
    Level.C2: SacRow(21.0, 14.5, 12.0, 8.0),  # G H
    Level.C3: SacRow(19.5, 13.0, 12.5, 7.8),  # G H
    Level.C4: SacRow(19.5, 12.6, 13.0, 7.6),  # G H
    Level.C5: SacRow(19.8, 12.6, 13.3, 7.4),  # G H
    Level.C6: SacRow(20.0, 12.8, 13.0, 7.2),  # G H
    Level.C7: SacRow(18.8, 12.8, 11.8, 7.0),  # G H
    Level.T1: SacRow(16.8, 12.8, 10.6, 6.8),  # G J
    Level.T2: SacRow(15.2, 12.4, 9.7, 6.6),  # G J
    Level.T3: SacRow(14.4, 12.2, 9.2, 6.5),  # G J
    Level.T4: SacRow(14.0, 12.2, 8.9, 6.4),  # G J
    Level.T5: SacRow(14.0, 12.2, 8.7, 6.4),  # G J
    Level.T6: SacRow(14.0, 12.2, 8.5, 6.3),  # G J
    Level.T7: SacRow(14.0, 12.2, 8.4, 6.3),  # G J
    Level.T8: SacRow(14.2, 12.2, 8.3, 6.3),  # G J
    Level.T9: SacRow(14.4, 12.4, 8.4, 6.4),  # G J
    Level.T10: SacRow(14.8, 12.8, 8.8, 6.6),  # G J
    Level.T11: SacRow(15.6, 13.4, 9.3, 7.0),  # G J
    Level.T12: SacRow(16.8, 14.6, 9.6, 7.4),  # G J
    Level.L1: SacRow(17.4, 15.0, 8.4, 6.8),  # G J
    Level.L2: SacRow(17.2, 14.6, 6.0, 5.0),  # G J
    Level.L3: SacRow(16.8, 13.8, 0.0, 0.0),  # J
    Level.L4: SacRow(16.6, 13.2, 0.0, 0.0),  # J
    Level.L5: SacRow(16.0, 12.4, 0.0, 0.0),  # J
    Level.S1: SacRow(13.0, 9.6, 0.0, 0.0),  # J
    Level.S2: SacRow(8.0, 5.6, 0.0, 0.0),  # J
}

# Between people, as a share of the mean (coefficients of variation in A, B, C and E are 5 to 12 %): a
# person's
# overall size, and what one level has of its own.
SIZE_SD = 0.045
LEVEL_SD = 0.03
# Men's vertebrae are larger than women's by about this factor in depth and width (E); heights differ less.
MALE_TO_FEMALE = 1.12
CANAL_SD = 0.07
SAC_SD = 0.06
DISC_SD = 0.08

# T13 and L6 are like the last of their kind, which then is like the last but one.
_LIKE = {Level.T13: Level.T12, Level.L6: Level.L5}


def row_of(level: Level) -> VertebraRow:
    """The row of a level; T13 and L6 take those of T12 and L5."""
    return VERTEBRAE[_LIKE.get(level, level)]


def disc_row_below(level: Level) -> DiscRow:
    """The row of the disc below a level; T13 and L6 take those of T12 and L5."""
    return DISCS[_LIKE.get(level, level)]


def sac_row_of(level: Level) -> SacRow:
    """The row of the sac at a level; below S2 there is none.

    Raises:
        KeyError: If there is no sac at the level.
    """
    return SACS[_LIKE.get(level, level)]
