"""Osteoporotic or metastatic vertebral fracture, from signs that are present or absent.

Table 1 of Montoya-Bordon et al. 2023 (doi:10.1016/j.recot.2023.05.004), after Barkhof et al. 2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FractureCause(StrEnum):
    """Cause of a vertebral fracture."""

    OSTEOPOROTIC = "osteoporotic"
    METASTATIC = "metastatic"


class Sign(StrEnum):
    """A sign of the table."""

    CT_JIGSAW = "CT: fragments of the original cortex fit together"
    CT_CANCELLOUS_LINES = "CT: fracture lines in cancellous bone"
    CT_VACUUM = "CT: intravertebral vacuum"
    RETROPULSED_CORNER = "retropulsed corner of the posterior wall"
    CT_PEDICLES_SPARED = "CT: pedicles spared"
    CT_THIN_HAEMATOMA = "CT: thin paravertebral haematoma"
    OLD_FRACTURES = "other old fractures"
    CT_CORTEX_DESTROYED = "CT: anterolateral or posterior cortex destroyed"
    CT_CANCELLOUS_DESTROYED = "CT: cancellous bone destroyed"
    CONVEX_POSTERIOR_WALL = "convex posterior wall"
    CT_NO_VACUUM = "CT: no intravertebral vacuum"
    CT_PEDICLE_DESTROYED = "CT: pedicle destroyed"
    SOFT_TISSUE_MASS = "paravertebral or epidural mass"
    FOCAL_LESIONS_ELSEWHERE = "focal lesions elsewhere"
    MR_DARK_BAND = "MRI: band of dark T1"
    MR_FLUID = "MRI: fluid sign"
    MR_OPPOSED_DARK = "MRI: dark in opposed phase"
    MR_HIGH_ADC = "MRI: high ADC"
    MR_MODERATE_ENHANCEMENT = "MRI: moderate enhancement"
    MR_HAEMATOMA_WITHOUT_ENHANCEMENT = "MRI: haematoma without enhancement"
    MR_DIFFUSE_DARK_TO_ARCH = "MRI: diffuse dark T1 that reaches the posterior elements"
    MR_OPPOSED_BRIGHT = "MRI: bright in opposed phase"
    MR_LOW_ADC = "MRI: low ADC"
    MR_INTENSE_ENHANCEMENT = "MRI: intense enhancement"
    MR_ENHANCING_MASS = "MRI: enhancing paravertebral or epidural mass"


_OSTEOPOROTIC_SIGNS = frozenset(
    {
        Sign.CT_JIGSAW,
        Sign.CT_CANCELLOUS_LINES,
        Sign.CT_VACUUM,
        Sign.RETROPULSED_CORNER,
        Sign.CT_PEDICLES_SPARED,
        Sign.CT_THIN_HAEMATOMA,
        Sign.OLD_FRACTURES,
        Sign.MR_DARK_BAND,
        Sign.MR_FLUID,
        Sign.MR_OPPOSED_DARK,
        Sign.MR_HIGH_ADC,
        Sign.MR_MODERATE_ENHANCEMENT,
        Sign.MR_HAEMATOMA_WITHOUT_ENHANCEMENT,
    }
)
# The table's one sign that is an absence. Many osteoporotic fractures lack a vacuum too, so that it speaks
# against an osteoporotic cause but closes nothing by itself.
_ABSENCES = {Sign.CT_NO_VACUUM: Sign.CT_VACUUM}


@dataclass(frozen=True, slots=True)
class FractureJudgement:
    """What the signs speak for.

    Args:
        causes: Every cause that the signs leave open.
        osteoporotic, metastatic: Signs present on either side, in the order of the table.
        absent: Signs that were looked for and not found.
        statement: The counts, and why the cause is or is not settled. Signs are counted, not weighted: no
            source gives weights.
    """

    causes: tuple[FractureCause, ...]
    osteoporotic: tuple[Sign, ...]
    metastatic: tuple[Sign, ...]
    absent: tuple[Sign, ...]
    statement: str


def cause_of(sign: Sign) -> FractureCause:
    """The cause that a sign speaks for."""
    return FractureCause.OSTEOPOROTIC if sign in _OSTEOPOROTIC_SIGNS else FractureCause.METASTATIC


def judge_fracture(signs: Mapping[Sign, bool | None]) -> FractureJudgement:
    """The causes that signs leave open: one if all that are present agree, else both.

    Args:
        signs: Present (True), looked for and absent (False), or not known (None, or left out). An absent
            vacuum is itself a sign of the metastatic side; it need not be given twice.

    Raises:
        ValueError: If a sign and its absence are both said to be present, or both absent.
    """
    known = _with_absences(signs)
    present = tuple(sign for sign in Sign if known.get(sign) is True)
    absent = tuple(sign for sign in Sign if known.get(sign) is False)
    sides = {cause: tuple(s for s in present if cause_of(s) is cause) for cause in FractureCause}
    osteoporotic, metastatic = sides[FractureCause.OSTEOPOROTIC], sides[FractureCause.METASTATIC]
    causes, why = _conclude(osteoporotic, metastatic)
    statement = (
        f"signs of an osteoporotic fracture: {len(osteoporotic)}, of a metastatic one: {len(metastatic)}, "
        f"not assessed: {len(Sign) - len(present) - len(absent)}; {why}"
    )
    return FractureJudgement(causes, osteoporotic, metastatic, absent, statement)


def _with_absences(signs: Mapping[Sign, bool | None]) -> dict[Sign, bool | None]:
    known = dict(signs)
    for absence, sign in _ABSENCES.items():
        answers = {
            answer for answer in (signs.get(sign), _opposite(signs.get(absence))) if answer is not None
        }
        if len(answers) > 1:
            raise ValueError(f"{sign!r} and {absence!r} contradict each other")
        if answers:
            known[sign] = answers.pop()
            known[absence] = not known[sign]
    return known


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _conclude(
    osteoporotic: tuple[Sign, ...], metastatic: tuple[Sign, ...]
) -> tuple[tuple[FractureCause, ...], str]:
    if osteoporotic and metastatic:
        return tuple(FractureCause), "they conflict, so both causes stay open"
    if osteoporotic:
        return (FractureCause.OSTEOPOROTIC,), "all signs present agree"
    if set(metastatic) - set(_ABSENCES):
        return (FractureCause.METASTATIC,), "all signs present agree"
    return tuple(FractureCause), "no sign settles the cause"
