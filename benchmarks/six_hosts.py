"""A small atlas by a scheduler and six workers on hosts that share nothing but an S3 store.

    sudo .venv/bin/python benchmarks/six_hosts.py [CASE ...] [--quick] [--real]

The hosts are network namespaces (`network_hosts`), the store is moto's server, a worker that ends
is started again a second later, as a service manager does. In each case something is wrong, or
goes wrong when a tenth of the pictures is made. It holds if the run says so in a line, ends well,
and the store has the bytes that one machine makes, object by object. `--quick` cuts the network for
25 s instead of a minute, and has Dask notice after 12 s instead of 30; `--real` renders
EfficientNet-Lite0's first cuts by TensorFlow in place of made-up pictures.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from network_hosts import CODE, HERE, Host, Watched, network, watched
from other_packages import bare_packages, changed_packages
from s3_store import BUCKET, differences, files, objects, s3_server

WORKERS = tuple(f"worker{number}" for number in range(1, 7))
SCHEDULER = "scheduler"
PORT = 9021
MOST_SECONDS = 900
SAID = re.compile("left out|joined|once more|the scheduler|.* has lost|failed")


@dataclass
class Trial:
    """What a case needs: hosts by name, how to run on them, what is shortened."""

    hosts: dict[str, Host]
    folder: Path
    environment: dict[str, str]
    quick: bool
    real: bool
    number: int = 0
    good: set[str] = field(default_factory=set)

    @property
    def scheduler(self) -> str:
        return f"tcp://{self.hosts[SCHEDULER].address}:8786"

    def start_scheduler(self) -> None:
        host = self.hosts[SCHEDULER]
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
        host.start([*command, "--host", host.address, "--port", "8786"])

    def start_worker(self, name: str, *options: str, packages: Path | None = None) -> None:
        """Start a worker; `packages`: a folder of them in place of those that are installed."""
        host = self.hosts[name]
        python = [sys.executable] if packages is None else [sys.executable, "-S"]
        command = [*python, "-m", "distributed.cli.dask_worker", self.scheduler]
        own = ["--host", host.address, "--name", name, "--nthreads", "1", "--no-dashboard"]
        path = {} if packages is None else {"PYTHONPATH": f"{packages}:{CODE}"}
        host.start([*command, *own, *(options or ("--memory-limit", "4GiB"))], path)
        self.good.discard(name)

    def pull_the_plug(self, name: str) -> None:
        """Kill all that runs on a host."""
        self.hosts[name].kill()
        self.good.discard(name)

    def heal(self) -> None:
        """Have six good workers again."""
        for name in WORKERS:
            if name not in self.good:
                self.start_worker(name)
        self.good = set(WORKERS)
        self.wait_for_workers(len(WORKERS))

    def wait_for_workers(self, count: int) -> None:
        """Until the scheduler counts so many."""
        script = (
            "import sys; from distributed import Client; "
            "Client(sys.argv[1], timeout=60).wait_for_workers(int(sys.argv[2]), timeout=300)"
        )
        command = [sys.executable, "-c", script, self.scheduler, str(count)]
        subprocess.run(command, env=self.environment, check=True)

    def begin(self, *options: str) -> Watched:
        """Start a run into a store of its own."""
        self.number += 1
        store = f"s3://{BUCKET}/{self.number}.zarr"
        return self.run(store, "--scheduler", self.scheduler, *options)

    def run(self, *arguments: str) -> Watched:
        real = ("--real",) if self.real else ()
        output = self.folder / f"{self.number}.txt"
        return watched("small_atlas.py", [*arguments, *real], self.environment, output)

    def begin_and_wait(self, *options: str) -> Watched:
        """Start a run, until some of its pictures are made."""
        run = self.begin(*options)
        _until(run, lambda: len(re.findall(r"preview: +[1-9]", run.text())) > 0)
        return run


def _until(run: Watched, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not holds():
        assert run.process.poll() is None, f"ended too early:\n{run.text()}"
        assert time.monotonic() < end, f"waited too long:\n{run.text()}"
        time.sleep(0.1)


def undisturbed(trial: Trial) -> Watched:
    return trial.begin()


def without_the_package(trial: Trial) -> Watched:
    trial.start_worker("worker6", packages=bare_packages(trial.folder / "bare"))
    trial.wait_for_workers(6)
    return trial.begin()


def another_version(trial: Trial) -> Watched:
    trial.start_worker("worker5", packages=changed_packages(trial.folder / "old", "0.0.9"))
    trial.start_worker("worker6", packages=changed_packages(trial.folder / "changed", None))
    trial.wait_for_workers(6)
    return trial.begin()


def too_little_memory(trial: Trial) -> Watched:
    trial.start_worker("worker5", "--memory-limit", "512MiB")
    trial.start_worker("worker6", "--memory-limit", "1100MiB")
    trial.wait_for_workers(6)
    return trial.begin("--greedy", "worker6")


def joining_late(trial: Trial) -> Watched:
    for name in WORKERS[1:]:
        trial.pull_the_plug(name)
    trial.wait_for_workers(1)
    run = trial.begin_and_wait()
    for name in WORKERS[1:]:
        trial.start_worker(name)
    return run


def leaving(trial: Trial) -> Watched:
    run = trial.begin_and_wait()
    script = (
        "import sys; from distributed import Client; client = Client(sys.argv[1]); "
        "client.retire_workers(names=['worker5', 'worker6'], close_workers=True)"
    )
    command = [sys.executable, "-c", script, trial.scheduler]
    subprocess.run(command, env=trial.environment, check=True, capture_output=True)
    return run


def killed(trial: Trial) -> Watched:
    run = trial.begin_and_wait()
    for name in ("worker5", "worker6"):
        trial.pull_the_plug(name)
    return run


def network_cut(trial: Trial) -> Watched:
    run = trial.begin_and_wait("--seconds", "3" if trial.quick else "6")
    trial.hosts["worker6"].cut()
    time.sleep(25 if trial.quick else 60)
    trial.hosts["worker6"].plug_in()
    return run


def scheduler_restarted(trial: Trial) -> Watched:
    run = trial.begin_and_wait()
    trial.hosts[SCHEDULER].kill()
    time.sleep(5)
    trial.start_scheduler()
    return run


CASES: dict[str, tuple[Callable[[Trial], Watched], tuple[str, ...]]] = {
    "undisturbed": (undisturbed, ()),
    "without the package": (
        without_the_package,
        (r"left out: the worker \S+ has no diamond-cutter; install diamond-cutter \S+ there",),
    ),
    "another version": (
        another_version,
        (
            r"left out: the worker \S+ has diamond-cutter 0\.0\.9, expected \S+ as in this process",
            r"left out: the worker \S+ has other code of diamond-cutter than this process",
        ),
    ),
    "too little memory": (
        too_little_memory,
        (
            r"left out: the worker \S+ may use 512\.00 MiB of memory, expected at least 1GiB",
            r"once more: .* its worker is gone: .* too little --memory-limit",
        ),
    ),
    "joining late": (joining_late, (r"joined: the worker \S+",)),
    "leaving": (leaving, (r"once more: .* its worker is gone",)),
    "killed": (killed, (r"once more: .* its worker is gone",)),
    "network cut": (network_cut, (r"once more: .* its worker is gone",)),
    "scheduler restarted": (
        scheduler_restarted,
        (r"the scheduler \S+ does not answer any more", r"the scheduler \S+ is back: going on"),
    ),
}


def holds(trial: Trial, case: str, expected: dict[str, bytes]) -> bool:
    """Run a case, and say in a line how it went, with what the run said."""
    prepare, words = CASES[case]
    trial.heal()
    run = prepare(trial)
    seconds = run.finish(MOST_SECONDS)
    trial.hosts["worker6"].plug_in()
    text = run.text()
    problems = [f"not said: {each}" for each in words if not re.search(each, text)]
    if run.process.returncode:
        problems.append(f"exit {run.process.returncode}")
    problems.append(differences(objects(f"{trial.number}.zarr"), expected))
    problems = [each for each in problems if each]
    print(f"{'BAD' if problems else 'holds'}: {case}, {seconds:.0f} s", *problems, sep="; ")
    for line in text.splitlines():
        if problems or SAID.match(line):
            print(f"    {line}")
    return not problems


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", nargs="*", default=[], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--quick", action="store_true", help="a short cut of the network")
    parser.add_argument("--real", action="store_true", help="pictures by TensorFlow")
    options = parser.parse_args()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": CODE,
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    if options.quick:
        environment["DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP"] = "12s"
    with (
        tempfile.TemporaryDirectory() as folder,
        network((SCHEDULER, *WORKERS), environment) as hosts,
        s3_server(HERE, PORT) as found,
    ):
        environment.update(found)
        trial = Trial(hosts, Path(folder), environment, options.quick, options.real)
        trial.start_scheduler()
        one = trial.folder / "one.zarr"
        alone = trial.run(str(one), "--workers", "2", "--seconds", "0")
        print(f"one machine: {alone.finish(MOST_SECONDS):.0f} s")
        results = [holds(trial, case, files(one)) for case in options.cases or CASES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
