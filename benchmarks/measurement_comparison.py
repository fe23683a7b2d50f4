"""What was measured of a phantom beside its truth, and the tables of both; for measurement_accuracy.py."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spinemets.anatomy import BoneLesionType, EsccGrade, Level, Region
from spinemets.findings.records import Lesion, StationFindings, Vertebra, WallShape
from spinemets.findings.usual_heights import usual_height_mm
from spinemets.scoring.collapse import PercentRange, judge_collapse
from spinemets.scoring.escc import EsccFindings, grade_escc
from spinemets.scoring.possible import Possible, Source
from spinemets.scoring.sins_items import Alignment, Posterolateral

_THIRDS = ("anterior", "middle", "posterior")
# What the project asks with true masks: loss, involved part, kyphosis, offset and volumes over 1 mL.
_GOALS = {
    "height loss, same neighbours (points)": 5.0,
    "height loss, broken bodies (points)": 5.0,
    "largest loss, own intact body (points)": 5.0,
    "involved part of the body (points)": 5.0,
    "kyphosis, T3 to L5 (degrees)": 3.0,
    "kyphosis, C4 to T2 (degrees)": 3.0,
    "posterior-wall offset (mm)": 1.5,
    "lesion volume, over 1 mL (%)": 10.0,
}
# A wall that was drawn to bulge by less is as good as straight.
_DRAWN_CONVEX_MM = 0.5


@dataclass(frozen=True)
class StationTruth:
    """The phantom's records of a station and of its spine, as they are on disk."""

    station: Mapping[str, Any]
    spine: Mapping[str, Any]

    @property
    def vertebrae(self) -> dict[Level, Mapping[str, Any]]:
        """Every vertebra that is wholly in the station's box."""
        return {Level(one["level"]): one for one in self.station["vertebrae"]}

    @property
    def involved(self) -> dict[Level, Mapping[str, Any]]:
        """Levels with tumour in bone or canal."""
        return {Level(one["sins"]["level"]): one for one in self.station["levels"]}

    @property
    def collapses(self) -> dict[Level, Mapping[str, Any]]:
        """Bodies that were broken."""
        drawn = {Level(one["level"]): one["collapse"] for one in self.spine["vertebrae"]}
        return {level: collapse for level, collapse in drawn.items() if collapse is not None}


@dataclass(frozen=True)
class Measured:
    """What was found in a station, with the true name of each vertebra and the true number of each lesion."""

    findings: StationFindings
    escc: Mapping[int, EsccFindings]
    levels: Mapping[int, Level]
    lesions: Mapping[int, int]


