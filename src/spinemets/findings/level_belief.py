"""What is held of a vertebra's level: every level that it may be, with a probability."""

from dataclasses import dataclass

from spinemets.anatomy import Level

# Levels that together hold this much probability are those that a vertebra may be. An error by one level is
# worse than an answer of two, so the share is high.
CREDIBLE_SHARE = 0.95
# More levels than these are named by the first and the last.
_FEW = 3


@dataclass(frozen=True, slots=True)
class LevelProbability:
    """One level that a vertebra may be.

    Args:
        level: Which one.
        probability: 0 to 1, from the network's map of levels and all else that the belief rests on.
    """

    level: Level
    probability: float


@dataclass(frozen=True, slots=True)
class LevelBelief:
    """Levels that a vertebra may be.

    Args:
        levels: The most likely first; probabilities add up to 1.
        evidence: What the belief rests on, in sentences.

    Raises:
        ValueError: If no level is possible, or probabilities do not add up to 1.
    """

    levels: tuple[LevelProbability, ...]
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.levels or abs(sum(one.probability for one in self.levels) - 1.0) > 1e-6:
            raise ValueError("probabilities of levels must add up to 1")

    @property
    def most_likely(self) -> Level:
        """The level with the largest probability."""
        return self.levels[0].level

    @property
    def credible(self) -> tuple[Level, ...]:
        """The fewest levels that hold ``CREDIBLE_SHARE`` of the probability, the most likely first."""
        held, levels = 0.0, []
        for one in self.levels:
            levels.append(one.level)
            held += one.probability
            if held >= CREDIBLE_SHARE:
                break
        return tuple(levels)

    @property
    def is_certain(self) -> bool:
        """Whether one level alone is credible."""
        return len(self.credible) == 1

    @property
    def words(self) -> str:
        """For readers: ``L4``, ``L4 or L5``, or ``T6 to T10`` where many are possible; from head to feet."""
        levels = sorted(self.credible, key=lambda level: level.coordinate)
        if len(levels) > _FEW:
            return f"{levels[0]} to {levels[-1]}"
        return " or ".join(levels)
