"""The atlas: channels a second for each layer, and how far that is from the floor of operations.

One thread, as in a worker, and its CPU time, so that other work on the machine counts little. The
floor is what the network's convolutions alone cost at the rate of a large float32 matrix product
here: the forward pass at the view's size and the gradient of the picture, which costs as much again
(the weights are frozen and get none), for every step. Making views, scoring and storing are not in
the floor.
"""

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from diamond_cutter.precompute.contract.atlas import CHUNK, Layer
from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe, canvas_side, view_side
from diamond_cutter.precompute.work.cluster import ENVIRONMENT

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.backbone import Backbone

PRODUCT_SIDE = 1024
PRODUCTS = 20


@dataclass(frozen=True)
class Measured:
    """A layer's rendering; rates in channels a second, operations in 10^9 a picture.

    start_seconds: what the first chunk takes beyond the later ones, which is mostly tracing.
    times_floor: the seconds of a channel over those of the floor.
    """

    layer: str
    channels: int
    side: int
    gflop: float
    start_seconds: float
    rate: float
    floor_rate: float
    times_floor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--recipe", default="preview", choices=RECIPES)
    parser.add_argument("--layers", help="names, with commas between (default: all cuts)")
    parser.add_argument("--chunks", type=int, default=2, help="chunks to time of each layer")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)

    from diamond_cutter.precompute.backbones import catalogue

    backbone = catalogue.load(options.model)
    recipe = RECIPES[options.recipe]
    names = options.layers.split(",") if options.layers else None
    layers = [
        layer
        for layer in backbone.layers
        if (layer.name in names if names is not None else layer.is_cut)
    ]
    operations = product_rate()
    measured = []
    if not options.json:
        print(
            f"{options.model} at {recipe.name}, one thread; "
            f"matrix product {operations / 1e9:.0f} GFLOP/s"
        )
        print(f"{'layer':24}{'channels':>9}{'side':>6}{'GFLOP':>8}{'start s':>9}"
              f"{'ch/s':>8}{'floor':>9}{'x floor':>9}")  # fmt: skip
    for layer in layers:
        each = measure(backbone, layer, recipe, operations, options.chunks)
        measured.append(each)
        if not options.json:
            print(
                f"{each.layer:24}{each.channels:9}{each.side:6}{each.gflop:8.2f}"
                f"{each.start_seconds:9.1f}{each.rate:8.2f}{each.floor_rate:9.1f}"
                f"{each.times_floor:9.1f}",
                flush=True,
            )
    seconds = sum(each.start_seconds + each.channels / each.rate for each in measured)
    channels = sum(each.channels for each in measured)
    if options.json:
        document = {
            "model": options.model,
            "recipe": recipe.name,
            "gflops_per_second": operations / 1e9,
            "channels": channels,
            "seconds": seconds,
            "layers": [asdict(each) for each in measured],
        }
        print(json.dumps(document, indent=2))
    else:
        print(f"all {channels} channels: {seconds / 60:.1f} min for one worker, "
              f"{channels / seconds:.2f} a second")  # fmt: skip


def product_rate() -> float:
    """Floating-point operations a second of a large float32 matrix product, the best of several."""
    from diamond_cutter.precompute.runtime import tf

    matrix = tf.random.stateless_normal((PRODUCT_SIDE, PRODUCT_SIDE), seed=(1, 2))
    best = float("inf")
    for _ in range(PRODUCTS):
        start = time.process_time()
        tf.matmul(matrix, matrix).numpy()
        best = min(best, time.process_time() - start)
    return float(2 * PRODUCT_SIDE**3 / best)


def picture_operations(recipe: Recipe, network: Any, side: int) -> float:
    """What a picture of `side` pixels costs at least: forward and back, for all views."""
    from diamond_cutter.precompute.backbones.cost import count_gflops
    from diamond_cutter.precompute.backbones.keras_graph import read_graph

    graph = read_graph(network)
    return sum(
        2e9 * phase.steps * count_gflops(graph, view_side(phase, side)) for phase in recipe.phases
    )


def measure(
    backbone: "Backbone", layer: Layer, recipe: Recipe, operations: float, chunks: int
) -> Measured:
    """Time `chunks` chunks of a layer after a first one; `operations` a second make the floor."""
    from diamond_cutter.precompute.backbones.folding import truncate
    from diamond_cutter.precompute.rendering.renderer import Renderer
    from diamond_cutter.precompute.rendering.units import channel

    side = canvas_side(layer.receptive_field)
    needed = picture_operations(recipe, truncate(backbone, layer.name), side)

    start = time.process_time()
    renderer = Renderer(backbone, layer, recipe, seed=0)
    renderer.render([channel(layer, index) for index in range(min(CHUNK, layer.channels))])
    first = time.process_time() - start
    start = time.process_time()
    for number in range(chunks):
        channels = [(number * CHUNK + offset) % layer.channels for offset in range(CHUNK)]
        renderer.render([channel(layer, index) for index in channels])
    later = (time.process_time() - start) / chunks
    rate = CHUNK / later
    floor = operations / needed
    return Measured(
        layer=layer.name,
        channels=layer.channels,
        side=side,
        gflop=needed / 1e9,
        start_seconds=max(first - later, 0.0),
        rate=rate,
        floor_rate=floor,
        times_floor=floor / rate,
    )


if __name__ == "__main__":
    main()
