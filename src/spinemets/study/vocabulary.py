"""What scanner descriptions and file names say of a series' contrast, in the languages of their writers."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Term(StrEnum):
    """A fact of contrast that a description can state."""

    T1 = "T1"
    T2 = "T2"
    T2_STAR = "T2*"
    PROTON_DENSITY = "proton density"
    STIR = "STIR"
    FLAIR = "FLAIR"
    FAT_SUPPRESSED = "fat suppression"
    CONTRAST = "contrast agent"
    NO_CONTRAST = "no contrast agent"
    DIXON = "Dixon"
    IN_PHASE = "in phase"
    OPPOSED = "opposed phase"
    WATER = "water"
    FAT = "fat"
    DIFFUSION = "diffusion"
    ADC = "ADC"
    CT = "CT"
    LOCALIZER = "localizer"
    MYELOGRAPHY = "myelography"
    SUBTRACTION = "subtraction"
    MAP = "parameter map"
    STEADY_STATE = "balanced steady state"
    DYNAMIC = "dynamic series"
    PROJECTION = "projection"
    MAGNETIZATION_TRANSFER = "magnetization transfer"
    OTHER_INVERSION = "phase-sensitive or double inversion recovery"
    GRADIENT_ECHO = "gradient echo"


# Words come in English, German, French, Spanish, Italian, Portuguese, Dutch, Chinese and Japanese, and in
# the vendors' own names. They are matched on text without diacritics, in lower case, with - _ . / and
# brackets turned into blanks. "T1" may stick to a plane ("sagt1"), and must not be the start of "T10".
_STUCK = r"(?:(?<![a-z0-9])|(?<=sag)|(?<=ax)|(?<=cor)|(?<=tra)|(?<=2d)|(?<=3d)|(?<=fs)|(?<=tse)|(?<=fse))"

_PATTERNS: Mapping[Term, str] = {
    Term.T1: _STUCK + r"t1(?![0-9])(?! ?rho)",
    Term.T2: _STUCK + r"t2(?![0-9]|\*|s\b|starw?| ?\*| ?stern| ?star)",
    Term.T2_STAR: _STUCK
    + r"t2(?: ?\*| ?star| ?stern|s\b)|\bmedic\b|\bmerge\b|\bm ?ffe\b|\bcosmic\b|\bhemo\b|\bswi\b|\badage\b",
    Term.PROTON_DENSITY: r"\bpd(?:w|fs)?\b|proton|protonen|\bdp\b|质子|プロトン",
    Term.STIR: r"stir|tirm|\btir\b|short tau",
    Term.FLAIR: r"flair|dark ?fluid",
    Term.FAT_SUPPRESSED: r"\bfs\b|(?<=t1)fs\b|(?<=t2)fs\b|(?<=pd)fs\b|fat ?sat|\bfat ?sup"
    r"|\bf ?sat\b|\bsat ?fat|\bspai?r\b|\bspir\b|chem ?sat|\bproset\b|\bwats?\b|water ?(?:exc|sel)|\baspir\b"
    r"|fett(?:ge)?satt|fettsupp|fettunter|ohne fett"
    r"|(?:sat|suppr?)\w*(?: de)?(?: la)? graisse|\bfat graisse|\bsans graisse"
    r"|(?:sup\w*|sat\w*)(?: de)?(?: la)?(?: del)? gras[ao]|sin grasa"
    r"|(?:sopp\w*|sat\w*)(?: del)?(?: di)? grasso|(?:sup\w*|sat\w*)(?: de| da)? gordura"
    r"|\bvet ?(?:onder|supp|sat)|脂肪抑制|抑脂|压脂|壓脂|脂抑",
    Term.NO_CONTRAST: r"\b(?:ohne|vor) (?:km|kontrast\w*|gd|gado\w*)|\bnativ\w*|\bun ?enhanced|\bunenh\b"
    r"|\bnon ?(?:contrast\w*|enh\w*|con)\b|\bno (?:contrast|gd|gad\w*|inj\w*)"
    r"|\bw ?o(?: (?:contrast\w*|gd|gad\w*|c))?\b"
    r"|\bwithout(?: (?:contrast\w*|gd|gad\w*))?|\bpre ?(?:contrast\w*|gd|gad\w*|km|c|inj\w*|mdc|iv)?\b"
    r"|\b(?:sans|avant) (?:gado\w*|gd|inj\w*|contraste|iv|produit)|\bnon inject\w*"
    r"|\b(?:sin|antes del?) (?:contraste|gado\w*|gd|civ)|\b(?:senza|prima del?) (?:mdc|m d c|contrasto|gd)"
    r"|\b(?:sem|antes do) (?:contraste|gd|gado\w*)|\b(?:zonder|voor) (?:contrast|gd|gado\w*)|\bblanco\b"
    r"|平扫|平掃|增强前|増強前|未增强|造影前|非造影|単純|造影(?:なし|無し?)",
    Term.CONTRAST: r"\bgd\b|\bgad|\bgado|gadolin|(?<=t1)(?:km|gd|c)\b|(?<=fs)(?:gd|km)\b"
    r"|gadovist|gadavist|dotarem|magnevist|prohance|multihance|omniscan|primovist|clariscan|vueway|elucirem"
    r"|\bkm\b|\bkontrast|\bcontrast|\bmdc\b|\bm d c\b|\bciv\b|\binj(?:ect\w*|e|\b)|\biv ?\+"
    r"|\bpost\b(?! ?op)|\bpost ?(?:gd|gado|km|contrast|inj|mdc|iv)|\bpos (?:gd|gado\w*|contraste)"
    r"|\bc ?\+|\+ ?(?:c|k|km|gd|gado\w*|iv)\b|\bce\b|\bcet1|\benh(?:anced)?\b|增强|增強|造影|对比剂|對比劑",
    Term.DIXON: r"dixon|\bdix\b|\bideal\b|\bflex\b|\bm ?dix\b|\bwfi\b|\bwfop\b|\bwfs\b|\bwater ?fat",
    Term.IN_PHASE: r"\bin ?phas\w*|\bip\b|\ben phase|\bin fase|\bem fase|\ben fase|同相位|同位相",
    Term.OPPOSED: r"\bopp\b|\bopp\w* ?phas|\bopposed|\bop ?phas|\bout ?(?:of ?)?phas|\boop\b"
    r"|opposition de phase|\bhors phase|\bfuori fase|\bfora de fase|\bfuera de fase|gegenphas|反相位|逆位相",
    Term.WATER: r"\bwater\b(?! ?(?:exc|sel|fat))|\bwasser\b|\beau\b|\bagua\b|\bacqua\b",
    Term.FAT: r"\bfat\b(?! ?(?:sat|sup|frac))(?<!water fat)|\bfett\b",
    Term.DIFFUSION: r"\bdwi|\bdw\b|\bdti\b|\bdiff?(?:us\w*|uz\w*)?\b|\bresolve\b|\btrace ?w?\b"
    r"|\bb ?[0-9]{3,4}\b|弥散|彌散|扩散|擴散|拡散",
    Term.ADC: r"\bd?adc\b|apparent diff",
    Term.CT: r"\bct\b|\bcbct\b",
    Term.LOCALIZER: r"\bloc\b|\blocali[sz]|\blocator|\bscout|\baahscout|\bsurvey\b|\bsurview"
    r"|\b3 ?pl(?:ane)?\b|\btopogram|\brepera|\bplanung|\bbuscador|定位|位置決め",
    Term.MYELOGRAPHY: r"myelo|ミエロ|水成像|脊髓造影",
    Term.SUBTRACTION: r"\bsub\b|subtra[ck]t|substra|soustr|sottraz|\bresta\b|减影|減影|サブトラ",
    Term.MAP: r"\bmap\b|\bmaps\b|mapping|fat ?frac|\bff\b|\bpdff\b|r2 ?\*|\bt1 ?rho\b"
    r"|\beadc\b|\bexp\w* ?adc\b",
    Term.STEADY_STATE: r"\btrufi|true ?fisp|fiesta|\bciss\b|\bb ?ffe\b|\bbtfe\b|\bbal\w* ?ffe|ssfp|\bdess\b",
    Term.DYNAMIC: r"\bdyn|\bdce\b|\bperf|\btwist\b|\btricks\b",
    Term.PROJECTION: r"\bmip\b|\bminip\b|\bmpr ?thick|\bcurved\b",
    Term.MAGNETIZATION_TRANSFER: r"\bmt[01]?\b|\bmt(?:on|off|s|c|w)\b|magneti[sz]ation transfer",
    Term.OTHER_INVERSION: r"\bpsir\b|\bdir\b(?! (?:ap|pa|lr|rl|is|si)\b)|\bmp2rage\b|\bunit1\b",
    Term.GRADIENT_ECHO: r"\bgre\b|\bffe\b|\bflash\b|\bfl[23]d|\bspgr\b|\bgrass\b|\bfe[23]d|\bvibe\b"
    r"|\blava\b|mprage",
}
_COMPILED = {term: re.compile(pattern) for term, pattern in _PATTERNS.items()}

# With a Dixon word in the text, a short last word names the image.
_DIXON_SUFFIX = re.compile(r"\b(in|ip|opp|op|out|w|f|water|fat)(?: nd| norm)?$")
_DIXON_OF_SUFFIX = {
    "in": Term.IN_PHASE,
    "ip": Term.IN_PHASE,
    "opp": Term.OPPOSED,
    "op": Term.OPPOSED,
    "out": Term.OPPOSED,
    "w": Term.WATER,
    "water": Term.WATER,
    "f": Term.FAT,
    "fat": Term.FAT,
}

# "C7-T1" and "T1 to T12" are levels, no weighting.
_LEVEL_RANGE = re.compile(
    r"\b(?:(?:c|l|s)[0-9]{1,2} ?(?:-|–|to|bis|au?|/|>) ?(?:(?:th?|d|c|l|s) ?)?[0-9]{1,2}"
    r"|(?:th?|d)[0-9]{1,2} ?(?:-|–|to|bis|au?|/|>) ?(?:th?|d|l|s|c) ?[0-9]{1,2})\b"
)
_SEPARATORS = re.compile(r"[\s_\-./\\^,;:()\[\]{}|]+")


def terms_of(text: str) -> Mapping[Term, str]:
    """Each fact of contrast that a description states, with the words that state it.

    "Without contrast" is looked for first, and its words are not read again as "contrast".

    Args:
        text: A series description, protocol name, channel name or file name.
    """
    plain = plain_words(text)
    found: dict[Term, str] = {}
    for term, pattern in _COMPILED.items():
        if match := pattern.search(plain):
            found[term] = _whole_word(plain, match)
        if term is Term.NO_CONTRAST:
            plain = pattern.sub(" ", plain)
    if Term.DIXON in found and (match := _DIXON_SUFFIX.search(plain)):
        found.setdefault(_DIXON_OF_SUFFIX[match.group(1)], match.group(1))
    return found


def _whole_word(plain: str, match: re.Match[str]) -> str:
    """The matched words with the rest of the last one: patterns stop where the languages part."""
    rest = _WORD_END.match(plain, match.end()) if match.group()[-1:].isalpha() else None
    return (match.group() + (rest.group() if rest else "")).strip()


_WORD_END = re.compile(r"[a-z]*")


def plain_words(text: str) -> str:
    """Lower case, without diacritics on Latin letters, level ranges and separators."""
    letters = "".join(map(_without_diacritics, unicodedata.normalize("NFKC", text))).casefold()
    return _SEPARATORS.sub(" ", _LEVEL_RANGE.sub(" ", letters.replace("_", " "))).strip()


def _without_diacritics(letter: str) -> str:
    # Only Latin: Japanese voicing marks are combining characters too, and belong to their words.
    return unicodedata.normalize("NFD", letter)[0] if "À" <= letter <= "ɏ" else letter
