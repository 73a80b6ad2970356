"""Where a dataset comes from: any address becomes a list of local files with their classes."""

from dataclasses import replace
from pathlib import Path

from fsspec.implementations.local import LocalFileSystem

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.archives.archive import unpack
from diamond_cutter.precompute.photos.file_entry import Entry, Listing, Progress
from diamond_cutter.precompute.photos.file_names import (
    is_table,
    judge,
    member_path,
    photo_kind,
    readable,
)
from diamond_cutter.precompute.photos.labels.label_table import Table, read_table
from diamond_cutter.precompute.photos.labels.labelling import label
from diamond_cutter.precompute.photos.labels.photo_finder import BesideFinder, PhotoNames
from diamond_cutter.precompute.photos.labels.table_entries import tabulate
from diamond_cutter.precompute.photos.sources.download import download, download_photos
from diamond_cutter.precompute.photos.sources.file_kind import file_kind
from diamond_cutter.precompute.photos.sources.folder_listing import list_folder, read_head
from diamond_cutter.precompute.photos.sources.remote_files import Remote, System
from diamond_cutter.precompute.photos.sources.remote_finder import remote_finders

__all__ = ["Entry", "Listing", "Progress", "open_dataset"]

_EXPECTED = "expected a folder, a zip, a tar or a CSV of photos"


def open_dataset(
    settings: DatasetSettings, cache: Path, progress: Progress, unlabelled: str = ""
) -> Listing:
    """Every file of the dataset that `settings` name, by path, on this machine.

    That is a folder or an archive of class folders, or of photos and a table of their labels, or
    such a table; each of them here or at any address that fsspec reads. What comes from elsewhere
    or out of an archive is kept below `cache`, and nothing else is written.
    `unlabelled`: the class of what lies in no class folder, which else is rejected; with it a
    single photo will do, too.
    Raises `UserError` where the dataset as a whole can't be had, has no column that `settings`
    name, or can be read in two ways; what is wrong with one file stands in its entry.
    """
    address = settings.dataset
    local = _local(address)
    if local is None:
        return _open_remote(settings, cache, progress, unlabelled)
    try:
        if local.is_dir():
            return label(list_folder(local, progress, settings.links), settings, unlabelled)
        local.stat()  # says why not
        if not local.is_file():
            raise UserError(f"{address}: {_EXPECTED}, got a device, pipe or socket; name another")
        if unlabelled and photo_kind(read_head(local)):
            return Listing([Entry(readable(local.name), local, unlabelled, "", None, "")], [])
    except FileNotFoundError as error:
        raise UserError(f"{address}: {_EXPECTED}, got nothing there; mend the address") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{address}: {_EXPECTED}, got: {reason}; mend the address") from error
    kind = file_kind(local, address)
    if kind == "table":
        finder = BesideFinder(local, lambda folder: list_folder(folder, progress, settings.links))
        table = read_table(local, address, finder, settings, labelled=not unlabelled)
        return tabulate([table], [], settings, unlabelled)
    return label(unpack(local, kind, address, cache, progress), settings, unlabelled)


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
    address = settings.dataset
    system = System(address)
    if system.is_folder():
        return label(_remote_folder(system, cache, progress), settings, unlabelled)
    file = download(system, cache, progress)
    kind = file_kind(file, address)
    if kind == "table":
        return _remote_table(system, file, settings, cache, progress, unlabelled)
    return label(unpack(file, kind, address, cache, progress), settings, unlabelled)


def _remote_folder(system: System, cache: Path, progress: Progress) -> list[Entry]:
    entries: list[Entry] = []
    wanted: list[tuple[Entry, Remote]] = []
    for name, remote in system.walk():
        path, problem = member_path(name)
        # Only what is called a photo is fetched: looking into the others would take as long.
        outcome, reason = ("reject", problem) if problem else judge(path, bytes)
        entry = Entry(path, None, "", "", outcome, reason)
        if outcome is None or (outcome == "ignore" and is_table(path)):
            wanted.append((entry, remote))
        else:
            entries.append(entry)
        progress("listing", len(entries) + len(wanted), 0)
    names = PhotoNames(entry for entry, _ in wanted if entry.outcome is None)
    entries += [entry for entry, _ in wanted if names.has_note(entry)]
    wanted = [(entry, remote) for entry, remote in wanted if not names.has_note(entry)]
    photos = [(entry.path, remote) for entry, remote in wanted]
    found = download_photos(system, photos, cache, progress)
    for (entry, _), (file, reason) in zip(wanted, found, strict=True):
        fetched = replace(entry, file=file)
        entries.append(fetched if file else replace(entry, outcome="reject", reason=reason))
    return entries


def _remote_table(
    system: System,
    file: Path,
    settings: DatasetSettings,
    cache: Path,
    progress: Progress,
    unlabelled: str,
) -> Listing:
    """The photos of a table from elsewhere, which may name none but those below its folder."""
    table = _read_from(system, file, settings, labelled=not unlabelled)
    listing = tabulate([table], [], settings, unlabelled)
    paths = {entry.path: member_path(entry.path)[0] for entry in listing.entries}
    wanted = sorted({paths[entry.path] for entry in listing.entries if entry.outcome is None})
    photos = [(inside, Remote(system.beside(inside), None)) for inside in wanted]
    found = dict(zip(wanted, download_photos(system, photos, cache, progress), strict=True))
    entries = []
    for entry in listing.entries:
        if entry.outcome is None:
            fetched, reason = found[paths[entry.path]]
            entry = replace(entry, file=fetched)
            if fetched is None:
                entry = replace(entry, outcome="reject", reason=reason)
        entries.append(entry)
    return replace(listing, entries=entries)


def _read_from(system: System, file: Path, settings: DatasetSettings, *, labelled: bool) -> Table:
    """The table at the address of a system, by the first that finds any of its photos."""
    problem: UserError | None = None
    for finder in remote_finders(system):
        try:
            table = read_table(file, settings.dataset, finder, settings, labelled=labelled)
        except UserError as error:
            problem = problem or error
            continue
        if table.found:
            return table
    raise problem or UserError(
        f"{settings.dataset}: expected the paths of photos, got none that is there; write them "
        "from the table's folder on, with suffixes"
    )
