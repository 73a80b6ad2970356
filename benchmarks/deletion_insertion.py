"""Do heatmaps find what counts? Deletion and insertion curves (Petsiuk et al. 2018, RISE).

Cell by cell, in the order of a heatmap, the highest first, places of a photo are greyed (deletion)
or shown on grey (insertion); how the probability of the predicted class falls or rises is summed
as the area under its curve: deletion is good where it is low, insertion where it is high. Against
gradient times activation at the cut stand the same at the layer below it, the plain gradient of the
input (its absolute values: Simonyan et al. 2013) and random orders, all by the network's own head.
"""

import argparse
from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attributor import BATCH, Attributor
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.pretrained_head import cut_head
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.photos.images.image_decoding import decode

CELLS = 7
STEPS = np.arange(0, CELLS * CELLS + 1, 7)
"""How many cells are changed, along a curve."""
ORDERS = 4
"""Random orders that are averaged."""
SCENES = ("chelsea", "coffee", "rocket", "astronaut")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, help="a folder of photos; else scikit-image's")
    parser.add_argument("--most", type=int, default=32, help="photos of the folder, spread over it")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--below", default="block6d_add", help="the layer below the cut")
    options = parser.parse_args()

    backbone = catalogue.load(options.model)
    own = cut_head(backbone)
    cut, head = own.cut, own.layers
    attributor = Attributor(backbone, [options.below, cut.name], own.pooling)
    images = read(options.photos, options.most, backbone.input_size)
    network = tf.function(lambda batch: backbone.model(batch, training=False))
    random = np.random.default_rng(0)
    areas: dict[str, list[tuple[float, float]]] = {}
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        logits, answers = attributor.ask(batch, np.full(len(batch), -1), head)
        saliency = plain_gradient(backbone.model, batch, logits.argmax(axis=1))
        for number, image in enumerate(batch):
            label = int(logits[number].argmax())
            maps = {
                f"gradient x activation at {cut.name}": answers[cut.name].arrays,
                f"gradient x activation at {options.below}": answers[options.below].arrays,
            }
            ranked = {name: arrays["heatmap"][number, 1] for name, arrays in maps.items()}
            ranked["plain gradient of the input"] = saliency[number]
            for name, heatmap in ranked.items():
                area = curves(network, image, heatmap, label)
                areas.setdefault(name, []).append(area)
            orders = [random.random((CELLS, CELLS)) for _ in range(ORDERS)]
            tried = [curves(network, image, order, label) for order in orders]
            areas.setdefault("random", []).append(tuple(np.mean(tried, axis=0)))
    print(f"{options.model}, {len(images)} photos, the predicted class; area under the curve, 0..1")
    print(f"{'order':44}deletion (low is good)  insertion (high is good)")
    for name, found in areas.items():
        deletion, insertion = np.mean(found, axis=0)
        print(f"{name:44}{deletion:8.3f}{insertion:24.3f}")


def read(folder: Path | None, most: int, size: int) -> NDArray[np.float32]:
    if folder is None:
        scenes = [getattr(skimage.data, name)() for name in SCENES]
        return np.stack([prepare(scene, size) for scene in scenes])
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".jpg", ".png"))
    chosen = files[:: max(1, len(files) // most)][:most]
    return np.stack([prepare(decode(file).image, size) for file in chosen])


def plain_gradient(network, images, labels):  # type: ignore[no-untyped-def]
    """The absolute gradient of each photo's logit by its pixels, summed over cells: (n, 7, 7)."""
    batch = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        logit = tf.reduce_sum(tf.gather(network(batch, training=False), labels, batch_dims=1))
    slope = np.abs(tape.gradient(logit, batch).numpy()).sum(axis=-1)
    side = images.shape[1] // CELLS
    inside = slope[:, : side * CELLS, : side * CELLS]
    return inside.reshape(len(images), CELLS, side, CELLS, side).sum(axis=(2, 4))


def curves(network, image, heatmap, label):  # type: ignore[no-untyped-def]
    """The areas under the curves of deletion and insertion of a photo."""
    size = image.shape[0]
    rows, columns = heatmap.shape
    order = np.argsort(-heatmap.ravel(), kind="stable")
    rank = np.empty(order.size, int)
    rank[order] = np.arange(order.size)
    places = np.arange(size)
    near = rank.reshape(rows, columns)[
        np.minimum(places * rows // size, rows - 1)[:, None],
        np.minimum(places * columns // size, columns - 1)[None],
    ]
    grey = image.mean(axis=(0, 1))
    first = [(near < step)[..., None] for step in STEPS]
    gone = np.stack([np.where(mask, grey, image) for mask in first])
    shown = np.stack([np.where(mask, image, grey) for mask in first])
    odds = network(np.concatenate([gone, shown]).astype(np.float32)).numpy()
    share = np.exp(odds - odds.max(axis=1, keepdims=True))
    share = (share / share.sum(axis=1, keepdims=True))[:, label]
    deletion, insertion = share[: len(STEPS)], share[len(STEPS) :]
    return float(np.mean(deletion)), float(np.mean(insertion))


if __name__ == "__main__":
    main()
