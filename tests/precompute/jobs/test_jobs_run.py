"""What is said of tasks that fail: in the words of the run."""

import io
from pathlib import Path

import pytest
from fake_task import FakeTask

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.jobs.execution import execute_tasks
from diamond_cutter.precompute.jobs.task import TaskError
from diamond_cutter.precompute.stores.store_address import Naming, StoreAddress

STUDY = Naming("study", "store of studies", "figures", "store", "`diamond study` writes it")


def told(folder: Path, count: int, good: int, noun: str) -> str:
    """What is said when all but the first `good` of some tasks fail."""

    def work(_address: str, _threads: int, task: FakeTask) -> None:
        if task.number >= good:
            raise TaskError("KeyError: 7")

    tasks = [FakeTask(number=number, where=f"net {number}") for number in range(count)]
    store_address = StoreAddress(str(folder), folder, STUDY)
    display = Lines(io.StringIO())
    with pytest.raises(UserError) as caught:
        execute_tasks(
            work,
            tasks,
            {("net",): 8 * count},
            store_address,
            StudySettings(),
            display,
            "making",
            noun,
        )
    return str(caught.value)


def test_a_run_in_which_nothing_succeeds_names_what_it_makes(tmp_path: Path) -> None:
    text = told(tmp_path, 9, 0, "photos")
    assert text.startswith("all of the first 8 parts of the photos failed, the last with: KeyError")


def test_what_failed_is_named_as_what_it_is(tmp_path: Path) -> None:
    text = told(tmp_path, 4, 2, "pictures")
    assert text.startswith("net 2 failed, and 1 other parts of the pictures: KeyError: 7; what was")
