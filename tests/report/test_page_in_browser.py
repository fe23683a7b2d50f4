"""The page in a browser, on phone, tablet and screen: nothing runs out of it, and the viewer scrolls."""

import html as markup
import json
import re
import shutil
import subprocess

import pytest

from report.small_assessment import small_assessment
from spinemets.report.html_report import write_report

_CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="Chromium is not installed")

_WIDTHS = (360, 390, 768, 1280)
# Frames of one width each, by which media queries go; the page around them tells what it sees in them.
_AROUND = """<!DOCTYPE html><body>{frames}<pre id="seen"></pre><script>
addEventListener("load", () => {{
  const seen = [...document.querySelectorAll("iframe")].map((frame) => {{
    const page = frame.contentDocument, slider = page.querySelector("input[type=range]");
    const picture = page.querySelector(".viewer img"), place = page.querySelector(".place");
    const before = [picture.src, place.textContent];
    slider.value = Number(slider.value) - 1;
    slider.dispatchEvent(new Event("input"));
    return {{
      width: page.documentElement.scrollWidth,
      broken: [...page.images].filter((image) => image.complete && !image.naturalWidth).length,
      moved: picture.src !== before[0] && place.textContent !== before[1],
      shown: page.querySelectorAll("g.slice:not([hidden])").length,
    }};
  }});
  document.getElementById("seen").textContent = JSON.stringify(seen);
}});
</script></body>"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_report(small_assessment(), folder / "report.html")
    page = markup.escape((folder / "report.html").read_text(encoding="utf-8"))
    frames = "".join(f'<iframe width="{width}" height="800" srcdoc="{page}"></iframe>' for width in _WIDTHS)
    (folder / "around.html").write_text(_AROUND.format(frames=frames), encoding="utf-8")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    made = subprocess.run(
        [
            _CHROMIUM,
            *arguments,
            "--virtual-time-budget=10000",
            "--dump-dom",
            (folder / "around.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    (told,) = re.findall(r'<pre id="seen">(.+?)</pre>', made.stdout)
    return dict(zip(_WIDTHS, json.loads(markup.unescape(told)), strict=True))


@pytest.mark.parametrize("width", _WIDTHS)
def test_nothing_runs_out_of_the_page(seen, width):
    assert seen[width]["width"] <= width
    assert seen[width]["broken"] == 0


def test_the_slider_shows_the_next_slice_with_its_outlines(seen):
    assert all(one["moved"] and one["shown"] == 1 for one in seen.values())
