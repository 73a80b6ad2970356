"""What a run leaves: how much of what was asked for is there, and what was flagged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zarr

from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.jobs.display import duration
from diamond_cutter.precompute.jobs.execution import Failure
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level
from diamond_cutter.precompute.stores.store_address import array, subgroup


@dataclass(frozen=True)
class Summary:
    """The state of what was asked for, in channels, after a run.

    reached: how many have reached a level or a better one.
    measured: layers whose natural statistics this run made. words: layers that it found them for.
    circuits: channels whose it found.
    judged: channels of layers whose pictures another network judged.
    made: pictures that it made, in `seconds` of work.
    log: the file with Dask's own messages.
    """

    address: str
    total: int
    reached: dict[Level, int]
    flags: dict[Flag, int]
    measured: int
    words: int
    circuits: int
    judged: int
    made: int
    seconds: float
    failures: tuple[Failure, ...]
    log: Path

    def describe(self) -> str:
        """The summary as lines of text."""
        if self.made:
            rate = self.made / self.seconds
            made = f"{self.made} pictures made in {duration(self.seconds)}, {rate:.1f} a second"
        elif self._is_incomplete():
            made = "no picture made"
        else:
            others = self.measured or self.words or self.circuits or self.judged
            made = "no picture was missing" if others else "nothing was missing"
        if self.circuits:
            made = f"circuits of {self.circuits} channels found; {made}"
        if self.words:
            made = f"words for channels of {_layers(self.words)} found; {made}"
        if self.measured:
            made = f"natural statistics of {_layers(self.measured)} measured; {made}"
        if self.judged:
            made = f"{made}; pictures of {self.judged} channels judged by another network"
        levels = ", ".join(
            f"{count} of {self.total} channels at {level.name.lower()}"
            + (" or better" if level < max(Level) else "")
            for level, count in self.reached.items()
        )
        flags = ", ".join(f"{count} {flag.name.lower()}" for flag, count in self.flags.items())
        lines = [
            made,
            f"{self.address}: {levels}; flagged: {flags}",
        ]
        if self._is_incomplete():
            lines.append("the same command goes on with the rest")
        lines.append("`diamond site` makes the pages")
        return "\n".join(lines)

    def _is_incomplete(self) -> bool:
        return any(count < self.total for count in self.reached.values())


def _layers(count: int) -> str:
    return "1 layer" if count == 1 else f"{count} layers"


def summarise(
    plan: Plan,
    atlas: zarr.Group,
    *,
    measured: int,
    words: int,
    circuits: int,
    judged: int,
    made: int,
    seconds: float,
    failures: Sequence[Failure],
    log: Path,
) -> Summary:
    """Count what the atlas holds of a plan."""
    levels, flags = [], []
    for selection in plan.selections:
        layer = subgroup(atlas, f"{selection.model.name}/{selection.layer.name}")
        channels = list(selection.channels)
        levels.append(np.asarray(array(layer, "level")[:])[channels])
        flags.append(np.asarray(array(layer, "flag")[:])[channels])
    level, flag = np.concatenate(levels), np.concatenate(flags)
    return Summary(
        address=plan.store_address.address,
        total=level.size,
        reached={
            recipe.level: int(np.count_nonzero(level >= recipe.level)) for recipe in plan.recipes
        },
        flags={
            entry: int(np.count_nonzero((flag == entry) & (level > Level.NOTHING)))
            for entry in Flag
            if entry != Flag.NONE
        },
        measured=measured,
        words=words,
        circuits=circuits,
        judged=judged,
        made=made,
        seconds=seconds,
        failures=tuple(failures),
        log=log,
    )
