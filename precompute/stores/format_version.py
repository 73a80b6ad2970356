"""The version that stands in every store, and the one check that readers make of it."""

from typing import Any

import zarr

from diamond_cutter.command.errors import UserError

FORMAT_VERSION = 1


def check_format(attributes: dict[str, Any], kind: str, address: str) -> None:
    """Refuse a store whose kind or format version is not the one this version reads."""
    found = attributes.get("kind"), attributes.get("format_version")
    if found != (kind, FORMAT_VERSION):
        raise UserError(
            f"{address}: expected a store of kind {kind!r} and format_version {FORMAT_VERSION}, "
            f"got kind {found[0]!r}, format_version {found[1]!r}; name another store, or move this "
            "one away and make it anew"
        )


def is_there(address: str) -> bool:
    """Whether a store of any kind lies at the address."""
    try:
        zarr.open_group(address, mode="r")
    except FileNotFoundError:
        return False
    return True
