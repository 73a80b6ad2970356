"""A bucket on which things go wrong holds what a good one would; one that is away is waited for."""

from collections.abc import Iterator

import numpy as np
import pytest
import s3fs
from fake_task import FakeTask
from faulty_s3 import Faults, faulty

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.task import StoreAwayError, TaskError, failures_told
from diamond_cutter.precompute.stores.atlas.atlas_writer import ATLAS, create_atlas
from diamond_cutter.precompute.stores.store_address import StoreAddress, array

UNIT = FakeTask(where="net 7")


@pytest.fixture
def faults(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """What goes wrong with a bucket: each thing in one of twelve requests, stalls seldom."""
    wrong = Faults(seconds=2.0)
    with faulty(s3_server, wrong) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way)
        s3fs.S3FileSystem().mkdir("bucket")
        wrong.error = wrong.throttling = wrong.landed = wrong.torn = 1 / 12
        wrong.stall = 0.02
        yield wrong


def test_what_is_written_while_things_go_wrong_is_there_once(faults: Faults) -> None:
    values = np.arange(64, dtype=np.uint8)
    atlas = create_atlas("s3://bucket/atlas.zarr")
    for name in ("first", "second"):
        made = atlas.create_array(name, shape=(64,), chunks=(8,), dtype="uint8", fill_value=255)
        for start in range(0, 64, 8):
            made[start : start + 8] = values[start : start + 8]
    assert np.asarray(array(atlas, "first")[:]).tolist() == values.tolist()
    happened = {name for name, count in faults.seen.items() if count}
    assert {"error", "throttling", "landed", "torn"} <= happened
    for name in ("error", "throttling", "landed", "torn", "stall"):
        setattr(faults, name, 0.0)
    found = s3fs.S3FileSystem().find("bucket/atlas.zarr")
    groups = {f"bucket/atlas.zarr/{name}zarr.json" for name in ("", "first/", "second/")}
    chunks = {f"bucket/atlas.zarr/{a}/c/{n}" for a in ("first", "second") for n in range(8)}
    assert set(found) == groups | chunks


@pytest.fixture
def leaving(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """A bucket that may be away, and is given up at once then."""
    faults = Faults()
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    with faulty(s3_server, faults) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way)
        s3fs.S3FileSystem().mkdir("bucket")
        yield faults


@pytest.mark.parametrize("away", ["cut", "refused"])
def test_a_task_that_finds_its_bucket_away_is_not_to_blame(leaving: Faults, away: str) -> None:
    address = "s3://bucket/atlas.zarr"
    atlas = create_atlas(address)
    leaving.away = away
    with pytest.raises(StoreAwayError, match=address), failures_told(UNIT, address):
        atlas.create_array("first", shape=(8,), dtype="uint8")
    with (
        pytest.raises(UserError, match=r"does not answer .* run the same command again"),
        StoreAddress(address, None, ATLAS).reached(),
    ):
        atlas.create_array("first", shape=(8,), dtype="uint8")
    leaving.away = ""
    with pytest.raises(TaskError, match="nothing to do with it"), failures_told(UNIT, address):
        raise OSError("nothing to do with it")
    with (
        pytest.raises(OSError, match="nothing to do with it"),
        StoreAddress(address, None, ATLAS).reached(),
    ):
        raise OSError("nothing to do with it")


def test_a_read_is_one_request(leaving: Faults) -> None:
    made = create_atlas("s3://bucket/atlas.zarr").create_array(
        "first", shape=(16,), chunks=(8,), dtype="uint8", fill_value=7
    )
    made[:8] = 1
    leaving.seen.clear()
    assert np.asarray(made[:]).tolist() == 8 * [1] + 8 * [7]
    assert leaving.seen == {"answered": 2}  # one of them for what is not there
