"""One pass of photos through a backbone, start-up included, and how far that is from the floor.

In this process on all cores, and by worker processes, each into a new store. The floor is what the
network's convolutions alone cost at the rate of a large float32 matrix product on all cores here.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from dask.system import CPU_COUNT
from floor import measured

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos.images.image_decoding import FORMATS
from diamond_cutter.precompute.photos.photo import Photo
from diamond_cutter.precompute.stores.network import Network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the photos are, at any depth")
    parser.add_argument("--model", default="efficientnet-lite0")
    options = parser.parse_args()

    suffixes = {suffix for each in FORMATS.values() for suffix in each}
    files = [file for file in sorted(options.folder.rglob("*")) if file.suffix.lower() in suffixes]
    photos = [
        Photo(file, file.name, 0, "", hashlib.sha256(file.read_bytes()).hexdigest(), 0)
        for file in files
    ]
    cuts = [layer.name for layer in catalogue.layers(options.model) if layer.is_cut]
    operations = measured(time.monotonic).operations
    floor = 1e9 * catalogue.describe(options.model)[0].gflops * len(photos) / operations
    print(
        f"{len(photos)} photos, {options.model}, {len(cuts)} cuts; matrix product "
        f"{operations / 1e9:.0f} GFLOP/s, so that the floor is {floor:.1f} s"
    )
    for label, workers in (("in this process", 0), (f"{CPU_COUNT} workers", CPU_COUNT)):
        seconds = measure([(catalogue.network(options.model), cuts)], photos, workers)
        print(f"{label:16}{seconds:7.1f} s, {seconds / floor:.1f} times the floor")


def measure(networks: list[tuple[Network, list[str]]], photos: list[Photo], workers: int) -> float:
    """Seconds from the call until all features can be read."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(StudySettings(), features=f"{folder}/features.zarr", workers=workers)
        started = time.perf_counter()
        extract(networks, photos, settings, open_display(sys.stderr))
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
