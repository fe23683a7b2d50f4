"""What stops a training that had begun."""

from spinemets.errors import SpineMetsError


class TrainingError(SpineMetsError):
    """Training cannot go on, for a reason that is known and named."""
