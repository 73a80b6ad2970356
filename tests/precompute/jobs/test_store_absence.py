"""A store that does not answer: its tasks wait, and no worker is blamed."""

import io
import pickle
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from fake_task import FakeTask

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs import store_absence
from diamond_cutter.precompute.jobs.backlog import Backlog
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.jobs.execution import Run
from diamond_cutter.precompute.jobs.progress import Progress
from diamond_cutter.precompute.jobs.store_absence import (
    PAUSE_SECONDS,
    RETURN_SECONDS,
    StoreAbsence,
)
from diamond_cutter.precompute.jobs.task import StoreAwayError

AWAY = StoreAwayError("s3://bucket/atlas.zarr", "ConnectionError: no route")


@dataclass
class Settled:
    """The future of a task that was settled when it was given."""

    key: str
    error: Exception | None

    @property
    def status(self) -> str:
        return "error" if self.error else "finished"

    def exception(self) -> Exception | None:
        return self.error

    def add_done_callback(self, call: Any) -> None:
        call(self)

    def cancelled(self) -> bool:
        return False


@dataclass
class Workers:
    """Two workers, at which so many tasks find the store away."""

    away: int
    given: Counter[int] = field(default_factory=Counter)

    @property
    def client(self) -> Any:
        return SimpleNamespace(submit=self.submit)

    def submit(self, _work: Any, task: FakeTask, *, key: str, **_: Any) -> Settled:
        self.given[task.number] += 1
        self.away -= 1
        return Settled(key, AWAY if self.away >= 0 else None)

    def addresses(self) -> list[str]:
        return ["tcp://10.0.0.1:1", "tcp://10.0.0.2:1"]


def test_where_and_why_survive_the_way_from_a_worker() -> None:
    assert str(pickle.loads(pickle.dumps(AWAY))) == str(AWAY)
    assert str(AWAY) == "s3://bucket/atlas.zarr does not answer (ConnectionError: no route)"


def test_it_is_told_once_and_waited_for_until_it_answers() -> None:
    now, said = [0.0], list[str]()
    absence = StoreAbsence(said.append, clock=lambda: now[0])
    assert absence.pause() == 0
    absence.reached()
    assert said == []
    absence.missed(AWAY)
    assert absence.pause() == PAUSE_SECONDS
    now[0] = RETURN_SECONDS
    absence.missed(AWAY)
    assert said == [f"{AWAY}; what was done is kept: waiting 300 s for it"]
    now[0] += PAUSE_SECONDS
    assert absence.pause() == 0
    absence.reached()
    absence.reached()
    assert said[1:] == ["s3://bucket/atlas.zarr answers again: going on"]


def test_it_is_not_waited_for_for_ever() -> None:
    now = [0.0]
    absence = StoreAbsence(lambda _: None, clock=lambda: now[0])
    absence.missed(AWAY)
    now[0] = RETURN_SECONDS + 1
    with pytest.raises(UserError, match="for 300 s now; what was done is kept: run the same"):
        absence.missed(AWAY)


def test_tasks_that_find_it_away_are_made_by_workers_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_absence, "PAUSE_SECONDS", 0.01)
    tasks = [FakeTask(number=number, where=f"net {number}") for number in range(4)]
    workers, said = Workers(away=7), io.StringIO()
    run = Run(lambda _: None, Lines(said), "tasks")
    backlog, progress = Backlog(tasks, {("net",): 4}), Progress("", "", {("net",): 32}, tasks)
    run.at_workers(workers, backlog, progress)  # type: ignore[arg-type]
    assert (run.made, run.failures) == (32, [])
    assert workers.given.total() == 4 + 7
    assert "once more" not in said.getvalue()  # as for what a task is tried again, thrice at most


def test_tasks_that_find_it_away_are_made_here_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_absence, "PAUSE_SECONDS", 0.01)
    errors, said = [AWAY, AWAY, AWAY, AWAY], io.StringIO()

    def work(_: Any) -> None:
        if errors:
            raise errors.pop()

    task = FakeTask()
    run = Run(work, Lines(said), "tasks")
    run.here([task], Progress("", "", {("net",): 8}, [task]))
    assert (run.made, run.failures) == (8, [])
    assert said.getvalue().count("does not answer") == said.getvalue().count("answers again") == 1
