"""``ledger.jsonl``: what is done in a folder of outputs, and from what it was made."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from spinemets.inference.archive.content import OutputFile
from spinemets.inference.archive.locks import LOCKS, locked
from spinemets.inference.archive.whole_file import whole_file
from spinemets.inference.archive.whole_folder import sync_folder
from spinemets.inference.archive.work import Failure, Status

FILE_NAME = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a study's outputs are made from; all of it SHA-256.

    Args:
        input: Of the content of its files.
        files: Of their names, sizes and times: where these are the same, the content is.
        headers: Of what headers and names say of it.
        weights: Of the networks.
        config: Of settings, version, and what the user states of the study.
        priors: Of the outputs of earlier studies that it is compared with, by study key.
    """

    input: str
    files: str
    headers: str
    weights: str
    config: str
    priors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger: a study that is finished, one way or the other."""

    study: str
    status: Status
    origin: Origin
    outputs: Mapping[str, OutputFile]
    failure: Failure | None

    @property
    def outputs_sha256(self) -> str:
        """Of all outputs; "" where there are none."""
        if self.status is not Status.DONE:
            return ""
        text = json.dumps({name: one.sha256 for name, one in self.outputs.items()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Ledger:
    """The ledger of a folder, which several processes may read and extend.

    Lines are added, each with the disk's word that it has it; the last line of a study counts. A line that a
    kill or a full disk has torn is passed over. In memory there is the place of each study's line.

    Args:
        folder: Of outputs.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._lock = folder / LOCKS / f".{FILE_NAME}"
        self._places: dict[str, int] = {}
        self._read_to = 0
        self._inode = 0

    def entry(self, study: str) -> Entry | None:
        """What stands of a study, written by whatever process."""
        try:
            with self._path.open("rb") as stream:
                self._catch_up(stream)
                if study not in self._places:
                    return None
                stream.seek(self._places[study])
                return _entry(stream.readline())
        except FileNotFoundError:
            return None

    def append(self, entry: Entry) -> None:
        """Write an entry down, and return when the disk has it."""
        line = json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False).encode() + b"\n"
        with locked(self._lock), self._path.open("a+b") as stream:
            stream.seek(0, os.SEEK_END)
            if stream.tell() > 0:
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":
                    line = b"\n" + line
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        sync_folder(self._path.parent)

    def compact(self) -> None:
        """Keep the last line of each study, in the order of keys: the same bytes after every run."""
        with locked(self._lock), self._path.open("rb") as stream, whole_file(self._path) as partial:
            self._catch_up(stream)
            with partial.open("wb") as sorted_stream:
                for study in sorted(self._places):
                    stream.seek(self._places[study])
                    sorted_stream.write(stream.readline())

    def _catch_up(self, stream: BinaryIO) -> None:
        """Note the places of lines that were added since, or of all in a new file."""
        inode = os.fstat(stream.fileno()).st_ino
        if inode != self._inode:
            self._places, self._read_to, self._inode = {}, 0, inode
        stream.seek(self._read_to)
        for place, line in _whole_lines(stream, self._read_to):
            if (entry := _entry(line)) is not None:
                self._places[entry.study] = place
            self._read_to = place + len(line)


def _whole_lines(stream: BinaryIO, place: int) -> Iterator[tuple[int, bytes]]:
    for line in stream:
        if line.endswith(b"\n"):
            yield place, line
            place += len(line)


def _entry(line: bytes) -> Entry | None:
    try:
        content: dict[str, Any] = json.loads(line)
        outputs = {name: OutputFile(**one) for name, one in content.pop("outputs").items()}
        failure = content.pop("failure")
        return Entry(
            study=content.pop("study"),
            status=Status(content.pop("status")),
            origin=Origin(**content.pop("origin")),
            outputs=outputs,
            failure=None if failure is None else Failure(**failure),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
