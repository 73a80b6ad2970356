"""Difficult networks: do the recipes hold for every family, and do strides show as checkerboards?

For some cuts of each network, from shallow to deep: the CPU seconds of a picture, with tracing; the
share of channels that a first step changes (whose gradient on grey with noise is not zero); the
median score; the share of pictures that are flagged; and the share whose own channel has the
highest natural z-score of all. Then how far the spectrum stands out at periods of 2, 4, 8 and 16
pixels, where the grids of strided layers lie (Odena, Dumoulin and Olah, "Deconvolution and
checkerboard artifacts", Distill 2016); with --still, also that of pictures made by ascent on pixels
that never move, which have such grids.

A network whose weights are not here gets random ones, and its norms the moments that the photos of
scikit-learn have in it: that shows what works and what it costs, not what is seen.
"""

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from contestants import Images, one_thread, parser, recipe_of, save_sheet
from identification import pooled
from numpy.typing import NDArray

from diamond_cutter.command.configuration import share_models

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone
    from diamond_cutter.precompute.rendering.target_readings import ChannelReading
    from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

FAMILIES = (
    "ConvNeXtTiny,DenseNet121,EfficientNetB0,EfficientNetV2B0,InceptionResNetV2,InceptionV3,"
    "MobileNet,MobileNetV2,MobileNetV3Small,NASNetMobile,ResNet50,ResNet50V2,VGG16,Xception"
)
PERIODS = (2, 4, 8, 16)
RING = 3
"""The frequencies around one, as far as so many steps away."""

STILL_STEPS, STILL_RATE = 128, 0.05
CROPS = 16


def main() -> None:
    options = parser(__doc__)
    options.set_defaults(recipe="preview")
    options.add_argument("--models", default=FAMILIES, help="names, with commas between")
    options.add_argument("--layers", default="", help="names instead of some cuts, of one model")
    options.add_argument("--cuts", type=int, default=3, help="cuts of each network")
    options.add_argument("--count", type=int, default=8, help="channels of each cut")
    options.add_argument("--config", metavar="FILE", help="settings that name own networks")
    options.add_argument("--still", action="store_true", help="ascent on pixels as well")
    chosen = options.parse_args()
    one_thread()
    share_models(chosen)

    from diamond_cutter.precompute.rendering.requests.target_pictures import render
    from diamond_cutter.precompute.rendering.target_readings import reading
    from diamond_cutter.precompute.rendering.targets import Family, channel

    print(
        f"{'network':27}{'cut':26}{'C':>5}{'stride':>7}{'s':>7}{'moves':>7}{'score':>7}"
        f"{'flagged':>9}{'own':>6}   dB at periods of {PERIODS}"
        + (", still" if chosen.still else "")
    )
    rows = []
    for name in chosen.models.split(","):
        backbone, weights = loaded(name)
        layers = [backbone.layer(each) for each in filter(None, chosen.layers.split(","))]
        for layer in layers or some_cuts(backbone, chosen.cuts):
            read = reading(backbone, layer, Family.CHANNEL)
            channels = np.linspace(0, layer.channels - 1, chosen.count + 2).astype(int)[1:-1]
            targets = [channel(layer, int(index)) for index in channels]
            began = time.process_time()
            made = render(backbone, layer, targets, recipe_of(chosen), seed=chosen.seed)
            seconds = (time.process_time() - began) / len(targets)
            rows.append(made.images)
            own = np.mean(strengths(read, made.images).argmax(1) == channels)
            grids = [checkerboard(made.images)]
            if chosen.still:
                rows.append(still(read, channels, made.images.shape[1], chosen.seed))
                grids.append(checkerboard(rows[-1]))
            shown = "   ".join(" ".join(f"{value:5.1f}" for value in grid) for grid in grids)
            print(
                f"{name + weights:27}{layer.name:26}{layer.channels:5}{layer.stride:7}"
                f"{seconds:7.2f}{moving(read, channels, made.images.shape[1]):7.2f}"
                f"{np.median(made.score):7.2f}{np.mean(made.flag > 0):9.2f}{own:6.2f}   {shown}",
                flush=True,
            )
    if chosen.sheet:
        save_sheet(chosen.sheet, rows)


