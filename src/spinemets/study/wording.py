"""The contrast that a description or a file name tells, where nothing else does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spinemets.study.records import Evidence, Weighting
from spinemets.study.vocabulary import Term, terms_of


@dataclass(frozen=True, slots=True)
class Words:
    """The terms found in a series' description, or failing that in its file's name.

    Args:
        terms: Each term with the words that state it.
        source: ``DESCRIPTION``, ``FILE_NAME``, or ``NONE`` where no term was found.
    """

    terms: Mapping[Term, str] = field(default_factory=dict)
    source: Evidence = Evidence.NONE

    @property
    def says(self) -> str:
        """Begins a sentence on what the words state."""
        return "the file name says" if self.source is Evidence.FILE_NAME else "the description says"


@dataclass(frozen=True, slots=True)
class ToldContrast:
    """A weighting told by words, and the words in quotation marks."""

    weighting: Weighting
    quoted: str


# What an image is beside its contrast, and is not read for: the sentence, by the term that says so.
NOT_READ: Mapping[Term, str] = {
    Term.LOCALIZER: "It is a localizer",
    Term.SUBTRACTION: "It is a subtraction",
    Term.MAP: "It is a parameter map or a phase image, not a weighted image",
    Term.PROJECTION: "It is a projection",
    Term.MYELOGRAPHY: "It is MR myelography, which shows fluid alone",
    Term.OTHER_INVERSION: "It is a phase-sensitive or double inversion recovery",
    Term.DYNAMIC: "It is a dynamic series",
}

# The weighting that a set of terms stands for; what is more particular comes first.
_WEIGHTING_OF_TERMS: tuple[tuple[tuple[Term, ...], Weighting], ...] = (
    *(((term,), Weighting.OTHER) for term in NOT_READ),
    ((Term.ADC,), Weighting.ADC),
    ((Term.DIFFUSION,), Weighting.DWI),
    ((Term.OPPOSED,), Weighting.DIXON_OPPOSED),
    ((Term.DIXON, Term.FAT), Weighting.DIXON_FAT),
    ((Term.T2, Term.DIXON, Term.WATER), Weighting.T2_FS),
    ((Term.T2, Term.DIXON, Term.IN_PHASE), Weighting.T2),
    ((Term.DIXON, Term.WATER), Weighting.DIXON_WATER),
    ((Term.IN_PHASE,), Weighting.DIXON_IN),
    ((Term.T2_STAR,), Weighting.OTHER),
    ((Term.STEADY_STATE,), Weighting.OTHER),
    ((Term.MAGNETIZATION_TRANSFER,), Weighting.OTHER),
    ((Term.T1, Term.FLAIR), Weighting.T1),
    ((Term.FLAIR,), Weighting.OTHER),
    ((Term.STIR,), Weighting.STIR),
    ((Term.T2, Term.FAT_SUPPRESSED), Weighting.T2_FS),
    ((Term.T2,), Weighting.T2),
    ((Term.T1,), Weighting.T1),
    ((Term.PROTON_DENSITY,), Weighting.OTHER),
    ((Term.GRADIENT_ECHO,), Weighting.OTHER),
    ((Term.DIXON,), Weighting.OTHER),
    ((Term.CT,), Weighting.CT),
)


# The subject of a BIDS name is no subtraction.
_BIDS_SUBJECT = re.compile(r"^sub-[A-Za-z0-9]+")


def words_of(description: str, file_name: str) -> Words:
    """The terms of the description, or of the file name where the description has none."""
    name = _BIDS_SUBJECT.sub("", file_name)
    for text, source in ((description, Evidence.DESCRIPTION), (name, Evidence.FILE_NAME)):
        if terms := terms_of(text):
            return Words(terms, source)
    return Words()


def told_contrast(words: Words) -> ToldContrast | None:
    """The weighting that words alone tell, or None."""
    for terms, weighting in _WEIGHTING_OF_TERMS:
        if all(term in words.terms for term in terms):
            quoted = " ".join(dict.fromkeys(words.terms[term] for term in terms))
            return _t1(quoted, words) if weighting is Weighting.T1 else ToldContrast(weighting, f'"{quoted}"')
    return None


def _t1(quoted: str, words: Words) -> ToldContrast:
    if Term.CONTRAST in words.terms and Term.NO_CONTRAST not in words.terms:
        return ToldContrast(Weighting.T1_GD, f'"{quoted}" and "{words.terms[Term.CONTRAST]}"')
    if Term.FAT_SUPPRESSED in words.terms:
        fat = words.terms[Term.FAT_SUPPRESSED]
        return ToldContrast(
            Weighting.OTHER, f'"{quoted}" and "{fat}" without a contrast agent, no T1 channel'
        )
    return ToldContrast(Weighting.T1, f'"{quoted}"')
