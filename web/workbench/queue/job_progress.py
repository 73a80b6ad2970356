"""How far a job is, read from what its commands say in its log."""

import re
from dataclasses import dataclass

_SHOWN = re.compile(
    r"(?P<step>[^:\n]+): (?P<done>\d+) of (?P<total>\d+) (?P<noun>\S+) \(\d+ %\)"
    r"(?:, [\d.]+ a second)?(?:, (?P<left>[^|\n]+?) left)?(?: \|.*)?"
)
"""A line of `precompute/jobs/display.py`."""
_BUILT = re.compile(r"site: (?P<step>[^:\n]+): (?P<total>[\d,]+) done")
"""A line of `build/publish/build_progress.py`."""
_ERROR = "diamond: "


@dataclass(frozen=True)
class StepProgress:
    """How far a step of a command is: `done` of `total` things of a name; `left`: how long yet."""

    name: str
    noun: str
    done: int
    total: int
    left: str


@dataclass(frozen=True)
class JobProgress:
    """The steps that have begun, the last of which is at work; what is being prepared; the error.

    `doing`: empty where a step is at work. `error`: what the last command ended with, or empty.
    """

    steps: tuple[StepProgress, ...]
    doing: str
    error: str


def read_progress(log: str) -> JobProgress:
    """How far the last run of a job is by its log."""
    steps: dict[tuple[int, str, str], StepProgress] = {}
    doing, error, command = "", "", 0
    for line in log.splitlines():
        if line.startswith("$ diamond "):
            command, doing, error = command + 1, "starting", ""
        elif shown := _SHOWN.fullmatch(line):
            name, noun = shown["step"], shown["noun"]
            done, total = int(shown["done"]), int(shown["total"])
            steps[command, name, noun] = StepProgress(name, noun, done, total, shown["left"] or "")
            doing = ""
        elif built := _BUILT.fullmatch(line):
            total = int(built["total"].replace(",", ""))
            name = f"site: {built['step']}"
            steps[command, name, ""] = StepProgress(name, "", total, total, "")
            doing = "writing the site"
        elif line.endswith(" ..."):
            doing = line.removesuffix(" ...")
        elif line.startswith(_ERROR):
            error = line.removeprefix(_ERROR)
    return JobProgress(tuple(steps.values()), doing, error)
