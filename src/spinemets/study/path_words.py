"""Texts without the paths of a study's files, whose names may tell who the patient is."""

import re
from pathlib import Path

from spinemets.study.records import DicomSource, Study

_SOME_FILE = "<file>"
# A path in one of our messages ends where the next part of the message begins.
_REST = r"[^\n]*?(?=: |; |['\"\n]|$)"


def without_paths(text: str, study: Study, source: Path | None = None) -> str:
    """The text with a series' key in place of a file of it, and ``<file>`` in place of any other.

    Args:
        text: A message or a traceback.
        study: Whose files it may name.
        source: The archive; whatever lies below it is replaced too.
    """
    for path, word in _words(study):
        text = text.replace(path, word)
    for root in (study.folder, source):
        if root is not None and len(root.parts) > 1:
            text = re.sub(re.escape(str(root)) + _REST, _SOME_FILE, text)
    return text


def _words(study: Study) -> list[tuple[str, str]]:
    """Paths and what is said in their place, long ones first: one may begin another."""
    words = {str(problem.path): _SOME_FILE for problem in study.problems}
    for series in study.series:
        source = series.source
        for frame in source.frames if isinstance(source, DicomSource) else (source,):
            words[str(frame.path)] = f"<{series.key}>"
    return sorted(words.items(), key=lambda pair: -len(pair[0]))
