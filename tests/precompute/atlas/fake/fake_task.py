"""A task of nothing, for what hands tasks out, counts them and foretells their time."""

from typing import NamedTuple

from diamond_cutter.precompute.jobs.task import TaskGroup


class FakeTask(NamedTuple):
    """By default of no number, at no depth, of the effort 1."""

    group: TaskGroup = ("net",)
    number: int = 0
    depth: int = 0
    effort: float = 1.0
    size: int = 8
    where: str = ""
