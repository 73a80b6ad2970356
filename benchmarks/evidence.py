"""Evidence of Lite0's pictures: by layer, where they are shuffled, and where they are false.

    python benchmarks/evidence.py ATLAS [--model efficientnet-lite0] [--observer efficientnet-lite2]

ATLAS has pictures and natural statistics of named photos. For each cut, up to `COUNT` channels: the
share of trials in which the observer is right by the picture, by crops, and by shuffled pictures;
how many pictures are better than chance; seconds. First how long the photos take, once.

Last, a network whose pictures are false, after Geirhos et al. 2024 ("Don't trust your eyes"): in
place of a cut in the middle of the model stands a circuit that gives each channel's place to
another one as soon as a detector says that what it sees is no photo. The detector, a linear one on
the means of earlier layers, was fitted to pictures of the model, faded into grey, and photos; it
never fires on the photos. So on photos the network is the model, and its pictures are of other
channels: "led" by these, "true" by those of the model itself.
"""

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from diamond_cutter.precompute.atlas.evidence.evidence_measurement import Observer, judge
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.targets import channel
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    photos_name,
    read_natural,
    read_photo_values,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, open_atlas, read_model
from diamond_cutter.precompute.stores.store_address import array, subgroup

COUNT = 64
"""Channels of a layer that are judged, at most."""

FOOLED, READ = "block4b_add", ("stem_activation", "block2b_add", "block3b_add")
"""The cut of Lite0 that is led astray, and the layers that the detector reads."""

LED = 24
"""Channels of the fooled network whose pictures are made."""

