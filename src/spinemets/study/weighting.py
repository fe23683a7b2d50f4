"""What the contrast of a series shows: judged from its sequence, then from its description."""

from dataclasses import dataclass, replace

from spinemets.study.records import AcquisitionParameters, Evidence, Weighting, WeightingJudgement
from spinemets.study.sequence import Readout, Sequence, sequence_of
from spinemets.study.vocabulary import Term
from spinemets.study.wording import NOT_READ, ToldContrast, Words, told_contrast, words_of

# Times that part the weightings. Typical values: Bitar et al. 2006, RadioGraphics 26:513 (spin echo T1:
# TR 300-600, TE 10-30 ms; T2: TR above 2000, TE 90-140 ms). The bounds are ours, widened to hold turbo spin
# echo at 3 T (T1 with TR up to 1100) and 3D turbo spin echo (T2 with TR from 1000).
_T1_LONGEST_TR_MS = 1200.0
_T1_LONGEST_TE_MS = 40.0
_SPIN_ECHO_SHORTEST_TR_MS = 150.0
_T2_SHORTEST_TR_MS = 1000.0
_T2_SHORTEST_TE_MS = 50.0
# Only fluid still gives signal at longer echo times: MR myelography.
_T2_LONGEST_TE_MS = 400.0
# Fat is nulled at 0.69 of its T1 or earlier. T1 of fat is 288 ms at 1.5 T and 371 ms at 3 T (Gold et al.
# 2004, AJR 183:343), less at low field: null at 250 ms or earlier; margins for what vendors add.
_FAT_NULL_TI_MS = (70.0, 320.0)
# CSF (T1 about 4 s) is nulled at 1700-2900 ms at long TR (T2 FLAIR), at 600-1300 ms at the TR of about 2 s
# that gives T1 contrast (T1 FLAIR; spine protocols of the vendors).
_T1_FLAIR_TI_MS = (400.0, 1400.0)
# In-phase T1 gradient echo: short TE, and a flip angle that saturates; below that the contrast is T2*.
_T1_GRADIENT_LONGEST_TE_MS = 8.0
_T1_GRADIENT_SMALLEST_FLIP_DEG = {"3D": 8.0, "2D": 40.0}

_UNSPECIFIED = "Neither the sequence parameters nor the description say what the contrast shows."


@dataclass(frozen=True, slots=True)
class _Contrast:
    """A weighting and the sentences behind it, before the description has been compared.

    Args:
        weighting: The weighting so far.
        because: Sentences.
        by_words: Whether words had to settle what the parameters leave open.
        fat_suppressed: Whether fat is suppressed, by whatever means.
    """

    weighting: Weighting
    because: str
    by_words: bool = False
    fat_suppressed: bool = False

    def but(
        self, sentence: str, weighting: Weighting | None = None, *, by_words: bool = False
    ) -> "_Contrast":
        """The same with one more sentence, and what it changes."""
        return replace(
            self,
            weighting=weighting or self.weighting,
            because=f"{self.because} {sentence}",
            by_words=self.by_words or by_words,
        )


def judge_weighting(parameters: AcquisitionParameters, file_name: str = "") -> WeightingJudgement:
    """What the contrast of a series shows.

    Sequence parameters count first. Where they are silent, the description and protocol name count,
    then the file name. Where parameters and words disagree, parameters count and the reason says so.
    What no parameter tells (a subtraction, a localizer, a parameter map) the words decide. "Without
    contrast" in the description outweighs a contrast agent in the header, because the agent is typed
    once at registration and copied to every series of the examination.

    A T1-weighted series with suppressed fat and no contrast agent is ``OTHER``: fatty marrow is dark in
    it, so that it shows metastases as neither a T1 nor a T1+Gd channel does.

    Args:
        parameters: The header facts; all empty for a bare image file.
        file_name: Name of the file, for images without a header; searched last.
    """
    words = words_of(f"{parameters.series_description} | {parameters.protocol_name}", file_name)
    sequence = sequence_of(parameters)
    seen = _by_kind(parameters, sequence, words) or _by_sequence(parameters, sequence, words)
    told = told_contrast(words)
    if seen is not None:
        evidence = words.source if seen.by_words else Evidence.PARAMETERS
        return WeightingJudgement(seen.weighting, evidence, seen.because + _conflict(seen, told, words))
    if told is not None:
        because = f"{words.says[0].upper()}{words.says[1:]} {told.quoted}."
        return WeightingJudgement(told.weighting, words.source, because)
    return WeightingJudgement(Weighting.OTHER, Evidence.NONE, _UNSPECIFIED)


