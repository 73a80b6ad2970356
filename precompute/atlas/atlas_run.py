"""`diamond atlas`: everything checked, then what is missing rendered by tasks of whole chunks."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TextIO

import zarr
from dask.utils import parse_bytes

from diamond_cutter.command.settings import AtlasSettings, DatasetSettings
from diamond_cutter.precompute.atlas.atlas_forecast import (
    reached_levels,
    rendering,
    stage_gflop,
)
from diamond_cutter.precompute.atlas.atlas_plan import (
    Missing,
    Plan,
    RenderPlans,
    Stage,
    make_plan,
    missing_channels,
    place_of,
    prepared_atlas,
    render_plans,
    tasks,
)
from diamond_cutter.precompute.atlas.atlas_summary import Summary, summarise
from diamond_cutter.precompute.atlas.base_pictures import take_planned
from diamond_cutter.precompute.atlas.channel_selection import Backbone
from diamond_cutter.precompute.atlas.circuits.circuit_task import (
    Weigh,
    circuit_tasks,
    is_missing,
    store_circuit,
    weigh_channels,
)
from diamond_cutter.precompute.atlas.evidence.evidence_task import (
    Judge,
    evidence_tasks,
    judge_layer,
    lacks,
    store_evidence,
)
from diamond_cutter.precompute.atlas.render_task import (
    Render,
    RenderTask,
    render_chunk,
    store_pictures,
)
from diamond_cutter.precompute.atlas.statistics_task import (
    Measure,
    measure_photos,
    passes,
    store_natural,
)
from diamond_cutter.precompute.atlas.used_channels import Used
from diamond_cutter.precompute.atlas.words.concept_task import (
    Observe,
    observe_photos,
    store_concepts,
)
from diamond_cutter.precompute.atlas.words.word_task import find_naming, store_words
from diamond_cutter.precompute.jobs.backlog import Backlog
from diamond_cutter.precompute.jobs.cluster import Workforce, workforce
from diamond_cutter.precompute.jobs.display import Display, open_display
from diamond_cutter.precompute.jobs.execution import Run
from diamond_cutter.precompute.jobs.interrupt import terminated_as_interrupted
from diamond_cutter.precompute.jobs.kept_speeds import keep_speed, kind_of
from diamond_cutter.precompute.jobs.progress import Progress
from diamond_cutter.precompute.jobs.task import Task, TaskGroup, sizes
from diamond_cutter.precompute.jobs.worker_log import log_file
from diamond_cutter.precompute.rendering.backend.device import Device, find_device, least
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.stores.atlas.atlas_writer import ATLAS
from diamond_cutter.precompute.stores.local_folder import exclusive
from diamond_cutter.precompute.stores.store_address import locate


def load_backbone(name: str) -> Backbone:
    """A backbone of the catalogue; TensorFlow is imported only now."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    return catalogue.load(name)