def loaded(name: str) -> tuple["Backbone", str]:
    """A network, and what is to be said of its weights."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue, keras_application
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone
    from diamond_cutter.precompute.backbones.keras_runtime import keras

    entry = catalogue.find(name)
    if entry.weights_are_here() or entry.model.source != "keras.applications":
        return entry.load(), ""
    keras.utils.set_random_seed(0)
    model = keras_application.build(name, entry.model.input_size)
    settle(model)
    return Backbone.of(model, entry.model, ()), " (random)"


def settle(model: Any) -> None:
    """Let the norms of a random network hold the moments of what they see, as trained ones do."""
    from PIL import Image

    from diamond_cutter.precompute.backbones.keras_runtime import keras
    from diamond_cutter.precompute.rendering.sample_statistics import sample_crops

    norms = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    for norm in norms:
        norm.momentum = 0.0
    side = model.inputs[0].shape[1]
    photos = [Image.fromarray(crop) for crop in sample_crops()[:CROPS]]
    seen = np.stack([np.asarray(photo.resize((side, side))) for photo in photos])
    if norms:
        model(seen.astype(np.float32) / 255, training=True)


def some_cuts(backbone: "Backbone", count: int) -> list["Layer"]:
    """Cuts at even steps of depth, the last one among them."""
    cuts = [layer for layer in backbone.layers if layer.is_cut]
    return [cuts[round((step + 1) * len(cuts) / count) - 1] for step in range(count)]


def strengths(read: "ChannelReading", images: Images) -> NDArray[np.float64]:
    """The natural z-score of each channel's mean over places, (N, C)."""
    return np.asarray((pooled(read.network, images) - read.mean) / read.spread)


def moving(read: "ChannelReading", channels: NDArray[Any], side: int) -> float:
    """The share of channels whose gradient at a first picture, grey with noise, is not zero."""
    from diamond_cutter.precompute.backbones.keras_runtime import keras
    from diamond_cutter.precompute.rendering.backend.adapter import gradient

    noise = np.random.default_rng(0).normal(0, 0.04, (1, side, side, 3))
    first = keras.ops.convert_to_tensor((0.5 + np.repeat(noise, len(channels), 0)).astype("f4"))
    (slope,) = gradient(lambda images: keras.ops.sum(values(read, images, channels)), [first])
    return float(np.mean(np.asarray(slope).any((1, 2, 3))))


def values(read: "ChannelReading", images: Any, channels: NDArray[Any]) -> Any:
    """The value of each channel on its own picture, (N,)."""
    from diamond_cutter.precompute.backbones.keras_runtime import keras
    from diamond_cutter.precompute.rendering.objective import leaky

    ops = keras.ops
    chosen = np.eye(len(read.mean), dtype=np.float32)[channels]
    z = (read.network(images) - read.mean) / read.spread
    return ops.mean(leaky(ops.einsum("bhwc,bc->bhw", z, chosen)), axis=(1, 2))


def still(read: "ChannelReading", channels: NDArray[Any], side: int, seed: int) -> Images:
    """Ascent on the pixels themselves, by Adam, of pictures that never move."""
    from diamond_cutter.precompute.backbones.keras_runtime import keras
    from diamond_cutter.precompute.rendering import ascent
    from diamond_cutter.precompute.rendering.backend import adapter

    ops = keras.ops

    def objective(pixels: Any) -> Any:
        return ops.sum(values(read, ops.sigmoid(pixels), channels))

    @adapter.compiled
    def step(pixels: Any, moments: Any, number: Any) -> Any:
        (slope,) = adapter.gradient(objective, [pixels])
        return ascent.ascend(pixels, slope, moments, number, STILL_RATE)

    noise = np.random.default_rng(seed).normal(0, 0.04, (len(channels), side, side, 3))
    pixels = ops.convert_to_tensor(noise.astype(np.float32))
    moments = ascent.no_moments(pixels)
    for number in range(1, STILL_STEPS + 1):
        pixels, moments = step(pixels, moments, np.float32(number))
    return np.asarray(ops.round(255 * ops.sigmoid(pixels))).astype(np.uint8)


def checkerboard(images: Images) -> list[float]:
    """How far the spectrum of (N, S, S, 3) pictures stands out at each of PERIODS, in decibels.

    Of the mean power at that period along rows, along columns and along both, against the median
    of the frequencies around: 0 where nothing repeats. Pictures are windowed, so that their
    borders say nothing; nan where the period does not divide their side.
    """
    grey = images.mean(-1) / 255
    side = grey.shape[1]
    window = np.hanning(side)
    flat = grey - grey.mean((1, 2), keepdims=True)
    power = np.abs(np.fft.fft2(flat * np.outer(window, window))) ** 2
    power = (power / power.mean((1, 2), keepdims=True)).mean(0)
    found = []
    for period in PERIODS:
        step = side // period
        places = [(step, 0), (0, step), (step, step), (-step, step)]
        ratios = [power[place] / np.median(around(power, place)) for place in places]
        found.append(float(10 * np.log10(np.mean(ratios))) if side % period == 0 else float("nan"))
    return found


def around(power: NDArray[np.float64], place: tuple[int, int]) -> NDArray[np.float64]:
    """The power at the frequencies next to a place, but for those that the window ties to it."""
    steps = range(-RING, RING + 1)
    return np.array(
        [
            power[(place[0] + down) % len(power), (place[1] + across) % len(power)]
            for down in steps
            for across in steps
            if max(abs(down), abs(across)) == RING
        ]
    )


if __name__ == "__main__":
    main()
