"""Probability of every level of a chain of vertebrae: a hidden Markov model over consecutive levels.

Errors of the level map are not independent between neighbours: seen from a part of the spine, a whole station
may be off by one. The model therefore holds an offset and a drift that all vertebrae of a station share, and
several kinds of map, from good to useless; given these, vertebrae are independent. Forward-backward runs for
each offset, drift, kind and numbering, and the results are averaged by their probability.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import stats

from spinemets.anatomy import Level, Numbering, Region

Floats = npt.NDArray[np.float64]

# How often people have 11, 12, 13 thoracic and 4, 5, 6 lumbar vertebrae. Of 418 people on whole-spine MRI,
# 5 % had one mobile vertebra more than 24 and 5 % one less, transitional ones included (Tins & Balain 2016,
# Insights Imaging 7:199); that most of these lie at the lumbosacral junction is our division.
THORACIC_PRIOR = {11: 0.015, 12: 0.97, 13: 0.015}
LUMBAR_PRIOR = {4: 0.04, 5: 0.92, 6: 0.04}


@dataclass(frozen=True, slots=True)
class MapKind:
    """One way in which a level map may be wrong; all in levels.

    Args:
        prior, without_sacrum: How often, in stations that show the sacrum and in others.
        sd: Standard deviation of one vertebra's coordinate.
        offset_sd: Of the error that a station's vertebrae share.
        drift_sd: Of the growth of that error from one vertebra to the next.
    """

    prior: float
    without_sacrum: float
    sd: float
    offset_sd: float
    drift_sd: float


# Ours, and careful: a map that is 0.3 off is common, one that is a whole level off occurs in stations whose
# coordinates look perfect; so without the sacrum no level is certain by the map alone. (Readers who do see it
# misnumber 14 % of lumbar MRI: Tokgoz et al. 2014, Korean J Radiol 15:258.) A network that is unsure draws
# its levels together towards the middle of the spine, a large drift; and a map may say nothing at all.
MAP_KINDS = (
    MapKind(prior=0.73, without_sacrum=0.57, sd=0.2, offset_sd=0.25, drift_sd=0.02),
    MapKind(prior=0.04, without_sacrum=0.20, sd=0.25, offset_sd=1.0, drift_sd=0.03),
    MapKind(prior=0.12, without_sacrum=0.12, sd=0.5, offset_sd=0.7, drift_sd=0.08),
    MapKind(prior=0.08, without_sacrum=0.08, sd=0.4, offset_sd=2.0, drift_sd=0.35),
    MapKind(prior=0.03, without_sacrum=0.03, sd=2.0, offset_sd=3.0, drift_sd=0.4),
)
# Without the sacrum there is nothing to count from, and offsets are larger.
_NO_LANDMARK = 1.35
# One vertebra whose coordinate means nothing, and the range that it then comes from.
_OUTLIER, _RANGE = 0.03, 25.0
# Part of the spread within a body that counts as error of its median.
_OF_SPREAD = 0.5
# Offsets and drifts that are tried, in standard deviations; large drifts need finer steps.
_OFFSETS, _DRIFTS, _FINE_DRIFTS = (
    np.linspace(-end, end, count) for end, count in ((3.5, 29), (2, 5), (2.25, 15))
)
_LARGE_DRIFT = 0.1
# Steps less likely than this, against the likeliest, are left out.
_NEGLIGIBLE_STEP = 1e-6

# Prior of stepping by 0 (one body drawn as two), 1, 2, 3 ... levels (bodies not found) from one vertebra to
# the next, and the space between the two for each, mean and SD as shares of the bodies' height; ours.
_STEP_PRIOR = np.array([0.001, 0.974, *0.018 * 0.3 ** np.arange(7)])
_STEP_GAP = np.array([0.05, *0.35 + 1.3 * np.arange(8)])
_STEP_GAP_SD = np.array([0.1, *0.2 * np.arange(1, 9)])
_GAP_FLOOR = 1e-4
# That what is drawn as a single body is C1, the first or the second sacral vertebra, against any other.
_ODD_BODIES = {Level.C1: 0.3, Level.S1: 0.15, Level.S2: 0.03}
# What the sacrum's uppermost part is: its first vertebra, the second (the first being drawn as a body of its
# own), or the lowest lumbar one drawn as sacrum. Ours.
_SACRUM_TOP = {"first": 0.96, "second": 0.015, "lumbar": 0.025}


@dataclass(frozen=True, slots=True, eq=False)
class ChainObservations:
    """What is seen of a chain of vertebrae, head to feet.

    Args:
        coordinate, spread: (vertebra,) of the level map; NaN where it says nothing, and for the sacrum.
        gap: (vertebra - 1,) space between neighbours as a share of the height of bodies.
        ends_in_sacrum: Whether the last one is the sacrum.
        factors: (vertebra, level in the order of ``LEVELS``) other evidence, 1 where there is none.
    """

    coordinate: Floats
    spread: Floats
    gap: Floats
    ends_in_sacrum: bool
    factors: Floats


LEVELS = tuple(level for level in Level if Level.C1.coordinate <= level.coordinate <= Level.S2.coordinate)
_COLUMN = {level: index for index, level in enumerate(LEVELS)}


def level_probabilities(seen: ChainObservations) -> Floats:
    """Probability of each level of each vertebra, (vertebra, level in the order of ``LEVELS``).

    Args:
        seen: At least one vertebra.
    """
    latent = [_latent(kind, seen) for kind in MAP_KINDS]
    totals, evidences = [], []
    for (thoracic, first), (lumbar, second) in product(THORACIC_PRIOR.items(), LUMBAR_PRIOR.items()):
        numbering = Numbering(thoracic, lumbar)
        levels = tuple(level for level in numbering.levels if level in _COLUMN)
        for kind, (offsets, log_weights) in zip(MAP_KINDS, latent, strict=True):
            posterior, evidence = _forward_backward(
                _emissions(seen, levels, offsets, kind.sd), _steps(seen.gap)
            )
            prior = kind.prior if seen.ends_in_sacrum else kind.without_sacrum
            weight = evidence + log_weights + np.log(prior * first * second)
            totals.append((levels, posterior, weight))
            evidences.append(weight)
    highest = max(float(weight.max()) for weight in evidences)
    result = np.zeros((len(seen.coordinate), len(LEVELS)))
    for levels, posterior, weight in totals:
        columns = [_COLUMN[level] for level in levels]
        result[:, columns] += np.einsum("vql,q->vl", posterior, np.exp(weight - highest))
    return np.asarray(result / result.sum(axis=1, keepdims=True))


def _latent(kind: MapKind, seen: ChainObservations) -> tuple[Floats, Floats]:
    """Error of each vertebra, (latent, vertebra), and the logarithm of each latent's prior."""
    offset_sd = kind.offset_sd * (1.0 if seen.ends_in_sacrum else _NO_LANDMARK)
    places = np.arange(len(seen.coordinate), dtype=np.float64)
    places -= places.mean()
    drifts = _FINE_DRIFTS if kind.drift_sd > _LARGE_DRIFT else _DRIFTS
    pairs = np.array(list(product(_OFFSETS, drifts)))
    errors = pairs[:, :1] * offset_sd + pairs[:, 1:] * kind.drift_sd * places[None]
    weights = stats.norm.logpdf(pairs).sum(axis=1)
    return errors, weights - np.log(np.exp(weights).sum())


