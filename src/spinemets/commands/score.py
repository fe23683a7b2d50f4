"""``spinemets score``: SINS and ESCC from flags, JSON or CSV."""

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spinemets.anatomy import BoneLesionType
from spinemets.commands.score_rows import Row, rows_of_text, safe_cell
from spinemets.commands.score_text import NOTE, escc_text, sins_table, sins_text
from spinemets.errors import InputError, UnreadableFileError
from spinemets.scoring.collapse import DEFAULT_NOISE_PERCENT
from spinemets.scoring.escc import EsccFindings, grade_escc
from spinemets.scoring.sins import SinsScore, score_sins
from spinemets.scoring.sins_items import Alignment, Item, Pain, Posterolateral
from spinemets.scoring.sins_text import FIELDS, LEVELS_ALLOWED, allowed_words, findings_from_text

_STANDARD_INPUT = "-"
_LARGEST_WIDTH = 120
_ESCC_ANSWERS = {"yes": True, "no": False, "unknown": None}
_SINS_EPILOG = """\
What is left out, or called unknown, stays open: the score is then an interval, and the facts that
would settle the class are named. Several findings that are possible are joined by |.

examples:
  spinemets score sins --level T12 --pain mechanical --bone lytic --alignment normal \\
      --collapse 60 --posterolateral bilateral
  spinemets score sins --level L3 --bone 'lytic|mixed' --collapse 40-60
  spinemets score sins lesions.csv --csv > scores.csv
  cat lesions.json | spinemets score sins - --format json --json

CSV has a header with the names of the flags and a row for each lesion; other columns are kept.
JSON is an object with the same names, or a list of them.
Exit status: 0 scored, 2 for bad values; --keep-going still scores the good rows."""


@dataclass(frozen=True, slots=True)
class _Scored:
    """A row that was scored: its number from 1, its text, its score."""

    number: int
    row: Row
    score: SinsScore


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
    parser = argparse.ArgumentParser(
        prog="spinemets score", description="Clinical scores of spinal metastases from stated findings."
    )
    scores = parser.add_subparsers(metavar="SCORE", required=True)
    _add_sins(scores)
    _add_escc(scores)
    return parser


def _add_sins(scores: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
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
    sins.add_argument("--level", metavar="LEVEL", help=LEVELS_ALLOWED)
    words = {"pain": Pain, "bone": BoneLesionType, "alignment": Alignment, "posterolateral": Posterolateral}
    for field, kind in words.items():
        sins.add_argument(f"--{field}", metavar="FINDING", help=f"{allowed_words(kind)}|unknown")
    sins.add_argument(
        "--collapse", metavar="PERCENT", help="loss of body height: 0 to 100, 40-60, or unknown"
    )
    sins.add_argument("--involved", metavar="PERCENT", help="part of the body involved, the same way")
    sins.add_argument(
        "--noise-percent",
        type=float,
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


def _add_escc(scores: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    escc = scores.add_parser(
        "escc",
        help="epidural spinal cord compression (Bilsky et al. 2010)",
        description="Epidural spinal cord compression grade from what axial T2 shows "
        "(Bilsky et al. 2010, J Neurosurg Spine 13:324). What is left out is unknown.",
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
        escc.add_argument(f"--{flag}", choices=tuple(_ESCC_ANSWERS), default="unknown", help=question)
    escc.add_argument("--json", action="store_true", help="write JSON")
    escc.set_defaults(run=_run_escc)


def _run_escc(arguments: argparse.Namespace) -> int:
    names = EsccFindings.__dataclass_fields__
    answers = {name: _ESCC_ANSWERS[getattr(arguments, name)] for name in names}
    try:
        assessment = grade_escc(EsccFindings(**answers))
    except ValueError as error:
        raise InputError(str(error), remedy="correct one of them") from None
    if arguments.json:
        from pydantic import TypeAdapter

        print(TypeAdapter(type(assessment)).dump_json(assessment, indent=1).decode())
    else:
        print(escc_text(assessment, _width()))
    return 0


def _run_sins(arguments: argparse.Namespace) -> int:
    rows, single = _rows(arguments)
    scored, failures = [], []
    for number, row in enumerate(rows, start=1):
        try:
            name = None if single else f"row {number}"
            score = score_sins(findings_from_text(row, name, arguments.noise_percent))
            scored.append(_Scored(number, row, score))
        except (InputError, ValueError) as error:
            failures.append(error)
            if not arguments.keep_going:
                break
    for failure in failures:
        _complain(failure)
    if scored and (arguments.keep_going or not failures):
        _write_sins(scored, arguments, single)
    return 2 if failures else 0


def _rows(arguments: argparse.Namespace) -> tuple[list[Row], bool]:
    """Rows of the file or of the flags, and whether they are a single one given by flags."""
    flags = {field: getattr(arguments, field) for field in FIELDS if getattr(arguments, field) is not None}
    if arguments.file is None:
        if not flags:
            raise InputError("no findings given", remedy="give --level and others, or a file; see --help")
        return [flags], True
    if flags:
        raise InputError(
            f"--{next(iter(flags))} given beside a file", remedy="give flags or a file, not both"
        )
    file = Path(arguments.file)
    layout = arguments.format or {".csv": "csv", ".json": "json"}.get(file.suffix.casefold())
    if layout is None:
        raise InputError("is neither .csv nor .json", file=file, remedy="say which with --format csv|json")
    return rows_of_text(_read(file), layout, file), False


def _read(file: Path) -> str:
    try:
        if str(file) == _STANDARD_INPUT:
            return sys.stdin.read()
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise UnreadableFileError(f"cannot be read ({problem})", file=file) from None


def _write_sins(scored: Sequence[_Scored], arguments: argparse.Namespace, single: bool) -> None:
    if arguments.json:
        _write_json(scored, single)
    elif arguments.csv:
        _write_csv(scored)
    elif single or arguments.details or len(scored) == 1:
        print("\n\n".join(sins_text(each.score, _width()) for each in scored))
        print(f"\n{NOTE}")
    else:
        names = [_row_name(each) for each in scored]
        print(sins_table(names, [each.score for each in scored], _width()))


def _row_name(scored: _Scored) -> str:
    """The row's own first column that is no finding, as far as there is one, else its number."""
    extra = [value for name, value in scored.row.items() if name not in FIELDS and value]
    return extra[0] if extra else str(scored.number)


def _write_json(scored: Sequence[_Scored], single: bool) -> None:
    from pydantic import TypeAdapter

    adapter = TypeAdapter(SinsScore)
    entries = [{"input": each.row, "score": adapter.dump_python(each.score, mode="json")} for each in scored]
    print(json.dumps(entries[0] if single else entries, indent=1))


def _write_csv(scored: Sequence[_Scored]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = list(dict.fromkeys(name for each in scored for name in each.row))
    results = ["sins_min", "sins_max", "sins_class", *(f"{item}_points" for item in Item), "settled_by"]
    writer.writerow([safe_cell(name) for name in (*columns, *results)])
    for each in scored:
        score = each.score
        points = [f"{min(p)}-{max(p)}" if len(set(p)) > 1 else p[0] for p in (i.points for i in score.items)]
        settled_by = score.missing[0].item if score.missing else ""
        kept = [safe_cell(each.row.get(name, "")) for name in columns]
        writer.writerow([*kept, score.minimum, score.maximum, "|".join(score.classes), *points, settled_by])


def _complain(error: Exception) -> None:
    print(f"spinemets score: {error}", file=sys.stderr)


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, _LARGEST_WIDTH)
