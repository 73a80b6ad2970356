"""Speed at equal score: seconds a channel beside Lucid, as shipped and batched, and MaCo.

Seconds are CPU time of one thread, so that other work on the machine counts little; two workers of
the atlas take half of that on two free cores (`atlas_throughput.py` times whole networks). The
score is none of the renderers' own: a channel's natural z-score, averaged over places and over
jitters, scales and small turns of the finished picture, on grey that surrounds it ("padded") and on
the picture alone ("unpadded"). The floor is what the convolutions cost, forward and back, at the
rate of a large matrix product: see `atlas_throughput.py`.
"""

from collections.abc import Iterator

import numpy as np
from contestants import Images, make, one_thread, parser, recipe_of
from numpy.typing import NDArray
from PIL import Image

LAYERS = "block2b_add,block5b_add,block6c_add,top_activation"
VIEWS = 8


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--count", type=int, default=24, help="channels of each layer")
    options.add_argument("--first", type=int, default=2, help="the first channel of the selection")
    options.add_argument("--side", type=int, default=128, help="of all pictures, in pixels")
    chosen = options.parse_args()
    one_thread()

    from atlas_throughput import picture_operations, product_rate

    from diamond_cutter.precompute.backbones import catalogue
    from diamond_cutter.precompute.rendering.readings import reading
    from diamond_cutter.precompute.rendering.units import Family, channel

    backbone = catalogue.load("efficientnet-lite0")
    operations, recipe = product_rate(), recipe_of(chosen)
    print(
        f"matrix product {operations / 1e9:.0f} GFLOP/s; {chosen.count} channels, {chosen.side} px"
    )
    print(f"{'layer':20}{'renderer':15}{'CPU s':>8}{'times':>7}{'padded':>8}{'unpadded':>10}")
    for layer_name in chosen.layers.split(","):
        layer = backbone.layer(layer_name)
        stride = max((layer.channels - chosen.first) // chosen.count, 1)
        channels = np.arange(chosen.first, layer.channels, stride)[: chosen.count]
        read = reading(backbone, layer, Family.CHANNEL)
        floor = picture_operations(recipe, read.network, chosen.side) / operations
        own = 0.0
        for name in chosen.renderers.split(","):
            render = make(
                name, backbone, layer, Family.CHANNEL, recipe, chosen.seed,
                side=chosen.side, keep=chosen.keep,
            )  # fmt: skip
            images, seconds = render([channel(layer, int(index)) for index in channels])
            own = seconds if name == "diamond" else own
            scores = []
            for padded in (True, False):
                total = np.zeros(len(images))
                for view in views(images, padded=padded):
                    pooled = np.concatenate(
                        [np.asarray(read.network(part)).mean((1, 2)) for part in split(view)]
                    )
                    z = (pooled - read.mean) / read.spread
                    total += z[range(len(channels)), channels] / VIEWS
                scores.append(total.mean())
            times = f"{seconds / own:7.1f}" if own else f"{'':7}"
            print(f"{layer_name:20}{name:15}{seconds:8.2f}{times}{scores[0]:8.2f}{scores[1]:10.2f}",
                  flush=True)  # fmt: skip
        if own:
            print(f"{layer_name:20}{'floor':15}{floor:8.2f}   {own / floor:.2f} times it in all")


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
