"""A Dask cluster that others run: joined, left as it was, and waited for where it is away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from distributed import Client

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.jobs.worker_admission import Admission, scheduler_refusal
from diamond_cutter.precompute.stores.store_address import StoreAddress

CONNECT_SECONDS = 10
WORKERS_SECONDS = 30
RETURN_SECONDS = 300.0
"""How long a scheduler that is gone is waited for, as for one that is started again."""

_PAUSE_SECONDS = 0.2


class JoinedCluster:
    """The workers of a running scheduler that take part. It looks after them itself.

    client: the connection; another one after the scheduler was away, which knows nothing of what
    was given to the former.
    """

    client: Client

    def __init__(
        self, scheduler: str, store_address: StoreAddress, tell: Callable[[str], None]
    ) -> None:
        """Join. Raises `UserError` if no scheduler that can pass tasks on is there, or no worker.

        `tell` is called with one line for each worker that is left out or joins the others later,
        and for a scheduler that is away.
        """
        self._scheduler, self._store_address, self._tell = scheduler, store_address, tell
        self._present: list[str] = []
        try:
            self._connect()
        except (OSError, TimeoutError, ValueError) as error:
            raise UserError(
                f"scheduler: expected a running Dask scheduler at {scheduler!r}, like "
                f"tcp://host:8786, got: {error}; start one with `dask scheduler`, or leave it out"
            ) from error
        try:
            self._wait_for_workers()
        except BaseException:
            self.client.close()
            raise

    def addresses(self) -> list[str]:
        """The workers that take part and are there now; waits for a scheduler that is away.

        Raises `UserError` if it does not come back.
        """
        try:
            self._present = list(self.client.nthreads())
            if self.client.scheduler_comm is not self._connection:
                # Dask's client connects again by itself, and forgets what it had given.
                raise ConnectionResetError("the connection was lost")
            return self._admission.admitted(self._present)
        except OSError as error:
            self._come_back(error)
            return []

    def _connect(self) -> None:
        self.client = Client(self._scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        self._connection = self.client.scheduler_comm
        self._admission = Admission(self.client, self._store_address, self._tell)

    def _wait_for_workers(self) -> None:
        """Wait for the answers of those that are there; refuse a cluster where none takes part."""
        refusal = scheduler_refusal(self.client)
        if refusal:
            raise UserError(f"scheduler: {self._scheduler} {refusal}")
        try:
            self.client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError as error:
            raise UserError(
                f"scheduler: expected workers at {self._scheduler}, got none in "
                f"{WORKERS_SECONDS} s; start some with `dask worker {self._scheduler} --nthreads 1`"
            ) from error
        while True:
            workers = self.addresses()
            refusals = self._admission.begin(self._present)
            if workers and refusals is not None:
                return
            if refusals:
                others = f" (and {len(refusals) - 1} others are left out)" if refusals[1:] else ""
                raise UserError(
                    f"scheduler: the worker {self._present[0]} of {self._scheduler} "
                    f"{refusals[0]}{others}"
                )
            time.sleep(_PAUSE_SECONDS)

    def _come_back(self, error: OSError) -> None:
        self._tell(
            f"the scheduler {self._scheduler} does not answer any more ({error}); what was done is "
            f"kept: waiting {RETURN_SECONDS:.0f} s for it"
        )
        self.client.close(timeout=1)
        end = time.monotonic() + RETURN_SECONDS
        while time.monotonic() < end:
            try:
                self._connect()
            except (OSError, TimeoutError):
                time.sleep(_PAUSE_SECONDS)
            else:
                self._admission.begin([])
                self._tell(f"the scheduler {self._scheduler} is back: going on")
                return
        raise UserError(
            f"the scheduler does not answer any more: {error}; what was done is kept: start it "
            "again, and run the same command again"
        ) from error


@contextmanager
def joined(
    scheduler: str, store_address: StoreAddress, tell: Callable[[str], None]
) -> Iterator[JoinedCluster]:
    """The cluster at an address, left as it is when the context ends; raises as it does."""
    cluster = JoinedCluster(scheduler, store_address, tell)
    try:
        yield cluster
    finally:
        cluster.client.close()
