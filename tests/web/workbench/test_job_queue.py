"""The queue: in order, after any kill, asked by several windows at once."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.queue.job import Job, State
from diamond_cutter.web.workbench.queue.job_progress import StepProgress, read_progress
from diamond_cutter.web.workbench.queue.job_queue import JobQueue

PATIENCE = 60.0
QUICK = ("check-data", "none")
"""A command that fails at once, with what can be mended."""


@pytest.fixture
def queue(project: Project, monkeypatch: pytest.MonkeyPatch) -> JobQueue:
    """One whose processes find the `sitecustomize` that a test puts into the project."""
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    return JobQueue(project.folder / "queue")


@pytest.fixture
def long_command(queue: JobQueue) -> tuple[str, ...]:
    """A command that takes until it is interrupted, unless a file `go` lies in the folder."""
    queue.folder.mkdir(parents=True)
    Path("sitecustomize.py").write_text(
        textwrap.dedent(
            """
            import pathlib, sys, time
            from diamond_cutter.command import main as entry
            def run(arguments=None):
                arguments = list(sys.argv[1:] if arguments is None else arguments)
                print(f"features: {len(arguments)} of 8 photos (50 %), 2.0 a second, 3 s left")
                try:
                    while not pathlib.Path("go").exists():
                        time.sleep(0.05)
                except KeyboardInterrupt:
                    return 130
                return 0
            entry.main = run
            """
        )
    )
    return ("study", "long")


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def wait_for(queue: JobQueue, number: int, *states: State) -> None:
    wait(lambda: queue.job(number).state in states)


def process_of(queue: JobQueue, number: int) -> int:
    """The process of a job that runs, as soon as it has begun."""
    wait(lambda: b"features" in queue.log(number))
    return int((queue.folder / str(number) / "process").read_text())


def test_what_fails_says_what_to_do_and_the_next_runs(
    queue: JobQueue, workbench: FlaskClient
) -> None:
    first = queue.add(
        Job(
            "Check",
            "mine",
            (
                QUICK,
                ("models",),
            ),
        )
    )
    second = queue.add(Job("List", "mine", (("models", "--json"),)))
    wait_for(queue, second, "done")
    assert (first, second) == (1, 2)
    assert queue.job(first).state == "failed"
    assert queue.job(first).done == 0
    document = workbench.get("/api/jobs/1").json
    assert "none: expected" in document["error"]
    assert document["commands"] == ["diamond check-data none", "diamond models"]
    log = queue.log(second).decode()
    assert log.startswith("$ diamond models --json\n")
    assert json.loads(log.partition("\n")[2])[0]["name"] == "efficientnet-lite0"


def test_a_job_is_paused_and_goes_on_where_it_was(
    queue: JobQueue, long_command: tuple[str, ...]
) -> None:
    number = queue.add(
        Job(
            "Long",
            "mine",
            (
                long_command,
                ("more",),
            ),
        )
    )
    process_of(queue, number)
    queue.end(number, "paused")
    wait_for(queue, number, "paused")
    Path("go").touch()
    queue.resume(number)
    wait_for(queue, number, "done")
    assert queue.job(number).done == 2
    assert queue.log(number).decode().count("$ diamond study long") == 2


def test_a_job_that_waits_is_stopped_and_never_begins(
    queue: JobQueue, long_command: tuple[str, ...]
) -> None:
    first = queue.add(Job("Long", "mine", (long_command,)))
    second = queue.add(Job("Next", "mine", (("more",),)))
    process_of(queue, first)
    queue.end(second, "stopped")
    queue.end(first, "stopped")
    wait_for(queue, first, "stopped")
    assert queue.job(second).state == "stopped"
    assert queue.log(second) == b""


def test_a_command_that_is_killed_is_paused_and_goes_on(
    queue: JobQueue, long_command: tuple[str, ...]
) -> None:
    number = queue.add(Job("Long", "mine", (long_command,)))
    os.kill(process_of(queue, number), signal.SIGKILL)
    wait_for(queue, number, "paused")
    Path("go").touch()
    queue.resume(number)
    wait_for(queue, number, "done")


def test_a_command_outlives_its_runner_and_what_is_lost_with_the_machine_goes_on(
    queue: JobQueue, long_command: tuple[str, ...]
) -> None:
    number = queue.add(Job("Long", "mine", (long_command,)))
    command = process_of(queue, number)
    runner = int(Path(f"/proc/{command}/stat").read_text().split()[3])
    os.kill(runner, signal.SIGKILL)
    later = queue.add(Job("Later", "mine", (("more",),)))
    assert queue.job(number).state == "running"
    assert queue.job(later).state == "waiting"
    os.kill(command, signal.SIGKILL)
    wait_for(queue, number, "paused")
    Path("go").touch()
    wait_for(queue, later, "done")
    queue.resume(number)
    wait_for(queue, number, "done")


def test_asked_again_to_end_a_command_is_ended_by_force(
    queue: JobQueue, long_command: tuple[str, ...]
) -> None:
    code = Path("sitecustomize.py")
    code.write_text(code.read_text().replace("return 130", "time.sleep(1000)"))
    number = queue.add(Job("Long", "mine", (long_command,)))
    process_of(queue, number)
    queue.end(number, "stopped")
    assert queue.job(number).wish == "stopped"
    queue.end(number, "stopped")
    wait_for(queue, number, "stopped")


def test_two_windows_that_ask_for_the_same_get_the_same(
    queue: JobQueue, long_command: tuple[str, ...]
) -> None:
    with ThreadPoolExecutor(8) as windows:
        numbers = list(
            windows.map(lambda _: queue.add(Job("Long", "mine", (long_command,))), range(16))
        )
    assert numbers == [1] * 16
    process_of(queue, 1)
    assert queue.add(Job("Long", "mine", (long_command,))) == 1
    assert queue.add(Job("Other", "mine", (("more",),))) == 2
    Path("go").touch()
    wait_for(queue, 2, "done")
    assert queue.add(Job("Long", "mine", (long_command,))) == 3  # done: it may be run once more
    wait_for(queue, 3, "done")


def test_there_is_no_job_of_another_number(queue: JobQueue, workbench: FlaskClient) -> None:
    with pytest.raises(UserError, match="job 7: expected one of the queue, got none"):
        queue.job(7)
    assert workbench.get("/jobs/7/").status_code == 400
    assert workbench.post("/api/jobs/7/stop").json == {
        "error": "job 7: expected one of the queue, got none"
    }
    assert workbench.get("/api/jobs/-1").status_code == 404


def test_a_log_goes_on_from_where_one_has_it(queue: JobQueue, workbench: FlaskClient) -> None:
    number = queue.add(Job("Check", "mine", (QUICK,)))
    wait_for(queue, number, "failed")
    whole = workbench.get("/api/jobs/1/log").json
    assert whole["text"].startswith("$ diamond check-data none\n")
    rest = workbench.get(f"/api/jobs/1/log?from={whole['end'] - 5}").json
    assert rest["text"] == whole["text"][-5:]
    assert workbench.get(f"/api/jobs/1/log?from={whole['end']}").json["text"] == ""


def test_progress_is_what_the_last_lines_say() -> None:
    progress = read_progress(
        "$ diamond study trash\n"
        "reading photos: 450 of 450 files (100 %), 80.0 a second, 0 s left\n"
        "trash: 450 photos of 5 classes\n"
        "features: 128 of 450 photos (28 %), 31.9 a second | efficientnet-lite0 128/450\n"
        "features: 256 of 450 photos (56 %), 45.8 a second, 1 min 02 s left\n"
    )
    assert progress.steps == (
        StepProgress("reading photos", "files", 450, 450, "0 s"),
        StepProgress("features", "photos", 256, 450, "1 min 02 s"),
    )
    assert (progress.doing, progress.error) == ("", "")


def test_progress_tells_what_is_prepared_and_what_failed() -> None:
    before = "$ diamond study trash\nloading the backbones ...\n"
    assert read_progress(before).doing == "loading the backbones"
    failed = read_progress(f"{before}diamond: data: full: make room\n")
    assert failed.error == "data: full: make room"
    again = read_progress(f"{before}diamond: data: full: make room\n$ diamond study trash\n")
    assert (again.doing, again.error) == ("starting", "")


def test_the_runner_ends_when_nothing_waits(queue: JobQueue) -> None:
    runner = "diamond_cutter.web.workbench.queue.queue_runner"
    queue.folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", runner, queue.folder], check=True, timeout=PATIENCE)
