"""Jobs that note in whose process, and how often, they are made ready."""

import os
from dataclasses import dataclass

from archive_jobs import TextJob

LOG = "made-ready.log"


@dataclass(frozen=True)
class CountedJob(TextJob):
    """Made ready where networks would be loaded."""

    def __call__(self):
        with (self.output / LOG).open("a", encoding="utf-8") as log:
            log.write(f"{os.getpid()}\n")
        return super().__call__()
