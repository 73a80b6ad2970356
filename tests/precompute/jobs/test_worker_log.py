"""The log of a run, where nothing can be written any more."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from diamond_cutter.precompute.jobs.worker_log import log_file


@pytest.fixture
def full_disk() -> Iterator[None]:
    """As on a full disk: every write to a file fails."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("full_disk")
def test_a_log_that_cannot_be_written_hides_no_other_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def fail() -> None:
        with log_file(tmp_path / "store"):
            logging.getLogger("distributed").warning("a worker has died")
            raise ValueError("what went wrong")

    with pytest.raises(ValueError, match="what went wrong"):
        fail()
    assert list(tmp_path.iterdir()) == []
