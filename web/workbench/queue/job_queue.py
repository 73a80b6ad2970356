"""The jobs that the workbench runs, in processes of their own that outlive it.

Each has a folder, numbered in the order in which they were asked for::

    <queue>/<number>/job.json   what it is and how far (see `Job`)
    <queue>/<number>/log.txt    what its commands said, both streams together
    <queue>/<number>/process    the number of the process of the command that runs

A runner, one process a queue, runs what waits, the lowest number first, and ends when nothing does.
It holds the lock of the queue, and each command that of its folder: a lock goes with its process,
so that after any kill it is known what still runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from filelock import FileLock, Timeout

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import MismatchError, structure, unstructure
from diamond_cutter.web.workbench.project import command_text
from diamond_cutter.web.workbench.queue.job import INTERRUPTED, Job, State

JOB, LOG, LOCK, PROCESS = "job.json", "log.txt", "lock", "process"
PAUSE = 0.3
"""Seconds between two looks of a runner at a command that another one started."""
PATIENCE = 5.0
"""Seconds that a new runner waits for one that may be just about to end."""
WIDTH = "88"
"""Columns of what commands print."""
_MODULE = __spec__.parent


@dataclass(frozen=True)
class JobQueue:
    """The jobs in a folder; several processes may work on it at once."""

    folder: Path

    def add(self, job: Job) -> int:
        """Have a job run when those before have; its number.

        Where the same job waits or runs already, as asked for in another window, it is that one.
        """
        with self._changing():
            for number, known in self.jobs().items():
                if known.commands == job.commands and known.state in ("waiting", "running"):
                    return number
            number = max(self._numbers(), default=0) + 1
            (self.folder / str(number)).mkdir()
            self._write(number, job)
        self.start()
        return number

    def jobs(self) -> dict[int, Job]:
        """All, by number, the first first."""
        return {number: self.job(number) for number in self._numbers()}

    def job(self, number: int) -> Job:
        """One; that of which no process is left is paused. Raises `UserError` if there is none."""
        found = self._read(number)
        place = self.folder / str(number)
        if found.state == "running" and _is_free(place / LOCK) and _is_free(self._lock):
            found = self._read(number)  # it may just have ended, and its runner with it
            if found.state == "running":
                return replace(found, state="paused")
        return found

    def log(self, number: int) -> bytes:
        """What a job has said so far."""
        self._read(number)
        file = self.folder / str(number) / LOG
        return file.read_bytes() if file.is_file() else b""

    def end(self, number: int, state: State) -> None:
        """Have a job pause or stop, as Ctrl-C does; one that was asked already is ended by force.

        What it has made is kept, as at any kill: run again, it goes on from there.
        """
        with self._changing():
            job = self.job(number)
            if job.state == "running":
                self._write(number, replace(job, wish=state))
                self._signal(number, by_force=job.wish is not None)
            elif job.state in ("waiting", "paused"):
                self._write(number, replace(job, state=state, wish=None))

    def resume(self, number: int) -> None:
        """Have a job that ended before it was done go on, after those that wait."""
        with self._changing():
            job = self.job(number)
            if job.state in ("paused", "stopped", "failed"):
                self._write(number, replace(job, state="waiting", wish=None))
        self.start()

    def start(self) -> None:
        """Start a runner, which outlives this process and ends at once where there is one."""
        if any(job.state == "waiting" for job in self.jobs().values()):
            runner = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", f"{_MODULE}.queue_runner", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            Thread(target=runner.wait, daemon=True).start()  # takes note of its end

    def run(self) -> None:
        """Run what waits until nothing does; nothing where another runner is at it."""
        with suppress(Timeout), FileLock(self._lock, timeout=PATIENCE):
            self._take_over()
            for number in self._waiting():
                self._run(number)

    @property
    def _lock(self) -> Path:
        return self.folder / LOCK

    def _changing(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / "changes")

    def _take_over(self) -> None:
        """Wait for the command of a runner that was killed; what ended with it is paused."""
        for number in self._numbers():
            while self._read(number).state == "running":
                if _is_free(self.folder / str(number) / LOCK):
                    with self._changing():
                        self._write(number, replace(self._read(number), state="paused"))
                time.sleep(PAUSE)

    def _waiting(self) -> Iterator[int]:
        while True:
            waiting = [n for n, job in self.jobs().items() if job.state == "waiting"]
            if not waiting:
                return
            yield waiting[0]

    def _run(self, number: int) -> None:
        with self._changing():
            job = self._read(number)
            if job.state != "waiting":
                return
            self._write(number, replace(job, state="running"))
        for done, arguments in enumerate(job.commands[job.done :], job.done + 1):
            code = self._run_command(self.folder / str(number), arguments)
            with self._changing():
                job = self._read(number)
                if code == 0:
                    ended = "done" if done == len(job.commands) else job.wish
                    job = replace(job, done=done)
                elif job.wish is not None or code == INTERRUPTED or code < 0:
                    ended = job.wish or "paused"
                else:
                    ended = "failed"
                self._write(number, replace(job, state=ended or "running", wish=None))
            if ended is not None:
                return

    def _run_command(self, place: Path, arguments: Sequence[str]) -> int:
        """Run a command, and wait for its end; its exit status."""
        with (place / LOG).open("ab") as log:
            log.write(f"$ {command_text(arguments)}\n".encode())
            log.flush()
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", f"{_MODULE}.locked_command", place / LOCK, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": WIDTH},
                start_new_session=True,
            )
            (place / PROCESS).write_text(str(process.pid), encoding="ascii")
            return process.wait()

    def _signal(self, number: int, *, by_force: bool) -> None:
        with suppress(OSError, ValueError):
            process = int((self.folder / str(number) / PROCESS).read_text(encoding="ascii"))
            if by_force:
                os.killpg(process, signal.SIGKILL)
            else:
                os.kill(process, signal.SIGINT)

    def _read(self, number: int) -> Job:
        file = self.folder / str(number) / JOB
        try:
            return structure(json.loads(file.read_text(encoding="utf-8")), Job)
        except (OSError, ValueError, MismatchError) as error:
            raise UserError(f"job {number}: expected one of the queue, got none") from error

    def _write(self, number: int, job: Job) -> None:
        file = self.folder / str(number) / JOB
        beside = file.with_suffix(".new")
        beside.write_text(json.dumps(unstructure(job), indent=1), encoding="utf-8")
        beside.replace(file)

    def _numbers(self) -> list[int]:
        """The numbers of jobs that are whole."""
        files = self.folder.glob(f"*/{JOB}")
        return sorted(int(file.parent.name) for file in files if file.parent.name.isdecimal())


def _is_free(lock: Path) -> bool:
    """Whether no process holds a lock."""
    if not lock.exists():
        return True
    try:
        with FileLock(lock, timeout=0):
            return True
    except Timeout:
        return False
