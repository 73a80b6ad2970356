"""How fast this machine is: what is kept of earlier runs, what fades, what is not believed."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from diamond_cutter.precompute.jobs import kept_speeds
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.jobs.execution import Run
from diamond_cutter.precompute.jobs.kept_speeds import FILE, Speed, keep_speed, kind_of, read_speeds

KIND = kind_of("features, photos", "net")


def test_a_later_run_counts_twice_as_much(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert read_speeds(cache) == {}
    keep_speed(cache, [KIND, "other: net"], 100.0, 10.0)
    assert read_speeds(cache) == {KIND: Speed(100.0, 10.0), "other: net": Speed(100.0, 10.0)}
    keep_speed(cache, [KIND], 100.0, 5.0)
    assert read_speeds(cache)[KIND] == Speed(150.0, 10.0)
    assert read_speeds(cache)[KIND].rate == 15.0
    assert read_speeds(cache)["other: net"].rate == 10.0
    assert [path.name for path in cache.iterdir()] == [FILE]


def test_what_tells_nothing_is_not_kept(tmp_path: Path) -> None:
    keep_speed(tmp_path, [KIND], 100.0, 0.9)
    keep_speed(tmp_path, [KIND], 0.0, 20.0)
    assert not (tmp_path / FILE).exists()
    (tmp_path / "file").touch()
    keep_speed(tmp_path / "file", [KIND], 100.0, 10.0)  # no folder: nothing is said
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize("content", ["", "[]", '{"machine": 1}', '{"machine": "M", "speeds": []}'])
def test_what_can_not_be_read_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content.replace("M", kept_speeds.describe_processor()))
    assert read_speeds(tmp_path) == {}
    keep_speed(tmp_path, [KIND], 100.0, 10.0)
    assert read_speeds(tmp_path)[KIND].rate == 10.0


def test_another_machine_has_its_own_speed(tmp_path: Path) -> None:
    keep_speed(tmp_path, [KIND], 100.0, 10.0)
    content = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps({**content, "machine": "a faster one, 64 cores"}))
    assert read_speeds(tmp_path) == {}


@dataclass(frozen=True)
class Done:
    """What a progress is told of."""

    effort: float
    size: int = 1


class Uncounted:
    """A progress that nobody looks at."""

    def done(self, task: Done) -> None:
        """Nothing."""


def test_the_first_tasks_of_all_hands_are_no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(lambda _: None, open_display(io.StringIO()), "parts")
    assert run.speed(1) == (0.0, 0.0)
    for at, effort in ((30.0, 8.0), (31.0, 8.0), (35.0, 10.0), (36.0, 6.0)):
        monkeypatch.setattr("time.monotonic", lambda at=at: at)
        run._done(Uncounted(), Done(effort))  # type: ignore[arg-type]
    assert run.speed(1) == (24.0, 6.0)
    assert run.speed(2) == (16.0, 5.0)
    assert run.speed(4) == (0.0, 0.0)