def _emissions(seen: ChainObservations, levels: tuple[Level, ...], errors: Floats, sd: float) -> Floats:
    """Likelihood of what is seen of each vertebra, (vertebra, latent, level)."""
    wanted = np.array([level.coordinate for level in levels])
    columns = [_COLUMN[level] for level in levels]
    known = np.isfinite(seen.coordinate)
    spread = np.where(known, np.nan_to_num(seen.spread), 0.0)
    scale = np.sqrt(sd**2 + (_OF_SPREAD * spread) ** 2)[:, None, None]
    apart = np.nan_to_num(seen.coordinate)[:, None, None] - errors.T[:, :, None] - wanted
    density = (1.0 - _OUTLIER) * stats.norm.pdf(apart / scale) / scale + _OUTLIER / _RANGE
    density[~known] = 1.0 / _RANGE
    odd = np.array([_ODD_BODIES.get(level, 1.0) for level in levels])
    priors = np.repeat(odd[None], len(known), axis=0)
    if seen.ends_in_sacrum:
        priors[-1] = _sacrum_prior(levels)
    return np.asarray(density * (priors * seen.factors[:, columns])[:, None, :])


def _sacrum_prior(levels: tuple[Level, ...]) -> Floats:
    """What the uppermost part of the sacrum may be."""
    prior = np.full(len(levels), 1e-6)
    lowest = max(index for index, level in enumerate(levels) if level.region is Region.LUMBAR)
    prior[lowest] = _SACRUM_TOP["lumbar"]
    prior[levels.index(Level.S1)] = _SACRUM_TOP["first"]
    prior[levels.index(Level.S2)] = _SACRUM_TOP["second"]
    return prior


def _steps(gap: Floats) -> Floats:
    """Probability of each step to the next vertebra, given the space between, (vertebra - 1, step)."""
    fit = stats.norm.pdf((gap[:, None] - _STEP_GAP) / _STEP_GAP_SD) / _STEP_GAP_SD + _GAP_FLOOR
    return np.asarray(_STEP_PRIOR * fit)


def _forward_backward(emissions: Floats, steps: Floats) -> tuple[Floats, Floats]:
    """Posterior (vertebra, latent, level), each latent's adding up to 1, and log evidence (latent,)."""
    count = len(emissions)
    forward, backward = np.empty_like(emissions), np.ones_like(emissions)
    evidence = np.zeros(emissions.shape[1])
    for index in range(count):
        prior = 1.0 / emissions.shape[2] if index == 0 else _moved(forward[index - 1], steps[index - 1], 1)
        forward[index] = emissions[index] * prior
        scale = np.maximum(forward[index].sum(axis=1), 1e-300)
        forward[index] /= scale[:, None]
        evidence += np.log(scale)
    for index in range(count - 2, -1, -1):
        backward[index] = _moved(emissions[index + 1] * backward[index + 1], steps[index], -1)
        backward[index] /= np.maximum(backward[index].sum(axis=1), 1e-300)[:, None]
    posterior = forward * backward
    return posterior / np.maximum(posterior.sum(axis=2), 1e-300)[:, :, None], evidence


def _moved(values: Floats, steps: Floats, direction: int) -> Floats:
    """Probabilities (latent, level) carried to the next vertebra's levels, or back to the last one's."""
    moved = np.zeros_like(values)
    for step in np.flatnonzero(steps > _NEGLIGIBLE_STEP * steps.max()).tolist():
        probability = steps[step]
        kept = values.shape[1] - step
        if direction > 0:
            moved[:, step:] += probability * values[:, :kept]
        else:
            moved[:, :kept] += probability * values[:, step:]
    return moved
