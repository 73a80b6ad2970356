"""The photos that a table from elsewhere means: those below its folder, and no others."""

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.file_names import member_path, safe_suffix
from diamond_cutter.precompute.photos.labels.photo_finder import Finder, PhotoFinder, PhotoNames
from diamond_cutter.precompute.photos.sources.remote_files import System


class PathFinder:
    """Takes what looks like a photo's path for one: a web server does not list what it has."""

    def find(self, name: str) -> Entry | None:
        """As `Finder` has it."""
        path, problem = member_path(name)
        return None if problem or not safe_suffix(path) else _entry(name)


def remote_finder(table: System) -> Finder:
    """What finds the photos that the table at the address of a system means."""
    folder, _, name = table.address.rpartition("/")
    if table.http:
        return PathFinder()
    try:
        listed = [path for path, _ in System(folder).walk()]
    except UserError:
        return PathFinder()
    return PhotoFinder(PhotoNames(_entry(path) for path in listed if safe_suffix(path)), name)


def _entry(path: str) -> Entry:
    return Entry(path, None, "", "", None, "")
