"""The item of alignment with an earlier study's word, or the clinical table's, on what is new."""

from dataclasses import dataclass, replace

from spinemets.findings.new_deformity import judge_new_deformity, was_deformed
from spinemets.findings.records import AlignmentFindings, SinsImaging, Vertebra
from spinemets.inference.clinical import PriorAlignment


@dataclass(frozen=True, slots=True)
class AnsweredImaging:
    """What the image says of the items.

    Args:
        sins: With what the earlier study answers.
        warning: That study and table contradict each other; "" where they do not.
    """

    sins: SinsImaging
    warning: str = ""


def answer_alignment(
    vertebra: Vertebra, then: AlignmentFindings | None, word: PriorAlignment | None
) -> AnsweredImaging:
    """Answer what is new of a deformity at an involved vertebra.

    The clinical table's word goes before the earlier study, and is weighed where the level is scored; that
    the two differ is said.

    Args:
        vertebra: Of this study.
        then: Its alignment on the earlier study; None where there is none, or it is not certain which it was.
        word: Of the clinical table.

    Raises:
        ValueError: If the vertebra is not involved.
    """
    if vertebra.sins is None:
        raise ValueError("an involved vertebra has findings of SINS")
    if then is None or vertebra.alignment is None:
        return AnsweredImaging(vertebra.sins)
    if word is None:
        alignment = judge_new_deformity(vertebra.sins.alignment, vertebra.alignment, then)
        return AnsweredImaging(replace(vertebra.sins, alignment=alignment))
    contradicted = {PriorAlignment.NORMAL: True, PriorAlignment.ABNORMAL: False}[word]
    if was_deformed(then) is not contradicted:
        return AnsweredImaging(vertebra.sins)
    measured = "deformity" if contradicted else "no deformity"
    return AnsweredImaging(
        vertebra.sins,
        f"{vertebra.belief.words}: the clinical table calls the earlier alignment {word}, but {measured} was "
        "measured on the earlier study; the table counts",
    )
