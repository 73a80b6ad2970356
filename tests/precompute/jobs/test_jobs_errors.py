"""Errors of the system: those of a store are told of it, those of other files of these."""

import errno
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.task import (
    HitsEverythingError,
    PassTask,
    TaskError,
    failures_told,
)
from diamond_cutter.precompute.photos import cache_folder
from diamond_cutter.precompute.stores.store_address import Naming, StoreAddress

STUDY = Naming("study", "store of studies", "figures", "store", "`diamond study` writes it")


class Photos(PassTask):
    """Some photos."""

    where = "photos 1 to 8"


UNIT = Photos(0, 1.0, rows=())


def absent(file: Path | None) -> OSError:
    return OSError(errno.ENOENT, "No such file or directory", file and str(file))


def full(file: Path | None) -> OSError:
    return OSError(errno.ENOSPC, "No space left on device", file and str(file))


def told(store_address: StoreAddress, error: OSError) -> str:
    with pytest.raises(UserError) as caught, store_address.writing():
        raise error
    return str(caught.value)


def test_a_photo_that_is_gone_is_not_told_as_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    photo = tmp_path / "photos" / "7.jpg"
    expected = f"{photo}: No such file or directory; mend that, and run the same command again"
    store = tmp_path / "study.zarr"
    assert told(StoreAddress(str(store), store, STUDY), absent(photo)) == expected
    assert told(StoreAddress("s3://bucket/study.zarr", None, STUDY), absent(photo)) == expected
    with pytest.raises(UserError) as caught, cache_folder.writing(tmp_path / "cache"):
        raise absent(photo)
    assert str(caught.value) == expected


def test_what_lies_in_or_above_a_store_or_has_no_name_is_told_as_the_store(tmp_path: Path) -> None:
    store = tmp_path / "data" / "study.zarr"
    for file in (store / "pets" / "zarr.json", store, store.parent, None):
        text = told(StoreAddress(str(store), store, STUDY), full(file))
        assert text.startswith(
            f"{store}: expected an address that can be written to, got: No space"
        )
    text = told(StoreAddress("s3://bucket/study.zarr", None, STUDY), full(None))
    assert text.startswith("s3://bucket/study.zarr: expected an address that can be written to")


def test_a_full_disk_elsewhere_is_not_told_as_that_of_the_store(tmp_path: Path) -> None:
    store, other = tmp_path / "study.zarr", tmp_path / "tmp" / "scratch"
    with pytest.raises(HitsEverythingError) as caught, failures_told(UNIT, str(store)):
        raise full(other)
    assert str(caught.value).startswith(f"{other}: No space left on device; mend that")
    for file in (store / "pets" / "zarr.json", None):
        with pytest.raises(HitsEverythingError) as caught, failures_told(UNIT, str(store)):
            raise full(file)
        assert f"while photos 1 to 8 was to be stored in {store}" in str(caught.value)
    with pytest.raises(TaskError, match="No such file"), failures_told(UNIT, str(store)):
        raise absent(other)
