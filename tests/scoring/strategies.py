"""Hypothesis strategies for findings."""

from hypothesis import strategies as st

from spinemets.anatomy import BoneLesionType, Level, Numbering
from spinemets.scoring import SinsFindings, Source, possible
from spinemets.scoring.sins_items import Alignment, Collapse, Pain, Posterolateral

NUMBERINGS = [Numbering(thoracic, lumbar) for thoracic in (11, 12, 13) for lumbar in (4, 5, 6)]


def possibilities(kind):
    """Any non-empty set of an enumeration's values, from any source."""
    values = st.sets(st.sampled_from(list(kind)), min_size=1)
    return st.builds(possible, values, st.sampled_from(list(Source)), st.text(max_size=9), st.booleans())


@st.composite
def findings(draw):
    """Any findings of SINS, levels uncertain as well."""
    numbering = draw(st.sampled_from(NUMBERINGS))
    levels = draw(st.sets(st.sampled_from(numbering.levels), min_size=1, max_size=3))
    return SinsFindings(
        level=possible(levels, Source.MEASURED),
        pain=draw(possibilities(Pain)),
        bone=draw(possibilities(BoneLesionType)),
        alignment=draw(possibilities(Alignment)),
        collapse=draw(possibilities(Collapse)),
        posterolateral=draw(possibilities(Posterolateral)),
        numbering=numbering,
    )


def levels():
    """Any level."""
    return st.sampled_from(list(Level))
