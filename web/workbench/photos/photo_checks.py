"""What `diamond check-data` makes of a study's photos, found in the background and kept.

::

    <folder>/<study>/printed    what it prints
    <folder>/<study>/log.txt    what it says meanwhile
    <folder>/<study>/check.json of which settings and photos, its exit status, the report
"""

import hashlib
import json
import re
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.command_call import PROGRAM
from diamond_cutter.web.workbench.project import Project

_PRINTED, _LOG, _CHECK, _LOCK = "printed", "log.txt", "check.json", "lock"
_LOOK = 0.5
"""In s: whoever holds the lock for longer is a check, and not another look for one."""
THUMBNAILS = "thumbnails"
_READING = (
    *("dataset", "groups", "table", "labels", "file_names", "several_labels", "folders", "links"),
    *("near_duplicates", "rename", "leave_out", "cache"),
)
"""The settings that a report depends on."""
_SHARE = re.compile(r"\((\d+) %\)")


@dataclass(frozen=True)
class Check:
    """How far the check of a study's photos is.

    "none": it has not begun. line: what it said last, and `share` of that step, 0..100 or None
    where not known. report: its document once it is "done". problem: why it "failed", in a line.
    """

    state: Literal["none", "running", "done", "failed"]
    line: str = ""
    share: int | None = None
    report: dict[str, Any] | None = None
    problem: str = ""


@dataclass(frozen=True)
class PhotoChecks:
    """The checks of a project."""

    project: Project

    @property
    def folder(self) -> Path:
        """Where they are kept, whole: a check goes on wherever this process is meanwhile."""
        return self.project.folder.absolute() / "checks"

    def arguments(self, study: str) -> tuple[str, ...]:
        """The command that a check is, of `diamond`."""
        return self.project.arguments("check-data", "--for", study)

    def check(self, study: str) -> Check:
        """What is known of a study's photos.

        Raises `UserError` where the settings file has no such study.
        """
        place, key = self.folder / study, self._key(study)
        if not place.is_dir():
            return Check("none")
        if kept := _kept(place, key):
            return kept
        try:
            with FileLock(place / _LOCK, timeout=_LOOK):
                return _kept(place, key) or Check("none")
        except Timeout:
            return _running(place)

    def begin(self, study: str) -> None:
        """Have a study's photos looked at, unless they are already; raises as `check` does."""
        place, key = self.folder / study, self._key(study)
        place.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place / _LOCK, timeout=_LOOK, thread_local=False)
        with suppress(Timeout):
            lock.acquire()
            (place / _CHECK).unlink(missing_ok=True)
            (place / _LOG).write_bytes(b"")
            threading.Thread(target=self._run, args=(study, place, key, lock), daemon=True).start()

    def _run(self, study: str, place: Path, key: str, lock: FileLock) -> None:
        words = (*self.arguments(study), "--json", "--thumbnails", str(self.folder / THUMBNAILS))
        with suppress(OSError):  # of a full disk: the page says that nothing came of it
            try:
                code, report = _run(words, place)
                found = json.dumps({"key": key, "code": code, "report": report})
                (place / "new").write_text(found, encoding="utf-8")
                (place / "new").replace(place / _CHECK)
            finally:
                lock.release()

    def _key(self, study: str) -> str:
        """A digest of what a report depends on; of a folder, no more than when it was changed."""
        settings = self.project.studies().get(study)
        if settings is None or not settings.dataset:
            raise UserError(f"study {study}: expected photos, got none yet; choose some first")
        known = {name: getattr(settings, name, None) for name in _READING}
        try:
            status = Path(settings.dataset).expanduser().stat()
            known["photos"] = (status.st_size, status.st_mtime_ns)
        except (OSError, ValueError):  # it lies elsewhere, or is not there: the command says so
            pass
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _run(words: Sequence[str], place: Path) -> tuple[int, dict[str, Any] | None]:
    """The exit status of a check, and its report; None if it printed none."""
    with (place / _PRINTED).open("wb") as printed, (place / _LOG).open("wb") as log:
        ended = subprocess.run(  # noqa: S603
            [*PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=printed, stderr=log, check=False
        )
    try:
        return ended.returncode, json.loads((place / _PRINTED).read_bytes())
    except ValueError:
        return ended.returncode, None


def _said(place: Path) -> str:
    """What a check said last."""
    try:
        lines = (place / _LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _running(place: Path) -> Check:
    line = _said(place)
    share = _SHARE.search(line)
    return Check("running", line, int(share[1]) if share else None)


def _kept(place: Path, key: str) -> Check | None:
    """What a check of the same settings and photos found; None if there was none."""
    try:
        done = json.loads((place / _CHECK).read_text(encoding="utf-8"))
        its, code, report = done["key"], done["code"], done["report"]
    except (KeyError, OSError, ValueError):  # none, or one of an older version
        return None
    if its != key:
        return None
    if report is not None:
        return Check("done", report=report)
    said = _said(place)
    problem = said.removeprefix("diamond: ") if code == 2 else ""
    return Check("failed", problem=problem or f"diamond check-data ended with {code}: {said}")
