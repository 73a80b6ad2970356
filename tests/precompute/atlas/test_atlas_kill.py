"""Runs that are killed, for real and with SIGKILL, and taken up again."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import fake_run
import psutil

PATIENCE = 600.0
"""Seconds after which something that has to happen is given up; nothing here waits that long."""

CHUNKS = 3 + 2 + 6
"""All that there are. Runs that are to be met at work have tickets for fewer, and wait for more."""

Tree = Callable[[Path], dict[str, bytes]]


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A run as a process group of its own."""
    command = [sys.executable, fake_run.__file__, str(folder), json.dumps({"workers": 2})]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)


def chunks_done(folder: Path) -> int:
    return len(list(folder.glob("*/*/level/c/*")))


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Wait for what a run does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "the run ended before"
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def give_tickets(folder: Path, count: int) -> None:
    """Let so many more chunks be rendered."""
    for _ in range(count):
        (tickets_of(folder) / uuid4().hex).touch()


def tickets_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.tickets")


@contextmanager
def running(folder: Path, tickets: int | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """A run that renders as many chunks as it has tickets; None: all that there are."""
    shutil.rmtree(tickets_of(folder), ignore_errors=True)
    if tickets is not None:
        tickets_of(folder).mkdir(parents=True)
        give_tickets(folder, tickets)
    process = start(folder)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_everything_killed_at_five_random_moments(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    folder, draw = tmp_path / "atlas.zarr", random.Random(20260)  # noqa: S311
    for _ in range(5):
        before = chunks_done(folder)
        with running(folder, tickets=2) as process:
            wait_for(lambda before=before: chunks_done(folder) > before, process)
            time.sleep(draw.uniform(0, 0.1))  # anywhere in the rendering and writing of a chunk
            os.killpg(process.pid, signal.SIGKILL)
        assert before < chunks_done(folder) < CHUNKS
    with running(folder) as process:
        assert process.wait(PATIENCE) == 0
    assert tree(folder) == tree(undisturbed)


def test_killed_at_random_moments_of_the_natural_statistics(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    folder, draw = tmp_path / "atlas.zarr", random.Random(20262)  # noqa: S311

    def measured() -> int:
        return len(list(folder.glob("*/*/natural/covariance/c/0/0")))

    for count in (1, 2):
        with running(folder, tickets=0) as process:
            wait_for(lambda count=count: measured() >= count, process)
            time.sleep(draw.uniform(0, 0.05))  # anywhere in the writing of a layer or after it
            os.killpg(process.pid, signal.SIGKILL)
    with running(folder) as process:
        assert process.wait(PATIENCE) == 0
    assert tree(folder) == tree(undisturbed)


def test_single_workers_killed_at_five_random_moments(
    tmp_path: Path,
    undisturbed: Path,
    tree: Tree,
    workers_of: Callable[[int], list[psutil.Process]],
) -> None:
    folder, draw = tmp_path / "atlas.zarr", random.Random(20261)  # noqa: S311
    with running(folder, tickets=0) as process:
        for _ in range(5):
            before = chunks_done(folder)
            give_tickets(folder, 2)
            wait_for(lambda before=before: chunks_done(folder) > before, process)
            time.sleep(draw.uniform(0, 0.1))
            wait_for(lambda: bool(workers_of(process.pid)), process)
            draw.choice(workers_of(process.pid)).kill()
        give_tickets(folder, 9 * CHUNKS)  # for as many attempts as there may be
        assert process.wait(PATIENCE) == 0
    assert tree(folder) == tree(undisturbed)


def test_workers_end_with_the_run_that_started_them(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    folder = tmp_path / "atlas.zarr"
    with running(folder, tickets=CHUNKS - 1) as process:
        wait_for(lambda: chunks_done(folder) > 1, process)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []
    assert chunks_done(folder) < CHUNKS
    with running(folder) as process:
        assert process.wait(PATIENCE) == 0
    assert tree(folder) == tree(undisturbed)


def test_an_interrupt_or_a_term_signal_stops_cleanly(
    tmp_path: Path, undisturbed: Path, tree: Tree
) -> None:
    folder = tmp_path / "atlas.zarr"
    for stop in (
        lambda process: os.killpg(process.pid, signal.SIGINT),  # as a terminal does
        lambda process: process.terminate(),
    ):
        before = chunks_done(folder)
        with running(folder, tickets=CHUNKS // 2) as process:
            wait_for(lambda before=before: chunks_done(folder) > before, process)
            children = psutil.Process(process.pid).children(recursive=True)
            stop(process)
            assert process.wait(PATIENCE) == 130
            _, alive = psutil.wait_procs(children, timeout=PATIENCE)
            assert alive == []
        assert not list(folder.rglob("*.partial"))
    with running(folder) as process:
        assert process.wait(PATIENCE) == 0
    assert tree(folder) == tree(undisturbed)


def test_a_second_run_on_the_same_atlas_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "atlas.zarr"
    with running(folder, tickets=1) as first:
        wait_for(lambda: chunks_done(folder) > 0, first)
        command = [sys.executable, fake_run.__file__, str(folder), "{}"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert second.returncode == 1
    assert "UserError" in second.stderr
    assert "another `diamond atlas` is rendering into it" in second.stderr
