"""The site build, as `diamond site` does it: made anew, and again with nothing changed.

Seconds, channels a second, processor time and peak memory of all its processes together, files
apart from the pages, bytes. It makes an atlas like Lite0's to build from; `--channels N` a large
one of so many channels, 320 in a layer, whose pictures have 48 px; `--store ADDRESS` takes another.
`--folder FOLDER` keeps atlas and site there, to be looked at.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from made_up_atlas import write_atlas, write_large_atlas

from diamond_cutter.build.rendered_atlas import read_atlas

INTERVAL = 0.5
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Run:
    """What a command took: seconds, those of processors, and bytes of memory at its peak."""

    seconds: float
    processor: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--store", help="the atlas to build from (default: one made for this)")
    source.add_argument("--channels", type=int, help="of a large atlas that is made for this")
    parser.add_argument("--pictures", default="auto", choices=("own", "shared", "auto"))
    parser.add_argument("--folder", help="where atlas and site are made, and stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.folder or temporary)
        address = options.store or str(folder / "atlas.zarr")
        if options.store is None and not Path(address).exists():
            made = write_large_atlas(address, options.channels) if options.channels else None
            print(f"made {made or write_atlas(address)}", flush=True)
        models = read_atlas(address).models
        channels = sum(layer.layer.channels for each in models for layer in each.rendered)
        print(f"{os.cpu_count()} cores, {channels:,} channels", flush=True)
        command = [sys.executable, "-m", "diamond_cutter.command.main", "site", "--store", address]
        command += ["--output", str(folder / "site"), "--pictures", options.pictures]
        first = measure(command, folder)
        show("first", first, channels)
        show_site(folder / "site", channels)
        again = measure(command, folder)
        show("unchanged", again, channels)
        print(f"unchanged: {100 * again.processor / first.processor:.1f} % of the processor's time")


def measure(command: list[str], folder: Path) -> Run:
    """Run a command in a folder without settings."""
    before, start = os.times(), time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    peaks = [0]
    watcher = threading.Thread(target=watch, args=(process, peaks))
    watcher.start()
    if process.wait():
        raise SystemExit(f"{command} failed")
    seconds, after = time.perf_counter() - start, os.times()
    watcher.join()
    spent = after.children_user + after.children_system
    return Run(seconds, spent - before.children_user - before.children_system, peaks[0])


def watch(process: subprocess.Popen[bytes], peaks: list[int]) -> None:
    """Note the most memory that a process and its children have together, shared pages once."""
    tree = psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        with suppress(psutil.Error):
            for each in (tree, *tree.children(recursive=True)):
                held += each.memory_full_info().pss
        peaks[0] = max(peaks[0], held)
        time.sleep(INTERVAL)


def show(what: str, run: Run, channels: int) -> None:
    print(
        f"{what}: {run.seconds:.1f} s, {channels / run.seconds:.0f} channels/s; processor "
        f"{run.processor:.1f} s, {1e3 * run.processor / channels:.3f} ms a channel; "
        f"memory {run.memory / 1e6:.0f} MB at most",
        flush=True,
    )


def show_site(site: Path, channels: int) -> None:
    """Count the files of a site, by their endings, and their bytes."""
    counts, sizes = Counter[str](), Counter[str]()
    for top, _, files in os.walk(site):
        for name in files:
            ending = name.rpartition(".")[2]
            counts[ending] += 1
            sizes[ending] += (Path(top) / name).stat().st_size
    others = sum(counts.values()) - counts["html"]
    print(
        f"{sum(counts.values()):,} files, {sum(sizes.values()) / 1e6:,.0f} MB; apart from pages "
        f"{others:,} files, {100 * others / channels:.1f} of 100 channels"
    )
    for ending, count in counts.most_common(6):
        print(f"  {ending}: {count:,} files, {sizes[ending] / 1e6:,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
