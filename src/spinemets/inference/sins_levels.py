"""SINS and pathway of an involved level, from the image and the clinical table."""

from dataclasses import dataclass

from spinemets.anatomy import BoneLesionType, Level, Numbering
from spinemets.findings.level_belief import LevelBelief
from spinemets.findings.records import SinsImaging
from spinemets.inference.clinical import ClinicalFacts, PriorAlignment
from spinemets.scoring.escc import EsccAssessment
from spinemets.scoring.pathway import Pathway, PathwayInputs, suggest_pathway
from spinemets.scoring.possible import Possible, Source, possible
from spinemets.scoring.sins import SinsFindings, SinsScore, score_sins
from spinemets.scoring.sins_items import Alignment


@dataclass(frozen=True, slots=True)
class ScoredLevel:
    """Score and pathway of a level."""

    sins: SinsScore
    pathway: Pathway


def score_level(
    belief: LevelBelief, imaging: SinsImaging, clinical: ClinicalFacts, escc: EsccAssessment
) -> ScoredLevel:
    """Score a level; what neither image nor table tells stays open.

    Args:
        belief: Which level it may be; decides the item of location.
        imaging: What the image says of the items.
        clinical: Of the level or its patient.
        escc: Of the level.
    """
    evidence = "; ".join(belief.evidence) or "levels counted along the spine"
    findings = SinsFindings(
        level=possible(belief.credible, Source.MEASURED, evidence, needs_confirmation=not belief.is_certain),
        pain=clinical.pain,
        bone=_bone(imaging.bone, clinical),
        alignment=_alignment(imaging.alignment, clinical.prior_alignment),
        collapse=imaging.collapse,
        posterolateral=imaging.posterolateral,
        numbering=_numbering(belief.credible),
    )
    score = score_sins(findings)
    inputs = PathwayInputs(escc, score.classes, clinical.very_radiosensitive, clinical.can_have_surgery)
    return ScoredLevel(score, suggest_pathway(inputs))


def _bone(seen: Possible[BoneLesionType], clinical: ClinicalFacts) -> Possible[BoneLesionType]:
    """CT or pathology, where the table has it, overrules the estimate from MRI."""
    if clinical.bone is None:
        return seen
    if not set(clinical.bone.values) & set(seen.values):
        note = f"clinical table; the image suggests {' or '.join(seen.values)} instead"
        return possible(clinical.bone.values, Source.CLINICAL, note, needs_confirmation=True)
    return clinical.bone


def _alignment(seen: Possible[Alignment], prior: PriorAlignment | None) -> Possible[Alignment]:
    """SINS counts a deformity that is new; what was there before the tumour does not count."""
    if Alignment.DEFORMITY not in seen.values or prior is None:
        return seen
    if prior is PriorAlignment.NORMAL:
        note = f"{seen.evidence}; normal on the prior study, so new"
        return possible(seen.values, Source.CLINICAL, note)
    kept = set(seen.values) - {Alignment.DEFORMITY} | {Alignment.NORMAL}
    return possible(kept, Source.CLINICAL, f"{seen.evidence}; there on the prior study, so not new")


def _numbering(levels: tuple[Level, ...]) -> Numbering:
    return Numbering(13 if Level.T13 in levels else 12, 6 if Level.L6 in levels else 5)
