"""Contact sheets: the same channels by several renderers, at several depths, one sheet a depth."""

from pathlib import Path

import numpy as np
from contestants import make, one_thread, parser, recipe_of, resized
from PIL import Image

LAYERS = (
    "stem_activation,block2b_add,block4a_project_bn,block5b_add,block6c_add,"
    "block7a_project_bn,top_activation"
)
TILE, GAP = 144, 4


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(renderers="diamond,lucid-batched")
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--count", type=int, default=6, help="channels of each layer")
    options.add_argument("--output", default="docs/renderings", help="the folder for LAYER.webp")
    chosen = options.parse_args()
    one_thread()

    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.targets import Family, channel

    backbone = catalogue.load("efficientnet-lite0")
    Path(chosen.output).mkdir(parents=True, exist_ok=True)
    for layer_name in chosen.layers.split(","):
        layer = backbone.layer(layer_name)
        channels = np.linspace(0, layer.channels - 1, chosen.count + 2).astype(int)[1:-1]
        targets = [channel(layer, int(index)) for index in channels]
        rows = []
        for name in chosen.renderers.split(","):
            recipe, seed = recipe_of(chosen), chosen.seed
            render = make(name, backbone, layer, Family.CHANNEL, recipe, seed, keep=chosen.keep)
            images, seconds = render(targets)
            rows.append(resized(images, TILE))
            print(f"{layer_name}: {name}, {seconds:.2f} s of CPU time a picture", flush=True)
        sheet = np.full(
            (len(rows) * (TILE + GAP) - GAP, chosen.count * (TILE + GAP) - GAP, 3), 255, np.uint8
        )
        for down, row in enumerate(rows):
            for across, image in enumerate(row):
                top, left = down * (TILE + GAP), across * (TILE + GAP)
                sheet[top : top + TILE, left : left + TILE] = image
        Image.fromarray(sheet).save(Path(chosen.output) / f"{layer_name}.webp", quality=82)


if __name__ == "__main__":
    main()