def _conflict(seen: _Contrast, told: ToldContrast | None, words: Words) -> str:
    if told is None or seen.by_words or told.weighting in (seen.weighting, Weighting.OTHER):
        return ""
    return f" But {words.says} {told.quoted}; the parameters count."


def _by_kind(parameters: AcquisitionParameters, sequence: Sequence, words: Words) -> _Contrast | None:
    """Modality, and what an image is by Image Type or by name, whatever its timing."""
    modality = parameters.modality.strip().upper()
    if sequence.image is Term.LOCALIZER or Term.LOCALIZER in words.terms:
        return _not_read(Term.LOCALIZER, sequence, words)
    if modality == "CT":
        return _Contrast(Weighting.CT, "The modality is CT.")
    if modality not in {"", "MR"}:
        return _Contrast(Weighting.OTHER, f"The modality is {modality}, which is not read.")
    for term in NOT_READ:
        if sequence.image is term or (term in words.terms and Term.ADC is not sequence.image):
            return _not_read(term, sequence, words)
    return _diffusion(parameters, sequence, words)


def _not_read(term: Term, sequence: Sequence, words: Words) -> _Contrast:
    by_header = sequence.image is term
    proof = "Image Type" if by_header else f'named "{words.terms[term]}"'
    return _Contrast(Weighting.OTHER, f"{NOT_READ[term]} ({proof}).", by_words=not by_header)


def _diffusion(parameters: AcquisitionParameters, sequence: Sequence, words: Words) -> _Contrast | None:
    b_value = parameters.b_value_s_mm2
    planar = sequence.readout is Readout.ECHO_PLANAR
    if sequence.image is Term.ADC:
        return _Contrast(Weighting.ADC, "Image Type says ADC map.")
    if Term.ADC in words.terms and (sequence.image is Term.DIFFUSION or b_value is not None or planar):
        return _Contrast(
            Weighting.ADC, f'It is a diffusion series named "{words.terms[Term.ADC]}".', by_words=True
        )
    if b_value is not None and b_value > 0:
        return _Contrast(Weighting.DWI, f"The b value is {b_value:g} s/mm2.")
    if sequence.image is Term.DIFFUSION:
        return _Contrast(Weighting.DWI, "Image Type says diffusion.")
    if planar and (b_value is not None or "_b" in parameters.sequence_name):
        return _Contrast(Weighting.DWI, "Echo planar readout of a diffusion measurement.")
    if Term.DIFFUSION in words.terms and sequence.readout in (Readout.ECHO_PLANAR, Readout.SPIN_ECHO):
        return _Contrast(Weighting.DWI, f'It is named "{words.terms[Term.DIFFUSION]}".', by_words=True)
    return None


def _by_sequence(parameters: AcquisitionParameters, sequence: Sequence, words: Words) -> _Contrast | None:
    """The contrast by timing; None where the header lacks what that takes."""
    if sequence.readout is Readout.ECHO_PLANAR:
        return _Contrast(Weighting.OTHER, "Echo planar readout without diffusion.")
    if sequence.readout is Readout.STEADY_STATE:
        return _Contrast(Weighting.OTHER, "Balanced steady state: the contrast is T2/T1.")
    if sequence.tr_ms is None or sequence.te_ms is None:
        return None
    unnamed_and_fast = sequence.readout is None and sequence.tr_ms < _SPIN_ECHO_SHORTEST_TR_MS
    if sequence.readout is Readout.GRADIENT_ECHO or unnamed_and_fast:
        return _gradient_echo(parameters, sequence, words)
    contrast = _inversion_recovery(sequence, words) if _inverted(sequence) else _spin_echo(sequence, words)
    if contrast is None or contrast.weighting not in (Weighting.T1, Weighting.T2):
        return contrast
    dixon = _dixon_image(sequence, words)
    if dixon in (Term.OPPOSED, Term.FAT):
        return _Contrast(
            _DIXON[dixon], f"{dixon.capitalize()} image of a Dixon acquisition. {contrast.because}"
        )
    return _with_agent(_with_fat_suppression(contrast, dixon, sequence, words), sequence, words)


