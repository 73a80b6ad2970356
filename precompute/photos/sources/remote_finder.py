"""The photos that a table from elsewhere means: those below its folder, and no others."""

from collections.abc import Iterator

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.file_names import member_path, safe_suffix
from diamond_cutter.precompute.photos.labels.photo_finder import Finder, PhotoFinder, PhotoNames
from diamond_cutter.precompute.photos.sources.remote_files import System


class PathFinder:
    """Takes what looks like a photo's path for one, where nothing lists what there is."""

    def find(self, name: str) -> Entry | None:
        """As `Finder` has it."""
        path, problem = member_path(name)
        return None if problem or not safe_suffix(path) else _entry(name)


def remote_finders(table: System) -> Iterator[Finder]:
    """What may find the photos that the table at the address of a system means, in order.

    On the web paths as they stand come first, for pages that list files are many.
    """
    folder, _, name = table.address.rpartition("/")
    if table.http:
        yield PathFinder()
    try:
        listed = [path for path, _ in System(f"{folder}/" if table.http else folder).walk()]
    except UserError:
        listed = []
    if listed:
        yield PhotoFinder(PhotoNames(_entry(path) for path in listed if safe_suffix(path)), name)
    elif not table.http:
        yield PathFinder()


def _entry(path: str) -> Entry:
    return Entry(path, None, "", "", None, "")
