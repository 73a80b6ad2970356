"""A whole network: wall time, channels a second and peak memory of `diamond atlas`, by workers."""

import argparse
import subprocess
import sys
import tempfile
import time

import psutil

from diamond_cutter.precompute.rendering.recipes import RECIPES

COMMAND = "import sys; from diamond_cutter.command.main import main; sys.exit(main())"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--recipe", default="preview", choices=RECIPES)
    parser.add_argument("--workers", default="2,1", help="numbers, with commas between")
    parser.add_argument("--channels", default="all", help="of each cut, as in `diamond atlas`")
    options = parser.parse_args()
    free = 100 - psutil.cpu_percent(1)
    print(f"{psutil.cpu_count()} cores, {free:.0f} % of them free before the start")
    print(f"{'workers':>7}{'channels':>10}{'minutes':>9}{'a second':>10}{'peak GiB':>10}")
    for workers in options.workers.split(","):
        with tempfile.TemporaryDirectory() as folder:
            seconds, peak = run(options, workers, f"{folder}/atlas.zarr")
            channels = count(f"{folder}/atlas.zarr")
        print(f"{workers:>7}{channels:10}{seconds / 60:9.2f}{channels / seconds:10.1f}"
              f"{peak / 2**30:10.1f}", flush=True)  # fmt: skip


def run(options: argparse.Namespace, workers: str, store: str) -> tuple[float, int]:
    """Render; the wall seconds, and the most memory that all processes held together, in bytes."""
    command = [sys.executable, "-c", COMMAND, "atlas", "--models", options.model]
    command += ["--recipe", options.recipe, "--workers", workers, "--channels", options.channels]
    began, peak = time.monotonic(), 0
    hushed = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--store", store], **hushed) as process:
        own = psutil.Process(process.pid)
        while process.poll() is None:
            held = 0
            for each in [own, *children(own)]:
                try:
                    held += each.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak = max(peak, held)
            time.sleep(1)
    if process.returncode:
        raise SystemExit(f"diamond atlas ended with {process.returncode}")
    return time.monotonic() - began, peak


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def count(store: str) -> int:
    """How many pictures an atlas holds."""
    from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas

    return sum(
        int((array[:] > 0).sum())
        for name, array in open_atlas(store).members(max_depth=None)
        if name.endswith("/level")
    )


if __name__ == "__main__":
    main()
