"""Single new photos, tried at once: a warm process of `diamond try` that is asked by lines."""

import json
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from uuid import uuid4

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.command_call import PROGRAM
from diamond_cutter.web.workbench.project import Project

LARGEST = 64_000_000
"""Bytes of a photo, at most."""
SECONDS = 180.0
"""In which a network has to be loaded, or a photo answered."""
IDLE_SECONDS = 600.0
"""After which a process that is not asked anything ends."""
KEPT_SECONDS = 3600.0
"""For which photos and their heatmaps are kept."""


class PhotoTrials:
    """Tries photos, one at a time; the process stays for the cut that was asked last."""

    def __init__(self, project: Project) -> None:
        """No process is started before a photo comes."""
        self._project = project
        self._turn = threading.Lock()
        self._listener: _Listener | None = None
        self._closing: threading.Timer | None = None

    @property
    def folder(self) -> Path:
        """Where photos and heatmaps lie."""
        return self._project.folder / "trials"

    def attempt(self, study: str, words: Sequence[str], photo: bytes) -> dict[str, Any]:
        """What `diamond try STUDY WORDS` says of a photo, its files by their names in `folder`.

        Raises `UserError` for what the user can mend.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._turn:
            self._forget()
            file = self.folder / uuid4().hex
            file.write_bytes(photo)
            arguments = ("try", study, *words, "--listen", "-o", str(self.folder))
            answer = self._ready(self._project.arguments(*arguments)).ask(file)
            self._close_later()
        if "error" in answer:
            raise UserError(str(answer["error"]).replace(str(file), "this photo"))
        answer["picture"] = Path(answer["picture"]).name
        for heatmap in answer["heatmaps"]:
            heatmap["file"] = Path(heatmap["file"]).name
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        with self._turn:
            if self._listener is not None:
                self._listener.close()
            self._listener = None

    def _ready(self, arguments: Sequence[str]) -> "_Listener":
        """The process for these arguments; another's is ended."""
        known = self._listener
        if known is not None and (known.arguments != arguments or known.has_ended):
            known.close()
            known = None
        if known is None:
            known = self._listener = _Listener(arguments, self.folder / "errors.txt")
        return known

    def _close_later(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self._closing = threading.Timer(IDLE_SECONDS, self.close)
        self._closing.daemon = True
        self._closing.start()

    def _forget(self) -> None:
        """Remove what was tried long ago."""
        for file in self.folder.iterdir():
            with suppress(OSError):
                if file.is_file() and time.time() - file.stat().st_mtime > KEPT_SECONDS:
                    file.unlink()


class _Listener:
    """A process of `diamond try --listen`: a line of JSON in, a line of JSON out.

    Its first line tells the backbone, the cut and the layers shown, for all photos.
    """

    def __init__(self, arguments: Sequence[str], errors: Path) -> None:
        self.arguments = arguments
        self._errors = errors
        with errors.open("wb") as stream:
            self._process = subprocess.Popen(  # noqa: S603
                [*PROGRAM, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                encoding="utf-8",
            )
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._told = self._next()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, photo: Path) -> dict[str, Any]:
        """What it says of a photo, and what it told first."""
        assert self._process.stdin is not None  # noqa: S101
        with suppress(OSError):  # it has ended: `_next` tells why
            self._process.stdin.write(json.dumps({"photo": str(photo)}) + "\n")
            self._process.stdin.flush()
        return {**self._told, **self._next()}

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert stream is not None  # noqa: S101
                stream.close()
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        with suppress(OSError, ValueError):  # closed meanwhile
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put("")

    def _next(self) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=SECONDS)
        except Empty:
            self.close()
            raise UserError(
                f"expected an answer within {SECONDS:.0f} s, got none; try the photo again"
            ) from None
        if not line:
            self._process.wait()
            self.close()
            said = self._errors.read_text(encoding="utf-8", errors="replace").strip()
            raise UserError(
                said.rpartition("diamond: ")[2] or "it ended without a word; try it again"
            )
        answer: dict[str, Any] = json.loads(line)
        return answer
