"""``spinemets score``: SINS and ESCC from flags, JSON or CSV."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from spinemets.anatomy import BoneLesionType
from spinemets.commands.score_files import ScoredRow, write_csv, write_json
from spinemets.commands.score_rows import Row, rows_of_text, unread_columns
from spinemets.commands.score_text import NOTE, escc_text, one_line, sins_table, sins_text
from spinemets.errors import InputError, UnreadableFileError
from spinemets.scoring.collapse import DEFAULT_NOISE_PERCENT, HALF_PERCENT
from spinemets.scoring.escc import EsccFindings, grade_escc, not_gradable
from spinemets.scoring.sins import score_sins
from spinemets.scoring.sins_items import Alignment, Pain, Posterolateral
from spinemets.scoring.sins_text import (
    FIELDS,
    LEVELS_ALLOWED,
    LUMBAR_COUNTS,
    THORACIC_COUNTS,
    allowed_words,
    findings_from_text,
)

_STANDARD_INPUT = "-"
_LARGEST_WIDTH = 120
_ESCC_ANSWERS = {"yes": True, "no": False, "unknown": None}
_EPILOG = """\
spinemets score SCORE --help explains each, with examples."""
_SINS_EPILOG = """\
What is left out, or called unknown, stays open: the score is then an interval, and the facts that
would settle the class are named. Several findings that are possible are joined by |, and a
percentage may be a range: 40-60. Exactly 50 % of height lost counts as over 50 %.

examples:
  spinemets score sins --level T12 --pain mechanical --bone lytic --alignment normal \\
      --collapse 60 --posterolateral bilateral
  spinemets score sins --level L3 --bone 'lytic|mixed' --collapse 40-60
  spinemets score sins --level T8 --collapse 0 --involved 70
  spinemets score sins lesions.csv --csv > scores.csv
  cat lesions.json | spinemets score sins - --format json --json

CSV has a header and a row for each lesion; JSON is an object, or a list of them. Fields:
  level, pain, bone, alignment, collapse, involved, posterolateral, thoracic_count, lumbar_count
Only level is required. Other columns are kept: --csv writes them before its own, --json under input.
Rows are counted from 1, below the header and without empty lines.

Exit status: 0 all scored; 2 a bad value, said in one line: nothing is scored. With --keep-going every
bad row is said in one line and the others are scored; the status is 2 all the same."""
_ESCC_EPILOG = """\
examples:
  spinemets score escc --cord-compressed yes --csf-visible no
  spinemets score escc --sac-deformed yes --cord-touched unknown
  spinemets score escc --sac-deformed yes --cord-touched no --has-cord no
  spinemets score escc --no-axial-t2

