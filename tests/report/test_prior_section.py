"""The report's words on what has changed: nothing more certain than the comparison."""

import re
from dataclasses import replace

import pytest

from report.small_assessment import small_assessment
from report.small_prior import small_prior
from spinemets.commands.infer_text import study_lines
from spinemets.inference.prior_records import Direction, EsccChange
from spinemets.report.html_report import write_report
from spinemets.report.prior_section import directions_words, prior_section
from spinemets.report.summary import headlines


@pytest.fixture(scope="module")
def result():
    return replace(small_assessment().result, prior=small_prior())


def _since(result):
    return next(one for one in headlines(result) if one.heading.startswith("Since"))


def test_lesions_then_and_now_stand_beside_each_other():
    grown, gone, lost = prior_section(small_prior()).lesions
    assert (grown.kind, grown.volume_then, grown.volume_now, grown.percent) == ("grown", "1.5", "3.2", "+117")
    assert (grown.then, grown.now, grown.marked) == ("2 (lumbar)", "1 (lumbar)", True)
    assert (gone.now, gone.volume_now, gone.marked) == ("–", "–", False)
    assert lost.kind == "cannot be compared"
    assert lost.note == "Its place is not shown."


def test_levels_say_everything_that_is_possible():
    both, ended, new = prior_section(small_prior()).levels
    assert (both.escc_then, both.escc_now, both.escc) == ("1a", "1c or 2", "worse")
    assert both.sins == "\N{MINUS SIGN}2 to +5, open"
    assert both.sins_image == "0 to +3, worse or same"
    assert (ended.involvement, new.involvement) == ("no longer found", "new")


def test_what_was_not_graded_is_not_called_the_same():
    prior = small_prior()
    ungraded = EsccChange((), (), prior.levels[0].escc.now, "then not gradable: no axial T2")
    row = prior_section(replace(prior, levels=(replace(prior.levels[0], escc=ungraded),))).levels[0]
    assert (row.escc_then, row.escc) == ("–", "cannot be compared")
    assert row.note == "Then not gradable: no axial T2."


@pytest.mark.parametrize(
    ("days", "heading"),
    [
        (90, "Compared with the study 90 days earlier"),
        (1, "Compared with the study 1 day earlier"),
        (None, "Compared with the earlier study"),
    ],
)
def test_the_heading_says_how_long_ago(days, heading):
    assert prior_section(small_prior(days=days)).heading == heading


def test_open_directions_have_a_word():
    assert directions_words(tuple(Direction)) == "open"
    assert directions_words((Direction.SAME, Direction.IMPROVED)) == "same or improved"


def test_the_summary_counts_and_names_what_is_worse(result):
    line = _since(result)
    assert line.answer == "lesions: 1 grown, 1 gone, 1 cannot be compared"
    assert line.emphasis == "middle"
    assert line.details[:2] == ("Newly involved at L3.", "ESCC worse at T12 or L1.")
    assert any("other weights" in one for one in line.details)


def test_a_study_that_is_free_of_tumour_now_still_says_what_was(result):
    assert _since(replace(result, levels=(), highest=None)).answer.startswith("lesions: 1 grown")


def test_the_terminal_says_it_in_a_line(result, tmp_path):
    assert "  since study-0: lesions 1 grown, 1 gone, 1 not comparable (90 days)" in study_lines(
        result, tmp_path, 1.0
    )


def test_the_page_has_the_section_where_there_is_a_comparison(result, tmp_path):
    write_report(replace(small_assessment(), result=result), tmp_path / "with.html")
    write_report(small_assessment(), tmp_path / "without.html")
    page = (tmp_path / "with.html").read_text()
    assert re.search(r'<h2 id="prior">Compared with the study 90 days earlier</h2>', page)
    assert '<a href="#prior">' in page
    assert 'id="prior"' not in (tmp_path / "without.html").read_text()
