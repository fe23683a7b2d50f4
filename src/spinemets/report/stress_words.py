"""What hardships and figures of a stress test are called, for readers and for plots."""

from collections.abc import Mapping
from dataclasses import dataclass

from spinemets.phantom.hardship import Hardship


@dataclass(frozen=True, slots=True)
class HardshipWords:
    """A hardship in words.

    Args:
        title: Short.
        axis: What the severity is, with its unit.
        meaning: What is done, in a sentence.
    """

    title: str
    axis: str
    meaning: str


HARDSHIPS: Mapping[Hardship, HardshipWords] = {
    Hardship.SLICES: HardshipWords(
        "Thick slices",
        "thickness of sagittal slices, mm",
        "Fewer and thicker sagittal slices.",
    ),
    Hardship.PIXELS: HardshipWords(
        "Coarse pixels",
        "size of pixels, times",
        "A smaller matrix over the same field of view.",
    ),
    Hardship.NOISE: HardshipWords("Noise", "noise, times", "More noise in every series."),
    Hardship.GHOSTS: HardshipWords(
        "Ghosts of motion",
        "ghosts against moving tissue",
        "Stronger ghosts of pulsation and breath along the phase axis.",
    ),
    Hardship.MOVEMENT: HardshipWords(
        "Movement between series",
        "movement, mm",
        "The patient lies elsewhere for every second sagittal series, mostly along the body.",
    ),
    Hardship.SHADING: HardshipWords(
        "Shading",
        "relative size of the shading",
        "A slow variation of brightness (bias field).",
    ),
    Hardship.FIELD_OF_VIEW: HardshipWords(
        "Short field of view",
        "share of the length",
        "Sagittal images cut short above and below.",
    ),
    Hardship.SEQUENCES: HardshipWords("Missing sequences", "missing", "Sagittal series are missing."),
    Hardship.LEVELS: HardshipWords(
        "No sacrum in view",
        "image too high by, levels",
        "Short sagittal images (200 mm), moved up: without the sacrum, levels are hard to name.",
    ),
    Hardship.METAL: HardshipWords(
        "Metal",
        "levels with pedicle screws",
        "Titanium pedicle screws next to the largest lesion, with the field that they distort.",
    ),
}
# Panels of a plot: title, whether larger is better, figures with the words of their lines.
PANELS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("lesions found", (("lesion sensitivity", "found"),)),
    ("false positives per study", (("false positives per study", "false positives"),)),
    ("Dice of bodies", (("Dice of bodies", "Dice"),)),
    ("levels", (("levels right", "right"), ("levels left open", "left open"), ("levels wrong", "wrong"))),
    (
        "ESCC of involved levels",
        (("quadratic-weighted kappa", "kappa"), ("levels graded for ESCC", "share graded")),
    ),
)
