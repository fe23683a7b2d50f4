"""``spinemets score``: what goes in, what comes out, what is refused."""

import csv
import io
import json

import pytest

from spinemets.cli import main

_README = (
    "--level T12 --pain mechanical --bone lytic --alignment normal --collapse 60 --posterolateral bilateral"
)


@pytest.fixture
def score(capsys, monkeypatch):
    """Runs the command and returns status, standard output and standard error."""

    def run(arguments, standard_input=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(standard_input))
        words = arguments.split() if isinstance(arguments, str) else arguments
        try:
            status = main(["score", *words])
        except SystemExit as stop:
            status = stop.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_example_of_the_readme(score):
    status, text, error = score(f"sins {_README}")
    assert (status, error) == (0, "")
    assert "SINS at T12: 14, unstable" in text
    assert "60 % of height lost" in text
    assert "not a medical device" in text


def test_json_holds_the_same(score):
    status, text, _ = score(f"sins {_README} --json")
    record = json.loads(text)
    assert status == 0
    assert (record["score"]["minimum"], record["score"]["classes"]) == (14, ["unstable"])
    assert record["input"]["level"] == "T12"


def test_what_is_left_out_is_open_and_the_settling_facts_are_named(score):
    status, text, _ = score(
        "sins --level T12 --pain mechanical --bone lytic --alignment normal --collapse 60"
    )
    assert status == 0
    assert "SINS at T12: 11-14, indeterminate or unstable" in text
    assert "Any of these facts alone would settle the class" in text
    assert "posterolateral: bilateral -> 14 unstable; unilateral -> 12 indeterminate" in text


@pytest.mark.parametrize("word", ["unknown", "UNKNOWN", "?", "mechanical|occasional|none"])
def test_unknown_is_allowed_and_is_every_finding(score, word):
    _, text, _ = score(["sins", "--level", "L3", "--pain", word, "--csv"])
    assert next(csv.DictReader(io.StringIO(text)))["pain_points"] == "0-3"


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ("--level T12 --pain bad", "pain: 'bad' is not allowed; allowed: mechanical|occasional|none"),
        ("--level X9", "level: 'X9' is not allowed; allowed: occiput, C1-C7"),
        ("--level T1|T2", "level: 'T1|T2' is not allowed"),
        ("--level unknown", "level: 'unknown' is not allowed"),
        ("--pain none", "level: is missing"),
        ("--level T12 --collapse 101", "collapse: '101' is not allowed; allowed: a percentage from 0 to 100"),
        ("--level T12 --collapse nan", "collapse: 'nan' is not allowed"),
        ("--level T12 --involved=-3", "involved: '-3' is not allowed"),
        ("--level L6 --lumbar-count 5", "level: 'L6' is not allowed; allowed: levels of a spine of 12"),
        ("--level T12 --lumbar-count 7", "lumbar_count: '7' is not allowed; allowed: 4|5|6"),
        ("--level T12 --noise-percent nan", "'nan' is not allowed; allowed: above 0, up to 50"),
        ("--level T12 --noise-percent 0", "'0' is not allowed"),
        ("--level T12 --format xml", "invalid choice: 'xml'"),
        ("--level T12 --no-such-flag", "unrecognized arguments"),
        ("", "no findings given"),
        ("lesions.csv --level T1", "beside a file"),
        ("no-such-file.csv", "cannot be read"),
        ("table.txt", "--format"),
    ],
)
def test_bad_values_are_one_line_and_exit_2(score, flags, named):
    status, text, error = score(f"sins {flags}")
    assert (status, text) == (2, "")
    assert named in error
    assert error.count("\n") == 1


_TABLE = "case,level,pain,collapse\nA,T4,none,0\nB,L5,agony,60\nC,L5,mechanical,160\nD,C3,occasional,\n"


def test_a_bad_row_names_itself_and_stops_the_rest(score):
    status, text, error = score("sins - --format csv", _TABLE)
    assert (status, text) == (2, "")
    assert "row 2, pain: 'agony' is not allowed" in error
    assert error.count("\n") == 1


def test_keep_going_scores_the_good_rows(score):
    status, text, error = score("sins - --format csv --csv --keep-going", _TABLE)
    assert status == 2
    assert [row["case"] for row in csv.DictReader(io.StringIO(text))] == ["A", "D"]
    assert [line.split(",")[0] for line in error.splitlines()] == [
        "spinemets score: row 2",
        "spinemets score: row 3",
    ]


