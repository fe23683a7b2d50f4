"""What has changed in the small assessment since an earlier study, by hand."""

from report.small_assessment import L2_OR_L3, L3, T12_OR_L1, measured
from spinemets.anatomy import EsccGrade
from spinemets.findings.measurement import Unit
from spinemets.inference.prior_records import (
    Direction,
    EsccChange,
    Gain,
    Involvement,
    LesionChange,
    LesionChangeKind,
    LesionReference,
    LevelChange,
    PriorComparison,
    SinsChange,
)

_OPEN = tuple(Direction)


def small_prior(station="lumbar", days=90) -> PriorComparison:
    """A lesion that has grown, one that is gone, one that cannot be compared; ESCC worse at T12 or L1."""
    first, second = LesionReference(station, 1), LesionReference(station, 2)
    volume, before = measured(3.25, Unit.MILLILITRE), measured(1.5, Unit.MILLILITRE)
    kind = LesionChangeKind
    return PriorComparison(
        study="study-0",
        days=days,
        input_sha256="0" * 64,
        lesions=(
            LesionChange(kind.GROWN, (first,), (second,), T12_OR_L1, volume, before, 116.7, 2.5, ""),
            LesionChange(kind.GONE, (), (first,), L2_OR_L3, None, before, None, None, "none was found"),
            LesionChange(
                kind.NOT_COMPARABLE, (second,), (), L3, volume, None, None, None, "its place is not shown"
            ),
        ),
        levels=(
            LevelChange(
                T12_OR_L1,
                Involvement.BOTH,
                0,
                station,
                1,
                EsccChange((Direction.WORSE,), (EsccGrade.G1A,), (EsccGrade.G1C, EsccGrade.G2)),
                SinsChange(Gain(_OPEN, -2, 5), Gain((Direction.WORSE, Direction.SAME), 0, 3)),
            ),
            LevelChange(L2_OR_L3, Involvement.ENDED, None, station, 2, None, None),
            LevelChange(L3, Involvement.NEW, 1, station, 3, None, None),
        ),
        statements=("assessed with other weights then: differences may come from that",),
    )
