"""Relaxation times, proton density, fat and contrast uptake of every tissue at 1.5 and 3 T.

Values are of the water of a tissue; its fat is a second component with the relaxation of fat.
Numbers are means of the literature, rounded, for a patient at rest; ``spread`` draws a person's own.

Sources, by the letters in the table:
    A  Stanisz et al. 2005, Magn Reson Med 54:507 (muscle, white and grey matter, cord, optic nerve, blood,
       cartilage; 1.5 and 3 T).
    B  de Bazelaire et al. 2004, Radiology 230:652 (abdomen, paravertebral muscle, L4 marrow, fat; same).
    C  Gold et al. 2004, AJR 183:343, after Han et al. 2003, Proc ISMRM 11:450 (muscle, marrow and
       subcutaneous fat measured with echo trains; 1.5 and 3 T).
    D  Smith et al. 2008, Magn Reson Med 60:213 (cervical cord grey and white matter, 3 T).
    E  Rooney et al. 2007, Magn Reson Med 57:308 (CSF T1, nearly independent of field); Spijkerman et al.
       2018, MAGMA 31:415 (CSF T2, 1.5 to 3 s at 3 T outside narrow sulci). CSF at rest has a T1 of 4.3 s;
       the table has what it seems to have while pulsation brings in fresh spins (J).
    F  Le Ster et al. 2016, J Magn Reson Imaging 44:549 (vertebral marrow: T1 of water and fat, T2*, 1.5 T);
       Karampinos et al. 2018, J Magn Reson Imaging 47:332 (review); Ruschke et al. 2021, NMR Biomed 34:e4439
       (water T2 11-43 ms by STEAM at 3 T; echo trains, which refocus diffusion, see more).
    G  Blumenkrantz et al. 2010, Magn Reson Med 63:1193 (nucleus T2 by Pfirrmann grade, 3 T); Marinelli et al.
       2009, Spine 34:520, and Welsch et al. 2011, Eur Radiol 21:2388 (nucleus and annulus).
    H  Bojorquez et al. 2017, Magn Reson Imaging 35:69 (review at 3 T: the range of published values).
    J  No good measurement known to us: set so that the look on T1, T2 and STIR is the described one
       (Montoya-Bordón et al. 2023; Hanrahan & Shah 2011, Radiol Clin North Am 49:1275).

Uptake is the change of R1 some minutes after 0.1 mmol/kg of a gadolinium chelate, relaxivity about
4.5 /mM/s: blood then holds about 0.5 mM, other tissues their extracellular share of it (J for tumour).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinemets.phantom.spec import HabitusSpec
from spinemets.phantom.tissue import Tissue

Floats = npt.NDArray[np.float32]

FIELD_STRENGTHS_T = (1.5, 3.0)
CODE_COUNT = 256


@dataclass(frozen=True, slots=True)
class WaterRow:
    """A tissue in the table; pairs are for 1.5 and 3 T.

    Args:
        t1_ms: Longitudinal relaxation time of water.
        t2_ms: Transverse relaxation time of water in an echo train.
        density: Visible protons per volume, CSF = 1; what is bound in mineral or collagen is not seen.
        fat_fraction: Share of the visible protons that are fat's, 0 to 1.
        r2_prime_per_s: What field inhomogeneity adds to R2 at 1.5 T; grows with the field.
        uptake_per_s: Change of the water's R1 after contrast agent.
    """

    t1_ms: tuple[float, float]
    t2_ms: tuple[float, float]
    density: float
    fat_fraction: float = 0.0
    r2_prime_per_s: float = 8.0
    uptake_per_s: float = 0.0


# Fat: T1 from C; T2 in an echo train (C: 165/133 ms) is far longer than in a single spin echo (B: 58/68 ms),
# since the train undoes J-coupling: why fat is bright on turbo spin echo (Henkelman et al. 1992, JMRI 2:533).
FAT_T1_MS = (288.0, 371.0)
FAT_T2_TRAIN_MS = (165.0, 133.0)
FAT_T2_SINGLE_ECHO_MS = (58.0, 68.0)

_VOID = WaterRow((1000.0, 1000.0), (1.0, 1.0), 0.0, r2_prime_per_s=500.0)
# Marrow's T2 and density and the cord's T2 (a fifth above D) are moved so that ratios match real images (J).
_MARROW_T1 = (700.0, 900.0)  # F
_MARROW_T2 = (48.0, 42.0)  # B
_TRABECULAR = 45.0  # F: T2* of marrow 12-15 ms at 1.5 T

TABLE: dict[Tissue, WaterRow] = {
    Tissue.AIR: _VOID,
    Tissue.SUBCUTANEOUS_FAT: WaterRow((700.0, 900.0), (40.0, 36.0), 0.95, 0.95, 8.0, 0.05),  # B C
    Tissue.SKIN: WaterRow((800.0, 1000.0), (30.0, 28.0), 0.7, 0.1, 20.0, 0.5),  # H
    Tissue.MUSCLE: WaterRow((1008.0, 1412.0), (31.0, 30.0), 0.79, 0.05, 10.0, 0.3),  # A B C
    Tissue.VISCERA: WaterRow((650.0, 900.0), (50.0, 45.0), 0.8, 0.06, 12.0, 0.9),  # B
    Tissue.LUNG: WaterRow((1200.0, 1400.0), (30.0, 25.0), 0.15, 0.0, 500.0, 1.0),  # H
    Tissue.BLOOD_VESSEL: WaterRow((1441.0, 1932.0), (290.0, 275.0), 0.87, 0.0, 5.0, 2.3),  # A
    Tissue.FASCIA: WaterRow((800.0, 900.0), (12.0, 11.0), 0.4, 0.05, 20.0, 0.2),  # J
    Tissue.CORTICAL_BONE: WaterRow((250.0, 300.0), (1.0, 1.0), 0.2, 0.0, 500.0, 0.0),  # H
    Tissue.BODY_MARROW: WaterRow(_MARROW_T1, _MARROW_T2, 0.8, 0.45, _TRABECULAR, 0.25),  # F
    Tissue.POSTERIOR_MARROW: WaterRow(_MARROW_T1, _MARROW_T2, 0.76, 0.55, _TRABECULAR, 0.2),  # F
    Tissue.BASIVERTEBRAL_VEIN: WaterRow((1300.0, 1700.0), (120.0, 110.0), 0.8, 0.2, 15.0, 2.0),  # A J
    Tissue.DISC_NUCLEUS: WaterRow((1200.0, 1500.0), (95.0, 90.0), 0.8, 0.0, 5.0, 0.02),  # G
    Tissue.DISC_ANNULUS: WaterRow((900.0, 1150.0), (42.0, 38.0), 0.68, 0.0, 15.0, 0.02),  # G
    Tissue.LIGAMENT: WaterRow((700.0, 800.0), (8.0, 7.0), 0.45, 0.02, 25.0, 0.1),  # H
    Tissue.CEREBROSPINAL_FLUID: WaterRow((3000.0, 3000.0), (1500.0, 1300.0), 1.0, 0.0, 2.0, 0.0),  # E J
    Tissue.CORD_WHITE_MATTER: WaterRow((750.0, 880.0), (92.0, 86.0), 0.62, 0.0, 6.0, 0.02),  # A D
    Tissue.CORD_GREY_MATTER: WaterRow((850.0, 980.0), (96.0, 90.0), 0.73, 0.0, 6.0, 0.02),  # A D
    Tissue.NERVE_ROOT: WaterRow((815.0, 1083.0), (77.0, 78.0), 0.72, 0.0, 8.0, 0.1),  # A
    Tissue.EPIDURAL_FAT: WaterRow((700.0, 900.0), (40.0, 36.0), 0.93, 0.92, 8.0, 0.15),  # C
    Tissue.DURA: WaterRow((900.0, 1000.0), (20.0, 18.0), 0.5, 0.0, 10.0, 1.0),  # J
    Tissue.INTERMUSCULAR_FAT: WaterRow((800.0, 1000.0), (38.0, 35.0), 0.92, 0.85, 8.0, 0.1),  # C
    Tissue.DISC_DEGENERATE: WaterRow((900.0, 1150.0), (55.0, 50.0), 0.65, 0.0, 15.0, 0.05),  # G
    Tissue.BOWEL: WaterRow((1100.0, 1400.0), (80.0, 70.0), 0.65, 0.05, 40.0, 1.0),  # H
    Tissue.BRAIN: WaterRow((950.0, 1300.0), (85.0, 80.0), 0.75, 0.0, 6.0, 0.03),  # A
    Tissue.LYTIC_TUMOUR: WaterRow((1400.0, 1700.0), (95.0, 88.0), 0.8, 0.02, 8.0, 1.7),  # J
    Tissue.MIXED_TUMOUR: WaterRow((1250.0, 1500.0), (72.0, 66.0), 0.6, 0.04, 25.0, 1.2),  # J
    Tissue.BLASTIC_TUMOUR: WaterRow((950.0, 1150.0), (25.0, 22.0), 0.3, 0.04, 60.0, 0.6),  # J
    Tissue.SOFT_TISSUE_TUMOUR: WaterRow((1400.0, 1700.0), (90.0, 84.0), 0.82, 0.01, 8.0, 1.7),  # J
    Tissue.TUMOUR_HALO: WaterRow((1700.0, 2000.0), (140.0, 130.0), 0.9, 0.04, 8.0, 1.0),  # J
    Tissue.HAEMANGIOMA: WaterRow((1100.0, 1300.0), (160.0, 150.0), 0.85, 0.6, 20.0, 0.8),  # J
    Tissue.MARROW_OEDEMA: WaterRow((1050.0, 1300.0), (90.0, 82.0), 0.78, 0.22, 25.0, 0.7),  # J
    Tissue.FATTY_MARROW: WaterRow(_MARROW_T1, _MARROW_T2, 0.82, 0.85, 25.0, 0.1),  # F
    Tissue.ENDPLATE_SCLEROSIS: WaterRow((800.0, 950.0), (20.0, 18.0), 0.3, 0.05, 70.0, 0.1),  # J
    Tissue.RED_MARROW: WaterRow((720.0, 930.0), (50.0, 45.0), 0.82, 0.22, 35.0, 0.4),  # F
    Tissue.BONE_ISLAND: WaterRow((800.0, 900.0), (3.0, 3.0), 0.15, 0.0, 150.0, 0.0),  # J
    Tissue.FRACTURE_CLEFT_FLUID: WaterRow((3000.0, 3200.0), (500.0, 450.0), 0.97, 0.0, 5.0, 0.0),  # E J
    Tissue.FRACTURE_LINE: WaterRow((900.0, 1100.0), (18.0, 16.0), 0.35, 0.0, 60.0, 0.2),  # J
    Tissue.DISCITIS: WaterRow((1500.0, 1800.0), (130.0, 120.0), 0.9, 0.0, 8.0, 1.5),  # J
    Tissue.SCHMORL_NODE: WaterRow((1000.0, 1250.0), (58.0, 52.0), 0.7, 0.02, 15.0, 0.3),  # G J
    Tissue.METAL: _VOID,
}

# Published means of one tissue differ by about this much between people and centres (H).
SPREAD_SD = 0.08
# Water content varies less.
DENSITY_SPREAD_SD = 0.03
_POSTERIOR_ELEMENTS_MORE_FAT = 0.1  # B F: pedicles and arches hold more yellow marrow than bodies
_MARROW_FAT_LIMITS = (0.05, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class TissueParameters:
    """The table for one person at one field strength: arrays of 256 values, indexed by tissue code.

    Codes that no tissue has are void. Fat's own relaxation is the same in every tissue.
    """

    field_strength_t: float
    t1_ms: Floats
    t2_ms: Floats
    t2_star_ms: Floats
    density: Floats
    fat_fraction: Floats
    uptake_per_s: Floats
    fat_t1_ms: float
    fat_t2_train_ms: float
    fat_t2_single_echo_ms: float


def tissue_parameters(
    field_strength_t: float, habitus: HabitusSpec, rng: np.random.Generator | None = None
) -> TissueParameters:
    """Relaxation, density and fat of a person's tissues.

    Args:
        field_strength_t: 1.5 or 3 T.
        habitus: Gives the fat fraction of marrow and muscle.
        rng: Draws the person's own relaxation times and densities about the means; None gives the means.
            The same generator state gives the same person at both field strengths.

    Raises:
        ValueError: If the field strength is not in the table.
    """
    if field_strength_t not in FIELD_STRENGTHS_T:
        raise ValueError(f"field_strength_t is {field_strength_t}; the table holds {FIELD_STRENGTHS_T}")
    field_index = FIELD_STRENGTHS_T.index(field_strength_t)
    columns = np.zeros((6, CODE_COUNT), dtype=np.float32)
    columns[:2] = 1.0
    for tissue, row in TABLE.items():
        columns[:, tissue] = (
            row.t1_ms[field_index],
            row.t2_ms[field_index],
            row.density,
            row.fat_fraction,
            row.r2_prime_per_s * field_strength_t / FIELD_STRENGTHS_T[0],
            row.uptake_per_s,
        )
    t1, t2, density, fat_fraction, r2_prime, uptake = columns
    if rng is not None:
        _spread(rng, SPREAD_SD, t1, t2, uptake)
        _spread(rng, DENSITY_SPREAD_SD, density)
    _apply_habitus(fat_fraction, habitus)
    return TissueParameters(
        field_strength_t=field_strength_t,
        t1_ms=t1,
        t2_ms=t2,
        t2_star_ms=1000.0 / (1000.0 / t2 + r2_prime),
        density=np.minimum(density, 1.0),
        fat_fraction=fat_fraction,
        uptake_per_s=uptake,
        fat_t1_ms=FAT_T1_MS[field_index],
        fat_t2_train_ms=FAT_T2_TRAIN_MS[field_index],
        fat_t2_single_echo_ms=FAT_T2_SINGLE_ECHO_MS[field_index],
    )


def _spread(rng: np.random.Generator, sd: float, *columns: Floats) -> None:
    for column in columns:
        column *= np.exp(rng.normal(0.0, sd, size=CODE_COUNT)).astype(np.float32)


def _apply_habitus(fat_fraction: Floats, habitus: HabitusSpec) -> None:
    low, high = _MARROW_FAT_LIMITS
    marrow = habitus.marrow_fat_fraction
    fat_fraction[Tissue.BODY_MARROW] = np.clip(marrow, low, high)
    fat_fraction[Tissue.POSTERIOR_MARROW] = np.clip(marrow + _POSTERIOR_ELEMENTS_MORE_FAT, low, high)
    fat_fraction[Tissue.MUSCLE] = np.clip(habitus.muscle_fat_fraction, 0.0, high)