@pytest.mark.parametrize(
    ("layout", "table", "bad"),
    [
        ("csv", "level,pain\nT4,none\nT5,none,more\nL6,none\nC9,none\n", ["row 2: has 3", "row 4, level"]),
        (
            "json",
            '[{"level": "T4"}, 3, {"level": "L6"}, {"level": "T5", "pian": "none"}, {"pain": "none"}]',
            ["row 2: is no object", "row 4, pian: is not a field", "row 5, level: is missing"],
        ),
    ],
)
def test_rows_of_a_wrong_shape_do_not_stop_the_others(score, layout, table, bad):
    status, text, error = score(f"sins - --format {layout} --json --keep-going", table)
    assert status == 2
    assert [entry["score"]["levels"] for entry in json.loads(text)] == [["T4"], ["L6"]]
    assert len(error.splitlines()) == len(bad)
    assert all(words in line for words, line in zip(bad, error.splitlines(), strict=True))


def test_keep_going_without_any_good_row_is_unusable_input(score):
    status, text, error = score("sins - --format csv --keep-going", "level\nC9\nX\n")
    assert (status, text) == (2, "")
    assert error.count("\n") == 2


@pytest.mark.parametrize("level", ["T13", "L6"])
def test_levels_that_only_some_people_have_are_scored(score, level):
    status, text, _ = score(f"sins --level {level} --csv")
    assert status == 0
    assert next(csv.DictReader(io.StringIO(text)))["location_points"] == "3"


def test_csv_names_what_settles_the_class_and_only_that(score):
    rows = "T12,mechanical,lytic,normal,60,unknown\nT12,mechanical,lytic,normal,60,none\nT12,,,,,\n"
    header = "level,pain,bone,alignment,collapse,posterolateral\n"
    _, text, _ = score("sins - --format csv --csv", header + rows)
    settled = [
        (row["settled_by"], row["settled_for_some_answers_by"]) for row in csv.DictReader(io.StringIO(text))
    ]
    assert settled == [("posterolateral", ""), ("", ""), ("", "")]


def test_columns_of_the_output_are_refused_in_the_input(score):
    table = "case,level,sins_min\nA,T4,3\n"
    status, text, error = score("sins - --format csv --csv", table)
    assert (status, text) == (2, "")
    assert "sins_min: is a column that --csv adds" in error
    assert score("sins - --format csv --json", table)[0] == 0


def test_columns_that_look_like_a_missing_field_are_pointed_out(score):
    table = "case,level,collapse_percent,involvement,pain,pain_note\nA,T4,50,30,none,x\n"
    status, _, error = score("sins - --format csv", table)
    assert status == 0
    assert [line.partition("note: ")[2] for line in error.splitlines()] == [
        "column collapse_percent is kept but not read; did you mean collapse?",
        "column involvement is kept but not read; did you mean involved?",
    ]


def test_text_of_the_input_cannot_command_the_terminal(score, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = f'case,level\n"two\nlines \033[31m",T4\n{"long" * 30},T5\n'
    status, text, _ = score("sins - --format csv", table)
    assert status == 0
    assert "\033" not in text
    assert max(map(len, text.splitlines())) <= 80
    _, _, error = score("sins - --format csv", 'level\n"T\033[31m\n99"\n')
    assert "\033" not in error
    assert error.count("\n") == 1


def test_csv_keeps_other_columns_and_gives_a_row_for_each_lesion(score, tmp_path):
    path = tmp_path / "lesions.csv"
    path.write_text("\ufeffcase;Level;Pain;note\nA;t04;none;first\n\nB;D12;;second\n", encoding="utf-8")
    status, text, _ = score(["sins", str(path), "--csv"])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 0
    assert [(row["case"], row["note"]) for row in rows] == [("A", "first"), ("B", "second")]
    assert [row["location_points"] for row in rows] == ["1", "3"]


def test_formulas_in_the_input_are_no_formulas_in_the_output(score):
    _, text, _ = score("sins - --format csv --csv", 'case,level,x\n"=HYPERLINK(1)",T1,-5\n+1+1,T2,@SUM\n')
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["case"] for row in rows] == ["'=HYPERLINK(1)", "'+1+1"]
    assert [row["x"] for row in rows] == ["-5", "'@SUM"]


