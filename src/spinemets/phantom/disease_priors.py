"""How often each form of spinal disease is drawn; chances are fractions of 1, weights are relative.

Sources: [M] Montoya-Bordon et al. 2023 (review of imaging of vertebral metastasis), [A] Algra et al. 1992
(Radiographics 12:1165: metastases start in the posterior body, pedicles follow), [B] Bilsky et al. 2010
(J Neurosurg Spine 13:324), [S] Schweitzer et al. 1993 (AJR 161:597: T2 halo around metastases), [C] a
choice of ours where no figure is published; it serves variety in training, not epidemiology.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LesionPriors:
    """How a single metastasis is drawn.

    Args:
        lytic_weight, mixed_weight, blastic_weight: Bone type of a patient's disease.
        same_type_chance: That a further lesion of one patient has the patient's main type.
        endplate_weight: Arterial seeding next to an end plate.
        posterior_third_weight: Venous (Batson) seeding in the posterior third of the body.
        elsewhere_weight: Anywhere else in the body.
        volume_median_ml, volume_sigma: Log-normal of the volume.
        smallest_ml: No lesion is smaller.
        diffuse_chance: That a lesion replaces most of the body.
        breach_chance: That a lesion that reaches the cortex goes through it.
        halo_chance: That it has a rim that is bright on T2.
    """

    lytic_weight: float = 0.60  # [M] most often; the share is [C]
    mixed_weight: float = 0.20  # [C]
    blastic_weight: float = 0.20  # [C]
    same_type_chance: float = 0.85  # [C]
    endplate_weight: float = 0.40  # [M], share [C]
    posterior_third_weight: float = 0.40  # [M], [A], share [C]
    elsewhere_weight: float = 0.20  # [C]
    volume_median_ml: float = 1.0  # [M] skewed, many under 1 mL
    volume_sigma: float = 1.1  # [C]
    smallest_ml: float = 0.1  # [C] about 6 mm across
    diffuse_chance: float = 0.15  # [C]
    breach_chance: float = 0.25  # [C]
    halo_chance: float = 0.35  # [S] present in a minority of lesions; share [C]

    def __post_init__(self) -> None:
        _require_chances(self, "same_type_chance", "diffuse_chance", "breach_chance", "halo_chance")
        _require_weights(self, "lytic_weight", "mixed_weight", "blastic_weight")
        _require_weights(self, "endplate_weight", "posterior_third_weight", "elsewhere_weight")
        if min(self.volume_median_ml, self.smallest_ml) <= 0 or self.volume_sigma < 0:
            raise ValueError("volume_median_ml and smallest_ml must be above 0, volume_sigma at least 0")


@dataclass(frozen=True, slots=True)
class DiseasePriors:
    """How a patient's disease is drawn over the levels that will be imaged.

    Args:
        lesion_free_chance: That the patient has no metastasis.
        thoracic_weight, lumbar_weight, cervical_weight, sacral_weight: Region of a lesion; shared
            evenly among the levels of a region, then limited to those that will be imaged.
        mean_lesion_count: Of a patient with disease; a geometric distribution.
        most_lesions: No patient has more.
        epidural_chance: That a patient with disease has epidural tumour.
        mean_epidural_count: Of a patient who has any, at levels that are no neighbours; a geometric
            distribution, or always one.
        grade_weights: ESCC grades 0, 1a, 1b, 1c, 2 and 3 of that tumour.
        side_weights: Where epidural tumour lies: ventral, left, right, dorsal, circumferential.
        curtain_chance: That ventral or circumferential tumour spares the midline ligament.
        arch_chance: That a body lesion of at least ``arch_from_ml`` spreads into pedicle and arch.
        collapse_chance: That a lesion that fills at least ``collapse_from_percent`` of the body
            breaks it.
        paravertebral_chance: That a breaching lesion has a paravertebral mass.
        slip_chance: That a broken vertebra is also displaced.
        lookalike_chance: That a patient has look-alikes.
        lookalike_weights: One for each ``LookalikeKind``, in its order.
        mean_lookalike_count: Of a patient who has any; a geometric distribution.
    """

    lesions: LesionPriors = field(default_factory=LesionPriors)
    lesion_free_chance: float = 0.2  # [C]
    thoracic_weight: float = 0.70  # [M]
    lumbar_weight: float = 0.20  # [M]
    cervical_weight: float = 0.06  # [M] cervical and sacral together 10 %
    sacral_weight: float = 0.04  # [M]
    mean_lesion_count: float = 3.0  # [M] often several levels; the mean is [C]
    most_lesions: int = 12  # [C]
    epidural_chance: float = 0.15  # [M] 10 % compress the cord, which is part of all epidural tumour
    mean_epidural_count: float = 1.0  # [C]
    grade_weights: tuple[float, ...] = (0.10, 0.22, 0.18, 0.16, 0.18, 0.16)  # [C] grades as in [B]
    curtain_chance: float = 0.4  # [C]
    arch_chance: float = 0.35  # [A] pedicles follow the body; share [C]
    arch_from_ml: float = 2.0  # [C]
    collapse_chance: float = 0.4  # [C]
    collapse_from_percent: float = 35.0  # [C]
    paravertebral_chance: float = 0.4  # [C]
    slip_chance: float = 0.08  # [C]
    side_weights: tuple[float, ...] = (0.45, 0.15, 0.15, 0.10, 0.15)  # [M] ventral first; shares [C]
    lookalike_chance: float = 0.6  # [C]
    mean_lookalike_count: float = 2.0  # [C]
    lookalike_weights: tuple[float, ...] = (0.18, 0.14, 0.14, 0.14, 0.06, 0.10, 0.10, 0.12, 0.02)  # [C]

    def __post_init__(self) -> None:
        chances = [name for name in self.__dataclass_fields__ if name.endswith("_chance")]
        _require_chances(self, *chances)
        regions = ("thoracic_weight", "lumbar_weight", "cervical_weight", "sacral_weight")
        _require_weights(self, *regions)
        for name, count in (("grade_weights", 6), ("side_weights", 5), ("lookalike_weights", 9)):
            weights = getattr(self, name)
            if len(weights) != count or min(weights) < 0 or sum(weights) <= 0:
                raise ValueError(f"{name} needs {count} weights of at least 0, not all 0, got {weights}")
        counts = ("mean_lesion_count", "most_lesions", "mean_epidural_count", "mean_lookalike_count")
        if min(getattr(self, name) for name in counts) < 1:
            raise ValueError(f"{', '.join(counts)} must be at least 1")


def _require_chances(record: object, *names: str) -> None:
    for name in names:
        if not 0.0 <= getattr(record, name) <= 1.0:
            raise ValueError(f"{name} is {getattr(record, name)}; a chance lies between 0 and 1")


def _require_weights(record: object, *names: str) -> None:
    values = [getattr(record, name) for name in names]
    if min(values) < 0 or sum(values) <= 0:
        raise ValueError(f"{', '.join(names)} must be at least 0 and not all 0, got {values}")