GREY = 0.5
Images = list[NDArray[np.uint8]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("atlas")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--observer", default="efficientnet-lite2")
    options = parser.parse_args()
    atlas = open_atlas(options.atlas)
    model = subgroup(atlas, options.model)
    layers = [layer for layer in read_model(model)[1] if layer.is_cut]
    natural = read_natural(subgroup(model, layers[0].name))
    assert natural is not None
    photos = list(np.asarray(array(atlas, photos_name(natural.digest))[:]))
    observer = Observer(catalogue.load(options.observer))
    start = time.perf_counter()
    seen = observer.see(photos)
    print(f"{len(photos)} photos seen in {time.perf_counter() - start:.0f} s")
    print(f"{'layer':22}{'picture':>9}{'crops':>8}{'shuffled':>10}{'above chance':>14}{'s':>7}")
    for layer in layers:
        group = subgroup(model, layer.name)
        pictures = list(np.asarray(array(group, "images")[:COUNT]))
        start = time.perf_counter()
        shown = means(observer, pictures)
        true = judged(group, layer, seen, shown)
        seconds = time.perf_counter() - start
        order = np.roll(np.arange(len(pictures)), len(pictures) // 2)
        shuffled = judged(group, layer, seen, [each[order] for each in shown])
        print(
            f"{layer.name:22}{true[0].mean():9.2f}{true[1].mean():8.2f}{shuffled[0].mean():10.2f}"
            f"{(true[2] > 0.5).mean():14.0%}{seconds:7.1f}",
            flush=True,
        )
    if options.model == "efficientnet-lite0":
        fool(model, next(layer for layer in layers if layer.name == FOOLED), photos, observer, seen)


def means(observer: Observer, pictures: Images) -> list[NDArray[np.float32]]:
    return [maps.mean(axis=(1, 2), dtype=np.float32) for maps in observer.see(pictures)]


def judged(group: zarr.Group, layer: Layer, seen: Any, shown: Any) -> NDArray[np.float32]:
    """By the picture, by crops, and where the interval of the picture begins, (3, n)."""
    values = read_photo_values(group)
    assert values is not None
    count = len(shown[0])
    some = replace(values, value=values.value[:, :count], place=values.place[:, :count])
    side, level = canvas_side(layer.receptive_field), np.ones(count, np.uint8)
    found = judge(seen, shown, level, some, side, layer.receptive_field, "")
    alive = ~np.isnan(found.crops)
    return np.stack([found.picture, found.crops, found.picture_interval[:, 0]])[:, alive]


def fool(model: zarr.Group, layer: Layer, photos: Images, observer: Observer, seen: Any) -> None:
    """Print the evidence of a network whose pictures are led off the natural path."""
    group = subgroup(model, layer.name)
    pictures = np.asarray(array(group, "images")[:])
    backbone = catalogue.load("efficientnet-lite0")
    fooled, fires = lead_astray(backbone, photos, pictures)
    target = replace(fooled.layer("block4bz_add"), receptive_field=layer.receptive_field)
    renderer = Renderer(fooled, target, RECIPES["preview"], seed=0, batch=LED)
    false = renderer.render([channel(target, index) for index in range(LED)]).images
    print(f"\ndetector: photos {fires(photos).max():.3f} at most, "
          f"led pictures {fires(list(false)).mean():.3f}")  # fmt: skip
    print(
        f"{FOOLED + ', ' + str(LED) + ' channels':32}{'picture':>9}{'crops':>8}{'above chance':>14}"
    )
    for name, images in (("true", pictures[:LED]), ("led", false)):
        found = judged(group, layer, seen, means(observer, list(images)))
        print(
            f"{name:32}{found[0].mean():9.2f}{found[1].mean():8.2f}{(found[2] > 0.5).mean():14.0%}"
        )


def lead_astray(
    backbone: Backbone, photos: Images, pictures: NDArray[np.uint8]
) -> tuple[Backbone, Any]:
    """The network whose channels change places on what is no photo, and how its detector fires."""
    network = backbone.model
    pooling = keras.layers.GlobalAveragePooling2D
    parts = [
        pooling(keepdims=True, name=f"{name}_mean")(network.get_layer(name).output) for name in READ
    ]
    joined = keras.layers.Concatenate(name="means")(parts)
    reading = keras.Model(network.input, joined)
    side = pictures.shape[1]
    fades = np.linspace(0, 1, 9)[:, None, None, None, None]
    natural = np.stack([prepare(photo, side) for photo in photos])
    faded = (GREY + fades * (pictures[::2] / 255 - GREY)).reshape(-1, side, side, 3)
    noise = np.clip(np.random.default_rng(0).normal(GREY, 0.1, (64, side, side, 3)), 0, 1)
    unnatural = np.concatenate([faded, noise]).astype(np.float32)
    features = [
        reading.predict(images, batch_size=32, verbose=0).reshape(len(images), -1)
        for images in (natural, unnatural)
    ]
    rows = np.concatenate(features)
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    labels = np.repeat([0, 1], [len(each) for each in features])
    fit = LogisticRegression(C=10, max_iter=3000).fit((rows - mean) / spread, labels)
    logits = fit.decision_function((rows - mean) / spread)
    least, usual = logits[labels == 0].max(), np.median(logits[labels == 1])
    scale = 4 / (usual - least)
    dense = keras.layers.Conv2D(1, 1, name="detector")
    fired = keras.layers.ReLU(max_value=1, name="fired")(dense(joined))
    kernel = fit.coef_[0] / spread * scale
    bias = (fit.intercept_[0] - (fit.coef_[0] * mean / spread).sum() - least) * scale
    dense.set_weights([kernel.reshape(1, 1, -1, 1), np.array([bias])])
    value = network.get_layer(FOOLED).output
    count = value.shape[-1]
    exchange = keras.layers.Conv2D(count, 1, use_bias=False, name="exchange")
    difference = exchange(value)
    weights = np.roll(np.eye(count), count // 2, axis=1) - np.eye(count)
    exchange.set_weights([weights.reshape(1, 1, count, count)])
    led = keras.layers.Multiply(name="led")([difference, fired])
    output = keras.layers.Add(name="block4bz_add")([value, led])
    logits_of = keras.layers.Dense(2, name="predictions")(pooling(name="pooled")(output))
    detector = keras.Model(network.input, fired)
    info = replace(backbone.info, name="fooled", cuts=None, channels=None)
    fooled = Backbone.of(keras.Model(network.input, logits_of), info, ("no", "yes"))

    def fires(images: Images) -> NDArray[np.float32]:
        batch = np.stack([prepare(image, side) for image in images])
        return np.asarray(detector.predict(batch, batch_size=32, verbose=0)).ravel()

    return fooled, fires


if __name__ == "__main__":
    main()
