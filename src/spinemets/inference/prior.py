"""An earlier study of the same patient: found among several, laid beside this one, compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from spinemets.findings.records import AlignmentFindings
from spinemets.inference.prior_lesions import compare_lesions
from spinemets.inference.prior_levels import compare_levels
from spinemets.inference.prior_records import PriorComparison
from spinemets.inference.prior_vertebrae import SpinesBeside, lay_beside
from spinemets.inference.records import LevelResult, Provenance, StationResult, StudyResult
from spinemets.inference.settings import ChangeSettings


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """An assessed earlier study of the same patient.

    Args:
        result: As it was written.
        days: From then to now; None where only the order is known.
    """

    result: StudyResult
    days: int | None


@dataclass(frozen=True, slots=True)
class EarlierStudies:
    """Assessed earlier studies of the same patient.

    Args:
        studies: The latest first.
        warnings: Why others are not among them, in sentences.
    """

    studies: tuple[EarlierStudy, ...] = ()
    warnings: tuple[str, ...] = ()


NO_EARLIER_STUDIES = EarlierStudies()


@dataclass(frozen=True, slots=True)
class Prior:
    """The earlier study that is compared, and which of its vertebrae is which one now."""

    study: EarlierStudy
    spines: SpinesBeside

    def alignment_of(self, station: str, vertebra: int) -> AlignmentFindings | None:
        """Alignment then of a vertebra of now; None where it is not certain which it was."""
        for place, twin in self.spines.certain.items():
            shown = self.spines.now[place]
            if (shown.station.name, shown.vertebra.number) == (station, vertebra):
                return self.spines.then[twin].vertebra.alignment
        return None


def choose_prior(stations: Sequence[StationResult], earlier: Sequence[EarlierStudy]) -> Prior | None:
    """The first of the earlier studies that shows a vertebra of this one, else the first; None without any.

    Args:
        stations: Of this study.
        earlier: The latest first.
    """
    found = [Prior(one, lay_beside(stations, one.result.stations)) for one in earlier]
    return next((one for one in found if one.spines.certain), found[0] if found else None)


def compare_with(
    prior: Prior,
    levels: Sequence[LevelResult],
    stations: Sequence[StationResult],
    provenance: Provenance,
    settings: ChangeSettings,
) -> PriorComparison:
    """What has changed.

    Args:
        prior: The earlier study.
        levels, stations, provenance: Of this study.
        settings: What counts as a change.
    """
    then = prior.study.result
    lesions = compare_lesions(prior.spines, settings)
    return PriorComparison(
        study=then.study,
        days=prior.study.days,
        input_sha256=then.provenance.input_sha256,
        lesions=lesions,
        levels=compare_levels(levels, then.levels, prior.spines, lesions),
        statements=(
            *_spines(prior.spines),
            *_channels(stations, then.stations),
            *_made_with(provenance, then.provenance),
        ),
    )


def _spines(spines: SpinesBeside) -> list[str]:
    if not spines.certain:
        return [
            "no vertebra of this study is, for certain, one of the earlier study, by its level and the "
            "distances between bodies: nothing is compared; check that both are of one patient"
        ]
    unsure = sum(len(twins) > 1 for twins in spines.matches)
    return [f"of {unsure} vertebrae it is not certain which of the earlier study they are"] if unsure else []


def _channels(now: Sequence[StationResult], then: Sequence[StationResult]) -> list[str]:
    here, there = ({name for one in stations for name in one.channels} for stations in (now, then))
    if here == there:
        return []
    return [
        f"read from other sequences ({', '.join(sorted(there))} then, {', '.join(sorted(here))} now): "
        "what is new or gone may be so because of that"
    ]


def _made_with(now: Provenance, then: Provenance) -> list[str]:
    """Differences of networks and settings, which change outlines without any change of the patient."""
    if [one.sha256 for one in now.weights] != [one.sha256 for one in then.weights]:
        return ["assessed with other weights then: differences may come from that; assess both with the same"]
    if now.config_sha256 != then.config_sha256:
        return ["assessed with other settings then: differences may come from that"]
    return []
