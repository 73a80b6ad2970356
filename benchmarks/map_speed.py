"""What maps take: CPU seconds of a photo, of a layer laid out and of a cell's picture, and of all.

    python benchmarks/map_speed.py [--photos 2000] [--cores 2]

Of EfficientNet-Lite0's stages, with noise for photos, vectors and directions: it takes as long.
`share`: of the rate of a large matrix product on one core, as `map_forecast.SHARES` has it. The sum
is what a map of so many photos takes, of which the layout of all layers together is one core's
alone, and `START` what workers take to start, for each part.

On two cores that others used as well a photo took 0.08 s, a layer of 4,000 vectors 63, a picture
0.05 (block1a) to 0.26 (top_activation): 2,000 photos with 8,000 vectors and 315 cells of each of
five layers take 7.6 minutes, and about half a minute more since the deepest has larger views.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from contestants import make, one_thread

from diamond_cutter.precompute.activation_atlas.layout_task import layout_effort
from diamond_cutter.precompute.activation_atlas.map_forecast import (
    START,
    cells_expected,
)
from diamond_cutter.precompute.activation_atlas.map_layout import (
    LAID_OUT,
    CommonLayout,
    LayerLayout,
)
from diamond_cutter.precompute.activation_atlas.map_settings import parts_of
from diamond_cutter.precompute.jobs.machine_speed import product_rate

GRID, BATCHES = 20, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    one_thread()

    from diamond_cutter.precompute.activation_atlas.activation_atlas_run import PASSES
    from diamond_cutter.precompute.activation_atlas.activation_sampler import ActivationSampler
    from diamond_cutter.precompute.activation_atlas.cell_pictures import cell_recipe
    from diamond_cutter.precompute.attribution.attribution_selection import select_layers
    from diamond_cutter.precompute.attribution.attributor import BATCH
    from diamond_cutter.precompute.attribution.class_pictures import BATCH as PICTURES
    from diamond_cutter.precompute.attribution.class_pictures import picture_effort
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
    from diamond_cutter.precompute.rendering.targets import Family, direction

    rate = product_rate(time.process_time)
    backbone = catalogue.load("efficientnet-lite0")
    layers = select_layers(("stages",), backbone, "top_activation")
    generator = np.random.default_rng(0)
    parts = parts_of(options.photos, 0)
    vectors = options.photos * parts**2
    cells = cells_expected(GRID, vectors)

    sampler = ActivationSampler(backbone, [layer.name for layer in layers], "average", parts)
    own = classifier(backbone)
    images = generator.random((BATCH, sampler.size, sampler.size, 3), np.float32)
    draws = generator.random((BATCH, parts**2, 2))
    nobody, head = np.full(BATCH, -1), [(own.weights, own.bias)]

    def sample() -> None:
        sampler.sample(images, nobody, head, draws)

    photo = timed(sample) / BATCH
    told("photo", photo, backbone.gflops * PASSES, rate)
    drawn = generator.random((min(vectors, LAID_OUT), layers[-1].channels), np.float32)
    began = time.process_time()
    common = CommonLayout.of([drawn], 0).position
    LayerLayout.of(drawn, common, 0)
    layout = time.process_time() - began
    told("layout", layout, layout_effort(vectors), rate)
    pictures, tracing = 0.0, 0.0
    for layer in layers:
        render = make("diamond", backbone, layer, Family.CHANNEL, cell_recipe(layer), 0)
        ways = generator.normal(size=(BATCHES * PICTURES, layer.channels))
        began = time.process_time()
        _, seconds = render([direction(layer, way, f"{at}") for at, way in enumerate(ways)])
        tracing += time.process_time() - began - seconds * len(ways)
        pictures += seconds * cells
        effort = picture_effort(backbone.gflops, backbone.input_size, cell_recipe(layer))
        told(layer.name, seconds, effort, rate)
    shared = options.cores * (tracing + START * 3) + photo * options.photos + pictures
    total = (shared + layout * len(layers)) / options.cores + layout
    print(f"{options.photos} photos, {vectors} vectors of {len(layers)} layers, {cells} cells of "
          f"each: {total / 60:.1f} min on {options.cores} cores")  # fmt: skip


def timed(work: Callable[[], None]) -> float:
    """The CPU seconds of work that was done once before."""
    work()
    began = time.process_time()
    for _ in range(BATCHES):
        work()
    return (time.process_time() - began) / BATCHES


def told(what: str, seconds: float, effort: float, rate: float) -> None:
    share = effort / seconds / rate
    print(f"{what:20} {seconds:7.3f} s  {effort:7.1f} GFLOP  share {share:.2f}", flush=True)


if __name__ == "__main__":
    main()
