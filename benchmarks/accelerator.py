"""A GPU: a whole network's wall time, pictures a second by layer, and the share of its peak.

It needs no other input than what is installed, and runs on TensorFlow or, with KERAS_BACKEND=jax,
on JAX. First `diamond atlas` renders the network with as many workers as it chooses (see
`whole_network.py`). Then one process renders each layer in the way that is chosen for the device,
and beside it as on a CPU: float32, eight pictures at once. Seconds are of the wall clock; "start"
is what the first batch takes beyond later ones, which is tracing and compiling.

The share of the peak counts the operations of the network's convolutions and dense layers, forward
and back (see `floor.py`), against a large matrix product in the same precision. On a machine
without a GPU both ways are the same, and the second is left out.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import whole_network
from floor import COPIED, PRODUCT_SIDE, Rates, floor, product_rate

from diamond_cutter.precompute.rendering.backend.device import find_device
from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe, canvas_side
from diamond_cutter.precompute.rendering.render_plan import Load, RenderPlan, plan_render

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone
    from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

LAYERS = "block2b_add,block4a_project_bn,block5b_add,block6c_add,top_activation"
GPU_PRODUCT_SIDE = 8192


@dataclass(frozen=True)
class Measured:
    """Of one layer in one way: pictures a second, and the seconds before the first."""

    rate: float
    start: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--layers", default=LAYERS, help="names, with commas between")
    parser.add_argument("--recipes", default="preview,standard", help="names, with commas between")
    parser.add_argument("--batches", type=int, default=3, help="to time of each layer")
    parser.add_argument(
        "--channels", default="all", help="of each cut of the whole network; 0: leave it out"
    )
    options = parser.parse_args()
    if options.channels != "0":
        whole(options.model, options.recipes.split(",")[0], options.channels)

    from diamond_cutter.precompute.backbones.catalogue import catalogue

    backbone, device = catalogue.load(options.model), find_device()
    side = GPU_PRODUCT_SIDE if device.is_gpu else PRODUCT_SIDE
    precisions = ("float32", "bfloat16") if device.is_gpu else ("float32",)
    peaks = {each: product_rate(side, time.monotonic, each) for each in precisions}
    told = ", ".join(f"{peak / 1e12:.2f} TFLOP/s in {each}" for each, peak in peaks.items())
    print(f"{device.describe()}; matrix products: {told}; one process")
    print(f"{'layer':22}{'recipe':10}{'way':52}{'start s':>8}{'a second':>10}{'of peak':>9}")
    for recipe in (RECIPES[name] for name in options.recipes.split(",")):
        for name in options.layers.split(","):
            layer = backbone.layer(name)
            load = Load(layer.channels, canvas_side(layer.receptive_field), recipe)
            chosen = plan_render(device, 1, load)
            rates = []
            for each in dict.fromkeys((chosen, RenderPlan())):
                try:
                    found = measure(backbone, layer, recipe, each, options.batches)
                except Exception as error:  # noqa: BLE001 - the other layers are worth measuring
                    print(f"{name:22}{recipe.name:10}{each.describe():52}failed: {error!s:.200}")
                    continue
                rates.append(found.rate)
                share = found.rate * operations(backbone, layer, recipe) / peaks[each.precision]
                print(f"{name:22}{recipe.name:10}{each.describe():52}{found.start:8.1f}"
                      f"{found.rate:10.2f}{share:9.1%}", flush=True)  # fmt: skip
            if len(rates) > 1:
                print(f"{name:22}{recipe.name:10}{rates[0] / rates[1]:.2f} times as fast")


def whole(model: str, recipe: str, channels: str) -> None:
    """Time `diamond atlas` on all cuts of a network."""
    options = argparse.Namespace(model=model, recipe=recipe, channels=channels)
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = whole_network.run(options, "0", f"{folder}/atlas.zarr")
        count = whole_network.count(f"{folder}/atlas.zarr")
    print(f"{model} at {recipe}: {count} pictures in {seconds:.0f} s, {count / seconds:.2f} a "
          f"second, {peak / 2**30:.1f} GiB of memory at most", flush=True)  # fmt: skip


def measure(
    backbone: "Backbone", layer: "Layer", recipe: Recipe, chosen: RenderPlan, batches: int
) -> Measured:
    """Time some batches of a layer after a first one."""
    from diamond_cutter.precompute.rendering.renderer import Renderer
    from diamond_cutter.precompute.rendering.targets import channel

    targets = [channel(layer, number % layer.channels) for number in range(chosen.batch)]
    began = time.monotonic()
    renderer = Renderer(
        backbone, layer, recipe, seed=0,
        batch=chosen.batch, precision=chosen.precision, xla=chosen.xla,
    )  # fmt: skip
    renderer.render(targets)
    first = time.monotonic() - began
    began = time.monotonic()
    for _ in range(batches):
        renderer.render(targets)
    later = (time.monotonic() - began) / batches
    return Measured(chosen.batch / later, max(first - later, 0.0))


def operations(backbone: "Backbone", layer: "Layer", recipe: Recipe) -> float:
    """Of a picture's whole ascent, forward and back."""
    from diamond_cutter.precompute.backbones.graph.cut_network import truncate

    one_a_second = Rates(1.0, (np.inf,) * len(COPIED))
    side = canvas_side(layer.receptive_field)
    return floor(recipe, truncate(backbone, layer.name), side, one_a_second).operations


if __name__ == "__main__":
    main()
