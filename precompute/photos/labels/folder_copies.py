"""A folder that holds once more what lies beside it, as archives that were packed twice have it."""

from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.labels.folder_tree import Folder

MOST = 0.9
"""The share of a folder's photos that have to lie beside it too, each as large as there."""


def find_copy(top: Folder) -> Folder | None:
    """The folder in `top` that repeats what else lies there; None if none does."""
    there = {entry.path.removeprefix(top.path): entry for entry in top.all_photos()}
    for folder in top.folders.values():
        inside = folder.unwrapped()
        photos = list(inside.all_photos()) if inside.folders else []
        same = 0
        for entry in photos:
            path = entry.path.removeprefix(inside.path)
            other = None if path.startswith(f"{folder.name}/") else there.get(path)
            same += other is not None and _size(other) == _size(entry)
        if len(photos) > 1 and same >= MOST * len(photos):
            return folder
    return None


def _size(entry: Entry) -> int:
    try:
        return entry.file.stat().st_size if entry.file else 0
    except OSError:
        return 0
