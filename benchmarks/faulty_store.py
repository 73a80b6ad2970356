"""Many runs of a small piece of work into a bucket on which things go wrong, against a good one.

    PYTHONPATH=tests/precompute/atlas/fake .venv/bin/python benchmarks/faulty_store.py
        [--runs 200] [--stall 30]

Each run makes an atlas of one network of the tests' fake: what is stored is what is tried. Of all
requests 5 % are answered with an error, 2 % with a throttling, one in a thousand after `--stall`
seconds; 2 % of those that write land and are answered with an error, and of those that read 1 % are
answered by half. It holds if each store has the objects that a good bucket has, byte for byte, no
more, no less, no task was made twice, and no run took ten minutes.
"""

import argparse
import faulthandler
import io
import os
import statistics
import sys
import time

import fake_pictures
from distributed import LocalCluster
from faulty_s3 import Faults, faulty
from s3_store import BUCKET, differences, objects, s3_server

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas

HANG_SECONDS = 600
GOOD_RUNS = 3
PORT = 9022


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--stall", type=float, default=30.0, help="seconds")
    options = parser.parse_args()
    faults = Faults(seconds=options.stall)
    with s3_server("127.0.0.1", PORT) as found, faulty(found["AWS_ENDPOINT_URL"], faults) as way:
        server = found["AWS_ENDPOINT_URL"]
        os.environ["AWS_ENDPOINT_URL"] = way
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
            scheduler = cluster.scheduler_address
            good = [
                seconds for seconds, _ in (run(f"good{n}", scheduler) for n in range(GOOD_RUNS))
            ]
            expected = objects("good0.zarr", server)
            requests = faults.seen.total() / len(good)
            faults.seen.clear()
            faults.error, faults.throttling, faults.landed = 0.05, 0.02, 0.02
            faults.torn, faults.stall = 0.01, 0.001
            bad, seconds = [], []
            for number in range(options.runs):
                taken, problem = run(f"bad{number}", scheduler)
                seconds.append(taken)
                print(f"run {number}: {taken:.1f} s {problem}", file=sys.stderr)
                difference = differences(objects(f"bad{number}.zarr", server), expected)
                bad += [f"run {number}: {each}" for each in (problem, difference) if each]
    print(f"{len(expected)} objects, {requests:.0f} requests a run")
    told = ", ".join(f"{count} {name}" for name, count in sorted(faults.seen.items()))
    print(f"of {options.runs} runs {len(bad)} problems; requests: {told}")
    for name, times in (("good", good), ("faulty", seconds)):
        middle, most = statistics.median(times), max(times)
        print(f"{name}: median {middle:.1f} s, longest {most:.1f} s, all {sum(times):.0f} s")
    print(*bad, sep="\n")
    return 1 if bad else 0


def run(name: str, scheduler: str) -> tuple[float, str]:
    """The seconds of a run, and what was wrong with it."""
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    said, started = io.StringIO(), time.monotonic()
    settings = AtlasSettings(store=f"s3://{BUCKET}/{name}.zarr", scheduler=scheduler)
    problem = ""
    try:
        summary = render_atlas(
            settings,
            load=fake_pictures.load,
            render=fake_pictures.render,
            measure=fake_pictures.measure,
            weigh=fake_pictures.weigh,
            stream=said,
        )
        if summary.made != fake_pictures.CHANNELS_OF_CUTS or summary.failures:
            problem = f"made {summary.made}, failed {summary.failures}"
    except Exception as error:  # noqa: BLE001 - a run that fails is what is looked for
        problem = f"{type(error).__name__}: {error}"
    finally:
        faulthandler.cancel_dump_traceback_later()
    again = [line for line in said.getvalue().splitlines() if line.startswith("once more")]
    return time.monotonic() - started, "; ".join([problem, *again] if problem else again)


if __name__ == "__main__":
    sys.exit(main())
