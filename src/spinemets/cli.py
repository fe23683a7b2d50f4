"""The ``spinemets`` command: finds the command that was asked for, and imports nothing else."""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from spinemets import __version__


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the module under ``spinemets.commands`` with its ``main(argv) -> int``, and its purpose."""

    module: str
    purpose: str


COMMANDS = {
    "phantom": Command("phantom", "make annotated studies of the digital spine phantom"),
    "series": Command("series", "list the series of studies: plane, weighting, and which of them serve"),
    "manifest": Command("manifest", "make a data set ready for training: its studies, masks and folds"),
    "train": Command("train", "train the segmenter or the ESCC grader on the studies of a manifest"),
    "export": Command("export", "write trained weights as an ONNX file or a MONAI bundle"),
    "stress": Command("stress", "see how figures fall as phantom images get worse"),
    "infer": Command("infer", "assess studies: levels, lesions, ESCC, SINS, with reports"),
    "evaluate": Command("evaluate", "compare predictions with a reference: every figure with its interval"),
    "score": Command("score", "score SINS or ESCC from flags, JSON or CSV"),
}

_USAGE = """\
usage: spinemets COMMAND [arguments]

Metastatic disease of the spine on MRI. Research software, not a medical device.

commands:
{commands}

spinemets COMMAND --help explains a command; spinemets --version prints the version.
Exit status: 0 done, 1 some studies failed, 2 unusable input or configuration."""


def usage() -> str:
    """The text of ``spinemets --help``."""
    width = max(map(len, COMMANDS))
    lines = (f"  {name:<{width}}  {command.purpose}" for name, command in COMMANDS.items())
    return _USAGE.format(commands="\n".join(lines))


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        print(usage(), file=sys.stderr)
        return 2
    name, *rest = arguments
    if name in {"-h", "--help", "help"}:
        print(usage())
        return 0
    if name in {"-V", "--version"}:
        print(f"spinemets {__version__}")
        return 0
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        print(f"spinemets: {name!r} is not a command; commands: {known}", file=sys.stderr)
        return 2
    return _run(COMMANDS[name], rest)


def _run(command: Command, arguments: list[str]) -> int:
    module = importlib.import_module(f"spinemets.commands.{command.module}")
    try:
        return int(module.main(arguments))
    except KeyboardInterrupt:
        print("spinemets: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (a pager, head) has gone; what is still buffered must not raise again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