@dataclass
class Comparison:
    """Errors by quantity, and (truth, answers) by finding."""

    errors: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, list[tuple[Any, tuple[Any, ...]]]] = field(default_factory=dict)
    counts: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, measured: Measured, truth: StationTruth) -> None:
        """All of one station."""
        for one in measured.findings.vertebrae:
            level = measured.levels.get(one.number)
            if level in truth.vertebrae and one.whole and one.body is not None:
                self._add_body(one, level, measured, truth)
                self._add_canal(one, truth.vertebrae[level])
                self._add_involved(one, level, measured, truth)
        found = {measured.lesions.get(one.number): one for one in measured.findings.lesions}
        shown = set(measured.levels.values())
        for lesion in truth.station["lesions"]:
            if {Level(one) for one in lesion["levels"]} & shown:
                self._count("lesions found", lesion["code"] in found)
            if lesion["code"] in found:
                self._add_lesion(found[lesion["code"]], lesion)
        for one in measured.findings.lesions:
            self._count("lesions that are true", one.number in measured.lesions)

    def _add_body(self, one: Vertebra, level: Level, measured: Measured, truth: StationTruth) -> None:
        own, body = truth.vertebrae[level], one.body
        losses = [getattr(body, f"loss_{third}").value for third in _THIRDS]
        references = {number: measured.levels.get(number) for number in body.references}
        if None not in losses and set(references.values()) <= truth.vertebrae.keys():
            true = _true_losses(one.number, level, references, truth)
            name = "height loss, broken bodies (points)" if level in truth.collapses else None
            for quantity in ("height loss, same neighbours (points)", name):
                if quantity:
                    self.errors.setdefault(quantity, []).extend((np.array(losses) - true).tolist())
        neck = level.region is Region.CERVICAL or level in (Level.T1, Level.T2)
        kyphosis = f"kyphosis, {'C4 to T2' if neck else 'T3 to L5'} (degrees)"
        self._error(kyphosis, one.alignment.kyphosis.value, own["kyphosis_deg"])
        self._error("posterior-wall offset (mm)", body.wall_offset.value, own["wall_offset_mm"])
        if body.wall_shape is not None:
            self._answer("posterior wall", _drawn_shape(truth.collapses.get(level)), (body.wall_shape,))

    def _add_canal(self, one: Vertebra, own: Mapping[str, Any]) -> None:
        if one.canal is None or own["canal"] is None:
            return
        canal, narrowing = own["canal"], one.canal.narrowing.value
        by_neighbours = canal["narrowing_by_neighbours_percent"]
        self._error("canal narrowing, against neighbours (points)", narrowing, by_neighbours)
        self._error("canal narrowing, own undeformed sac (points)", narrowing, canal["narrowing_percent"])
        tumour = one.canal.epidural_tumour
        if not tumour.at_least and (canal["epidural_ml"] or tumour.value):
            self._error("epidural tumour at a level (mL)", tumour.value, canal["epidural_ml"])
            self._error(
                "epidural extent at a level (mm)",
                one.canal.epidural_extent.value,
                canal["epidural_extent_mm"],
            )

    def _add_involved(self, one: Vertebra, level: Level, measured: Measured, truth: StationTruth) -> None:
        own = truth.involved.get(level)
        grade = EsccGrade.G0 if own is None else own["escc"] and EsccGrade(own["escc"])
        grades = grade_escc(measured.escc.get(one.number, EsccFindings())).grades
        if grade is not None:
            kind = "with tumour" if grade is not EsccGrade.G0 else "without"
            self._answer(f"ESCC grade, canal {kind}", grade, grades)
        if own is None:
            return
        sins = own["sins"]
        self._error("involved part of the body (points)", one.body.involved.value, sins["involved_percent"])
        self._error("slip (mm)", one.alignment.slip.value, sins["slip_mm"])
        losses = [getattr(one.body, f"loss_{third}").value for third in _THIRDS]
        if None not in losses and sins["collapse_percent"] is not None:
            self._error("largest loss, own intact body (points)", max(0.0, *losses), sins["collapse_percent"])
        if one.sins is not None:
            self._add_items(one, sins)

    def _add_items(self, one: Vertebra, sins: Mapping[str, Any]) -> None:
        item = one.sins
        self._answer(
            "posterolateral item", Posterolateral(sins["posterolateral"]), item.posterolateral.values
        )
        self._answer("alignment item", Alignment(sins["alignment"]), item.alignment.values)
        if sins["bone_type"] is not None:
            self._answer("bone type", BoneLesionType(sins["bone_type"]), item.bone.values)
        if sins["collapse_percent"] is not None:
            self._answer("collapse item", _true_collapse(sins).values[0], item.collapse.values)

    def _add_lesion(self, found: Lesion, true: Mapping[str, Any]) -> None:
        parts = [true[f"{place}_volume_ml"] for place in ("bone", "soft_tissue", "epidural")]
        beyond = parts[1] + parts[2] > 0
        breach = (True, False) if found.breaches_cortex is None else (found.breaches_cortex,)
        self._answer("growth beyond bone", beyond, breach)
        if found.touches_border or true["touches_border"]:
            return
        error = 100.0 * (found.volume.value / sum(parts) - 1.0)
        self._error(f"lesion volume, {'over' if sum(parts) > 1.0 else 'up to'} 1 mL (%)", error, 0.0)
        self._error("lesion diameter (mm)", found.largest_diameter.value, true["diameter_mm"])

    def _error(self, quantity: str, found: float | None, true: float | None) -> None:
        if found is not None and true is not None:
            self.errors.setdefault(quantity, []).append(found - true)

    def _answer(self, finding: str, true: Any, answers: Iterable[Any]) -> None:
        self.answers.setdefault(finding, []).append((true, tuple(answers)))

    def _count(self, name: str, hit: bool) -> None:
        self.counts.setdefault(name, []).append(hit)

    def tables(self) -> str:
        """Two Markdown tables and a line of counts."""
        numbers = (
            "| quantity | n | mean error | mean absolute error | 95th percentile | max | goal | within |\n"
        )
        numbers += "|---|---|---|---|---|---|---|---|\n"
        numbers += "\n".join(_row(name, np.array(self.errors[name])) for name in sorted(self.errors))
        found = (
            "| finding | n | truth among the answers | one answer only | of these right | within one step |\n"
        )
        found += "|---|---|---|---|---|---|\n"
        found += "\n".join(_agreement(name, self.answers[name]) for name in sorted(self.answers))
        counts = ", ".join(f"{name}: {sum(hits)} of {len(hits)}" for name, hits in self.counts.items())
        return f"{numbers}\n\n{found}\n\n{counts}"