def test_json_takes_numbers_lists_and_null(score):
    lesions = [{"level": "T12", "collapse": 60, "bone": ["lytic", "mixed"], "pain": None, "id": 7}]
    status, text, _ = score("sins - --format json --json", json.dumps(lesions))
    entry = json.loads(text)[0]
    assert status == 0
    assert {item["item"]: item["points"] for item in entry["score"]["items"]}["bone"] == [2, 1]


def test_the_csv_and_the_json_of_the_same_lesion_agree(score):
    row = {"level": "L2", "pain": "none", "bone": "blastic", "collapse": "30"}
    _, from_json, _ = score("sins - --format json --json", json.dumps(row))
    table = ",".join(row) + "\n" + ",".join(row.values())
    _, from_csv, _ = score("sins - --format csv --json", table)
    assert json.loads(from_json)[0]["score"] == json.loads(from_csv)[0]["score"]


@pytest.mark.parametrize(
    ("layout", "text", "named"),
    [
        ("csv", "", "level: is missing"),
        ("csv", "level\n", "holds no rows"),
        ("csv", "pain\nnone\n", "level: is missing"),
        ("csv", "level,colapse\nT1,50\n", "colapse: is not a field; did you mean collapse?"),
        ("csv", "level,level\nT1,T2\n", "a column twice"),
        ("csv", "level\nT1,extra\n", "row 1: has 2 cells"),
        ("json", "{", "is no JSON"),
        ("json", "[3]", "row 1: is no object"),
        ("json", "[]", "holds no rows"),
        ("json", "[" * 100_000, "nested too deeply"),
        ("json", '{"level": "T1", "pain": "none", "pain": "mechanical"}', "holds 'pain' twice"),
        ("json", '{"level": "T1", "pain": true}', "pain: 'true' is not allowed"),
    ],
)
def test_bad_tables_are_refused_by_name(score, layout, text, named):
    status, output, error = score(f"sins - --format {layout}", text)
    assert (status, output) == (2, "")
    assert named in error
    assert error.count("\n") == 1


def test_several_rows_are_a_line_each_worst_question_named(score):
    status, text, _ = score("sins - --format csv", "case,level,pain\nA,T4,none\nB,L5,mechanical\n")
    assert status == 0
    assert "A    T4" in text
    assert "settled by" in text


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_no_line_is_wider_than_the_terminal(score, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    _, text, _ = score("sins --level L3 --bone lytic|mixed --collapse 40-60 --involved 20")
    assert max(map(len, text.splitlines())) <= int(columns)


def test_no_line_of_a_table_of_scores_is_wider_than_the_terminal(score, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = "case,level,pain,bone,alignment,collapse,posterolateral\na long name of a case,occiput,,,,,\n"
    table += "B,T12,mechanical,lytic,normal,60,\nC,L5,mechanical,lytic,deformity,30,none|bilateral\n"
    _, text, _ = score("sins - --format csv", table)
    assert max(map(len, text.splitlines())) <= 80


def test_open_advice_is_given_for_each_class(score):
    _, text, _ = score("sins --level T12 --pain mechanical --bone lytic --alignment normal --collapse 60")
    assert "indeterminate -> surgical consultation; unstable -> urgent surgical" in " ".join(text.split())


def test_escc_from_findings(score):
    status, text, _ = score("escc --epidural-tumour yes --cord-compressed yes --csf-visible no")
    assert status == 0
    assert "ESCC grade 3: high grade" in text


def test_escc_without_axial_t2_is_not_gradable(score):
    status, text, _ = score("escc --no-axial-t2")
    assert status == 0
    assert "not gradable: no axial T2" in text
    assert "grade 0" not in text
    _, record, _ = score("escc --no-axial-t2 --json")
    assert json.loads(record)["grades"] == []


@pytest.mark.parametrize(
    "flags",
    ["escc --sac-deformed maybe", "escc --no-axial-t2 --sac-deformed no", "escc --cord", "nothing", ""],
)
def test_bad_flags_are_one_line_and_exit_2(score, flags):
    status, text, error = score(flags)
    assert (status, text) == (2, "")
    assert error.count("\n") == 1


def test_escc_contradictions_are_refused(score):
    status, _, error = score("escc --sac-deformed no --cord-compressed yes")
    assert status == 2
    assert "denied" in error


def test_help_shows_what_is_allowed(score):
    status, text, _ = score("sins --help")
    assert status == 0
    assert "mechanical|occasional|none" in text
    assert "examples:" in text
