"""Where a dataset comes from: any address becomes a list of local files with their classes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fsspec.implementations.local import LocalFileSystem

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.archives.archive import unpack
from diamond_cutter.precompute.photos.archives.archive_csv import apply_table
from diamond_cutter.precompute.photos.file_entry import Entry, Listing, Progress
from diamond_cutter.precompute.photos.file_names import judge, member_path
from diamond_cutter.precompute.photos.labels.class_folders import arrange, unique
from diamond_cutter.precompute.photos.labels.label_table import (
    LabelRow,
    beside,
    read_rows,
    tabulate,
)
from diamond_cutter.precompute.photos.sources.download import download, download_photos
from diamond_cutter.precompute.photos.sources.file_kind import file_kind
from diamond_cutter.precompute.photos.sources.folder_listing import list_folder
from diamond_cutter.precompute.photos.sources.remote_files import Remote, System

__all__ = ["Entry", "Listing", "Progress", "open_dataset"]

_EXPECTED = "expected a folder, a zip, a tar or a CSV of photos"


def open_dataset(
    settings: DatasetSettings, cache: Path, progress: Progress, unlabelled: str = ""
) -> Listing:
    """Every file of the dataset that `settings` name, by path, on this machine.

    That is a folder of class folders, with train, val and test around them or not; a zip or tar
    of one; a CSV with path and label; each of them here or at any address that fsspec reads. What
    comes from elsewhere or out of an archive is kept below `cache`, and nothing else is written.
    `unlabelled`: the class of what lies in no class folder, which else is rejected.
    Raises `UserError` where the dataset as a whole can't be had, or has no column that `settings`
    name; what is wrong with one file stands in its entry.
    """
    address, groups = settings.dataset, settings.groups
    local = _local(address)
    if local is None:
        return _open_remote(settings, cache, progress, unlabelled)
    try:
        if local.is_dir():
            _refuse_groups(groups, address, "a folder")
            return arrange(list_folder(local, progress), settings, unlabelled)
        local.stat()  # says why not
        if not local.is_file():
            raise UserError(f"{address}: {_EXPECTED}, got a device, pipe or socket; name another")
    except FileNotFoundError as error:
        raise UserError(f"{address}: {_EXPECTED}, got nothing there; mend the address") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{address}: {_EXPECTED}, got: {reason}; mend the address") from error
    kind = file_kind(local, address)
    if kind == "table":
        return Listing(tabulate(read_rows(local, address, groups), beside(local)), [])
    return _classes(unpack(local, kind, address, cache, progress), settings, unlabelled)


def _refuse_groups(groups: str, address: str, got: str) -> None:
    if groups:
        raise UserError(
            f"{address}: expected a CSV with the column {groups!r}, which groups names, got {got}; "
            f"name a CSV with the columns path, label and {groups}, or leave groups out"
        )


def _local(address: str) -> Path | None:
    """The path that an address means on this machine; None if it means something elsewhere."""
    if not address:
        raise UserError(f"dataset: {_EXPECTED}, got an empty address; name one")
    if "://" in address and not address.startswith(("file://", "local://")):
        return None
    return Path(LocalFileSystem._strip_protocol(address))


def _open_remote(
    settings: DatasetSettings, cache: Path, progress: Progress, unlabelled: str
) -> Listing:
    address, groups = settings.dataset, settings.groups
    system = System(address)
    if system.is_folder():
        _refuse_groups(groups, address, "a folder")
        return arrange(_remote_folder(system, cache, progress), settings, unlabelled)
    file = download(system, cache, progress)
    kind = file_kind(file, address)
    if kind == "table":
        rows = read_rows(file, address, groups)
        return Listing(_remote_table(system, rows, cache, progress), [])
    return _classes(unpack(file, kind, address, cache, progress), settings, unlabelled)


def _classes(entries: list[Entry], settings: DatasetSettings, unlabelled: str) -> Listing:
    """The entries of an archive with the classes of its folders.

    Or of its table, where it has no such folders, or the table is to say the groups.
    """
    entries, groups = unique(entries), settings.groups
    listing = arrange(entries, settings, unlabelled)
    arranged = listing.entries
    if groups or len({entry.label for entry in arranged if entry.outcome is None}) < 2:
        tabled = apply_table(entries, groups)
        if tabled is None:
            _refuse_groups(groups, settings.dataset, "an archive without one table of its photos")
        arranged = tabled or arranged
    files = [replace(entry, file=None) if entry.outcome else entry for entry in arranged]
    return Listing(files, listing.reading)


def _remote_folder(system: System, cache: Path, progress: Progress) -> list[Entry]:
    entries = []
    photos: list[tuple[str, Remote]] = []
    for name, remote in system.walk():
        path, problem = member_path(name)
        # Only what is called a photo is fetched: looking into the others would take as long.
        outcome, reason = ("reject", problem) if problem else judge(path, bytes)
        if outcome is None:
            photos.append((path, remote))
        else:
            entries.append(Entry(path, None, "", "", outcome, reason))
        progress("listing", len(entries) + len(photos), 0)
    found = download_photos(system, photos, cache, progress)
    for (path, _), (file, reason) in zip(photos, found, strict=True):
        entries.append(Entry(path, file, "", "", None if file else "reject", reason))
    return entries


def _remote_table(
    system: System, rows: Sequence[LabelRow], cache: Path, progress: Progress
) -> list[Entry]:
    """The photos of a table from elsewhere, which may name none but those below its folder."""
    checked = {row.path: member_path(row.path) for row in rows}
    wanted = sorted({inside for inside, problem in checked.values() if not problem})
    photos = [(inside, Remote(system.beside(inside), None)) for inside in wanted]
    found = dict(zip(wanted, download_photos(system, photos, cache, progress), strict=True))

    def locate(path: str) -> tuple[Path | None, str]:
        inside, problem = checked[path]
        return (None, problem) if problem else found[inside]

    return tabulate(rows, locate)