def render_atlas(
    settings: AtlasSettings,
    *,
    load: Callable[[str], Backbone] = load_backbone,
    render: Render = render_chunk,
    measure: Measure = measure_photos,
    weigh: Weigh = weigh_channels,
    observe: Observe = observe_photos,
    judge: Judge = judge_layer,
    stream: TextIO | None = None,
    used: Used | None = None,
    study: DatasetSettings | None = None,
) -> Summary:
    """Render what the settings ask for and the atlas lacks; first what is known of its channels.

    Last, other networks judge the pictures.

    `used`: what a study uses; `study`: whose photos they are, if a study's; see `make_plan`.
    The functions must be importable by name in the workers. The display goes to `stream`, or
    standard error. Units that failed are in the summary. Raises `UserError` for what the user can
    mend before anything is made, or for what hits every task alike; then what was done is kept, as
    it is after an interrupt or a kill at any moment.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        display = open_display(stream or sys.stderr)
        stack.callback(display.close)
        stack.enter_context(terminated_as_interrupted())
        stack.enter_context(locate(settings.store, ATLAS).reached())
        display.check("reading the models and the atlas")
        plan = make_plan(settings, load, used, partial(_reading, display), study)
        folder = plan.store_address.folder
        if folder is not None:
            stack.enter_context(exclusive(folder, plan.store_address.naming))
        for name in plan.stale:
            display.note(
                f"{name}: the atlas's pictures are of other weights, or it does not say of which; "
                "they are rendered anew"
            )
        atlas = prepared_atlas(plan)
        if settings.base:
            display.phase("taking what bases hold")
            take_planned(plan, atlas, settings.base, display.note)
        log = stack.enter_context(log_file(folder))
        address, left = plan.store_address.address, partial(_left, plan.budget, started)
        measuring = Run(partial(store_natural, address, measure), display, "passes", left)
        observing = Run(partial(store_concepts, address, observe), display, "blocks", left)
        naming = Run(partial(store_words, address), display, "layers", left)
        weighing = Run(partial(store_circuit, address, weigh), display, "blocks", left)
        judging = Run(partial(store_evidence, address, judge), display, "layers", left)
        run = Run(partial(store_pictures, address, render), display, "chunks", left)
        runs = (measuring, observing, naming, weighing, run, judging)
        todo, circuits = passes(plan, atlas), circuit_tasks(plan)
        unknown = [task for task in circuits if is_missing(task, atlas)]
        unseen, unnamed = find_naming(plan, atlas)
        missing = missing_channels(plan, atlas)
        judged = evidence_tasks(plan)
        unjudged = [task for task in judged if lacks(task, atlas)]
        others: list[Sequence[Task]] = [todo, unknown, unseen, unnamed, unjudged]
        if any(others) or any(any(each.values()) for each in missing):
            display.phase("starting workers")
            with _workers(settings, plan, max(map(len, others)), missing, log, display.note) as (
                workers,
                device,
                plans,
            ):
                count = len(workers.addresses())
                how = _widest(plan, plans).describe()
                layers = "one layer" if count == 1 else f"{count} layers"
                display.note(f"{device.describe()}: {how}, {layers} in flight")
                try:
                    places = Counter[TaskGroup]((entry.model.name,) for entry in plan.selections)
                    _measure(measuring, "natural statistics", "layers", places, todo, workers)
                    _measure(observing, "concepts", "photos", sizes(unseen), unseen, workers)
                    _measure(naming, "words", "layers", sizes(unnamed), unnamed, workers)
                    _measure(weighing, "circuits", "channels", sizes(circuits), unknown, workers)
                    for stage, lacking in zip(plan.stages, missing, strict=True):
                        with _speed_kept(settings, plan, stage, lacking, atlas, run):
                            made = tasks(plan, stage, lacking, plans)
                            _make(run, plan, stage, made, plans, workers)
                    unjudged = [task for task in judged if lacks(task, atlas)]
                    _measure(judging, "evidence", "channels", sizes(judged), unjudged, workers)
                except KeyboardInterrupt:
                    display.note(f"stopping; the {run.made} pictures that this run made are kept")
                    raise
        return summarise(
            plan,
            atlas,
            measured=measuring.made,
            words=naming.made,
            circuits=weighing.made,
            judged=judging.made,
            made=run.made,
            seconds=time.monotonic() - started,
            failures=[*chain.from_iterable(each.failures for each in runs)],
            log=log,
        )


def _measure(
    run: Run,
    title: str,
    noun: str,
    totals: Mapping[TaskGroup, int],
    todo: Sequence[Task],
    workers: Workforce,
) -> None:
    """Make what is missing of what is no picture, so many in all."""
    if todo:
        tasks: Counter[TaskGroup] = Counter(task.group for task in todo)
        run.at_workers(workers, Backlog(todo, tasks), Progress(title, noun, totals, todo))


def _make(
    run: Run,
    plan: Plan,
    stage: Stage,
    todo: list[RenderTask],
    plans: RenderPlans,
    workers: Workforce,
) -> None:
    """Make what is missing of a stage."""
    channels: dict[TaskGroup, int] = {}
    parts: dict[TaskGroup, int] = {}
    for entry in stage.selections:
        place = place_of(entry)
        batch = plans[(*place, stage.recipe.name)].batch
        channels[place] = len(entry.channels)
        parts[place] = len({channel // batch for channel in entry.channels})
    backlog = Backlog(todo, parts, spread=stage is not plan.stages[0])
    run.at_workers(workers, backlog, Progress(stage.recipe.name, "channels", channels, todo))


@contextmanager
def _speed_kept(
    settings: AtlasSettings,
    plan: Plan,
    stage: Stage,
    lacking: Missing,
    atlas: zarr.Group,
    run: Run,
) -> Iterator[None]:
    """Keep how fast what is made inside of a stage was made."""
    work = stage_gflop(plan, stage, lacking, reached_levels(plan, atlas))
    before, started = run.made, time.monotonic()
    yield
    wanted = sum(map(len, lacking.values()))
    if wanted and not settings.scheduler:
        kinds = [kind_of(rendering(stage.recipe.name), model) for model in work]
        share = (run.made - before) / wanted
        seconds = time.monotonic() - started
        keep_speed(Path(settings.cache), kinds, share * sum(work.values()), seconds)


@contextmanager
def _workers(
    settings: AtlasSettings,
    plan: Plan,
    measured: int,
    missing: list[Missing],
    log: Path,
    tell: Callable[[str], None],
) -> Iterator[tuple[Workforce, Device, RenderPlans]]:
    """The workers, what all of them can render on, and how every layer is rendered there.

    measured: how many tasks there are of what is no picture; tell: see `workforce`.
    """
    if settings.scheduler:
        with workforce(settings, plan.store_address, 1, log, tell) as workers:
            present = workers.addresses()  # raises where the scheduler is gone
            found = workers.client.run(find_device, workers=present, on_error="ignore")
            device = least(found.values())
            yield workers, device, render_plans(plan, device)
        return
    device = find_device()
    plans = render_plans(plan, device)
    stages = zip(plan.stages, missing, strict=True)
    most = max(measured, *(len(tasks(plan, *stage, plans)) for stage in stages))
    hands = _hands(settings, _widest(plan, plans).in_flight, device)
    with workforce(hands, plan.store_address, most, log, tell) as workers:
        yield workers, device, plans


def _hands(settings: AtlasSettings, in_flight: int, device: Device) -> AtlasSettings:
    """The settings with as many workers as suit a device.

    With a GPU each may hold twice the memory: its libraries take about as much as TensorFlow's.
    """
    memory = parse_bytes(settings.memory_limit) * (2 if device.is_gpu else 1)
    return replace(settings, workers=settings.workers or in_flight, memory_limit=f"{memory}B")


def _widest(plan: Plan, plans: RenderPlans) -> RenderPlan:
    """How the layer with the most channels is rendered in the end."""
    widest = max(plan.selections, key=lambda entry: entry.layer.channels)
    return plans[(*place_of(widest), plan.recipes[-1].name)]


def _reading(display: Display, step: str, done: int, total: int) -> None:
    display.check(f"natural statistics, {step}: {done}" + (f" of {total}" if total else ""))


def _left(budget: float | None, started: float) -> float | None:
    return None if budget is None else budget - (time.monotonic() - started)
