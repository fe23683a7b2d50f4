"""Studies set down on disk, so that memory does not grow with their number."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator

from spinemets.study.records import Study


class StudySpool:
    """Keeps studies in a file without a name, as long as the block; in memory there are their keys."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the spool is
        self._places: dict[str, int] = {}

    def __enter__(self) -> "StudySpool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        """Keys, in the order in which studies came."""
        return iter(self._places)

    def keeping(self, studies: Iterable[Study]) -> Iterator[Study]:
        """The same studies, each of which is set down as it passes; their keys must be new."""
        for study in studies:
            self._places[study.key] = self._file.seek(0, 2)
            pickle.dump(study, self._file, pickle.HIGHEST_PROTOCOL)
            yield study

    def study(self, key: str) -> Study:
        """Fetch a study back."""
        self._file.seek(self._places[key])
        study: Study = pickle.load(self._file)
        return study
