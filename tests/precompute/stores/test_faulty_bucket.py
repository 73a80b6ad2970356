"""A bucket on which things go wrong holds what a good one would."""

from collections.abc import Iterator

import numpy as np
import pytest
import s3fs
from faulty_s3 import Faults, faulty

from diamond_cutter.precompute.stores.atlas.atlas_writer import create_atlas
from diamond_cutter.precompute.stores.store_address import array


@pytest.fixture
def faults(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """What goes wrong with a bucket: each thing in one of twelve requests, stalls seldom."""
    wrong = Faults(seconds=2.0)
    monkeypatch.setattr(s3fs.S3FileSystem, "read_timeout", 0.5)
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
