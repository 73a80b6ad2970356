"""The workers: a cluster of this machine's cores, or one that is already running."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import dask
from dask.system import CPU_COUNT
from dask.utils import parse_bytes
from distributed import Client, LocalCluster

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.joined_cluster import joined
from diamond_cutter.precompute.jobs.worker_admission import LEAST_MEMORY
from diamond_cutter.precompute.jobs.worker_log import WorkerLog
from diamond_cutter.precompute.stores.store_address import StoreAddress

LEAST_PATIENCE = 5.0

_LOCAL_CONFIG = {
    # A worker's memory is TensorFlow's: Dask can't spill it, and pausing would wait for ever.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.work-stealing": False,
    # In place of Dask's own, which has workers hand freed memory back at once: a quarter of the
    # time, in page faults. NumPy reads these as it loads, before a worker gets its environment.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "distributed.admin.tick.limit": "1h",  # long kernels hold the interpreter; that is no news
}

ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""What makes a worker one thread; TensorFlow reads it when it starts."""


class Workers(Protocol):
    """The settings of the workers: how many, at most how large, or whose."""

    @property
    def workers(self) -> int:
        """Processes of one thread each; 0: one for each core."""

    @property
    def memory_limit(self) -> str:
        """Memory at which a worker is restarted."""

    @property
    def scheduler(self) -> str:
        """Address of a running Dask scheduler to join; empty: a local cluster."""

    @property
    def cache(self) -> str:
        """The folder in which is kept how fast this machine is."""


def check_workers(settings: Workers) -> None:
    """Refuse settings with which no worker could start."""
    if settings.workers < 0:
        raise UserError(f"workers: expected 0 or more, got {settings.workers}; mend the value")
    try:
        enough = parse_bytes(settings.memory_limit) >= parse_bytes(LEAST_MEMORY)
    except ValueError:
        enough = False
    if not enough:
        raise UserError(
            f"memory_limit: expected an amount like '4GiB', at least {LEAST_MEMORY!r}, got "
            f"{settings.memory_limit!r}; mend the value"
        )


class Workforce(Protocol):
    """The workers of a run."""

    @property
    def client(self) -> Client:
        """What passes tasks to them; another one, where what was given to it is forgotten."""

    def addresses(self) -> list[str]:
        """The workers that are there now. Raises `UserError` if the scheduler is gone."""


@dataclass
class LocalWorkers:
    """Workers of this machine, replaced when they die.

    Dask restarts a worker that dies, unless it fails to start: one that has not come back after
    `patience` seconds is replaced here.
    """

    client: Client
    cluster: LocalCluster
    patience: float
    _complete_at: float = field(default_factory=time.monotonic)

    def addresses(self) -> list[str]:
        """The workers that are there now."""
        present = list(self.client.nthreads())
        if len(present) >= len(self.cluster.worker_spec):
            self._complete_at = time.monotonic()
        elif time.monotonic() - self._complete_at > self.patience:
            self._replace(present)
            self._complete_at = time.monotonic()
        return present

    def _replace(self, present: Sequence[str]) -> None:
        count = len(self.cluster.worker_spec)
        absent = [
            name
            for name, nanny in self.cluster.workers.items()
            if nanny.worker_address not in present
        ]
        self.cluster.sync(self.cluster.scale_down, absent)
        self.cluster.scale(count)


@contextmanager
def workforce(
    settings: Workers,
    store_address: StoreAddress,
    most: int,
    log: Path,
    tell: Callable[[str], None],
) -> Iterator[Workforce]:
    """The workers that the settings ask for: at least one.

    `store_address` is what they are to write; `most` the number of workers beyond which there is
    nothing to do for more; `tell` is called with what a user should know of a joined cluster. A
    local cluster ends with the context, a joined one stays. Raises `UserError` if there is none to
    be had.
    """
    if settings.scheduler:
        with joined(settings.scheduler, store_address, tell) as cluster:
            yield cluster
    else:
        started = time.monotonic()
        with _local(settings, most) as cluster, Client(cluster, set_as_default=False) as client:
            client.register_plugin(WorkerLog(log))
            patience = max(LEAST_PATIENCE, 3 * (time.monotonic() - started))
            yield LocalWorkers(client, cluster, patience)


def _local(settings: Workers, most: int) -> LocalCluster:
    count = min(settings.workers or CPU_COUNT, most)
    with dask.config.set(_LOCAL_CONFIG):
        try:
            return LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                memory_limit=settings.memory_limit,
                env=ENVIRONMENT,
                # Some free port: the scheduler listens even where it shows no dashboard.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
            )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise UserError(
                f"workers: expected to start {count} processes here, got: {error}; "
                "try fewer --workers, or a larger --memory-limit"
            ) from error
