"""`diamond atlas`: everything checked, then what is missing rendered, one task a chunk."""

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.backlog import Backlog, place_of
from diamond_cutter.precompute.atlas.cluster import Workforce, workforce
from diamond_cutter.precompute.atlas.dispatch import Dispatch
from diamond_cutter.precompute.atlas.display import Display, open_display
from diamond_cutter.precompute.atlas.folder import exclusive
from diamond_cutter.precompute.atlas.log import log_file
from diamond_cutter.precompute.atlas.pace import Pace
from diamond_cutter.precompute.atlas.plan import Plan, make_plan, prepared_atlas, units
from diamond_cutter.precompute.atlas.progress import Progress
from diamond_cutter.precompute.atlas.selection import Backbone
from diamond_cutter.precompute.atlas.summary import Failure, Summary, summarise
from diamond_cutter.precompute.atlas.task import Render, Unit, render_chunk
from diamond_cutter.precompute.contract import CHUNK
from diamond_cutter.precompute.rendering.recipes import Recipe

HOPELESS = 8
"""Failed units after which a run gives up, if none has succeeded."""


def load_backbone(name: str) -> Backbone:
    """A backbone of the catalogue; TensorFlow is imported only now."""
    from diamond_cutter.precompute.backbones import catalogue

    return catalogue.load(name)


def render_atlas(
    settings: AtlasSettings,
    *,
    load: Callable[[str], Backbone] = load_backbone,
    render: Render = render_chunk,
    stream: TextIO | None = None,
) -> Summary:
    """Render what the settings ask for and the atlas does not have yet.

    `render` must be importable by name in the workers. The display goes to `stream`, or standard
    error. Units that failed are in the summary. Raises `UserError` for what the user can mend
    before anything is made, or for what hits every unit alike; then what was done is kept, as it
    is after an interrupt or a kill at any moment.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        display = open_display(stream or sys.stderr)
        stack.callback(display.close)
        stack.enter_context(_terminated_as_interrupted())
        display.check("reading the models and the atlas")
        plan = make_plan(settings, load)
        if plan.folder is not None:
            stack.enter_context(exclusive(plan.folder))
        atlas = prepared_atlas(plan)
        log = stack.enter_context(log_file(plan.folder))
        run = _Run(plan, atlas, render, display, started)
        most = max(len(units(plan, atlas, recipe)) for recipe in plan.recipes)
        if most:
            display.phase("starting workers")
            with workforce(settings, plan.address, most, log) as workers:
                run.work(workers)
        return summarise(
            plan,
            atlas,
            made=run.made,
            seconds=time.monotonic() - started,
            failures=run.failures,
            log=log,
        )


@dataclass
class _Run:
    """What changes while a run works."""

    plan: Plan
    atlas: zarr.Group
    render: Render
    display: Display
    started: float
    pace: Pace = field(default_factory=Pace)
    made: int = 0
    failures: list[Failure] = field(default_factory=list)

    def work(self, workers: Workforce) -> None:
        """Every recipe in turn; each sees what the ones before have left missing."""
        try:
            for recipe in self.plan.recipes:
                self._pass(workers, recipe)
        except KeyboardInterrupt:
            self.display.note(f"stopping; the {self.made} pictures that this run made are kept")
            raise

    def _pass(self, workers: Workforce, recipe: Recipe) -> None:
        todo = units(self.plan, self.atlas, recipe)
        progress = Progress(recipe, self.plan.selections, todo)
        began = time.monotonic()

        def done(unit: Unit) -> None:
            progress.done(unit)
            self.made += len(unit.chunk.wanted)

        def failed(unit: Unit, error: str) -> None:
            progress.failed(unit)
            self.failures.append(Failure(unit.where, error))
            self.display.note(f"failed: {unit.where}: {error}")
            if len(self.failures) >= HOPELESS and not self.made:
                raise UserError(
                    f"all of the first {len(self.failures)} chunks failed, the last with: {error}; "
                    "mend that, and run the same command again"
                )

        def tick(running: list[Unit], count: int) -> None:
            places = [place_of(unit) for unit in running]
            seconds = time.monotonic() - began
            standing = progress.standing(places, self.pace, count, seconds)
            budget = self._left()
            if budget is not None and standing.left is not None:
                standing = replace(standing, left=max(min(standing.left, budget), 0.0))
            self.display.show(standing)

        Dispatch(
            workforce=workers,
            address=self.plan.address,
            render=self.render,
            backlog=Backlog(todo, _chunks(self.plan), spread=recipe is not self.plan.recipes[0]),
            pace=self.pace,
            left=self._left,
            done=done,
            failed=failed,
            tick=tick,
        ).run()

    def _left(self) -> float | None:
        if self.plan.budget is None:
            return None
        return self.plan.budget - (time.monotonic() - self.started)


def _chunks(plan: Plan) -> Counter[Any]:
    """How many chunks each layer's selection has."""
    return Counter(
        {
            (entry.model.name, entry.layer.name): len({each // CHUNK for each in entry.channels})
            for entry in plan.selections
        }
    )


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does; only the main thread may ask for that."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
