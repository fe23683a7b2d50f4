"""The clinical rules: SINS, ESCC, bone signal, fracture type, care pathway."""

from spinemets.scoring.collapse import judge_collapse
from spinemets.scoring.escc import EsccAssessment, EsccFindings, grade_escc, not_gradable, worst_of
from spinemets.scoring.fracture import FractureJudgement, judge_fracture
from spinemets.scoring.location import location_of
from spinemets.scoring.pathway import Pathway, PathwayInputs, suggest_pathway
from spinemets.scoring.possible import Possible, Source, possible, unknown
from spinemets.scoring.sins import SinsClass, SinsFindings, SinsScore, score_sins
from spinemets.scoring.sins_study import HighestSins, highest_sins

__all__ = [
    "EsccAssessment",
    "EsccFindings",
    "FractureJudgement",
    "HighestSins",
    "Pathway",
    "PathwayInputs",
    "Possible",
    "SinsClass",
    "SinsFindings",
    "SinsScore",
    "Source",
    "grade_escc",
    "highest_sins",
    "judge_collapse",
    "judge_fracture",
    "location_of",
    "not_gradable",
    "possible",
    "score_sins",
    "suggest_pathway",
    "unknown",
    "worst_of",
]
