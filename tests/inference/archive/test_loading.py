"""Networks are loaded once in each worker, and again only where a worker has died."""

import pytest

from archive_jobs import assess, attempts, write_archive
from counted_jobs import LOG, CountedJob


@pytest.mark.parametrize(("last", "workers_made"), [("text", 1), ("die-once", 2)])
def test_a_worker_loads_once_for_all_its_studies(tmp_path, last, workers_made):
    source, output = tmp_path / "in", tmp_path / "out"
    write_archive(source, {f"s{number}": "text" for number in range(5)} | {"s5": last})
    heard = assess(source, output, workers=1, job=CountedJob(output))
    assert set(heard.statuses.values()) == {"done"}
    assert len(set(attempts(output))) == 6
    made = (output / LOG).read_text(encoding="utf-8").split()
    assert len(made) == len(set(made)) == workers_made
