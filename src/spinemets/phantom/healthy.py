"""Random normal people: the specification of a spine without metastases."""

from dataclasses import dataclass, replace

import numpy as np

from spinemets.anatomy import Level, Numbering, Region
from spinemets.phantom import dimensions
from spinemets.phantom.chain import frames_of
from spinemets.phantom.spec import CurveSpec, DiscSpec, HabitusSpec, SpineSpec, VertebraSpec

# Chances of unusual counts. Thoracolumbar transition, 13 or 11 pairs of ribs, and lumbosacral transition,
# 6 or 4 lumbar vertebrae: 4 to 8 % and 4 to 30 % by definition (Carrino et al. 2011, Radiology 259:196;
# Konin & Walz 2010, AJNR 31:1778); the narrow definitions are taken here.
_THORACIC_COUNTS = ((11, 0.02), (12, 0.955), (13, 0.025))
_LUMBAR_COUNTS = ((4, 0.04), (5, 0.91), (6, 0.05))

# Mean and SD of angles. Lying: a little flatter than the standing values of Vialle et al. 2005 (J Bone Joint
# Surg Am 87:260) and Boseker et al. 2000 (J Pediatr Orthop 20:796); cervical from Been et al. 2017, Clin
# Anat.
_CERVICAL_LORDOSIS_DEG = (14.0, 7.0)
_THORACIC_KYPHOSIS_DEG = (36.0, 8.0)
_LUMBAR_LORDOSIS_DEG = (50.0, 8.0)
_SACRAL_SLOPE_DEG = 38.0
# Supine, the sacrum and these vertebrae touch the table; a pillow or a bent knee makes this difference.
_LIES_ON = (Level.T5, Level.T6, Level.T7, Level.T8)
_LYING_SD_DEG = 1.5
_SCOLIOSIS_CHANCE = 0.3
_SCOLIOSIS_DEG = (2.0, 14.0)

_AGE_YEARS = (30.0, 85.0)
# Discs with Pfirrmann 3 or more at a lumbar level by age: about half at 40, nine in ten at 70, lower lumbar
# ones first (Brinjikji et al. 2015, AJNR 36:811; Teraguchi et al. 2014, Osteoarthritis Cartilage 22:104).
_GRADE_AT_40 = 2.1
_GRADE_PER_DECADE = 0.4
_GRADE_SD = 0.7
_GRADE_OF_LEVEL = {
    Level.L4: 0.7, Level.L5: 0.7, Level.L3: 0.25, Level.C5: 0.7, Level.C6: 0.5, Level.C4: 0.3,
    Level.T1: -0.6, Level.T2: -0.5, Level.T3: -0.4,
}  # fmt: skip
# Share of a disc's height lost by Pfirrmann grade (grades 4 and 5 are narrowed by definition; Pfirrmann et
# al.
# 2001, Spine 26:1873), and how far its margin then bulges.
_HEIGHT_LOST = {1: 0.0, 2: 0.02, 3: 0.08, 4: 0.22, 5: 0.5}
_BULGE_MM = {1: (0.0, 0.2), 2: (0.0, 0.5), 3: (0.2, 1.2), 4: (0.5, 2.5), 5: (0.8, 2.8)}
_OSTEOPOROSIS_CHANCE = 0.25
_OSTEOPOROTIC_CONCAVITY = (1.3, 2.2)


@dataclass(frozen=True, slots=True)
class Person:
    """What the parts of a drawn person have in common.

    Args:
        male: Sex.
        age_years: Age.
        size: Scale of the skeleton, 1 for the mean of both sexes.
        osteoporotic: Whether end plates are concave and marrow fatty.
    """

    male: bool
    age_years: float
    size: float
    osteoporotic: bool


def draw_person(rng: np.random.Generator) -> Person:
    """A random adult of the age at which spines are imaged for metastases."""
    male = bool(rng.uniform() < 0.5)
    age = float(rng.uniform(*_AGE_YEARS))
    # Half of the difference between the sexes to either side of the mean.
    sex_factor = dimensions.MALE_TO_FEMALE ** (0.5 if male else -0.5)
    size = float(np.clip(sex_factor * rng.normal(1.0, dimensions.SIZE_SD), 0.85, 1.16))
    osteoporotic = bool(rng.uniform() < _OSTEOPOROSIS_CHANCE * (1.5 if not male else 0.7) * (age > 55))
    return Person(male, age, size, osteoporotic)


