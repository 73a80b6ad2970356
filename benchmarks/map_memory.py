"""How much memory maps of many photos take: made-up vectors, laid out and averaged as a study does.

    python benchmarks/map_memory.py [--photos 1000,100000]

For each count vectors of three layers of Lite0 are stored as a study stores them, and a process of
its own lays them out, in the fewest steps, and averages their cells: all in itself, where a study
has workers lay out. `started`: what the process holds before that; `peak`: at most.

Measured: 1,000 photos, 4,000 vectors, 855 MiB; 100,000 photos, 100,000 vectors, 887, of which what
is loaded and the list of photos are 742 and 759.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from functools import partial
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import sklearn.manifold

from diamond_cutter.precompute.activation_atlas.activation_atlas_run import average_cells
from diamond_cutter.precompute.activation_atlas.drawn_vectors import read_drawn
from diamond_cutter.precompute.activation_atlas.layout_run import lay_out_layers
from diamond_cutter.precompute.activation_atlas.map_settings import parts_of
from diamond_cutter.precompute.attribution.photo_tasks import StudySlot
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.shards import find_rows, key_of
from diamond_cutter.precompute.stores.store_address import StoreAddress
from diamond_cutter.precompute.stores.study import study_writer
from diamond_cutter.precompute.study.study_plan import STUDIES

LAYERS = (("block3b_add", 40), ("block5c_add", 112), ("top_activation", 1280))
SHARD = 256
"""Photos of a shard: more than a study's have, or writing would take the longest."""
CLUSTERS, CLASSES, ASKED, SIDE = 50, 1000, 3, 14
STEPS = 250
"""Of t-SNE, the fewest that it takes: more need no more memory."""
NAMESPACE = "drawn"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--photos", default="1000,100000", help="counts, with commas between")
    parser.add_argument("--measure", nargs=2, metavar=("STORE", "PHOTOS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], int(options.measure[1]))
        return
    print(" photos  vectors  started       peak   CPU")
    for count in map(int, options.photos.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            write_vectors(folder, count)
            command = [sys.executable, __file__, "--measure", folder, str(count)]
            print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout,
                  end="", flush=True)  # fmt: skip


def keys_of(photos: int) -> list[str]:
    return [key_of(photo) for photo in range(photos)]


def write_vectors(folder: str, photos: int) -> None:
    """A study in which vectors were drawn of photos: clusters, with noise."""
    study = study_writer.create_studies(folder).create_group("study")
    generator = np.random.default_rng(0)
    parts = parts_of(photos, 0) ** 2
    middles = {name: generator.random((CLUSTERS, channels)) for name, channels in LAYERS}
    keys = keys_of(photos)
    for start in range(0, photos, SHARD):
        inside = keys[start : start + SHARD]
        shape = len(inside), parts
        cluster = generator.integers(0, CLUSTERS, shape)
        arrays: dict[str, Any] = {
            "classes": generator.integers(0, CLASSES, (len(inside), ASKED), np.int32)
        }
        for name, channels in LAYERS:
            noise = generator.random((*shape, channels), np.float32)
            arrays[f"{name}-vector"] = (middles[name][cluster] + noise).astype(np.float32)
            arrays[f"{name}-place"] = generator.integers(0, SIDE, (*shape, 2), np.int32)
            arrays[f"{name}-attribution"] = generator.random((*shape, ASKED), np.float32)
            arrays[f"{name}-sides"] = np.full((len(inside), 2), SIDE, np.int32)
        attribution_writer.write_arrays(study, NAMESPACE, f"{start:016}", inside, arrays)


def measure(folder: str, photos: int) -> None:
    """Lay out and average what is stored there, and print what it took."""
    sklearn.manifold.TSNE = partial(sklearn.manifold.TSNE, max_iter=STEPS)
    started, began = peak(), time.process_time()
    keys = keys_of(photos)
    place = StudySlot(StoreAddress(folder, Path(folder), STUDIES), "study", "slot")
    display = Lines(StringIO())
    layers = [
        Layer(name=name, index=index, channels=channels, stride=16, receptive_field=100,
              is_cut=True)
        for index, (name, channels) in enumerate(LAYERS)
    ]  # fmt: skip
    asked: Any = SimpleNamespace(
        namespace=NAMESPACE,
        keys=keys,
        chosen=np.arange(photos, dtype=np.int32),
        request=SimpleNamespace(network=SimpleNamespace(name="made-up")),
    )
    study = place.study_group()
    found = find_rows(study, NAMESPACE)
    drawn = [read_drawn(study, asked, [found[key] for key in keys], layer) for layer in layers]

    def make(work: Any, tasks: Any, _noun: str) -> None:
        for task in tasks:
            work(folder, 1, task)

    positions = lay_out_layers(asked, drawn, place, make, 0, {}, display)
    for each, position in zip(drawn, positions, strict=True):
        average_cells(each, position, 20, CLASSES, display)
    print(f"{photos:7}  {len(positions[0]):7}  {started:4.0f} MiB  {peak():5.0f} MiB  "
          f"{time.process_time() - began:4.0f} s")  # fmt: skip


def peak() -> float:
    """The most memory that this process held so far, in MiB."""
    import resource  # of Unix alone

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
