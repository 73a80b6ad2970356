"""How fast this machine did each kind of work: kept of every run, to foretell the next.

Work is counted in GFLOP, as tasks tell their effort; that a run takes time to start is no part of
it.
"""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dask.system import CPU_COUNT

from diamond_cutter.command.leftovers import discard
from diamond_cutter.command.structuring import structure, unstructure

FILE = "speeds.json"
"""In the folder for what is kept."""
LEAST = 1.0
"""Seconds that tell a speed."""
FADING = 0.5
"""What earlier runs count for, each time that there is another."""
CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Speed:
    """Work that was done: GFLOP, and the seconds that all of this machine took for them."""

    gflop: float
    seconds: float

    @property
    def rate(self) -> float:
        """GFLOP a second."""
        return self.gflop / self.seconds


def read_speeds(cache: Path) -> dict[str, Speed]:
    """The speeds of this machine by kind of work; a file that can't be read counts as none."""
    try:
        content = json.loads((cache / FILE).read_text(encoding="utf-8"))
        if content["machine"] == describe_processor():
            return structure(content["speeds"], dict[str, Speed])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def keep_speed(cache: Path, kinds: Iterable[str], gflop: float, seconds: float) -> None:
    """Keep that so much work of some kinds, which went together, took so many seconds.

    Where nothing can be kept, nothing is: it is of no use but to foretell.
    """
    if seconds < LEAST or not gflop:
        return
    speeds = read_speeds(cache)
    for kind in kinds:
        before = speeds.get(kind, Speed(0.0, 0.0))
        speeds[kind] = Speed(FADING * before.gflop + gflop, FADING * before.seconds + seconds)
    content = {"machine": describe_processor(), "speeds": unstructure(speeds)}
    beside = cache / f".{FILE}.{os.getpid()}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(content, indent=2), encoding="utf-8")
        beside.replace(cache / FILE)
    except OSError:
        pass
    finally:
        discard(beside)


def kind_of(work: str, network: str) -> str:
    """The name of a kind of work: what is made, counted in what, and by which network."""
    return f"{work}: {network}"


def describe_processor() -> str:
    """The processor, and how many cores there are."""
    return f"{_processor()}, {CPU_COUNT} cores"


def _processor() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