A finding takes the lesser ones for granted: a compressed cord is a touched one.
Exit status: 0 graded, or said to be not gradable; 2 bad or contradictory values."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a flag in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str]) -> int:
    """Run ``spinemets score`` and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except InputError as error:
        _complain(error)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="spinemets score",
        description="Clinical scores of spinal metastases from stated findings.",
        epilog=_EPILOG,
    )
    scores = parser.add_subparsers(metavar="SCORE", required=True)
    _add_sins(scores)
    _add_escc(scores)
    return parser


def _add_sins(scores: "argparse._SubParsersAction[_Parser]") -> None:
    sins = scores.add_parser(
        "sins",
        help="spinal instability neoplastic score (Fisher et al. 2010)",
        description="Spinal instability neoplastic score, SINS (Fisher et al. 2010, Spine 35:E1221).",
        epilog=_SINS_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sins.add_argument(
        "file", nargs="?", help="CSV or JSON file with a row for each lesion; - is standard input"
    )
    _add_findings(sins)
    sins.add_argument(
        "--noise-percent",
        metavar="PERCENT",
        type=_noise_percent,
        default=DEFAULT_NOISE_PERCENT,
        help="smaller height losses are no collapse (default %(default)g)",
    )
    sins.add_argument("--format", choices=("csv", "json"), help="of the input; by default from its suffix")
    output = sins.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="write JSON")
    output.add_argument("--csv", action="store_true", help="write CSV")
    output.add_argument("--details", action="store_true", help="write every row's table of items")
    sins.add_argument("--keep-going", action="store_true", help="score the good rows beside bad ones")
    sins.set_defaults(run=_run_sins)


def _add_findings(sins: argparse.ArgumentParser) -> None:
    sins.add_argument("--level", metavar="LEVEL", help=LEVELS_ALLOWED)
    words = {"pain": Pain, "bone": BoneLesionType, "alignment": Alignment, "posterolateral": Posterolateral}
    for field, kind in words.items():
        sins.add_argument(f"--{field}", metavar="FINDING", help=f"{allowed_words(kind)}|unknown")
    sins.add_argument(
        "--collapse", metavar="PERCENT", help="loss of body height: 0 to 100, 40-60, or unknown"
    )
    sins.add_argument(
        "--involved",
        metavar="PERCENT",
        help="part of the body involved, the same way; asked for where there is no collapse",
    )
    counts = {"thoracic": THORACIC_COUNTS, "lumbar": LUMBAR_COUNTS}
    for region, allowed in counts.items():
        sins.add_argument(
            f"--{region}-count",
            metavar="COUNT",
            help=f"{region} vertebrae of this person: {'|'.join(map(str, allowed))} "
            f"(default {allowed[1]}, or what the level implies)",
        )


def _noise_percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = 0.0
    if not 0 < percent <= HALF_PERCENT:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed: above 0, up to 50")
    return percent


def _add_escc(scores: "argparse._SubParsersAction[_Parser]") -> None:
    escc = scores.add_parser(
        "escc",
        help="epidural spinal cord compression (Bilsky et al. 2010)",
        description="Epidural spinal cord compression grade from what axial T2 shows\n"
        "(Bilsky et al. 2010, J Neurosurg Spine 13:324). What is left out is unknown.",
        epilog=_ESCC_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    questions = {
        "epidural-tumour": "tumour in the epidural space",
        "sac-deformed": "thecal sac deformed",
        "cord-touched": "cord touched",
        "cord-compressed": "cord compressed",
        "csf-visible": "CSF seen around the cord",
        "has-cord": "no below the conus, where the cauda equina takes the cord's place",
    }
    for flag, question in questions.items():
        escc.add_argument(
            f"--{flag}",
            metavar="ANSWER",
            choices=tuple(_ESCC_ANSWERS),
            default="unknown",
            help=f"{question}: {'|'.join(_ESCC_ANSWERS)}",
        )
    escc.add_argument(
        "--no-axial-t2", action="store_true", help="there is none at the level: it cannot be graded"
    )
    escc.add_argument("--json", action="store_true", help="write JSON")
    escc.set_defaults(run=_run_escc)


def _run_escc(arguments: argparse.Namespace) -> int:
    answers = {name: _ESCC_ANSWERS[getattr(arguments, name)] for name in EsccFindings.__dataclass_fields__}
    given = [name for name, answer in answers.items() if answer is not None]
    if arguments.no_axial_t2 and given:
        flag = given[0].replace("_", "-")
        raise InputError(
            f"--{flag} given beside --no-axial-t2", remedy="give what is seen, or that nothing is"
        )
    try:
        findings = EsccFindings(**answers)
    except ValueError as error:
        raise InputError(str(error), remedy="correct one of them") from None
    assessment = not_gradable("no axial T2 at the level") if arguments.no_axial_t2 else grade_escc(findings)
    if arguments.json:
        from pydantic import TypeAdapter

        print(TypeAdapter(type(assessment)).dump_json(assessment, indent=1).decode())
    else:
        print(escc_text(assessment, _width()))
    return 0


def _run_sins(arguments: argparse.Namespace) -> int:
    rows, single = _rows(arguments)
    scored: list[ScoredRow] = []
    failures: list[InputError] = []
    for number, row in enumerate(rows, start=1):
        try:
            scored.append(_scored(row, number, None if single else f"row {number}", arguments.noise_percent))
        except InputError as error:
            failures.append(error)
            if not arguments.keep_going:
                break
    for failure in failures:
        _complain(failure)
    if failures and not (arguments.keep_going and scored):
        return 2
    _write_sins(scored, arguments, single)
    return 2 if failures else 0


def _scored(row: Row | InputError, number: int, name: str | None, noise_percent: float) -> ScoredRow:
    if isinstance(row, InputError):
        raise row
    return ScoredRow(number, row, score_sins(findings_from_text(row, name, noise_percent)))


def _rows(arguments: argparse.Namespace) -> tuple[Sequence[Row | InputError], bool]:
    """Rows of the file or of the flags, and whether they are a single one given by flags."""
    flags = {field: getattr(arguments, field) for field in FIELDS if getattr(arguments, field) is not None}
    if arguments.file is None:
        if not flags:
            raise InputError("no findings given", remedy="give --level and others, or a file; see --help")
        return [flags], True
    if flags:
        flag = next(iter(flags)).replace("_", "-")
        raise InputError(f"--{flag} given beside a file", remedy="give flags or a file, not both")
    file = Path(arguments.file)
    layout = arguments.format or {".csv": "csv", ".json": "json"}.get(file.suffix.casefold())
    if layout is None:
        raise InputError("is neither .csv nor .json", file=file, remedy="say which with --format csv|json")
    rows = rows_of_text(_read(file), layout, file)
    for column, field in unread_columns(name for row in rows if isinstance(row, dict) for name in row):
        _complain(f"note: column {column} is kept but not read; did you mean {field}?")
    return rows, False


def _read(file: Path) -> str:
    try:
        if str(file) == _STANDARD_INPUT:
            return sys.stdin.read()
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise UnreadableFileError(f"cannot be read ({problem})", file=file) from None


def _write_sins(scored: Sequence[ScoredRow], arguments: argparse.Namespace, single: bool) -> None:
    if arguments.json:
        write_json(scored, sys.stdout, as_list=not single)
    elif arguments.csv:
        write_csv(scored, sys.stdout)
    elif arguments.details or len(scored) == 1:
        print("\n\n".join(sins_text(each.score, _width()) for each in scored))
        print(f"\n{NOTE}")
    else:
        print(sins_table([_row_name(each) for each in scored], [each.score for each in scored], _width()))


def _row_name(scored: ScoredRow) -> str:
    """The row's own first column that is no finding, as far as there is one, else its number."""
    extra = [value for name, value in scored.row.items() if name not in FIELDS and value]
    return extra[0] if extra else str(scored.number)


def _complain(problem: InputError | str) -> None:
    print(f"spinemets score: {one_line(str(problem))}", file=sys.stderr)


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, _LARGEST_WIDTH)
