"""No path is left in what is said of a study."""

from dataclasses import replace
from pathlib import Path

import pytest

from archive_jobs import study_of
from spinemets.study.path_words import without_paths
from spinemets.study.records import Problem

_STUDY = replace(
    study_of(Path("/data/Doe Jane/a b.txt")),
    problems=(Problem(Path("/data/Doe Jane/torn: 1.dcm"), "UnreadableFileError", ""),),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data/Doe Jane/a b.txt: ends early; copy it again", "<one>: ends early; copy it again"),
        ("/data/Doe Jane/torn: 1.dcm: ends early", "<file>: ends early"),
        ("/data/Doe Jane/series.yaml: series[0]: is empty", "<file>: series[0]: is empty"),
        ("[Errno 2] No such file: '/data/Doe Jane/gone.txt'", "[Errno 2] No such file: '<file>'"),
        ("/data/Other Name/x.dcm: is empty", "<file>: is empty"),
        ("no path at all", "no path at all"),
    ],
)
def test_a_path_gives_way_to_a_word(text, expected):
    assert without_paths(text, _STUDY, Path("/data")) == expected


def test_every_line_of_a_traceback_is_looked_at():
    text = 'File "/data/Doe Jane/a b.txt"\n  open("/data/Doe Jane/x")\n'
    assert "Doe" not in without_paths(text, _STUDY)
