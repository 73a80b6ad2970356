"""The store that a run writes, as workers find it and as messages name it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import zarr
from fsspec.implementations.local import LocalFileSystem

from diamond_cutter.command.errors import UserError, error_elsewhere
from diamond_cutter.precompute.stores.format_version import check_format
from diamond_cutter.precompute.stores.store_opening import open_store

DAMAGE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What reading a damaged group or array raises; RuntimeError: its chunks cannot be decoded."""


@dataclass(frozen=True)
class Naming:
    """A kind of store in the words of messages.

    kind: as its attributes have it: "atlas".
    noun: "atlas"; contents: what fills it: "pictures".
    setting: what names its address: "store".
    writer: who writes it: "`diamond atlas` is rendering into it".
    """

    kind: str
    noun: str
    contents: str
    setting: str
    writer: str

    @property
    def a_noun(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


@dataclass(frozen=True)
class StoreAddress:
    """A store that may not be there yet.

    address: absolute where it is local, as workers are to use it.
    folder: the same as a local path, or None.
    """

    address: str
    folder: Path | None
    naming: Naming

    def open(self) -> zarr.Group:
        """The store, to be written. Raises `UserError` if there is none, or if it is another."""
        try:
            return self._open("r+")
        except FileNotFoundError as error:
            raise UserError(
                f"no {self.naming.noun} at {self.address}: expected a Zarr store; name another "
                f"--{self.naming.setting}"
            ) from error

    def find(self) -> zarr.Group | None:
        """The store, to be read; None if there is none yet.

        Raises `UserError` if it is of another kind or version, can't be reached, or is damaged.
        """
        try:
            return self._open("r")
        except FileNotFoundError:
            return None
        except UserError:
            raise
        except Exception as error:  # every file system and every damaged file raises its own
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UserError(
                f"{self.address}: expected {self.naming.a_noun} or nothing yet, got {reason}; "
                f"name another --{self.naming.setting}, or mend the address or what it needs"
            ) from error

    def _open(self, mode: Literal["r", "r+"]) -> zarr.Group:
        group = open_store(self.address, mode)
        check_format(group.attrs.asdict(), self.naming.kind, self.address)
        return group

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turn what fails because the store can't be reached any more into a `UserError`."""
        try:
            yield
        except UserError:
            raise
        except Exception as error:
            if not is_away(self.address):
                raise
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UserError(
                f"{self.address} does not answer ({reason}); what was done is kept: run the same "
                "command again, when it does"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the system has against writing to the store into a `UserError`.

        One that names a file elsewhere, a photo that is gone, is told of that.
        """
        try:
            yield
        except OSError as error:
            raise error_elsewhere(error, self.folder) or UserError(
                f"{self.address}: expected an address that can be written to, got: "
                f"{error.strerror or error}; mend that, or name another --{self.naming.setting}"
            ) from error


def locate(address: str, naming: Naming) -> StoreAddress:
    """The store that a setting names. Raises `UserError` for what workers could not share."""
    if address.startswith("memory://"):
        raise UserError(
            f"{naming.setting}: {address} is each process's own memory, which workers do not "
            "share; name a folder or another address"
        )
    folder = local_folder(address)
    return StoreAddress(address if folder is None else str(folder), folder, naming)


def local_folder(address: str) -> Path | None:
    """The folder, absolute, that an fsspec address means; None if it means something else."""
    if "://" in address and not address.startswith(("file://", "local://")):
        return None
    return Path(LocalFileSystem._strip_protocol(address)).absolute()


def is_away(address: str) -> bool:
    """Whether a store that lies in no folder can't be reached now: its host does not answer."""
    if local_folder(address) is not None:
        return False
    try:
        open_store(address, "r")
    except (FileNotFoundError, *DAMAGE):
        return False
    except Exception:  # noqa: BLE001 - every file system raises its own
        return True
    return False


def array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """The array of that name."""
    found = group[name]
    if not isinstance(found, zarr.Array):
        raise TypeError(f"{group.path}/{name}: expected a Zarr array, got {found!r}")
    return found


def subgroup(parent: zarr.Group, path: str) -> zarr.Group:
    """The group at a path below another."""
    found = parent[path]
    if not isinstance(found, zarr.Group):
        raise TypeError(f"{parent.path}/{path}: expected a Zarr group, got {found!r}")
    return found
