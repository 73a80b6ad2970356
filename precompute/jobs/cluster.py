"""The workers: a cluster of this machine's cores, or one that is already running."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import dask
from dask.system import CPU_COUNT
from dask.utils import parse_bytes
from distributed import Client, LocalCluster, WorkerPlugin

from diamond_cutter.command.configuration import SHARED
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.worker_log import WorkerLog
from diamond_cutter.precompute.stores.store_address import StoreAddress

CONNECT_SECONDS = 10
WORKERS_SECONDS = 30
LEAST_PATIENCE = 5.0
LEAST_MEMORY = "1GiB"
"""Less than TensorFlow takes to start."""

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


class SharedModels(WorkerPlugin):
    """Tells workers that were not started here of the tables [models.NAME], as this process has it.

    The files that these name are to be where the workers find them, under the same paths.
    """

    name = "diamond-models"

    def __init__(self, shared: str) -> None:
        """`shared`: what the environment holds here."""
        self._shared = shared

    def setup(self, worker: object) -> None:  # noqa: ARG002
        """Put it into the worker's environment, which loads backbones by name."""
        os.environ[SHARED] = self._shared


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


@dataclass
class Workforce:
    """The workers of a run, replaced when they die.

    Dask restarts a local worker that dies, unless it fails to start: one that has not come back
    after `patience` seconds is replaced here. A joined cluster looks after its workers itself.
    """

    client: Client
    cluster: LocalCluster | None
    patience: float
    _complete_at: float = field(default_factory=time.monotonic)

    def addresses(self) -> list[str]:
        """The workers that are there now. Raises `UserError` if the scheduler is gone."""
        try:
            present = list(self.client.nthreads())
        except OSError as error:
            raise UserError(
                f"the scheduler does not answer any more: {error}; what was done is kept: start "
                "it again, and run the same command again"
            ) from error
        if self.cluster is None or len(present) >= len(self.cluster.worker_spec):
            self._complete_at = time.monotonic()
        elif time.monotonic() - self._complete_at > self.patience:
            self._replace(self.cluster, present)
            self._complete_at = time.monotonic()
        return present

    def _replace(self, cluster: LocalCluster, present: Sequence[str]) -> None:
        count = len(cluster.worker_spec)
        absent = [
            name for name, nanny in cluster.workers.items() if nanny.worker_address not in present
        ]
        cluster.sync(cluster.scale_down, absent)
        cluster.scale(count)


@contextmanager
def workforce(
    settings: Workers, store_address: StoreAddress, most: int, log: Path
) -> Iterator[Workforce]:
    """The workers that the settings ask for: at least one.

    `store_address` is what they are to write; `most` the number of workers beyond which there is
    nothing to do for more. A local cluster ends with the context, a joined one stays. Raises
    `UserError` if there is none to be had.
    """
    if settings.scheduler:
        with _joined(settings.scheduler) as client:
            _check_reach(client, settings.scheduler, store_address)
            # Workers that come later are told, too; a scheduler that ended is noticed at once.
            with suppress(OSError):
                client.register_plugin(SharedModels(os.environ.get(SHARED, "{}")))
            yield Workforce(client, None, patience=0)
    else:
        started = time.monotonic()
        with _local(settings, most) as cluster, Client(cluster, set_as_default=False) as client:
            client.register_plugin(WorkerLog(log))
            patience = max(LEAST_PATIENCE, 3 * (time.monotonic() - started))
            yield Workforce(client, cluster, patience)


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


@contextmanager
def _joined(scheduler: str) -> Iterator[Client]:
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(
            f"scheduler: expected a running Dask scheduler at {scheduler!r}, like "
            f"tcp://host:8786, got: {error}; start one with `dask scheduler`, or leave it out"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError as error:
            raise UserError(
                f"scheduler: expected workers at {scheduler}, got none in {WORKERS_SECONDS} s; "
                f"start some with `dask worker {scheduler} --nthreads 1`"
            ) from error
        yield client


def _check_reach(client: Client, scheduler: str, store_address: StoreAddress) -> None:
    """Refuse workers that lack the package or do not find the store; only others' have either."""
    naming = store_address.naming
    answers: dict[str, Any] = client.run(_open, store_address, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            raise UserError(
                f"scheduler: the worker {worker} of {scheduler} can't write the {naming.noun}: "
                f"{type(answer).__name__}: {answer}; workers need this package installed and a "
                f"--{naming.setting} that they reach at {store_address.address}"
            )


def _open(store_address: StoreAddress) -> None:
    store_address.open()
