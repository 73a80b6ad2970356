"""Identification: shown the picture of a channel, is that channel the one that speaks most?

For channels of Lite0 at several depths: the share of pictures whose own channel has the highest
natural z-score of all the layer's, whole, degraded and hard degraded (the means over the
degradations of each kind). A z-score is how far a channel's mean over places lies above its natural
mean, in its natural spread. Pictures are shown at their own side, but for one of the hard
degradations, which enlarges them to 224 pixels. Seconds are of one thread's CPU time a picture.
"""

import numpy as np
from contestants import (
    DEGRADED,
    ENLARGED,
    HARD,
    make,
    one_thread,
    parser,
    recipe_of,
    resized,
    save_sheet,
)

LAYERS = "block2b_add,block4a_project_bn,block5b_add,block6c_add,block7a_project_bn,top_activation"


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--count", type=int, default=48, help="channels of each layer, at most")
    options.add_argument("--first", type=int, default=1, help="the first channel of the selection")
    chosen = options.parse_args()
    one_thread()

    from diamond_cutter.precompute.backbones import catalogue
    from diamond_cutter.precompute.rendering.readings import reading
    from diamond_cutter.precompute.rendering.units import Family, channel

    backbone = catalogue.load("efficientnet-lite0")
    rows = []
    print(f"{'layer':16}{'renderer':15}{'s':>7}{'plain':>8}{'degraded':>10}{'hard':>7}   each hard")
    for layer_name in chosen.layers.split(","):
        layer = backbone.layer(layer_name)
        units = reading(backbone, layer, Family.CHANNEL)
        stride = max((layer.channels - chosen.first) // chosen.count, 1)
        channels = np.arange(chosen.first, layer.channels, stride)[: chosen.count]
        for name in chosen.renderers.split(","):
            render = make(name, backbone, layer, Family.CHANNEL, recipe_of(chosen), chosen.seed)
            images, seconds = render([channel(layer, int(index)) for index in channels])
            rows.append(images)
            rates = {}
            for kind, degrade in {**DEGRADED, **HARD}.items():
                shown = degrade(images)
                if kind != ENLARGED:
                    shown = resized(shown, images.shape[1])
                shown = shown.astype(np.float32) / 255
                pooled = np.concatenate(
                    [
                        np.asarray(units.network(shown[start : start + 8])).mean((1, 2))
                        for start in range(0, len(shown), 8)
                    ]
                )
                z = (pooled - units.mean) / units.spread
                rates[kind] = float(np.mean(z.argmax(1) == channels))
            degraded = np.mean([rates[kind] for kind in DEGRADED if kind != "plain"])
            hard = np.mean([rates[kind] for kind in HARD])
            each = " ".join(f"{rates[kind]:.2f}" for kind in HARD)
            print(
                f"{layer_name:16}{name:15}{seconds:7.2f}{rates['plain']:8.2f}{degraded:10.2f}"
                f"{hard:7.2f}   {each}",
                flush=True,
            )
    if chosen.sheet:
        save_sheet(chosen.sheet, rows)


if __name__ == "__main__":
    main()
