"""Modules import from their own layer or from lower ones, as docs/architecture.md has it."""

import ast
from pathlib import Path

import pytest

import spinemets

_ROOT = Path(spinemets.__file__).parent
# Parts of the package by layer; errors and configuration stand beside the layers.
_LAYERS = {
    "anatomy": 1,
    "scoring": 1,
    "volume": 2,
    "study": 3,
    "phantom": 3,
    "networks": 4,
    "training": 5,
    "findings": 5,
    "inference": 6,
    "evaluation": 6,
    "report": 7,
    "commands": 8,
    "cli": 8,
    "__main__": 8,
    "errors": 0,
    "configuration": 0,
    "__init__": 0,
}
_MODULES = sorted(_ROOT.rglob("*.py"))


def _part(dotted):
    return dotted.split(".")[1] if "." in dotted else "__init__"


def _imports(path):
    """Our own modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("spinemets"):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("spinemets"))


@pytest.mark.parametrize("path", _MODULES, ids=lambda path: path.relative_to(_ROOT).as_posix())
def test_no_module_imports_upwards(path):
    relative = path.relative_to(_ROOT)
    layer = _LAYERS[relative.parts[0].removesuffix(".py")]
    upwards = [module for module in _imports(path) if _LAYERS[_part(module)] > layer]
    assert not upwards


def test_study_knows_nothing_of_the_phantom():
    for path in (_ROOT / "study").glob("*.py"):
        assert not [module for module in _imports(path) if module.startswith("spinemets.phantom")], path


@pytest.mark.parametrize("path", _MODULES, ids=lambda path: path.relative_to(_ROOT).as_posix())
def test_every_module_says_in_its_first_line_what_it_is_for(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":")), docstring.splitlines()[0]