def draw_healthy_spec(rng: np.random.Generator, person: Person | None = None) -> SpineSpec:
    """A random spine with normal variation and wear, without metastases.

    Args:
        rng: Source of randomness; the specification keeps a seed drawn from it.
        person: Whose spine; drawn if not given.
    """
    seed = int(rng.integers(2**32))
    person = draw_person(rng) if person is None else person
    numbering = Numbering(_draw_count(_THORACIC_COUNTS, rng), _draw_count(_LUMBAR_COUNTS, rng))
    curve = _draw_curve(numbering, rng)
    vertebrae = tuple(
        _draw_vertebra(level, person, rng) for level in numbering.levels if level is not Level.OCCIPUT
    )
    discs = _draw_discs(numbering, person, rng)
    vertebrae, discs = fit_curve(vertebrae, discs, curve)
    spec = SpineSpec(
        seed=seed,
        numbering=numbering,
        curve=curve,
        habitus=_draw_habitus(person, rng),
        vertebrae=vertebrae,
        discs=discs,
    )
    return laid_down(spec, float(rng.normal(0.0, _LYING_SD_DEG)))


def laid_down(spec: SpineSpec, off_deg: float = 0.0) -> SpineSpec:
    """The spine with the sacral slope at which sacrum and thoracic spine lie on one flat table.

    Args:
        spec: A spine.
        off_deg: How far the slope is from that.
    """
    frames = frames_of(spec)
    sacrum = frames[Level.S2].to_world_mm(np.array([0.0, -35.0, 0.0]))
    ribs = np.array([frames[level].to_world_mm(np.array([0.0, -75.0, 0.0])) for level in _LIES_ON])
    highest = ribs[np.argmin(ribs[:, 1])] - sacrum
    slope = spec.curve.sacral_slope_deg - float(np.degrees(np.arctan2(highest[1], highest[2]))) + off_deg
    return replace(spec, curve=replace(spec.curve, sacral_slope_deg=slope))


def fit_curve(
    vertebrae: tuple[VertebraSpec, ...], discs: tuple[DiscSpec, ...], curve: CurveSpec
) -> tuple[tuple[VertebraSpec, ...], tuple[DiscSpec, ...]]:
    """Wedges discs (and thoracic bodies) so that each region's angles add up to the curve asked for.

    Mean heights of discs and posterior heights of bodies stay. Cervical lordosis is from the lower end
    plate of C2 to that of C7, thoracic kyphosis from the upper one of T1 to the lower one of the last
    thoracic vertebra, lumbar lordosis from there to S1.
    """
    fitted_bodies, fitted_discs = list(vertebrae), list(discs)
    for region, wanted in (
        (Region.CERVICAL, curve.cervical_lordosis_deg),
        (Region.THORACIC, -curve.thoracic_kyphosis_deg),
        (Region.LUMBAR, curve.lumbar_lordosis_deg),
    ):
        bodies = [i for i, each in enumerate(vertebrae) if _bends(each.level, region)]
        spaces = [i for i, each in enumerate(discs) if _disc_region(each.above, vertebrae) is region]
        missing = wanted - sum(body_wedge_deg(vertebrae[i]) for i in bodies)
        missing -= sum(disc_wedge_deg(discs[i], vertebrae) for i in spaces)
        body_share = 0.6 if region is Region.THORACIC else 0.0
        for i in bodies:
            fitted_bodies[i] = _wedged_body(vertebrae[i], missing * body_share / len(bodies))
        for i in spaces:
            fitted_discs[i] = _wedged_disc(discs[i], missing * (1 - body_share) / len(spaces), vertebrae)
    return tuple(fitted_bodies), tuple(fitted_discs)


