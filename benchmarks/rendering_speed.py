"""Speed at equal score: the machine's seconds a channel beside Lucid, as shipped and batched.

Seconds are of the wall clock, on all cores: what the machine takes for one channel more. Lucid as
shipped renders one channel at a time, batched eight, each in one process that has all cores; ours
and MaCo run as an atlas does, in one process of one thread on each core, all at once. Starting and
tracing are left out, but for Lucid's graph, which it builds anew in each call. Other work on the
machine makes such figures worthless, so that its load is printed first.

The score is none of the renderers' own: a channel's natural z-score, averaged over places and over
jitters, scales and small turns of the finished picture, on grey that surrounds it ("padded") and on
the picture alone ("unpadded"). Of the two floors see `floor.py`.

Lucid takes most of the time. `--timed N` renders no more than N channels of a layer with it and
with MaCo, or what batches and cores round that up to, and scores these (and all that `--keep` has).
`--keep FOLDER` keeps the pictures of both with their seconds, as they were then.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
from contestants import (
    Images,
    kept_file,
    parser,
    quiet,
    read_kept,
    recipe_of,
    write_kept,
)
from floor import floor
from numpy.typing import NDArray
from PIL import Image
from worker_scaling import Batches, Crew, Job, crew

from diamond_cutter.precompute.rendering.targets import Family, channel
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer

if TYPE_CHECKING:
    from diamond_cutter.precompute.rendering.target_readings import Reading

BACKBONE = "efficientnet-lite0"
LAYERS = "block2b_add,block5b_add,block6c_add,top_activation"
OWN, SHIPPED, BATCHED = "diamond", "lucid", "lucid-batched"
VIEWS = 8


@dataclass(frozen=True)
class Seen:
    """Pictures of the first so many channels; seconds of the machine for one, if timed."""

    images: Images
    seconds: float | None


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--count", type=int, default=24, help="channels of each layer")
    options.add_argument("--first", type=int, default=2, help="the first channel of the selection")
    options.add_argument("--side", type=int, default=128, help="of all pictures, in pixels")
    options.add_argument("--timed", type=int, default=0, help="channels of the others; 0: all")
    options.add_argument("--workers", type=int, default=os.cpu_count(), help="default: the cores")
    chosen = options.parse_args()
    quiet()
    load = os.getloadavg()[0]

    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.target_readings import reading

    backbone, recipe = catalogue.load(BACKBONE), recipe_of(chosen)
    with crew(chosen.workers, one_thread=True) as workers, crew(1, one_thread=False) as whole:
        rates = workers.rates()
        low, high = (f"{rate / 1e9:.0f}" for rate in sorted(rates.copies)[:: len(rates.copies) - 1])
        print(
            f"{os.cpu_count()} cores, load {load:.2f} before the start; {workers.size} workers: "
            f"matrix products {rates.operations / 1e9:.0f} GFLOP/s, copies {low} to {high} GB/s"
        )
        print(f"{chosen.count} channels, {chosen.side} px, recipe {recipe.name}; "
              "seconds of the wall clock a channel")  # fmt: skip
        print(f"{'layer':20}{'renderer':15}{'channels':>9}{'seconds':>9}{'padded':>8}"
              f"{'unpadded':>10}")  # fmt: skip
        for layer_name in chosen.layers.split(","):
            layer = backbone.layer(layer_name)
            read = reading(backbone, layer, Family.CHANNEL)
            stride = max((layer.channels - chosen.first) // chosen.count, 1)
            channels = np.arange(chosen.first, layer.channels, stride)[: chosen.count]
            seconds: dict[str, float] = {}
            for name in chosen.renderers.split(","):
                batch = 1 if name == SHIPPED else CHUNK
                targets = [channel(layer, int(index)) for index in channels]
                batches = [
                    targets[start : start + batch] for start in range(0, len(targets), batch)
                ]
                job = Job(
                    name.removesuffix("-batched"), BACKBONE, layer.name, recipe, chosen.seed,
                    batch, chosen.side,
                )  # fmt: skip
                hands = whole if name.startswith(SHIPPED) else workers
                if name == OWN:
                    made, taken = hands.render(job, batches)
                    seen = Seen(np.concatenate(made), taken)
                else:
                    seen = others(name, layer, job, batches, hands, chosen.timed, chosen.keep)
                if seen.seconds is not None:
                    seconds[name] = seen.seconds
                padded, unpadded = scores(read, seen.images, channels[: len(seen.images)])
                wall = f"{seen.seconds:9.2f}" if seen.seconds is not None else f"{'-':>9}"
                print(f"{layer_name:20}{name:15}{len(seen.images):9}{wall}{padded:8.2f}"
                      f"{unpadded:10.2f}", flush=True)  # fmt: skip
            least = floor(recipe, read.network, chosen.side, rates)
            report(layer_name, seconds, least.operations, least.roofline)


def report(layer: str, seconds: dict[str, float], operations: float, roofline: float) -> None:
    """How many times ours goes into the others' seconds, and the floors into ours."""
    print(f"{layer:20}{'floor':15}{'':9}{operations:9.3f}  of operations; {roofline:.3f} roofline")
    if OWN not in seconds:
        return
    own = seconds[OWN]
    for name, what in ((SHIPPED, "Lucid as shipped"), (BATCHED, "Lucid batched"), ("maco", "MaCo")):
        if name in seconds:
            print(f"{layer:20}{seconds[name] / own:.1f} times as fast as {what}")
    print(f"{layer:20}{own / operations:.2f} times the floor of operations, "
          f"{own / roofline:.2f} times the roofline", flush=True)  # fmt: skip


