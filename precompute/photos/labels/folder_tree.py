"""The folders of a dataset with their photos, and those that lie around others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from diamond_cutter.precompute.photos.file_entry import Entry


@dataclass
class Folder:
    """A folder that holds photos somewhere below it.

    `path` as entries have it, with a slash at its end, empty for the root; `photos` lie in it
    itself, `folders` by name.
    """

    path: str
    photos: list[Entry] = field(default_factory=list)
    folders: dict[str, "Folder"] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[:-1].rpartition("/")[2]

    def all_photos(self) -> Iterator[Entry]:
        """Those in it and below it."""
        yield from self.photos
        for folder in self.folders.values():
            yield from folder.all_photos()

    def unwrapped(self) -> "Folder":
        """The folder itself, or the one inside that all of several folders lie in."""
        folder = self
        while len(folder.folders) == 1:
            (only,) = folder.folders.values()
            if not only.folders or (only.photos and len(only.folders) == 1):
                break
            folder = only
        return folder


def grow(photos: Iterable[Entry]) -> Folder:
    """The root of the folders in which photos lie."""
    root = Folder("")
    for entry in photos:
        folder = root
        *parents, _ = entry.path.split("/")
        for name in parents:
            folder = folder.folders.setdefault(name, Folder(f"{folder.path}{name}/"))
        folder.photos.append(entry)
    return root