def _true_losses(
    number: int, level: Level, references: Mapping[int, Level], truth: StationTruth
) -> np.ndarray:
    """Losses at the thirds against the same neighbours, by the same rule, from true heights."""
    relative = {
        one: np.array(truth.vertebrae[one]["heights_mm"]) / (usual_height_mm(one) or 1.0)
        for one in (level, *references.values())
    }
    table = np.array([relative[one] for one in references.values()])
    intact = [np.interp(number, list(references), table[:, third]) for third in range(3)]
    return np.asarray(100.0 * (1.0 - relative[level] / intact))


def _drawn_shape(collapse: Mapping[str, Any] | None) -> WallShape:
    if collapse is not None and collapse["retropulsion_mm"] > 0.0:
        return WallShape.RETROPULSED
    convex = collapse is not None and collapse["convex_bulge_mm"] >= _DRAWN_CONVEX_MM
    return WallShape.CONVEX if convex else WallShape.STRAIGHT


def _true_collapse(sins: Mapping[str, Any]) -> Possible[Any]:
    loss, involved = sins["collapse_percent"], sins["involved_percent"]
    ranges = (PercentRange(loss, loss),), (PercentRange(involved, involved),)
    return judge_collapse(*ranges, Source.MEASURED)


def _row(name: str, errors: np.ndarray) -> str:
    size, goal = np.abs(errors), _GOALS.get(name)
    within = "" if goal is None else f"{100.0 * np.mean(size <= goal):.0f} %"
    figures = (errors.mean(), size.mean(), np.percentile(size, 95), size.max())
    values = " | ".join(f"{each:.2f}" for each in figures)
    return f"| {name} | {len(errors)} | {values} | {goal or ''} | {within} |"


def _agreement(name: str, rows: list[tuple[Any, tuple[Any, ...]]]) -> str:
    among = [true in answers for true, answers in rows]
    single = [(true, answers[0]) for true, answers in rows if len(answers) == 1]
    right = [true == answer for true, answer in single]
    near = ""
    if isinstance(rows[0][0], EsccGrade):
        steps = [min(abs(true.rank - each.rank) for each in answers) for true, answers in rows]
        near = f"{100.0 * np.mean(np.array(steps) <= 1):.0f} %"
    shares = (np.mean(among), len(single) / len(rows), np.mean(right) if right else np.nan)
    return f"| {name} | {len(rows)} | {' | '.join(f'{100.0 * each:.0f} %' for each in shares)} | {near} |"
