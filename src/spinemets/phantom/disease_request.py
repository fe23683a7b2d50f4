"""Asks for a particular finding in a spine's specification, instead of drawing one."""

from dataclasses import replace

from spinemets.anatomy import BoneLesionType, EsccGrade, Level
from spinemets.phantom.spec import (
    CollapseSpec,
    EpiduralSide,
    EpiduralSpec,
    LesionShape,
    LesionSpec,
    SpineSpec,
    VertebraSpec,
)

# Back of the body in the midline: from here tumour reaches canal and pedicles.
_BACK_OF_BODY = (0.0, -0.55, 0.0)
# A lesion that epidural tumour can come from, where none is at the level.
_SOURCE_ML = 2.5


def with_lesion(
    spec: SpineSpec,
    level: Level,
    bone_type: BoneLesionType,
    volume_ml: float,
    *,
    seed: int,
    shape: LesionShape = LesionShape.FOCAL,
    centre_body: tuple[float, float, float] = _BACK_OF_BODY,
    spreads_to_left: bool = False,
    spreads_to_right: bool = False,
    breaches_cortex: bool = False,
    paravertebral: bool = False,
    halo: bool = False,
) -> SpineSpec:
    """The spine with one more metastasis; the arguments are those of ``LesionSpec``.

    Raises:
        ValueError: If the spine has no such level, or the volume is not above 0.
    """
    _vertebra(spec, level)
    if volume_ml <= 0:
        raise ValueError(f"volume_ml is {volume_ml}; a lesion needs a volume above 0")
    lesion = LesionSpec(
        level=level,
        bone_type=bone_type,
        shape=shape,
        centre_body=centre_body,
        volume_ml=volume_ml,
        elongation=(1.0, 1.0, 1.0),
        spreads_to_left=spreads_to_left,
        spreads_to_right=spreads_to_right,
        breaches_cortex=breaches_cortex,
        paravertebral=paravertebral,
        halo=halo,
        seed=seed,
    )
    return replace(spec, lesions=(*spec.lesions, lesion))


def with_epidural(
    spec: SpineSpec,
    level: Level,
    grade: EsccGrade,
    side: EpiduralSide,
    *,
    seed: int,
    extent_mm: float = 25.0,
    curtain: bool = False,
) -> SpineSpec:
    """The spine with epidural tumour of a grade; a lytic lesion that it comes from is added if missing.

    Raises:
        ValueError: If the spine has no such level, or the extent is not above 0.
    """
    if extent_mm <= 0:
        raise ValueError(f"extent_mm is {extent_mm}; tumour needs an extent above 0")
    if all(lesion.level is not level for lesion in spec.lesions):
        spec = with_lesion(spec, level, BoneLesionType.LYTIC, _SOURCE_ML, seed=seed)
    epidural = EpiduralSpec(level, grade, side, extent_mm, curtain, seed)
    return replace(spec, epidurals=(*spec.epidurals, epidural))


def with_collapse(spec: SpineSpec, level: Level, collapse: CollapseSpec) -> SpineSpec:
    """The spine with a broken body.

    Raises:
        ValueError: If the spine has no such level.
    """
    return _with_vertebra(spec, replace(_vertebra(spec, level), collapse=collapse))


def with_slip(spec: SpineSpec, level: Level, slip_mm: float) -> SpineSpec:
    """The spine with a vertebra displaced forwards against the one below.

    Raises:
        ValueError: If the spine has no such level.
    """
    return _with_vertebra(spec, replace(_vertebra(spec, level), slip_mm=slip_mm))


def _vertebra(spec: SpineSpec, level: Level) -> VertebraSpec:
    for vertebra in spec.vertebrae:
        if vertebra.level is level:
            return vertebra
    raise ValueError(f"the spine has no {level}")


def _with_vertebra(spec: SpineSpec, changed: VertebraSpec) -> SpineSpec:
    vertebrae = tuple(changed if each.level is changed.level else each for each in spec.vertebrae)
    return replace(spec, vertebrae=vertebrae)