_DIXON = {
    Term.IN_PHASE: Weighting.DIXON_IN,
    Term.OPPOSED: Weighting.DIXON_OPPOSED,
    Term.WATER: Weighting.DIXON_WATER,
    Term.FAT: Weighting.DIXON_FAT,
}


def _dixon_image(sequence: Sequence, words: Words) -> Term | None:
    if sequence.image in _DIXON:
        return sequence.image
    named = next((term for term in _DIXON if term in words.terms), None)
    return named if Term.DIXON in words.terms or named in (Term.IN_PHASE, Term.OPPOSED) else None


def _inverted(sequence: Sequence) -> bool:
    # A spectral inversion (SPAIR, SPIR) also reports an inversion time: then the scan options name fat
    # suppression, and nothing names inversion recovery.
    return sequence.inverted or (sequence.ti_ms is not None and not sequence.fat_suppression)


def _inversion_recovery(sequence: Sequence, words: Words) -> _Contrast | None:
    tr_ms, te_ms, ti_ms = sequence.tr_ms or 0.0, sequence.te_ms or 0.0, sequence.ti_ms
    if ti_ms is None:
        told = told_contrast(words)
        if told is None or told.weighting not in (Weighting.STIR, Weighting.T1):
            return None
        because = f"Inversion recovery, inversion time not in the header; {words.says} {told.quoted}."
        return _Contrast(told.weighting, because, by_words=True)
    times = f"inversion recovery with TI {ti_ms:g} ms, TR {tr_ms:g} ms and TE {te_ms:g} ms"
    if _FAT_NULL_TI_MS[0] <= ti_ms <= _FAT_NULL_TI_MS[1]:
        note = " A contrast agent was given, whose effect STIR can null." if sequence.agent else ""
        return _Contrast(Weighting.STIR, f"STIR: {times} nulls fat.{note}")
    if _T1_FLAIR_TI_MS[0] <= ti_ms <= _T1_FLAIR_TI_MS[1] and te_ms <= _T1_LONGEST_TE_MS:
        return _Contrast(Weighting.T1, f"T1 FLAIR: {times}.")
    if ti_ms > _T1_FLAIR_TI_MS[1]:
        return _Contrast(Weighting.OTHER, f"T2 FLAIR: {times} nulls fluid.")
    return _Contrast(Weighting.OTHER, f"An {times} is neither STIR nor FLAIR.")


def _spin_echo(sequence: Sequence, words: Words) -> _Contrast | None:
    tr_ms, te_ms = sequence.tr_ms or 0.0, sequence.te_ms or 0.0
    kind = "Spin echo" if sequence.readout is Readout.SPIN_ECHO else "A sequence"
    times = f"{kind} with TR {tr_ms:g} ms and TE {te_ms:g} ms"
    if te_ms > _T2_LONGEST_TE_MS:
        return _Contrast(Weighting.OTHER, f"{times} shows fluid alone, as MR myelography.")
    if tr_ms <= _T1_LONGEST_TR_MS and te_ms <= _T1_LONGEST_TE_MS:
        return _Contrast(Weighting.T1, f"{times} is T1-weighted.")
    if tr_ms >= _T2_SHORTEST_TR_MS and te_ms >= _T2_SHORTEST_TE_MS:
        return _Contrast(Weighting.T2, f"{times} is T2-weighted.")
    told = told_contrast(words)
    if told is not None and told.weighting in _BETWEEN:
        because = f"{times} lies between the weightings; {words.says} {told.quoted}."
        return _Contrast(_BETWEEN[told.weighting], because, by_words=True)
    return _Contrast(Weighting.OTHER, f"{times} is proton-density-weighted or between the weightings.")


