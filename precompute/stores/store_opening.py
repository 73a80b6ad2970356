"""How stores are opened: in a bucket so that a read is one request and writes keep their order."""

from typing import Any, Literal

import zarr

_S3 = ("s3://", "s3a://")
PATIENCE = 60
"""Seconds that an answer is waited for. A write that is given up before may still land, and so
after the next one of the same object, of which it then leaves nothing."""
_OPTIONS = {
    "max_concurrency": 1,  # else s3fs asks for the size of each object before it reads it
    "config_kwargs": {"read_timeout": PATIENCE},
}


def open_store(
    address: str, mode: Literal["r", "r+", "a"], attributes: dict[str, Any] | None = None
) -> zarr.Group:
    """The root group of the Zarr store at an address: a folder, or another that fsspec takes.

    `attributes` are those of a root that mode "a" makes. Raises `FileNotFoundError` where there is
    no store to be opened, and what the file system has against it.
    """
    options = _OPTIONS if address.startswith(_S3) else None
    if mode == "a":
        return zarr.open_group(
            address, mode=mode, attributes=attributes, zarr_format=3, storage_options=options
        )
    return zarr.open_group(address, mode=mode, storage_options=options)
