"""Rows of the report's tables of vertebrae and lesions, with footnotes for what was not measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from spinemets.findings.measurement import Measurement
from spinemets.findings.records import BodyFindings, Lesion, StationFindings, Vertebra
from spinemets.report.words import NOT_MEASURED, amount, either, percent, sentence

_CORTEX = {True: "breached", False: "not breached", None: "cannot be judged"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with the number of its footnote; 0 is none."""

    text: str
    footnote: int = 0


@dataclass(frozen=True, slots=True)
class VertebraRow:
    """One vertebra; cells in the order of ``VERTEBRA_COLUMNS``."""

    words: str
    involved: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class VertebraTable:
    """Vertebrae of a station, head to feet, and the footnotes of their cells."""

    station: str
    rows: tuple[VertebraRow, ...]
    footnotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LesionRow:
    """One lesion."""

    number: int
    station: str
    vertebrae: str
    volume: str
    diameter: str
    probability: str
    compartments: str
    cortex: str
    bone: str
    marrow: tuple[str, ...]
    cut: bool


# Heights and losses are given at the anterior, middle and posterior third.
VERTEBRA_COLUMNS = (
    "Height, mm A / M / P",
    "Height lost, % A / M / P",
    "Compared with",
    "Genant",
    "Body involved, %",
    "Wall offset, mm",
    "Wall",
    "Kyphosis, °",
    "Wedge, °",
    "Scoliosis, °",
    "Slip, mm",
    "Canal narrowed, %",
    "Epidural tumour, mL",
    "Epidural length, mm",
)


@dataclass(slots=True)
class _Footnotes:
    """Collects notes and hands out their numbers."""

    notes: list[str]

    def cell(self, *measurements: Measurement) -> Cell:
        """The measurements side by side, with the note of the first that has none or is limited."""
        text = " / ".join(map(amount, measurements))
        notes = [one.note for one in measurements if one.note]
        return Cell(text, self.number_of(notes[0]) if notes else 0)

    def number_of(self, note: str) -> int:
        if note not in self.notes:
            self.notes.append(note)
        return self.notes.index(note) + 1


def vertebra_table(station: str, findings: StationFindings) -> VertebraTable:
    """Every vertebra of a station with its measurements."""
    footnotes = _Footnotes([])
    words = {one.number: one.belief.words for one in findings.vertebrae}
    rows = tuple(
        VertebraRow(one.belief.words, one.involved, tuple(_cells(one, words, footnotes)))
        for one in findings.vertebrae
    )
    return VertebraTable(station, rows, tuple(map(sentence, footnotes.notes)))


def lesion_rows(station: str, findings: StationFindings) -> tuple[LesionRow, ...]:
    """Every lesion of a station."""
    words = {one.number: one.belief.words for one in findings.vertebrae}
    return tuple(_lesion_row(station, lesion, words) for lesion in findings.lesions)


def _cells(vertebra: Vertebra, words: Mapping[int, str], footnotes: _Footnotes) -> list[Cell]:
    absent = Cell(NOT_MEASURED, 0)
    if vertebra.body is None:
        reason = "its body is not wholly seen" if not vertebra.whole else "not measured for this bone"
        absent = Cell(NOT_MEASURED, footnotes.number_of(reason))
    body = [absent] * 7 if vertebra.body is None else _body_cells(vertebra.body, words, footnotes)
    alignment, canal = vertebra.alignment, vertebra.canal
    return [
        *body,
        *(
            [absent] * 4
            if alignment is None
            else map(
                footnotes.cell,
                (alignment.kyphosis, alignment.wedge, alignment.scoliosis, alignment.slip),
            )
        ),
        *(
            [absent] * 3
            if canal is None
            else map(footnotes.cell, (canal.narrowing, canal.epidural_tumour, canal.epidural_extent))
        ),
    ]


def _body_cells(body: BodyFindings, words: Mapping[int, str], footnotes: _Footnotes) -> list[Cell]:
    compared = ", ".join(words.get(number, "?") for number in body.references)
    return [
        footnotes.cell(body.height_anterior, body.height_middle, body.height_posterior),
        footnotes.cell(body.loss_anterior, body.loss_middle, body.loss_posterior),
        Cell(compared or NOT_MEASURED),
        Cell(NOT_MEASURED if body.genant is None else body.genant.value),
        footnotes.cell(body.involved),
        footnotes.cell(body.wall_offset),
        Cell(NOT_MEASURED if body.wall_shape is None else body.wall_shape.value),
    ]


def _lesion_row(station: str, lesion: Lesion, words: Mapping[int, str]) -> LesionRow:
    touched = [words.get(number, "?") for number in lesion.vertebrae]
    return LesionRow(
        number=lesion.number,
        station=station,
        vertebrae="; ".join(touched) or "none",
        volume=amount(lesion.volume),
        diameter=amount(lesion.largest_diameter),
        probability=percent(lesion.probability),
        compartments=", ".join(f"{one.compartment} {percent(one.share)}" for one in lesion.compartments),
        cortex=_CORTEX[lesion.breaches_cortex],
        bone=_bone(lesion),
        marrow=tuple(sentence(one.statement) for one in lesion.marrow),
        cut=lesion.touches_border,
    )


def _bone(lesion: Lesion) -> str:
    """Types that are possible, each with its probability where there are several."""
    shares = {one.type: one.probability for one in lesion.bone_probabilities}
    values = lesion.bone.values
    if len(values) > 1 and shares:
        words = " or ".join(f"{value} ({percent(shares[value])})" for value in values)
    else:
        words = either(values)
    return f"{words}, needs confirmation" if lesion.bone.needs_confirmation else words
