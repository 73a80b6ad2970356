"""Which workers of a cluster that others run take part in a run, and why the rest is left out.

What a worker makes is to be what one machine makes, byte for byte, and to land in the same store.
So each is asked once, when it is first seen, and gets no task before it has answered; the others go
on meanwhile.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, cast

from dask.utils import format_bytes, parse_bytes
from distributed import Client
from distributed.versions import get_versions

from diamond_cutter.command.configuration import SHARED
from diamond_cutter.precompute.stores.store_address import StoreAddress

ANSWER_SECONDS = 60.0
LEAST_MEMORY = "1GiB"
"""Less than TensorFlow takes to start."""

_PACKAGE = "diamond-cutter"
_PIXELS = ("jax", "keras", "numpy", "tensorflow")
"""What pictures and figures are computed with; one that is not installed somewhere is not used."""


class Admission:
    """The workers of a cluster, each asked when it is seen first; answers are kept by addresses."""

    def __init__(
        self, client: Client, store_address: StoreAddress, tell: Callable[[str], None]
    ) -> None:
        """`store_address`: what they are to write; `tell`: see `JoinedCluster`."""
        self._client, self._store_address, self._tell = client, store_address, tell
        self._answers: dict[str, Future[str]] = {}
        self._told: set[str] = set()
        self._has_begun = False

    def admitted(self, present: Sequence[str]) -> list[str]:
        """Those of the workers that are there that take part, as far as they have answered."""
        loop = cast(Any, self._client.loop).asyncio_loop
        for worker in present:
            if worker not in self._answers:
                asked = asyncio.run_coroutine_threadsafe(self._refusal(worker), loop)
                self._answers[worker] = asked
        answered = [worker for worker in present if self._answers[worker].done()]
        for worker in answered:
            if worker not in self._told:
                self._told.add(worker)
                refusal = self._answers[worker].result()
                if refusal:
                    self._tell(f"left out: the worker {worker} {refusal}")
                elif self._has_begun:
                    self._tell(f"joined: the worker {worker}")
        return [worker for worker in answered if not self._answers[worker].result()]

    def begin(self, present: Sequence[str]) -> list[str] | None:
        """Why workers that are there are left out; None until all have answered.

        Those that are asked later have joined a run that is going on, and that is told.
        """
        if any(worker not in self._answers for worker in present):
            return None
        answers = [self._answers[worker] for worker in present]
        if not all(answer.done() for answer in answers):
            return None
        self._has_begun = True
        return [refusal for answer in answers if (refusal := answer.result())]

    async def _refusal(self, worker: str) -> str:
        """Why a worker is left out, in one line that begins with a verb; empty: it takes part."""
        try:
            return await asyncio.wait_for(self._ask(worker), ANSWER_SECONDS)
        except TimeoutError:
            return f"does not answer within {ANSWER_SECONDS:.0f} s; start it again"

    async def _ask(self, worker: str) -> str:
        ask = partial(self._client.run, workers=[worker], on_error="return")
        versions = (await ask(get_versions, packages=(_PACKAGE, *_PIXELS))).get(worker)
        if not isinstance(versions, dict):  # an error: it is gone, or leaving
            return f"does not answer: {_line(versions)}; start it again"
        refusal = other_versions(versions["packages"])
        if refusal:
            return refusal
        if (await ask(code_digest)).get(worker) != code_digest():
            return (
                f"has other code of {_PACKAGE} than this process, though of the same version; "
                "install the same there"
            )
        naming = self._store_address.naming
        shared = os.environ.get(SHARED, "{}")
        limit = (await ask(_prepare, self._store_address, shared)).get(worker)
        if isinstance(limit, BaseException):
            return (
                f"can't write the {naming.noun}: {_line(limit)}; workers need a --{naming.setting} "
                f"that they reach at {self._store_address.address}"
            )
        if limit is not None and limit < parse_bytes(LEAST_MEMORY):
            return (
                f"may use {format_bytes(limit)} of memory, expected at least {LEAST_MEMORY}; start "
                "it with a larger --memory-limit"
            )
        return ""


def scheduler_refusal(client: Client) -> str:
    """Why a scheduler can't pass tasks on, in one line that begins with a verb; empty: it can.

    Dask's scheduler unpickles what goes through it.
    """
    try:
        code = client.run_on_scheduler(code_digest)
    except (ImportError, AttributeError) as error:
        return f"has no {_PACKAGE}, or another version ({_line(error)}); install the same there"
    if code != code_digest():
        return f"has other code of {_PACKAGE} than this process; install the same there"
    return ""


@cache
def code_digest() -> str:
    """A digest of all of this package that runs in workers, 32 hexadecimal digits."""
    state = hashlib.blake2b(digest_size=16)
    for name in ("command", "precompute"):
        folder = Path(str(resources.files(f"diamond_cutter.{name}")))
        for path in sorted(folder.rglob("*.py")):
            state.update(f"{name}/{path.relative_to(folder).as_posix()}\n".encode())
            state.update(path.read_bytes())
    return state.hexdigest()


def other_versions(theirs: dict[str, str | None]) -> str:
    """Why a worker with these packages, by their versions, is left out; empty: it is not.

    One that is not installed on either side is not used there.
    """
    ours = get_versions(packages=(_PACKAGE, *_PIXELS))["packages"]
    if theirs.get(_PACKAGE) is None:
        return f"has no {_PACKAGE}; install {_PACKAGE} {ours[_PACKAGE]} there"
    for name in (_PACKAGE, *_PIXELS):
        their, our = theirs.get(name), ours.get(name)
        if their and our and their != our:
            return f"has {name} {their}, expected {our} as in this process; install that there"
    return ""


async def _prepare(store_address: StoreAddress, shared: str, dask_worker: Any) -> int | None:
    """Make a worker ready for tasks; the bytes of memory that it may use, None: all there are.

    `shared` tells it of the tables [models.NAME]; the files that these name are to be where the
    workers find them, under the same paths. Raises what is against writing to the store.
    """
    os.environ[SHARED] = shared
    memory = dask_worker.memory_manager
    # A worker's memory is TensorFlow's: Dask can't spill it, and pausing would wait for ever.
    memory.memory_target_fraction = memory.memory_spill_fraction = False
    memory.memory_pause_fraction = False
    await asyncio.to_thread(store_address.open)
    limit: int | None = memory.memory_limit
    return limit


def _line(error: object) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
