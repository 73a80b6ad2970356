"""The version that stands in every store, one a kind, and the check that readers make of it."""

from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.store_opening import open_store

VERSIONS = {
    "atlas": 1,
    "published-atlas": 1,
    "features": 1,
    "study": 1,
    "ranking": 1,  # `diamond study --json`, and `study.json` of the site
    "answers": 1,  # `diamond study --json` of networks by themselves
}
"""Of each kind of store, and of what commands print as JSON; a new one leaves the others readable.

The site's own files have theirs in `build`.
"""


def format_attributes(kind: str) -> dict[str, Any]:
    """What says of a store which kind it is, and of which version."""
    return {"kind": kind, "format_version": VERSIONS[kind]}


def check_format(attributes: dict[str, Any], kind: str, address: str) -> None:
    """Refuse a store whose kind or format version is not the one this version reads."""
    found = attributes.get("kind"), attributes.get("format_version")
    if found != (kind, VERSIONS[kind]):
        is_base = (kind, found[0]) == ("atlas", "published-atlas")
        todo = (
            "name it as base in [atlas], or --base, and another store"
            if is_base
            else "name another store, or move this one away and make it anew"
        )
        raise UserError(
            f"{address}: expected a store of kind {kind!r} and format_version {VERSIONS[kind]}, "
            f"got kind {found[0]!r}, format_version {found[1]!r}; {todo}"
        )


def is_there(address: str) -> bool:
    """Whether a store of any kind lies at the address."""
    try:
        open_store(address, "r")
    except FileNotFoundError:
        return False
    return True
