"""Staging: a site is written beside the last one, checked, and then put in its place at once."""

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from diamond_cutter.build.publish import site_manifest
from diamond_cutter.build.publish.site_manifest import Manifest
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
    """The new site while it grows, in a folder beside the last one.

    files: size in bytes of every file so far, by its path relative to the site's root.
    changed: the paths of those that are not the same as in the last site.
    """

    def __init__(self, folder: Path, output: Path, last: Manifest) -> None:
        """Start with nothing in `folder`; `last` tells what `output` holds."""
        self.folder, self.output, self.last = folder, output, last
        self.files: dict[str, int] = {}
        self.changed: set[str] = set()
        self._folders: set[Path] = set()

    def holds(self, path: str) -> bool:
        """Whether the last site still has this file as it was written."""
        try:
            return (self.output / path).stat().st_size == self.last.files[path]
        except (KeyError, OSError):
            return False

    def keep(self, path: str) -> None:
        """Take a file over from the last site, its time of change too."""
        target = self._target(path)
        _link(self.output / path, target)
        self.files[path] = self.last.files[path]

    def keep_all(self, folder: str, made_of: str) -> bool:
        """Take over all files below a folder, if its pages were made of the same and are whole."""
        last = [path for path in self.last.files if path.startswith(folder)]
        if self.last.pages.get(folder) != made_of or not all(map(self.holds, last)):
            return False
        for path in last:
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

    def read(self, path: str) -> bytes:
        """The content of a file of the new site."""
        return (self.folder / path).read_bytes()

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


def publish(stage: Stage, pictures: dict[str, str], pages: dict[str, str]) -> None:
    """Put the staged site in the place of the last one; files of others that lay there stay."""
    content = site_manifest.to_bytes(Manifest(dict(sorted(stage.files.items())), pictures, pages))
    (stage.folder / site_manifest.NAME).write_bytes(content)
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
    own = {*stage.last.files, site_manifest.NAME}
    own_folders = {folder for path in own for folder in Path(path).parents}
    walked = []
    for top, names, files in os.walk(stage.output, onerror=_refuse_unreadable):
        within = Path(top).relative_to(stage.output)
        walked.append(within)
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
