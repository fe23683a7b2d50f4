"""Words for contrast: languages, negations, and words that only look like contrast."""

import pytest

from spinemets.study.vocabulary import Term, terms_of


@pytest.mark.parametrize(
    "text",
    [
        "T1 nach KM",
        "T1 mit KM",
        "t1_tse_sag_km",
        "T1 FS SAG +C",
        "SAG T1 C+",
        "T1 POST GAD",
        "T1 post contrast",
        "T1 avec gado",
        "T1 FS INJECTE",
        "T1 après injection de Gd",
        "T1 con contraste",
        "T1 con CIV",
        "T1 dopo mdc",
        "T1 con m.d.c.",
        "T1 pós gadolínio",
        "T1 na contrast",
        "T1+Gd",
        "sub_ce-gadolinium_T1w",
        "T1增强",
        "T1 造影後",
    ],
)
def test_contrast_agent(text):
    terms = terms_of(text)
    assert Term.CONTRAST in terms
    assert Term.NO_CONTRAST not in terms


@pytest.mark.parametrize(
    "text",
    [
        "T1 ohne KM",
        "T1 vor KM",
        "T1 nativ",
        "T1 w/o contrast",
        "T1 without Gd",
        "T1 pre",
        "T1 PRE CONTRAST",
        "T1 non-contrast",
        "T1 unenhanced",
        "T1 sans gado",
        "T1 avant injection",
        "T1 sin contraste",
        "T1 senza mdc",
        "T1 sem contraste",
        "T1 zonder contrast",
        "T1平扫",
        "T1 造影前",
        "T1 単純",
    ],
)
def test_no_contrast_agent_is_not_read_as_one(text):
    terms = terms_of(text)
    assert Term.NO_CONTRAST in terms
    assert Term.CONTRAST not in terms


@pytest.mark.parametrize(
    "text",
    [
        "T2 FS",
        "T2 fatsat",
        "T2 fat-sat",
        "T2 SPAIR",
        "T2 SPIR",
        "T2 fettgesättigt",
        "T2 fettsupprimiert",
        "T2 saturation de la graisse",
        "T2 sat graisse",
        "T2 supresión grasa",
        "T2 saturación de grasa",
        "T2 soppressione del grasso",
        "T2 supressão de gordura",
        "T2 vetonderdrukking",
        "T2脂肪抑制",
        "T2 压脂",
    ],
)
def test_fat_suppression(text):
    assert Term.FAT_SUPPRESSED in terms_of(text)
    assert Term.T2 in terms_of(text)


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("SAG T2 C7-T1", Term.T1),
        ("AX T2 T10 to T12", Term.T1),
        ("AX L3/4 T2", Term.T1),
        ("T2* MERGE", Term.T2),
        ("T2star", Term.T2),
        ("SAG T1 POST OP", Term.CONTRAST),
        ("T2 FSE posterior", Term.CONTRAST),
        ("T2 FSE", Term.FAT_SUPPRESSED),
        ("AX T11", Term.T1),
        ("fat sat T2", Term.FAT),
        ("SAG T2 wo", Term.CONTRAST),
        ("CTL spine T2", Term.CT),
        ("direct", Term.OTHER_INVERSION),
        ("sub-01_dir-AP_T2w", Term.OTHER_INVERSION),
        ("T2 AX DISCO L5-S1", Term.DYNAMIC),
        ("T2 sag difficult", Term.DIFFUSION),
        ("T1 SAG flexion", Term.DIXON),
        ("T2 subacute", Term.SUBTRACTION),
    ],
)
def test_words_that_only_look_like_contrast(text, absent):
    assert absent not in terms_of(text)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("t1_vibe_dixon_opp", Term.OPPOSED),
        ("t2_tse_dixon_W", Term.WATER),
        ("t2_tse_dixon_F", Term.FAT),
        ("LAVA-Flex InPhase", Term.IN_PHASE),
        ("gegenphase", Term.OPPOSED),
        ("SAGT1", Term.T1),
        ("axT2", Term.T2),
        ("ＳＴＩＲ", Term.STIR),
    ],
)
def test_spellings(text, term):
    assert term in terms_of(text)


def test_the_words_are_kept_for_the_reason():
    assert terms_of("t1_tse_sag_nach_KM")[Term.CONTRAST] == "km"
    assert terms_of("Localizer")[Term.LOCALIZER] == "localizer"
    assert terms_of("t1km")[Term.T1] == "t1"
