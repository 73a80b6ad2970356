"""A job of the workbench: commands that run one after the other, and how far they are."""

from dataclasses import dataclass
from typing import Literal

INTERRUPTED = 130
"""The exit status of a command that was interrupted and goes on when it is run again."""


State = Literal["waiting", "running", "paused", "stopped", "failed", "done"]
"""How far a job is; paused, stopped or failed, it goes on from there when it is resumed."""


@dataclass(frozen=True)
class Job:
    """What is run.

    title: as people read it. study: the one that it is for, may be empty.
    commands: the arguments of `diamond`, one command after the other; `done` of them are.
    wish: how it is to end, where it was asked to while it runs.
    """

    title: str
    study: str
    commands: tuple[tuple[str, ...], ...]
    done: int = 0
    state: State = "waiting"
    wish: State | None = None
