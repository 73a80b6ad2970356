"""A folder that holds once more what lies beside it, as archives that were packed twice have it."""

from diamond_cutter.precompute.photos.file_entry import Entry
from diamond_cutter.precompute.photos.labels.folder_tree import Folder

MOST = 0.9
"""The share of a folder's photos that have to lie beside it too, each as large as there."""
SAMPLE = 8
"""Of those so many are read, for uncompressed photos of one size are all as large."""


def find_copy(top: Folder) -> Folder | None:
    """The folder in `top` that repeats what else lies there, there or in a folder less deep."""
    inside = {name: folder.unwrapped() for name, folder in top.folders.items()}
    photos = {name: _by_path(folder) for name, folder in inside.items() if folder.folders}
    beside = _by_path(top)
    for name, copies in photos.items():
        depth = inside[name].path.count("/")
        less_deep = [photos[other] for other in photos if inside[other].path.count("/") < depth]
        for there in (beside, *less_deep):
            if _repeat(copies, there, f"{name}/"):
                return top.folders[name]
    return None


def _by_path(folder: Folder) -> dict[str, Entry]:
    return {entry.path.removeprefix(folder.path): entry for entry in folder.all_photos()}


def _repeat(copies: dict[str, Entry], there: dict[str, Entry], own: str) -> bool:
    """Whether `copies` lie `there` too, by path, but not in the folder `own` of that."""
    paths = [path for path in copies if path in there and not path.startswith(own)]
    if len(copies) < 2 or len(paths) < MOST * len(copies):
        return False
    same = [path for path in paths if _size(copies[path]) == _size(there[path])]
    return len(same) >= MOST * len(copies) and all(
        _content(copies[path]) == _content(there[path])
        for path in same[:: max(1, len(same) // SAMPLE)]
    )


def _size(entry: Entry) -> int:
    try:
        return entry.file.stat().st_size if entry.file else 0
    except OSError:
        return 0


def _content(entry: Entry) -> bytes:
    try:
        return entry.file.read_bytes() if entry.file else b""
    except OSError:
        return b""
