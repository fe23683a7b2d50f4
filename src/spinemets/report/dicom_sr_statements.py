"""What a DICOM structured report says of a vertebra, a lesion and a score."""

from collections.abc import Iterable

from highdicom.sr import FindingSite

from spinemets.findings.measurement import Measurement, Unit
from spinemets.findings.records import Compartment, Lesion, Vertebra
from spinemets.inference.prior_records import LesionReference, PriorComparison
from spinemets.inference.records import LevelResult
from spinemets.report import dicom_sr_codes as names
from spinemets.report.dicom_codes import level_code, own
from spinemets.report.dicom_sr_items import (
    Concept,
    Statement,
    evaluation,
    measured,
    number,
    probability_of,
)
from spinemets.scoring.sins import SinsClass


def total(minimum: int, maximum: int, classes: Iterable[SinsClass]) -> list[Statement]:
    """The interval of the total of SINS, and every class that it may have."""
    return [
        number(names.SINS_MINIMUM, minimum, names.POINTS_UNIT),
        number(names.SINS_MAXIMUM, maximum, names.POINTS_UNIT),
        *(evaluation(names.SINS_CLASS, names.class_code(each)) for each in classes),
    ]


def possible_levels(level: LevelResult) -> list[Statement]:
    """The credible levels of a vertebra with their probabilities."""
    credible = set(level.belief.credible)
    return [
        evaluation(names.POSSIBLE_LEVEL, level_code(each.level), [probability_of(each.probability)])
        for each in level.belief.levels
        if each.level in credible
    ]


def geometry(vertebra: Vertebra) -> list[Statement]:
    """What was measured of a vertebra, and what could not be."""
    held: list[tuple[Concept, Measurement]] = []
    if (body := vertebra.body) is not None:
        held += [
            (names.HEIGHT_LOSS_ANTERIOR, body.loss_anterior),
            (names.HEIGHT_LOSS_MIDDLE, body.loss_middle),
            (names.HEIGHT_LOSS_POSTERIOR, body.loss_posterior),
            (names.BODY_INVOLVED, body.involved),
            (names.WALL_OFFSET, body.wall_offset),
        ]
    if (alignment := vertebra.alignment) is not None:
        held += [
            (names.KYPHOSIS, alignment.kyphosis),
            (names.WEDGE, alignment.wedge),
            (names.SCOLIOSIS, alignment.scoliosis),
            (names.SLIP, alignment.slip),
        ]
    if (canal := vertebra.canal) is not None:
        held += [
            (names.CANAL_NARROWING, canal.narrowing),
            (names.EPIDURAL_VOLUME, canal.epidural_tumour),
            (names.EPIDURAL_EXTENT, canal.epidural_extent),
        ]
    return [measured(name, value) for name, value in held]


def shapes(vertebra: Vertebra) -> list[Statement]:
    """Shape of the posterior wall and Genant grade; nothing where the body is not wholly seen."""
    body = vertebra.body
    if body is None:
        return []
    wall, genant = body.wall_shape, body.genant
    return [
        evaluation(names.WALL_SHAPE, names.wall_code(wall) if wall else names.NOT_KNOWN),
        evaluation(names.GENANT, names.genant_code(genant) if genant else names.NOT_KNOWN),
    ]


def compartments(lesion: Lesion) -> list[Statement]:
    """How much of a lesion lies where."""
    return [
        number(
            names.SHARE_OF_LESION, 100.0 * each.share, names.UNITS[Unit.PERCENT], [_site(each.compartment)]
        )
        for each in lesion.compartments
    ]


def lesion_change(prior: PriorComparison | None, station: str, lesion: int) -> list[Statement]:
    """What has become of a lesion; nothing without an earlier study."""
    own = LesionReference(station, lesion)
    statements: list[Statement] = []
    for one in prior.lesions if prior is not None else ():
        if own in one.now:
            statements.append(evaluation(names.LESION_CHANGE, names.change_code(one.kind)))
            if one.change_percent is not None:
                percent = names.UNITS[Unit.PERCENT]
                statements.append(number(names.VOLUME_CHANGE, one.change_percent, percent))
    return statements


def level_change(prior: PriorComparison | None, level: int) -> list[Statement]:
    """Whether a level had tumour then, and how its grade may have changed."""
    for one in prior.levels if prior is not None else ():
        if one.level_now == level:
            directions = () if one.escc is None else one.escc.directions
            return [
                evaluation(names.LEVEL_CHANGE, names.change_code(one.involvement)),
                *(evaluation(names.ESCC_CHANGE, names.change_code(each)) for each in directions),
            ]
    return []


def _site(compartment: Compartment) -> FindingSite:
    return FindingSite(own(compartment.name, compartment.value))