# What a description may settle where TR and TE do not: the weighting before fat suppression and agent.
_BETWEEN = {
    Weighting.T1: Weighting.T1,
    Weighting.T1_GD: Weighting.T1,
    Weighting.T2: Weighting.T2,
    Weighting.T2_FS: Weighting.T2,
}


def _with_fat_suppression(
    contrast: _Contrast, dixon: Term | None, sequence: Sequence, words: Words
) -> _Contrast:
    """T2 becomes T2-FS where fat is suppressed; T1 keeps a note for ``_with_agent``.

    The water image of a turbo spin echo Dixon stands for fat suppression, its in-phase image for the
    plain weighting.
    """
    if dixon is Term.IN_PHASE:
        return contrast.but("It is the in-phase image of a Dixon acquisition.")
    proof, by_words = sequence.fat_suppression, False
    if dixon is Term.WATER:
        proof = "water image of a Dixon acquisition"
    elif not proof and Term.FAT_SUPPRESSED in words.terms:
        proof, by_words = f'named "{words.terms[Term.FAT_SUPPRESSED]}"', True
    if not proof:
        return contrast
    weighting = Weighting.T2_FS if contrast.weighting is Weighting.T2 else contrast.weighting
    suppressed = contrast.but(f"Fat is suppressed ({proof}).", weighting, by_words=by_words)
    return replace(suppressed, fat_suppressed=True)


def _with_agent(contrast: _Contrast, sequence: Sequence, words: Words) -> _Contrast:
    """T1 becomes T1+Gd where an agent was given; without one, fat-suppressed T1 serves as no channel."""
    if contrast.weighting is not Weighting.T1:
        return contrast
    named, denied = words.terms.get(Term.CONTRAST), words.terms.get(Term.NO_CONTRAST)
    if denied and not named:
        despite = ", although the header names a contrast agent" if sequence.agent else ""
        return _without_agent(
            contrast.but(f'It is named "{denied}"{despite}.', by_words=bool(sequence.agent))
        )
    if sequence.agent:
        return contrast.but("A contrast agent was given.", Weighting.T1_GD)
    if named and not denied:
        sentence = f'It is named "{named}", although the header names no contrast agent.'
        return contrast.but(sentence, Weighting.T1_GD, by_words=True)
    return _without_agent(contrast)


def _without_agent(contrast: _Contrast) -> _Contrast:
    if not contrast.fat_suppressed:
        return contrast
    sentence = "Without a contrast agent fatty marrow is dark in it, so it serves as no T1 channel."
    return contrast.but(sentence, Weighting.OTHER)


def _gradient_echo(parameters: AcquisitionParameters, sequence: Sequence, words: Words) -> _Contrast:
    tr_ms, te_ms = sequence.tr_ms or 0.0, sequence.te_ms or 0.0
    times = f"Gradient echo with TR {tr_ms:g} ms and TE {te_ms:g} ms"
    if (dixon := _dixon_image(sequence, words)) is not None:
        by_words = sequence.image is not dixon
        return _Contrast(_DIXON[dixon], f"{times}, {dixon} image.", by_words)
    if Term.MAGNETIZATION_TRANSFER in words.terms:
        return _Contrast(Weighting.OTHER, f"{times} and magnetization transfer.", by_words=True)
    volume = parameters.acquisition_type.upper() == "3D" or tr_ms < 30.0
    smallest_deg = _T1_GRADIENT_SMALLEST_FLIP_DEG["3D" if volume else "2D"]
    flip_deg = sequence.flip_angle_deg or 0.0
    prepared = sequence.inverted or sequence.ti_ms is not None
    if te_ms <= _T1_GRADIENT_LONGEST_TE_MS and (flip_deg >= smallest_deg or prepared):
        times += ", inversion-prepared," if prepared else f" and flip angle {flip_deg:g} degrees"
        contrast = _Contrast(Weighting.T1, f"{times} is T1-weighted.")
        return _with_agent(_with_fat_suppression(contrast, None, sequence, words), sequence, words)
    return _Contrast(Weighting.OTHER, f"{times} is T2*-weighted or unweighted, which serves as no channel.")
