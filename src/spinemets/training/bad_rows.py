"""Rows of a manifest that cannot be used: all of them named at once, or left out."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from spinemets.errors import InputError
from spinemets.training.manifest import Manifest
from spinemets.training.manifest_check import check_manifest

_LOG = logging.getLogger(__name__)
_MOST_SHOWN = 30


def without_bad_rows(manifest: Manifest, skip: bool) -> Manifest:
    """The manifest, every file of which has a readable header; see ``manifest_check``.

    Args:
        manifest: As read.
        skip: Whether bad rows may be left out.

    Raises:
        InputError: If rows are bad and may not be skipped; it lists all.
    """
    findings = check_manifest(manifest)
    refuse_or_skip([str(finding) for finding in findings], manifest, skip)
    bad = {finding.study for finding in findings}
    return replace(manifest, studies=tuple(one for one in manifest.studies if one.study not in bad))


def refuse_or_skip(problems: Sequence[str], manifest: Manifest, skip: bool) -> None:
    """Raise an error that lists every problem, or say how many rows are left out.

    Args:
        problems: A sentence for each bad row.
        manifest: That they are rows of.
        skip: Whether bad rows may be left out.

    Raises:
        InputError: If there are problems that may not be skipped.
    """
    if not problems:
        return
    shown = "\n".join(f"  {problem}" for problem in problems[:_MOST_SHOWN])
    more = len(problems) - _MOST_SHOWN
    listed = f"{shown}\n  and {more} more" if more > 0 else shown
    if skip:
        _LOG.warning("%d bad rows of %s are left out:\n%s", len(problems), manifest.path, listed)
        return
    raise InputError(
        f"has {len(problems)} rows that cannot be used:\n{listed}\n",
        file=manifest.path,
        remedy="mend them, or leave them out with data.skip_bad=true",
    )