def others(
    name: str, layer: Layer, job: Job, batches: Batches, hands: Crew, most: int, keep: str
) -> Seen:
    """Another renderer's pictures: what is kept, and what is rendered as far as `most` allows.

    Kept pictures without a time are rendered again, as far as `most` allows; then without time.
    """
    files = [
        kept_file(keep, name, BACKBONE, layer, Family.CHANNEL, job.seed, job.side, batch)
        for batch in batches
    ]
    kept = [read_kept(file) if keep else {} for file in files]
    allowed = -(-most // job.batch) if most else len(batches)
    untimed = [number for number, each in enumerate(kept[:allowed]) if "wall" not in each]
    if untimed:
        made, taken = hands.render(job, [batches[number] for number in untimed])
        for number, images in zip(untimed, made, strict=True):
            kept[number] = {"images": images, "wall": np.float64(taken)}
            if keep:
                write_kept(files[number], **kept[number])
    there = list(takewhile(bool, kept))
    seconds = [float(each["wall"]) for each in there if "wall" in each]
    images = np.concatenate([each["images"] for each in there])
    return Seen(images, float(np.mean(seconds)) if seconds else None)


def scores(read: "Reading", images: Images, channels: NDArray[np.int64]) -> list[float]:
    """What the pictures reach in the mean, padded and unpadded."""
    found = []
    for padded in (True, False):
        total = np.zeros(len(images))
        for view in views(images, padded=padded):
            pooled = np.concatenate(
                [np.asarray(read.network(part)).mean((1, 2)) for part in split(view)]
            )
            z = (pooled - read.mean) / read.spread
            total += z[range(len(channels)), channels] / VIEWS
        found.append(float(total.mean()))
    return found


def split(view: Images) -> list[NDArray[np.float32]]:
    values = view.astype(np.float32) / 255
    return [values[start : start + 8] for start in range(0, len(values), 8)]


def views(images: Images, *, padded: bool) -> Iterator[Images]:
    """VIEWS jittered, scaled and turned versions of all the pictures."""
    side = images.shape[1]
    edge = side // 8
    generator = np.random.default_rng(5)
    for _ in range(VIEWS):
        across, down = generator.uniform(-edge / 2, edge / 2, 2)
        zoom, angle = generator.uniform(0.9, 1.1), np.radians(generator.uniform(-5, 5))
        cosine, sine = np.cos(angle) / zoom, np.sin(angle) / zoom
        seen = []
        for image in images:
            whole = np.full((side + 2 * edge,) * 2 + (3,), 128, np.uint8)
            if not padded:
                whole = np.pad(image, ((edge, edge), (edge, edge), (0, 0)), "reflect")
            whole[edge:-edge, edge:-edge] = image
            centre = len(whole) / 2
            matrix = (cosine, -sine, centre - cosine * centre + sine * centre + across,
                      sine, cosine, centre - sine * centre - cosine * centre + down)  # fmt: skip
            turned = Image.fromarray(whole).transform(
                (len(whole),) * 2, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR,
                fillcolor=(128, 128, 128),
            )  # fmt: skip
            array = np.asarray(turned)
            seen.append(array if padded else array[edge:-edge, edge:-edge])
        yield np.stack(seen)


if __name__ == "__main__":
    main()
