"""What handing out tasks costs: a task of 100,000, and the plan of the cuts of all models.

    .venv/bin/python benchmarks/scheduling.py [--tasks 100000] [--dask-tasks 2000]
        [--rate 28.4 714 2000 10000]

The tasks do nothing. First they are handed to workers that are none, which is what this package
spends on a task: which worker gets which, what is left, how long that takes. Then, fewer of them,
through Dask to processes of this machine, one at a time each, as a run does it. A model's cuts are
planned as `diamond atlas` plans them, from the layers that are known without weights; how long they
take is told from the rates of workers: first that of one core which renders the cuts of Lite0
(`whole_network.py --workers 2`: 3.8 minutes for 13,000 GFLOP as the forecast counts them), then
such as `accelerator.py` may measure on a GPU.
"""

import argparse
import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from distributed import Client, LocalCluster

from diamond_cutter.precompute.atlas.atlas_forecast import stage_gflop
from diamond_cutter.precompute.atlas.atlas_plan import RenderPlans, tasks
from diamond_cutter.precompute.atlas.channel_selection import select
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.jobs.backlog import Backlog
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.jobs.execution import Run
from diamond_cutter.precompute.jobs.progress import Progress
from diamond_cutter.precompute.jobs.task import TaskGroup
from diamond_cutter.precompute.rendering.backend.device import Device
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side
from diamond_cutter.precompute.rendering.render_plan import Load, plan_render
from diamond_cutter.precompute.stores.network import Network

GROUPS = 1_500
"""Of 74 models, the cuts."""
RATES = [28.4, 714.0, 2_000.0, 10_000.0]
WORKERS = (1, 2, 4, 8, 64)


@dataclass(frozen=True)
class Nothing:
    """A task of nothing."""

    number: int
    group: TaskGroup
    depth: int
    effort: float = 1.0
    size: int = 8

    @property
    def where(self) -> str:
        return f"{'/'.join(self.group)} {self.number}"


@dataclass
class AtOnce:
    """The future of a task that was done when it was given."""

    key: str
    status: str = "finished"

    def add_done_callback(self, call: Any) -> None:
        call(self)

    def cancelled(self) -> bool:
        return False


@dataclass
class Nobody:
    """Workers that are none: what is given to them is done."""

    count: int
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = SimpleNamespace(submit=lambda *_, key, **__: AtOnce(key))

    def addresses(self) -> list[str]:
        return [f"tcp://10.0.0.{number}:1" for number in range(self.count)]


@dataclass
class Processes:
    """Workers that are processes of this machine."""

    client: Client

    def addresses(self) -> list[str]:
        return list(self.client.nthreads())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--dask-tasks", type=int, default=2_000)
    parser.add_argument(
        "--rate", type=float, nargs="+", default=RATES, help="GFLOP/s of a worker, of several kinds"
    )
    options = parser.parse_args()
    for spread in (False, True):
        seconds = handed_out(Nobody(8), options.tasks, spread=spread)
        each = 1e3 * seconds / options.tasks
        way = "layers in turn" if spread else "layer after layer"
        print(f"{options.tasks:,} tasks of {GROUPS:,} layers, {way}: {each:.3f} ms of CPU a task")
    with processes(2) as workers:
        handed_out(workers, 100, spread=False)
        started = time.monotonic()
        cpu = handed_out(workers, options.dask_tasks, spread=False)
        wall = 1e3 * (time.monotonic() - started) / options.dask_tasks
        print(
            f"{options.dask_tasks:,} tasks by Dask, 2 processes: {wall:.2f} ms a task, of it "
            f"{1e3 * cpu / options.dask_tasks:.2f} ms of CPU here, its scheduler's included"
        )
    plan_all(options.rate)


def handed_out(workforce: Any, count: int, *, spread: bool) -> float:
    """The seconds of this process's CPU in which so many tasks are handed out."""
    made = [
        Nothing(number, (f"net{number % GROUPS // 20}", f"{number % GROUPS}"), number % GROUPS % 20)
        for number in range(count)
    ]
    parts = Counter(task.group for task in made)
    totals = {group: 8 * number for group, number in parts.items()}
    run = Run(do_nothing, Lines(io.StringIO()), "tasks")
    started = time.process_time()
    run.at_workers(workforce, Backlog(made, parts, spread=spread), Progress("", "", totals, made))
    assert run.made == 8 * count
    return time.process_time() - started


def do_nothing(_task: Nothing) -> None:
    pass


@contextmanager
def processes(count: int) -> Iterator[Processes]:
    with (
        LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield Processes(client)


def plan_all(rates: Sequence[float]) -> None:
    """Plan the cuts of every model, and tell how long workers of those rates, GFLOP/s, take."""
    started, count, channels, unknown = time.monotonic(), 0, 0, []
    gflop = 0.0
    names, gpu = catalogue.names(), Device("a GPU", "tensorflow", is_gpu=True, memory=80 * 2**30)
    for name in names:
        model, _ = catalogue.describe(name)
        layers = tuple(catalogue.find(name).known_layers())
        if not layers:
            unknown.append(name)
            continue
        backbone: Any = SimpleNamespace(info=model, layers=layers)
        if not any(layer.is_cut for layer in layers):
            unknown.append(name)
            continue
        selections = tuple(select([backbone], ("cuts",), "all"))
        recipe = RECIPES["preview"]
        plans: RenderPlans = {
            (name, entry.layer.name, recipe.name): plan_render(
                gpu,
                16,
                Load(entry.layer.channels, canvas_side(entry.layer.receptive_field), recipe),
            )
            for entry in selections
        }
        plan: Any = SimpleNamespace(
            networks={name: Network(name, "")}, seed=0, models=((model, layers),)
        )
        stage: Any = SimpleNamespace(recipe=recipe, selections=selections)
        missing = {(name, entry.layer.name): tuple(entry.channels) for entry in selections}
        count += len(tasks(plan, stage, missing, plans))
        channels += sum(map(len, missing.values()))
        levels = {place: np.zeros(len(inside), np.int64) for place, inside in missing.items()}
        gflop += sum(stage_gflop(plan, stage, missing, levels).values())
    print(
        f"{len(names) - len(unknown)} of {len(names)} models planned in "
        f"{time.monotonic() - started:.1f} s: {count:,} tasks, {channels:,} channels"
        + (f"; layers not known without weights: {len(unknown)}" if unknown else "")
    )
    print(f"all of it at preview: {gflop / 1e6:,.2f} PFLOP; hours by {WORKERS} workers:")
    for rate in rates:
        hours = (f"{gflop / rate / workers / 3600:,.2f}" for workers in WORKERS)
        print(f"  of {rate:,.1f} GFLOP/s each:", *hours)


if __name__ == "__main__":
    main()
