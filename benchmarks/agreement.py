"""Agreement between seeds: do two pictures of one channel, begun differently, say the same?

For channels of Lite0 at several depths: the correlation between the natural z-scores that the two
pictures give all channels of the layer, the same for pictures of different channels, and the share
of pictures that are flagged.
"""

import numpy as np
from contestants import one_thread, parser, recipe_of

LAYERS = "block2b_add,block4a_project_bn,block5b_add,block6c_add,block7a_project_bn,top_activation"


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--count", type=int, default=24, help="channels of each layer")
    chosen = options.parse_args()
    one_thread()

    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.requests.target_pictures import render
    from diamond_cutter.precompute.rendering.target_readings import reading
    from diamond_cutter.precompute.rendering.targets import Family, channel

    backbone = catalogue.load("efficientnet-lite0")
    print(f"{'layer':22}{'same channel':>13}{'others':>8}{'flagged':>9}")
    for layer_name in chosen.layers.split(","):
        layer = backbone.layer(layer_name)
        stride = max(layer.channels // chosen.count, 1)
        targets = [channel(layer, index) for index in range(0, layer.channels, stride)]
        targets = targets[: chosen.count]
        read = reading(backbone, layer, Family.CHANNEL)
        profiles, flagged = [], []
        for seed in (chosen.seed, chosen.seed + 1):
            made = render(backbone, layer, targets, recipe_of(chosen), seed=seed)
            pooled = np.asarray(read.network(made.images.astype(np.float32) / 255)).mean((1, 2))
            profiles.append((pooled - read.mean) / read.spread)
            flagged.append(made.flag > 0)
        together = np.corrcoef(*profiles)[: len(targets), len(targets) :]
        same = together.diagonal().mean()
        others = (together.sum() - together.trace()) / max(together.size - len(targets), 1)
        print(f"{layer_name:22}{same:13.2f}{others:8.2f}{np.mean(flagged):9.2f}", flush=True)


if __name__ == "__main__":
    main()
