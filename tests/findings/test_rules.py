"""Rules of measurement: those that code names are written down, and published as they stand."""

import re
from pathlib import Path

from spinemets.findings import rules

_ROOT = Path(__file__).parents[2]
_SOURCES = (_ROOT / "src" / "spinemets" / "findings", _ROOT / "src" / "spinemets" / "inference")


def test_every_rule_that_code_names_is_written_down_and_every_one_is_used():
    text = "".join(
        path.read_text() for folder in _SOURCES for path in folder.glob("*.py") if path.name != "rules.py"
    )
    named = set(re.findall(r'"((?:body|alignment|canal|lesion)\.[a-z_]+)"', text))
    assert named == set(rules.RULES)


def test_the_published_rules_are_the_code_s():
    rows = (_ROOT / "docs" / "measurements.md").read_text().splitlines()
    assert {f"| `{name}` | {how} |" for name, how in rules.RULES.items()} <= set(rows)