def body_wedge_deg(vertebra: VertebraSpec) -> float:
    """Angle between the end plates, positive where the body is taller in front."""
    difference = vertebra.anterior_height_mm - vertebra.posterior_height_mm
    return float(np.degrees(2.0 * np.arctan(difference / (2.0 * vertebra.depth_mm))))


def disc_wedge_deg(disc: DiscSpec, vertebrae: tuple[VertebraSpec, ...]) -> float:
    """Angle between the end plates beside a disc, positive where it is taller in front."""
    difference = disc.anterior_height_mm - disc.posterior_height_mm
    return float(np.degrees(2.0 * np.arctan(difference / (2.0 * _depth_at(disc.above, vertebrae)))))


def _depth_at(level: Level, vertebrae: tuple[VertebraSpec, ...]) -> float:
    return next(each.depth_mm for each in vertebrae if each.level is level)


def _bends(level: Level, region: Region) -> bool:
    return level.region is region and level not in (Level.C1, Level.C2)


def _disc_region(above: Level, vertebrae: tuple[VertebraSpec, ...]) -> Region:
    # The disc below the last cervical or thoracic vertebra bends with the region below it.
    levels = [each.level for each in vertebrae]
    below = levels[levels.index(above) + 1]
    return above.region if below.region is Region.SACRAL else below.region


def _wedged_body(vertebra: VertebraSpec, by_deg: float) -> VertebraSpec:
    wedge = np.radians(body_wedge_deg(vertebra) + by_deg)
    difference = 2.0 * vertebra.depth_mm * float(np.tan(wedge / 2.0))
    return replace(vertebra, anterior_height_mm=vertebra.posterior_height_mm + difference)


def _wedged_disc(disc: DiscSpec, by_deg: float, vertebrae: tuple[VertebraSpec, ...]) -> DiscSpec:
    height = (disc.anterior_height_mm + disc.posterior_height_mm) / 2.0
    wedge = np.radians(disc_wedge_deg(disc, vertebrae) + by_deg)
    half = _depth_at(disc.above, vertebrae) * float(np.tan(wedge / 2.0))
    # Neither edge closes.
    half = float(np.clip(half, -0.75 * height, 0.75 * height))
    return replace(disc, anterior_height_mm=height + half, posterior_height_mm=height - half)


def _draw_count(counts: tuple[tuple[int, float], ...], rng: np.random.Generator) -> int:
    values, chances = zip(*counts, strict=True)
    return int(rng.choice(values, p=chances))


def _draw_curve(numbering: Numbering, rng: np.random.Generator) -> CurveSpec:
    lordosis = _normal(_LUMBAR_LORDOSIS_DEG, rng)
    apexes = [each for each in numbering.levels if each.region in (Region.THORACIC, Region.LUMBAR)]
    bent = bool(rng.uniform() < _SCOLIOSIS_CHANCE)
    side = 1.0 if rng.uniform() < 0.5 else -1.0
    cobb = float(rng.uniform(*_SCOLIOSIS_DEG)) * side
    apex = apexes[int(rng.integers(4, len(apexes) - 2))]
    return CurveSpec(
        cervical_lordosis_deg=_normal(_CERVICAL_LORDOSIS_DEG, rng),
        thoracic_kyphosis_deg=_normal(_THORACIC_KYPHOSIS_DEG, rng),
        lumbar_lordosis_deg=lordosis,
        sacral_slope_deg=_SACRAL_SLOPE_DEG,
        scoliosis_deg=cobb if bent else 0.0,
        scoliosis_apex=apex,
        tilt_deg=float(rng.normal(0.0, 1.0)),
    )


def _normal(mean_sd: tuple[float, float], rng: np.random.Generator) -> float:
    """A normal value, cut at two standard deviations."""
    mean, sd = mean_sd
    return float(np.clip(rng.normal(mean, sd), mean - 2 * sd, mean + 2 * sd))


