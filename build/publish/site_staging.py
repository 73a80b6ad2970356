"""Staging: a site is written beside the last one, checked, and then put in its place at once."""

import ctypes
import errno
import filecmp
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from diamond_cutter.build.publish import site_manifest
from diamond_cutter.build.publish.site_manifest import Manifest, Part, StoredState
from diamond_cutter.command.errors import UserError, error_elsewhere
from diamond_cutter.precompute.stores.folder_lock import HeldError, lock_folder

_USERS_ERRORS = {
    errno.EACCES: "is not to be written to",
    errno.EPERM: "is not to be written to",
    errno.EROFS: "is on a read-only file system",
    errno.ENOSPC: "is on a full disk",
    errno.EDQUOT: "is over its quota",
    errno.ENOTDIR: "has a file where a folder should be",
    errno.ENAMETOOLONG: "has too long a name",
}


class Stage:
    """The new site, or a part of it, while it grows in a folder beside the last one.

    What is kept of the last site is taken over in the end, by `link_kept`: where all of it is kept,
    it stays where it is.

    files: size in bytes of every file so far, by its path relative to the site's root; those of
        parts left out.
    changed: the paths of those that are not the same as in the last site.
    parts: what the parts amount to, by their folders; each was made in a stage of its own.
    """

    def __init__(self, folder: Path, output: Path, last: Manifest) -> None:
        """Start with nothing in `folder`; `last` tells what `output` holds."""
        self.folder, self.output, self.last = folder, output, last
        self.files: dict[str, int] = {}
        self.changed: set[str] = set()
        self.parts: dict[str, Part] = {}
        self._kept: list[str] = []
        self._folders: set[Path] = set()

    def holds(self, path: str) -> bool:
        """Whether the last site still has this file as it was written."""
        try:
            size = os.stat(f"{self.output}/{path}").st_size  # noqa: PTH116 - a Path takes longer
            return size == self.last.files[path]
        except (KeyError, OSError):
            return False

    def keep(self, path: str) -> None:
        """Take a file over from the last site, its time of change too."""
        self._kept.append(path)
        self.files[path] = self.last.files[path]

    def keep_all(self, folder: str, made_of: str) -> bool:
        """Take over all files below a folder, if its pages were made of the same and are whole."""
        last = [path for path in self.last.files if path.startswith(folder)]
        if self.last.pages.get(folder) != made_of or not all(map(self.holds, last)):
            return False
        for path in last:
            self.keep(path)
        return True

    def keep_beside(self, path: str, folder: str) -> bool:
        """Take over a file that is made of the parts below a folder, if all of them are kept."""
        last = {part for part in self.last.parts if part.startswith(folder)}
        now = {part for part in self.parts if part.startswith(folder)}
        is_kept = last == now and all(self.parts[part].is_kept for part in now)
        if not is_kept or not self.holds(path):
            return False
        self.keep(path)
        return True

    def write(self, path: str, content: bytes) -> None:
        """Write a file, or keep the last site's if that is the same."""
        same_size = self.last.files.get(path) == len(content) and self.holds(path)
        if same_size and (self.output / path).read_bytes() == content:
            self.keep(path)
            return
        self._target(path).write_bytes(content)
        self.files[path] = len(content)
        self.changed.add(path)

    def link_kept(self) -> None:
        """Link what is kept of the last site into this one."""
        for path in self._kept:
            _link(self.output / path, self._target(path))
        self._kept = []

    def link_part(self, part: str) -> None:
        """Link a part of the last site, which is kept as it is, into this one."""
        for path in (*site_manifest.read_part(self.output, part).files, part + site_manifest.NAME):
            _link(self.output / path, self._target(path))

    def stored(self, sources: str, notes: tuple[str, ...]) -> StoredState:
        """How the stores lay that it was made from, and what of them is damaged and left out."""
        pictures = {path: part.stored for path, part in self.parts.items() if part.stored}
        return StoredState(sources, pictures, notes)

    @property
    def lacks(self) -> bool:
        """Whether files of the last site, or of its parts, are gone."""
        return not (
            self.files.keys() >= self.last.files.keys()
            and self.parts.keys() >= set(self.last.parts)
            and not any(part.lacks for part in self.parts.values())
        )

    def is_as_last(self, manifest: Manifest) -> bool:
        """Whether all of the last site, of which this is the manifest now, is kept as it is."""
        parts_kept = all(part.is_kept for part in self.parts.values())
        return not self.changed and parts_kept and manifest == self.last

    def write_parts(self, path: str, parts: Iterable[bytes]) -> None:
        """Write a file part by part, for one that need not fit into memory."""
        target = self._target(path)
        with target.open("wb") as file:
            file.writelines(parts)
        size = target.stat().st_size
        same_size = self.last.files.get(path) == size and self.holds(path)
        if same_size and filecmp.cmp(self.output / path, target, shallow=False):
            target.unlink()
            self.keep(path)
            return
        self.files[path] = size
        self.changed.add(path)

    def read(self, path: str) -> bytes:
        """The content of a file of the new site, be it only kept of the last one."""
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            return (self.output / path).read_bytes()

    def _target(self, path: str) -> Path:
        target = self.folder / path
        if target.parent not in self._folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(target.parent)
        return target


