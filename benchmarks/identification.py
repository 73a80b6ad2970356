"""Identification: shown the picture of a channel, is that channel the one that speaks most?

For channels of Lite0 at several depths: the share of pictures whose own channel has the highest
natural z-score of all the layer's, whole, degraded and hard degraded (the means over the
degradations of each kind). A z-score is how far a channel's mean over places lies above its natural
mean, in its natural spread. Pictures are shown at their own side, but for one of the hard
degradations, which enlarges them to 224 pixels. Seconds are of one thread's CPU time a picture.

With --photos, natural means and spreads are those of photos, and there are three things more: how
the photos that excite the channels most would fare ("photos"); how many times as strong as the best
photo a picture is, at the median ("times"); and the rate by a probe, which knows Lite0's channels
only as far as a ridge regression predicts them from Lite1's on the photos ("probe").
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from contestants import (
    DEGRADED,
    ENLARGED,
    HARD,
    Images,
    make,
    one_thread,
    parser,
    recipe_of,
    resized,
    save_sheet,
)
from numpy.typing import NDArray
from PIL import Image

LAYERS = "block2b_add,block4a_project_bn,block5b_add,block6c_add,block7a_project_bn,top_activation"
PENALTY = 1.0
"""Of the ridge regression, in photos, for features of spread 1."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ChannelStatistics:
    """What a layer's channels do on photos, and how another network's channels tell of it."""

    photos: Images
    z: Floats
    mean: Floats
    spread: Floats
    probe: Callable[[Images], Floats]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--count", type=int, default=48, help="channels of each layer, at most")
    options.add_argument("--first", type=int, default=1, help="the first channel of the selection")
    options.add_argument("--photos", default="", metavar="FOLDER", help="natural photos")
    options.add_argument("--most", type=int, default=300, help="photos to look at")
    chosen = options.parse_args()
    one_thread()

    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.target_readings import reading
    from diamond_cutter.precompute.rendering.targets import Family, channel

    backbone = catalogue.load("efficientnet-lite0")
    other = catalogue.load("efficientnet-lite1") if chosen.photos else None
    rows = []
    print(
        f"{'layer':20}{'renderer':15}{'s':>7}{'plain':>8}{'degraded':>10}{'hard':>7}{'probe':>7}"
        f"{'times':>7}   each hard"
    )
    for layer_name in chosen.layers.split(","):
        layer = backbone.layer(layer_name)
        units = reading(backbone, layer, Family.CHANNEL)
        mean, spread, nature = units.mean, units.spread, None
        if other is not None:
            judge = reading(other, other.layer(layer_name), Family.CHANNEL)
            photos = read_photos(Path(chosen.photos), chosen.most, chosen.seed)
            nature = look(photos, units.network, judge.network)
            mean, spread = nature.mean, nature.spread
        stride = max((layer.channels - chosen.first) // chosen.count, 1)
        channels = np.arange(chosen.first, layer.channels, stride)[: chosen.count]
        names = [*chosen.renderers.split(","), *(["photos"] if nature else [])]
        for name in names:
            if nature and name == "photos":
                images, seconds = nature.photos[nature.z.argmax(0)[channels]], 0.0
            else:
                recipe, seed = recipe_of(chosen), chosen.seed
                render = make(name, backbone, layer, Family.CHANNEL, recipe, seed, keep=chosen.keep)
                images, seconds = render([channel(layer, int(index)) for index in channels])
            rows.append(images)
            rates = {}
            for kind, degrade in {**DEGRADED, **HARD}.items():
                shown = degrade(images)
                if kind != ENLARGED:
                    shown = resized(shown, images.shape[1])
                z = (pooled(units.network, shown) - mean) / spread
                rates[kind] = float(np.mean(z.argmax(1) == channels))
            degraded = np.mean([rates[kind] for kind in DEGRADED if kind != "plain"])
            hard = np.mean([rates[kind] for kind in HARD])
            probed = times = ""
            if nature:
                probed = f"{np.mean(nature.probe(images).argmax(1) == channels):.2f}"
                z = (pooled(units.network, images) - mean) / spread
                best = np.maximum(nature.z.max(0)[channels], 1e-6)
                times = f"{np.median(z[range(len(channels)), channels] / best):.1f}"
            each = " ".join(f"{rates[kind]:.2f}" for kind in HARD)
            print(
                f"{layer_name:20}{name:15}{seconds:7.2f}{rates['plain']:8.2f}{degraded:10.2f}"
                f"{hard:7.2f}{probed:>7}{times:>7}   {each}",
                flush=True,
            )
    if chosen.sheet:
        save_sheet(chosen.sheet, rows)


def pooled(network: Any, images: Images) -> Floats:
    """Each channel's mean over places, (N, C), eight pictures at a time."""
    parts = [
        np.asarray(network(images[start : start + 8].astype(np.float32) / 255)).mean((1, 2))
        for start in range(0, len(images), 8)
    ]
    return np.concatenate(parts).astype(np.float64)


def read_photos(folder: Path, most: int, seed: int) -> Images:
    """Some of a folder's photos, stretched to 128 pixels."""
    files = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    )
    if not files:
        raise SystemExit(f"{folder}: expected .jpg or .png files, got none")
    some = np.random.default_rng(seed).permutation(len(files))[:most]
    photos = []
    for number in some:
        with Image.open(files[number]) as photo:
            photos.append(np.asarray(photo.convert("RGB").resize((128, 128))))
    return np.stack(photos)


def look(photos: Images, network: Any, judge: Any) -> ChannelStatistics:
    """What the layer says of photos, and a probe of it that has only the judge's layer."""
    seen, told = pooled(network, photos), pooled(judge, photos)
    mean, spread = seen.mean(0), np.maximum(seen.std(0), 1e-3 * np.median(seen.std(0)))
    centre, scale = told.mean(0), np.maximum(told.std(0), 1e-3 * np.median(told.std(0)))
    features, targets = (told - centre) / scale, (seen - mean) / spread
    # Of two equal solutions the one with a system as large as the photos are many.
    kernel = features @ features.T + PENALTY * len(photos) * np.eye(len(photos))
    weights = features.T @ np.linalg.solve(kernel, targets)

    def probe(images: Images) -> Floats:
        return np.asarray((pooled(judge, images) - centre) / scale @ weights)

    return ChannelStatistics(photos, targets, mean, spread, probe)


if __name__ == "__main__":
    main()