def _draw_vertebra(level: Level, person: Person, rng: np.random.Generator) -> VertebraSpec:
    row = dimensions.row_of(level)
    own = np.clip(rng.normal(1.0, dimensions.LEVEL_SD, size=10), 0.92, 1.08)
    # Height differs less between the sexes than depth and width; the canal does hardly at all.
    tall, canal = person.size**0.7, person.size**0.3
    depth = row.depth_mm * person.size * own[0]
    posterior = row.posterior_height_mm * tall * (1.0 + (own[2] - 1.0) * 0.6)
    anterior = posterior + 2.0 * depth * float(np.tan(np.radians(row.wedge_deg + rng.normal(0.0, 0.7)) / 2.0))
    hollow = rng.uniform(*_OSTEOPOROTIC_CONCAVITY) if person.osteoporotic else rng.uniform(0.7, 1.2)
    return VertebraSpec(
        level=level,
        depth_mm=float(depth),
        width_mm=float(row.width_mm * person.size * own[1]),
        anterior_height_mm=float(anterior),
        posterior_height_mm=float(posterior),
        canal_depth_mm=float(row.canal_depth_mm * canal * own[3]),
        canal_width_mm=float(row.canal_width_mm * canal * own[4]),
        pedicle_width_mm=float(row.pedicle_width_mm * person.size * own[5]),
        pedicle_height_mm=float(row.pedicle_height_mm * person.size * own[6]),
        spinous_length_mm=float(row.spinous_length_mm * person.size * own[7]),
        transverse_span_mm=float(row.transverse_span_mm * person.size * own[8]),
        concavity_mm=float(row.concavity_mm * hollow),
    )


def _draw_discs(numbering: Numbering, person: Person, rng: np.random.Generator) -> tuple[DiscSpec, ...]:
    decades = (person.age_years - 40.0) / 10.0
    of_person = float(rng.normal(0.0, 0.4))
    above = [each for each in numbering.levels if each not in (Level.OCCIPUT, Level.C1, Level.S5)]
    return tuple(
        _draw_disc(level, _GRADE_AT_40 + _GRADE_PER_DECADE * decades + of_person, person, rng)
        for level in above
    )


def _draw_disc(level: Level, wear: float, person: Person, rng: np.random.Generator) -> DiscSpec:
    row, depth = dimensions.disc_row_below(level), dimensions.row_of(level).depth_mm * person.size
    grade = wear + _GRADE_OF_LEVEL.get(level, -0.1) + float(rng.normal(0.0, _GRADE_SD))
    pfirrmann = int(np.clip(round(grade), 1, 5))
    height = row.height_mm * person.size**0.7 * float(np.clip(rng.normal(1.0, dimensions.DISC_SD), 0.8, 1.2))
    height *= 1.0 - _HEIGHT_LOST[pfirrmann]
    half = float(np.clip(depth * np.tan(np.radians(row.wedge_deg) / 2.0), -0.75 * height, 0.75 * height))
    size = 0.6 if level.region in (Region.CERVICAL, Region.THORACIC) else 1.0
    bulge = 0.0 if level.region is Region.SACRAL else size * float(rng.uniform(*_BULGE_MM[pfirrmann]))
    return DiscSpec(level, height + half, height - half, pfirrmann, bulge)


def _draw_habitus(person: Person, rng: np.random.Generator) -> HabitusSpec:
    """Trunk of a supine adult (NHANES III waists, roughly), its fat and its marrow."""
    girth = float(np.clip(rng.normal(1.0, 0.12), 0.75, 1.35))
    older = (person.age_years - 50.0) / 10.0
    marrow = 0.42 + 0.045 * older + (0.1 if person.osteoporotic else 0.0) + float(rng.normal(0.0, 0.06))
    return HabitusSpec(
        trunk_width_mm=(350.0 if person.male else 330.0) * girth,
        trunk_depth_mm=(235.0 if person.male else 220.0) * girth,
        neck_width_mm=(128.0 if person.male else 112.0) * girth**0.6,
        neck_depth_mm=(130.0 if person.male else 115.0) * girth**0.6,
        fat_thickness_mm=float(np.clip(16.0 * girth**3 * rng.uniform(0.6, 1.4), 5.0, 45.0)),
        muscle_fat_fraction=float(np.clip(0.08 + 0.025 * older + rng.normal(0.0, 0.03), 0.03, 0.35)),
        marrow_fat_fraction=float(np.clip(marrow, 0.25, 0.75)),
    )