@contextmanager
def staged(output: Path) -> Iterator[Stage]:
    """A stage for the site at `output`; the caller ends with `publish`, else nothing has changed.

    Raises `UserError` if `output` holds something that is not a site of ours, cannot be written,
    or is being built by another process. What a killed build has left behind is removed first.
    """
    output = output.resolve()
    folder, aside = _stage(output), _aside(output)
    with _explained(output), _locked(folder, output):
        if aside.exists() and not output.exists():
            aside.rename(output)  # killed between the two renames of `_swap`
        last = site_manifest.read_manifest(output)
        for leftover in folder.iterdir():
            _remove(leftover)
        if aside.exists():
            _remove(aside)
        yield Stage(folder, output, last)


def publish(stage: Stage, manifest: Manifest, stored: StoredState = site_manifest.UNKNOWN) -> None:
    """Put the staged site in the place of the last one; files of others that lay there stay."""
    stage.link_kept()
    site_manifest.write_manifest(stage.folder, manifest)
    site_manifest.write_stored(stage.folder, stored)
    if stage.output.exists():
        _keep_foreign(stage)
    _swap(stage.folder, stage.output)


@contextmanager
def _locked(folder: Path, output: Path) -> Iterator[None]:
    """Make the folder of the stage, keep others out of it, and remove it in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_folder(folder))
        except HeldError as error:
            raise UserError(
                f"{output}: another `diamond site` is writing it; wait for it, "
                f"or name another --output"
            ) from error
        try:
            yield
        finally:
            with suppress(OSError):
                _remove(folder)


@contextmanager
def _explained(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _USERS_ERRORS:
            raise
        raise error_elsewhere(error, output, _stage(output), _aside(output)) or UserError(
            f"{error.filename or output}: expected a place to write the site to, but it "
            f"{_USERS_ERRORS[error.errno]}; mend that, or name another --output. "
            f"The last site is as it was"
        ) from error


def _keep_foreign(stage: Stage) -> None:
    """Take over what others have put into the last site: a CNAME file, a Git repository.

    Of folders, empty ones too, also who may do what with them. Raises `UserError` for what cannot
    be read, and for what lies where the new site has something of its own.
    """
    of_site, parts = _own("", stage.last), set(stage.last.parts)
    of_part, part = of_site, Path()
    walked = []
    for top, names, files in os.walk(stage.output, onerror=_refuse_unreadable):
        within = Path(top).relative_to(stage.output)
        walked.append(within)
        if (folder := f"{within.as_posix()}/") in parts:
            of_part = _own(folder, site_manifest.read_part(stage.output, folder))
            part = within
        own, own_folders = of_part if within.is_relative_to(part) else of_site
        for name in (*names, *files):
            path = within / name
            source, target = stage.output / path, stage.folder / path
            is_folder = name in names and not source.is_symlink()
            if (path in own_folders) if is_folder else (path.as_posix() in own):
                continue
            try:
                (target if is_folder else target.parent).mkdir(parents=True, exist_ok=True)
                if not is_folder:
                    _link(source, target)
            except (FileExistsError, NotADirectoryError) as error:
                raise UserError(
                    f"{source}: expected nothing of others where the new site has something of its "
                    f"own, got this; move it away. The last site is as it was"
                ) from error
            except PermissionError as error:
                _refuse_unreadable(error)
    for within in walked:  # at last: nothing can be put into a folder that is only to be read
        if (stage.folder / within).is_dir():
            shutil.copystat(stage.output / within, stage.folder / within)


def _own(folder: str, last: Manifest) -> tuple[set[str], set[Path]]:
    """The files of the last site, or of its part in a folder, and what folders these lie in."""
    own = {*last.files, *(part + site_manifest.NAME for part in (folder, *last.parts))}
    own |= {site_manifest.STORED, f"{site_manifest.STORED}.part"}
    return own, {folder for path in own for folder in Path(path).parents}


def _refuse_unreadable(error: OSError) -> NoReturn:
    raise UserError(
        f"{error.filename}: expected what others have put into the site to be readable, so that it "
        f"can be taken over, got {error.strerror!r}; mend that, or move it away. "
        f"The last site is as it was"
    ) from error


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError) as error:  # a file system, or Windows, without links
        full = (errno.EEXIST, errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        if getattr(error, "errno", None) in full:
            raise
        shutil.copy2(source, target, follow_symlinks=False)


def _swap(new: Path, output: Path) -> None:
    """Rename `new` to `output`; what was there is then at `new`, or gone if it was empty."""
    if not output.exists() or not any(output.iterdir()):
        new.rename(output)
    elif not _exchange(new, output):
        aside = _aside(output)
        output.rename(aside)
        new.rename(output)
        _remove(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system or its file system has none."""
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        return bool(library.renamex_np(*paths, 2) == 0)  # RENAME_SWAP
    if not hasattr(library, "renameat2"):
        return False
    here = -100  # AT_FDCWD
    return bool(library.renameat2(here, paths[0], here, paths[1], 2) == 0)  # RENAME_EXCHANGE


def _stage(output: Path) -> Path:
    return output.with_name(f".{output.name}.staging")


def _aside(output: Path) -> Path:
    return output.with_name(f".{output.name}.last")


def _remove(path: Path) -> None:
    """Remove a file, or a folder with all in it, folders that are only to be read too."""
    if not path.is_dir() or path.is_symlink():
        path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        path.chmod(0o700)
        for top, names, _ in os.walk(path):
            for folder in (Path(top) / name for name in names):
                if not folder.is_symlink():
                    folder.chmod(0o700)
        shutil.rmtree(path)
