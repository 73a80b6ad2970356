"""The atlas: channels a second for each layer, and how far that is from the floors.

One thread, as in a worker, and its CPU time, so that other work on the machine counts little. Of
the two floors, of operations alone and the roofline, see `floor.py`.
"""

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from floor import Rates, floor, measured

from diamond_cutter.precompute.jobs.cluster import ENVIRONMENT
from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe, canvas_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone


@dataclass(frozen=True)
class Measured:
    """A layer's rendering; rates in channels a second, operations in 10^9 a picture.

    start_seconds: what the first chunk takes beyond the later ones, which is mostly tracing.
    times_floor, times_roofline: the seconds of a channel over those of the floors.
    """

    layer: str
    channels: int
    side: int
    gflop: float
    start_seconds: float
    rate: float
    floor_rate: float
    times_floor: float
    times_roofline: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--recipe", default="preview", choices=RECIPES)
    parser.add_argument("--layers", help="names, with commas between (default: all cuts)")
    parser.add_argument("--chunks", type=int, default=2, help="chunks to time of each layer")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)

    from diamond_cutter.precompute.backbones.catalogue import catalogue

    backbone = catalogue.load(options.model)
    recipe = RECIPES[options.recipe]
    names = options.layers.split(",") if options.layers else None
    layers = [
        layer
        for layer in backbone.layers
        if (layer.name in names if names is not None else layer.is_cut)
    ]
    rates = measured(time.process_time)
    found = []
    if not options.json:
        print(
            f"{options.model} at {recipe.name}, one thread; "
            f"matrix product {rates.operations / 1e9:.0f} GFLOP/s"
        )
        print(f"{'layer':24}{'channels':>9}{'side':>6}{'GFLOP':>8}{'start s':>9}"
              f"{'ch/s':>8}{'floor':>9}{'x floor':>9}{'x roofline':>12}")  # fmt: skip
    for layer in layers:
        each = measure(backbone, layer, recipe, rates, options.chunks)
        found.append(each)
        if not options.json:
            print(
                f"{each.layer:24}{each.channels:9}{each.side:6}{each.gflop:8.2f}"
                f"{each.start_seconds:9.1f}{each.rate:8.2f}{each.floor_rate:9.1f}"
                f"{each.times_floor:9.1f}{each.times_roofline:12.1f}",
                flush=True,
            )
    seconds = sum(each.start_seconds + each.channels / each.rate for each in found)
    channels = sum(each.channels for each in found)
    if options.json:
        document = {
            "model": options.model,
            "recipe": recipe.name,
            "gflops_per_second": rates.operations / 1e9,
            "channels": channels,
            "seconds": seconds,
            "layers": [asdict(each) for each in found],
        }
        print(json.dumps(document, indent=2))
    else:
        print(f"all {channels} channels: {seconds / 60:.1f} min for one worker, "
              f"{channels / seconds:.2f} a second")  # fmt: skip


def measure(
    backbone: "Backbone", layer: Layer, recipe: Recipe, rates: Rates, chunks: int
) -> Measured:
    """Time `chunks` chunks of a layer after a first one; the rates make the floors."""
    from diamond_cutter.precompute.backbones.graph.cut_network import truncate
    from diamond_cutter.precompute.rendering.renderer import Renderer
    from diamond_cutter.precompute.rendering.targets import channel

    side = canvas_side(layer.receptive_field)
    network = truncate(backbone, layer.name)
    least = floor(recipe, network, side, rates)

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
    return Measured(
        layer=layer.name,
        channels=layer.channels,
        side=side,
        gflop=least.operations * rates.operations / 1e9,
        start_seconds=max(first - later, 0.0),
        rate=rate,
        floor_rate=1 / least.operations,
        times_floor=1 / rate / least.operations,
        times_roofline=1 / rate / least.roofline,
    )


if __name__ == "__main__":
    main()
