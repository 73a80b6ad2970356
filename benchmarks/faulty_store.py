"""Many runs of a small piece of work into a bucket on which things go wrong, against a good one.

    PYTHONPATH=tests/precompute/atlas/fake .venv/bin/python benchmarks/faulty_store.py
        [--runs 200] [--stall 30] [--at-once 12] [--outage 60]

Each run makes an atlas of two layers of the tests' fake network: what is stored is what is tried.
A run mostly waits, so `--at-once` of them go on at the same time, by the same three workers.
Of all requests 5 % are answered with an error, 2 % with a throttling, one in a thousand after
`--stall` seconds; 2 % of those that write land and are answered with an error, and of those that
read 1 % are answered by half. It holds if each store has the objects that a good bucket has, byte
for byte, no more, no less, no task was made twice, and no ten minutes went by without a run's end.

Then, in the middle of as many runs as go on at once, the bucket is away for `--outage` seconds: all
requests are refused in one case, cut off in another, and not answered in the third. A run may end
by that with one line; it is begun again then, and is to lead to the same objects, too.
"""

import argparse
import faulthandler
import io
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import fake_pictures
from distributed import LocalCluster
from faulty_s3 import Faults, faulty
from s3_store import BUCKET, differences, objects, remove, s3_server

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas

HANG_SECONDS = 600
PORT = 9022
WORKERS = 3
"""Each makes a task of every run at once."""
LAYERS = ("stem", "block")
CHANNELS = sum(layer.channels for layer in fake_pictures.LAYERS if layer.name in LAYERS)

SAID = ("once more", "failed", "s3://")
"""How lines begin that tell of things which were made good."""


@dataclass(frozen=True)
class Made:
    """What a run took, left and said.

    seconds: of all its beginnings. ended: the lines with which it ended early, to be begun again.
    wrong: that it failed, or made another number of pictures than there are; empty: nothing.
    """

    name: str
    seconds: float
    found: dict[str, bytes]
    said: tuple[str, ...]
    ended: tuple[str, ...]
    wrong: str


@dataclass
class Runs:
    """Runs that go on at the same time, each in a process, by the workers of one cluster."""

    pool: ProcessPoolExecutor
    scheduler: str
    server: str

    def begin(self, kind: str, count: int) -> "list[Future[Made]]":
        """Start so many, each into a store that is not there yet."""
        names = [f"{kind}{number}" for number in range(count)]
        return [self.pool.submit(run, name, self.scheduler, self.server) for name in names]


def made(begun: "Sequence[Future[Made]]") -> list[Made]:
    """What runs made, told on standard error; where none ends, all ends."""
    found = []
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    for future in as_completed(begun):
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
        found.append(future.result())
        each = found[-1]
        line = (f"{each.name}: {each.seconds:.1f} s", *each.said, *each.ended, each.wrong)
        print(*filter(None, line), sep="; ", file=sys.stderr)
    faulthandler.cancel_dump_traceback_later()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--stall", type=float, default=30.0, help="seconds")
    parser.add_argument("--at-once", type=int, default=12)
    parser.add_argument("--outage", type=float, default=60.0, help="seconds; 0: none")
    options = parser.parse_args()
    faults = Faults(seconds=options.stall)
    with s3_server("127.0.0.1", PORT) as found, faulty(found["AWS_ENDPOINT_URL"], faults) as way:
        os.environ["AWS_ENDPOINT_URL"] = way
        with (
            LocalCluster(
                n_workers=WORKERS, threads_per_worker=options.at_once, dashboard_address=":0"
            ) as cluster,
            ProcessPoolExecutor(options.at_once, multiprocessing.get_context("spawn")) as pool,
        ):
            runs = Runs(pool, cluster.scheduler_address, found["AWS_ENDPOINT_URL"])
            made(runs.begin("first", options.at_once))  # all has been imported
            faults.seen.clear()
            good = made(runs.begin("good", 2 * options.at_once))
            expected = good[0].found
            requests = faults.seen.total() / len(good)
            print(f"{len(expected)} objects, {requests:.0f} requests a run")
            results = [told("good", good, expected)]

            if options.runs:
                faults.seen.clear()
                faults.error, faults.throttling, faults.landed = 0.05, 0.02, 0.02
                faults.torn, faults.stall = 0.01, 0.001
                results.append(told("faulty", made(runs.begin("faulty", options.runs)), expected))
                seen = sorted(faults.seen.items())
                print("  requests:", ", ".join(f"{count} {name}" for name, count in seen))

            faults.error = faults.throttling = faults.landed = faults.torn = faults.stall = 0.0
            for away in ("refused", "cut", "silent") if options.outage else ():
                faults.seen.clear()
                begun = runs.begin(away, options.at_once)
                while faults.seen.total() < options.at_once * requests / 2:
                    time.sleep(0.05)
                faults.away = away
                time.sleep(options.outage)
                faults.away = ""
                results.append(told(f"away ({away})", made(begun), expected))
    return 0 if all(results) else 1


def told(kind: str, made: Sequence[Made], expected: dict[str, bytes]) -> bool:
    """Say in a line how runs went, and what each had that is not as expected; whether all held."""
    problems = []
    for each in made:
        wrong = [each.wrong, differences(each.found, expected)]
        if kind == "faulty":  # the store is there: nothing is to be tried twice, nothing to end
            wrong += [*each.said, *each.ended]
        problems += [f"  {each.name}: {problem}" for problem in wrong if problem]
    seconds = [each.seconds for each in made]
    again = sum(bool(each.ended) for each in made)
    print(
        f"{kind}: {len(made)} runs, {len(problems)} problems, {again} begun again; "
        f"median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s"
    )
    lines = sorted({line for each in made for line in (*each.said, *each.ended)})
    for line in (*problems, *(f"  said: {line}" for line in lines[:8])):
        print(line, flush=True)
    return not problems


def run(name: str, scheduler: str, server: str) -> Made:
    """Make an atlas of that name by the workers there; read at `server` what is there then."""
    faulthandler.dump_traceback_later(HANG_SECONDS - 1)  # where it hangs
    store = f"{name}.zarr"
    settings = AtlasSettings(store=f"s3://{BUCKET}/{store}", layers=LAYERS, scheduler=scheduler)
    stream, started = io.StringIO(), time.monotonic()
    ended: list[str] = []
    wrong = ""
    while True:
        try:
            summary = render_atlas(
                settings,
                load=fake_pictures.load,
                render=fake_pictures.render,
                measure=fake_pictures.measure,
                weigh=fake_pictures.weigh,
                stream=stream,
            )
        except UserError as error:
            ended.append(str(error))
            if len(ended) < 9:
                continue
            wrong = "does not end"
        except Exception as error:  # noqa: BLE001 - a run that fails is what is looked for
            wrong = f"{type(error).__name__}: {error}"
        else:
            if summary.failures or (summary.made != CHANNELS and not ended):
                wrong = f"made {summary.made} of {CHANNELS}, failed {summary.failures}"
        break
    seconds = time.monotonic() - started
    faulthandler.cancel_dump_traceback_later()
    said = [line for line in stream.getvalue().splitlines() if line.startswith(SAID)]
    found = objects(store, server)
    remove(store, server)
    return Made(name, seconds, found, tuple(said), tuple(ended), wrong)


if __name__ == "__main__":
    sys.exit(main())
