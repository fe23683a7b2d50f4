"""The page: self-contained, stable, escaped, accessible, and no more certain than the result."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from report.small_assessment import small_assessment
from spinemets.report.html_report import write_report
from spinemets.scoring.escc import not_gradable
from spinemets.volume import Volume


class Page(HTMLParser):
    """Elements with their attributes, and the text that is seen."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self._hidden = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag):
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._hidden:
            self.words.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def _written(assessment, folder):
    write_report(assessment, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return _written(small_assessment(), tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_same_assessment_gives_same_bytes(html, tmp_path):
    assert _written(small_assessment(), tmp_path) == html


def test_nothing_is_fetched_from_anywhere(html, page):
    assert "default-src 'none'" in html
    assert not re.findall(r"https?://|@import|url\(", html)
    assert not page.named("link")
    assert all(one["src"].startswith("data:image/") for one in page.named("img"))
    assert not any("src" in one for one in page.named("script"))


def test_summary_names_the_worst_with_its_uncertainty(page):
    for words in (
        "T12 or L1; L3",
        "1c or 2 at T12 or L1",
        "most probable 1c (45 %)",
        "hold the true grade in 90 % of new slices",
        "L3: not gradable: no axial T2 at this level.",
        "The worst may be higher",
        "8 to 15, indeterminate or unstable",
        "For SINS it helps most to know: pain",
    ):
        assert words in page.text, words


def test_warnings_stand_near_the_top_with_simulated_weights_first(page):
    text = page.text
    start = text.index("Warnings")
    assert text.index("trained on simulated images") < text.index("Lumbar: no sagittal STIR.")
    assert text.index("Left out: unreadable file") < text.index("Sagittal images")
    assert "differ by more than one grade" in text[start : text.index("Sagittal images")]
    assert "Lumbar: The lowest body is cut by the image." in text


def test_research_use_only_is_said_at_top_bottom_and_on_every_printed_page(html, page):
    assert page.text.index("Research use only.") < page.text.index("Spinal metastases")
    assert page.text.rindex("Research use only.") > page.text.index("Provenance")
    assert re.search(r"@bottom-center \{ content: \"Research use only", html)


def test_uncertain_and_ungradable_levels_are_said_as_they_are(page):
    assert "Level uncertain: T12 70 %, L1 30 %." in page.text
    assert "Epidural compression: ESCC not gradable: no axial T2 at this level" in page.text
    assert "Hint, not a grade: On sagittal images the canal has lost 31 % of its depth here." in page.text
    assert "≥ 3.2" in page.text
    assert "cut by the image" in page.text


def test_sins_table_has_evidence_points_source_and_confirmation(page):
    for words in (
        "Pain not known 0, 1 or 3 not known",
        "lytic or mixed needs confirmation 1 or 2 measured on the images Dark on T1, bright on T2.",
        "The arch is cut by the image.",
        "What would settle the class",
        "mechanical: 11 to 15, indeterminate or unstable",
    ):
        assert words in page.text, words


def test_chart_marks_exactly_the_set_of_possible_grades(html):
    rows = re.findall(r'<tr( class="in-set")?><th scope="row">(\S+) <span class="meaning"', html)
    assert [(grade, bool(marked)) for marked, grade in rows] == [
        ("0", False),
        ("1a", False),
        ("1b", False),
        ("1c", True),
        ("2", True),
        ("3", False),
    ]


def test_measurement_that_failed_has_a_footnote(html, page):
    assert "–<sup>1</sup>" in html
    assert "No neighbour is whole." in page.text


def test_provenance_holds_hashes_and_says_simulated(page):
    assert "Trained on simulated data" in page.text
    assert page.text.count("0123456789abcdef" * 4) >= 2


def test_instance_uid_stays_out(html):
    assert "2.25.42" not in html


def test_page_is_accessible(page):
    assert page.named("html") == [{"lang": "en"}]
    assert all(one.get("alt") for one in page.named("img"))
    (slider,) = (one for one in page.named("input") if one["type"] == "range")
    assert slider["aria-label"]
    identifiers = [one["id"] for _, one in page.elements if "id" in one]
    assert len(identifiers) == len(set(identifiers))
    referred = {one["aria-labelledby"] for _, one in page.elements if "aria-labelledby" in one}
    referred |= {one["href"][1:] for one in page.named("a")}
    assert referred <= set(identifiers)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_sides_are_written_on_the_images(html):
    sides = re.findall(r'class="side (\w+)">(\w)<', html)
    assert sides[:4] == [("left", "A"), ("right", "P"), ("top", "H"), ("bottom", "F")]
    assert sides[4:8] == [("left", "R"), ("right", "L"), ("top", "A"), ("bottom", "P")]


def test_text_of_the_study_is_escaped(tmp_path):
    assessment = small_assessment()
    evil = "</script><script>alert(1)</script>"
    result = replace(assessment.result, study=evil, warnings=(evil,))
    html = _written(replace(assessment, result=result), tmp_path)
    assert "alert(1)</script>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_study_without_lesions_is_not_called_healthy(tmp_path):
    assessment = small_assessment()
    images = assessment.stations[0]
    station = assessment.result.stations[0]
    findings = replace(station.findings, lesions=())
    clean = replace(images, lesions=Volume(np.zeros_like(images.lesions.array), images.lesions.affine_ras))
    result = replace(
        assessment.result, levels=(), highest=None, stations=(replace(station, findings=findings),)
    )
    text = Page(_written(replace(assessment, result=result, stations=(clean,), axial=()), tmp_path)).text
    assert "No lesion was found. That is no proof that there is none." in text
    assert "SINS 0" not in text


def test_no_level_gradable_gives_no_grade(tmp_path):
    assessment = small_assessment()
    levels = tuple(
        replace(
            level,
            escc=replace(
                level.escc,
                assessment=not_gradable("no axial T2 at this level"),
                slices=(),
                worst=None,
                disagrees=False,
            ),
        )
        for level in assessment.result.levels
    )
    result = replace(assessment.result, levels=levels)
    text = Page(_written(replace(assessment, result=result, axial=()), tmp_path)).text
    assert "not gradable at any involved level" in text
    assert "T12 or L1; L3: not gradable: no axial T2 at this level." in text
    assert "Probability of each grade" not in text


def test_uncalibrated_network_promises_nothing(tmp_path):
    assessment = small_assessment()
    first, second = assessment.result.levels
    levels = (replace(first, escc=replace(first.escc, coverage=None)), second)
    text = Page(
        _written(replace(assessment, result=replace(assessment.result, levels=levels)), tmp_path)
    ).text
    assert "The network was not calibrated" in text
    assert "of new slices" not in text


def test_station_without_images_is_left_out_of_the_viewer(tmp_path):
    assessment = small_assessment()
    bare = replace(assessment.stations[0], volumes={})
    text = _written(replace(assessment, stations=(bare,)), tmp_path)
    assert not re.search('class="viewer"', text)
    assert "Measurements" in text


def test_many_noisy_stations_stay_below_six_megabytes(tmp_path):
    assessment = small_assessment()
    images, station = assessment.stations[0], assessment.result.stations[0]
    rng = np.random.default_rng(0)
    shape = (20, 256, 240)
    affine = images.reference.affine_ras
    volumes = {
        channel: Volume(rng.normal(size=shape).astype(np.float32), affine) for channel in images.volumes
    }
    anatomy = Volume(np.ones(shape, np.uint8), affine)
    empty = Volume(np.zeros(shape, np.uint8), affine)
    stations = tuple(
        replace(images, name=f"station {n}", volumes=volumes, anatomy=anatomy, levels=empty, lesions=empty)
        for n in range(4)
    )
    result = replace(
        assessment.result, stations=tuple(replace(station, name=f"station {n}") for n in range(4))
    )
    assert len(_written(replace(assessment, stations=stations, result=result), tmp_path)) < 6_000_000


def test_name_that_has_no_room_before_its_body_stays_on_the_image(tmp_path):
    """Bodies at the very front and top of the image."""
    assessment = small_assessment()
    images = assessment.stations[0]
    # Columns of the series run from back to front: cut what lies in front of the bodies.
    front, top = slice(0, 42), slice(0, 56)

    def cut(volume):
        return Volume(volume.array[:, top, front], volume.affine_ras)

    tight = replace(
        images,
        volumes={channel: cut(volume) for channel, volume in images.volumes.items()},
        anatomy=cut(images.anatomy),
        levels=cut(images.levels),
        lesions=cut(images.lesions),
    )
    html = _written(replace(assessment, stations=(tight,)), tmp_path)
    names = re.findall(r'<text class="level( from-left)?" x="([-\d.]+)" y="([-\d.]+)">([^<]+)<', html)
    assert names
    assert all(float(x) > 0 and float(y) > 0 for _, x, y, _ in names)
    assert {bool(moved) for moved, _, _, _ in names} == {True}
