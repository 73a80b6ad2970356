"""Attribution for the made-up studies, written by the real writer: it sums up, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import zarr
from numpy.typing import NDArray
from PIL import Image
from sample_graph import make_graphs
from sample_study import MadeStudy, colour_of_photo, label_of

from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.attribution.attribution_graphs import write_graphs
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    MAPS,
    TOP,
    Channels,
    ClassAttribution,
    ClassGroups,
    Explained,
    ExplainedCut,
    ExplainedLayer,
    LayerView,
    PhotoGroups,
    Pictures,
    Shortcut,
)
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.study.study_reader import open_studies, study_group

PICTURE = 128
"""Side in pixels of a photo's picture: twice the input of the made-up networks."""
GROUPS, PICTURES, SIDE = 3, 2, 16
"""Neuron groups, pictures of a class, and the side of those."""
PICTURED = (4, 7)
"""Photos whose own groups have pictures."""
PART = 16
"""Photos in a part."""


@dataclass(frozen=True)
class MadeLayer:
    """A layer to make up: so many channels, and cells a side."""

    name: str
    index: int
    channels: int
    side: int


LAYERS = {
    ("tiny-net", "block1"): (MadeLayer("stem", 0, 20, 14), MadeLayer("block1", 2, 300, 7)),
    ("far.net_2", "block3"): (MadeLayer("conv1", 0, 24, 28), MadeLayer("block3", 5, 40, 4)),
}
"""The cuts of "pets" that are explained, the recommended one first, and their layers."""


def write_attribution(address: str, made: MadeStudy) -> None:
    """Explain all held-out photos of a study that is there, at the cuts of `LAYERS` it has."""
    studies = open_studies(address, "r+")
    study, slot = subgroup(studies, made.name), study_group(studies, made.name)
    cuts = [pair for pair in LAYERS if pair in {(cut.model, cut.name) for cut in made.cuts}]
    fold = np.asarray(array(slot, "photos/fold")[:])
    photos = np.flatnonzero(fold >= 0).astype(np.int32)
    for model, cut in cuts:
        _write_cut(slot, study, made, photos, model, cut)
    settings = {"cuts": ["best"], "layers": ["cuts"], "photos": "all", "method": "gradient"}
    attribution_writer.finish(slot, Explained(made.name, False, len(photos), cuts, settings))


def _write_cut(
    slot: zarr.Group,
    study: zarr.Group,
    made: MadeStudy,
    photos: NDArray[np.int32],
    model: str,
    cut: str,
) -> None:
    layers = LAYERS[model, cut]
    names, parts, rows = [], np.zeros(len(photos), np.int32), np.zeros(len(photos), np.int32)
    for start in range(0, len(photos), PART):
        inside = photos[start : start + PART]
        names.append(f"{model}-{cut}-{start}")
        parts[start : start + PART] = start // PART
        rows[start : start + PART] = np.arange(len(inside))
        logits = np.stack([logit_of(made, int(photo)) for photo in inside])
        labels = [label_of(made, int(photo)) for photo in inside]
        views = {
            layer.name: _view(layer, inside, logits, labels, at_cut=layer is layers[-1])
            for layer in layers
        }
        keys = [f"{photo:064x}" for photo in inside]
        pictures = [picture_of(int(photo)) for photo in inside]
        places = {layer.name: (layer.side, layer.side) for layer in layers}
        attribution_writer.write_shard(
            study, f"{model}-made", names[-1], keys, logits, pictures, views, places
        )
    shown = list(range(len(made.classes)))
    explained = ExplainedCut(
        model=model,
        cut=cut,
        input_size=PICTURE // 2,
        classes=list(made.classes),
        shown=shown,
        pooling="average",
        linear=True,
        method="gradient",
        steps=0,
        layers=[_layer(layer) for layer in layers],
        shortcuts=[
            Shortcut(
                "corners",
                1,
                cut,
                0.62,
                0.08,
                [(0, 0)],
                [int(photo) for photo in photos[:4]],
                f"62 % of what speaks for {made.classes[1]} lies in the corners, where 8 % is "
                "usual",
            )
        ],
    )
    group = attribution_writer.write_cut(
        slot, explained, f"{model}-made", names, (photos, parts, rows)
    )
    for layer in layers:
        attribution_writer.write_table(
            group, f"layers/{layer.name}/sums", _sums(layer, made, photos)
        )
        attribution_writer.write_table(
            group, f"layers/{layer.name}/channels", _channels(layer, shown, photos)
        )
    attribution_writer.write_pictures(group, _pictures(shown))
    attribution_writer.write_class_groups(group, _class_groups(layers[-1], shown, photos))
    attribution_writer.write_photo_groups(group, _photo_groups())
    logits = np.stack([logit_of(made, int(photo)) for photo in photos])
    labels = np.array([label_of(made, int(photo)) for photo in photos])
    depths = [(layer.name, layer.channels) for layer in layers]
    write_graphs(group, make_graphs(depths, photos, logits.argmax(axis=1), labels, len(shown)))


def logit_of(made: MadeStudy, photo: int) -> NDArray[np.float32]:
    """(K,) logits: of one photo in four the highest is not that of its class."""
    values = _random("logit", photo).normal(size=len(made.classes))
    values[(label_of(made, photo) + (photo % 4 == 0)) % len(made.classes)] = 4
    return values.astype(np.float32)


def picture_of(photo: int) -> bytes:
    """A picture of two colours, that of the thumbnail on the left, as WebP."""
    image = np.full((PICTURE, PICTURE, 3), colour_of_photo(photo), np.uint8)
    image[:, PICTURE // 2 :] = 255 - image[:, PICTURE // 2 :]
    written = BytesIO()
    Image.fromarray(image).save(written, "WEBP", quality=80)
    return written.getvalue()


def targets_of(logit: NDArray[np.float32], label: int, at_cut: bool) -> list[tuple[int, int]]:
    """The targets of a photo as the contract orders them."""
    order = [int(each) for each in np.argsort(-logit)]
    first, second = order[:2]
    errs = label not in (first, second)
    if errs:
        order.remove(label)
        order.insert(2, label)
    classes = order if at_cut else order[:3]
    pairs = [(first, second), *((each, -1) for each in classes)]
    return pairs + ([(first, label)] if errs else [])


def _view(
    layer: MadeLayer,
    photos: NDArray[np.int32],
    logits: NDArray[np.float32],
    labels: Sequence[int],
    *,
    at_cut: bool,
) -> LayerView:
    """Dense made-up attribution (side, side, C) of every class, cut down as the contract says."""
    views = [
        _one(layer, int(photo), logit, label, at_cut, 2 + (len(logit) if at_cut else 3))
        for photo, logit, label in zip(photos, logits, labels, strict=True)
    ]
    return LayerView(*(np.stack(values) for values in zip(*views, strict=True)))


def _one(
    layer: MadeLayer,
    photo: int,
    logit: NDArray[np.float32],
    label: int,
    at_cut: bool,
    count: int,
) -> tuple[NDArray[np.generic], ...]:
    generator = _random(layer.name, photo)
    shape = (layer.side, layer.side, layer.channels)
    activation = np.maximum(generator.normal(size=shape), 0).astype(np.float32)
    weight = generator.normal(size=(len(logit), layer.channels)) / layer.side**2
    dense = {k: activation * weight[k] for k in range(len(logit))}
    target = np.full((count, 2), -1, np.int32)
    wanted = targets_of(logit, label, at_cut)
    target[: len(wanted)] = wanted
    whole = np.zeros((count, *shape), np.float32)
    bias = np.zeros(count, np.float32)
    for index, (label_, minus) in enumerate(wanted):
        whole[index] = dense[label_] - (dense[minus] if minus >= 0 else 0)
        reached = logit[label_] - (logit[minus] if minus >= 0 else 0)
        bias[index] = reached - whole[index].sum() - (0 if at_cut else 0.2)
    order = np.argsort(-whole, axis=-1)
    cell_channel = np.concatenate([order[..., :TOP], order[..., : -TOP - 1 : -1]], axis=-1)
    active = np.argsort(-activation, axis=-1)[..., :TOP]
    flat = activation.reshape(-1, layer.channels)
    mapped = np.argsort(-np.abs(whole[0].sum((0, 1))))[:MAPS]
    group_map = generator.random((GROUPS, layer.side, layer.side)).astype(np.float32)
    return (
        target,
        whole.sum((1, 2, 3)),
        bias,
        whole.sum(-1),
        whole.sum((1, 2)),
        cell_channel.astype(np.uint16),
        np.take_along_axis(whole, cell_channel, -1),
        active.astype(np.uint16),
        np.take_along_axis(activation, active, -1),
        mapped.astype(np.uint16),
        activation[..., mapped].transpose(2, 0, 1),
        flat.mean(0),
        np.square(flat).mean(0),
        (flat == 0).mean(0).astype(np.float32),
        flat.max(0),
        flat.argmax(0).astype(np.int32),
        group_map,
        generator.random((GROUPS, layer.channels)).astype(np.float32),
        generator.normal(size=(count, GROUPS)).astype(np.float32),
    )


def _layer(layer: MadeLayer) -> ExplainedLayer:
    return ExplainedLayer(
        name=layer.name,
        index=layer.index,
        channels=layer.channels,
        height=layer.side,
        width=layer.side,
        rows=layer.side,
        columns=layer.side,
        block=1,
        receptive_field=19 if layer.index else None,
        stride=4 if layer.index else None,
        shortfall=0.2 if layer.index == 0 else 0.0,
    )


def _sums(layer: MadeLayer, made: MadeStudy, photos: NDArray[np.int32]) -> ClassAttribution:
    classes = range(len(made.classes))
    target = [(-1, -1), *((k, -1) for k in classes)]
    target += [(k, j) for k in classes for j in classes if j != k]
    generator = _random(layer.name, 1)
    mean = generator.normal(size=(len(target), layer.channels)).astype(np.float32)
    spread = generator.random(mean.shape).astype(np.float32)
    labels = np.array([label_of(made, int(photo)) for photo in photos])
    counts = [len(photos) if k < 0 else int((labels == k).sum()) for k, _ in target]
    steps = np.array([-1.6, -0.7, 0, 0.7, 1.6], np.float32)[:, None]
    heatmap = generator.normal(size=(len(target), layer.side, layer.side)).astype(np.float32)
    return ClassAttribution(
        np.array(target, np.int32),
        np.array(counts, np.int32),
        mean,
        spread,
        mean[:, None] + steps * spread[:, None],
        heatmap,
    )


def _channels(layer: MadeLayer, shown: list[int], photos: NDArray[np.int32]) -> Channels:
    generator = _random(layer.name, 2)
    count = layer.channels

    def floats(*shape: int) -> NDArray[np.float32]:
        return generator.random(shape).astype(np.float32)

    def some(number: int) -> NDArray[np.int32]:
        return np.stack([generator.permutation(photos)[:number] for _ in range(count)])

    def places(number: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        place = generator.integers(layer.side, size=(count, number, 2)).astype(np.int32)
        step = PICTURE // 2 // layer.side
        corner = place[..., ::-1] * step
        return place, np.concatenate([corner, corner + step], axis=-1).astype(np.int32)

    examples, hardly = places(9), places(3)
    return Channels(
        mean=floats(count),
        spread=floats(count),
        peak=1 + floats(count),
        zero=floats(count),
        class_mean=floats(len(shown), count),
        selectivity=floats(count),
        example_photo=some(9),
        example_value=1 + np.sort(floats(count, 9))[:, ::-1],
        example_place=examples[0],
        example_box=examples[1],
        hardly_photo=some(3),
        hardly_value=0.1 * np.sort(floats(count, 3)),
        hardly_place=hardly[0],
        hardly_box=hardly[1],
        matter_photo=some(6),
        matter_value=np.sort(floats(count, 6))[:, ::-1] - 0.5,
    )


def _pictures(shown: list[int]) -> Pictures:
    colours = np.array([colour_of_photo(label + 3) for label in shown], np.uint8)
    plain = np.broadcast_to(colours[:, None, None, None], (len(shown), PICTURES, SIDE, SIDE, 3))
    return Pictures(np.array(shown, np.int32), plain, 255 - plain)


def _class_groups(layer: MadeLayer, shown: list[int], photos: NDArray[np.int32]) -> ClassGroups:
    generator = _random(layer.name, 3)
    count, shape = len(shown), (layer.side, layer.side)
    photo = np.stack([generator.permutation(photos)[:4] for _ in shown])
    return ClassGroups(
        label=np.array(shown, np.int32),
        photo=photo,
        map=generator.random((count, 4, GROUPS, *shape)).astype(np.float32),
        direction=generator.random((count, GROUPS, layer.channels)).astype(np.float32),
        value=generator.normal(size=(count, GROUPS)).astype(np.float32),
        picture=np.broadcast_to(np.array([40, 90, 160], np.uint8), (count, GROUPS, SIDE, SIDE, 3)),
    )


def _photo_groups() -> PhotoGroups:
    plain = np.array([160, 90, 40], np.uint8)
    return PhotoGroups(
        np.array(PICTURED, np.int32),
        np.broadcast_to(plain, (len(PICTURED), GROUPS, SIDE, SIDE, 3)),
    )


def _random(name: str, number: int) -> np.random.Generator:
    return np.random.default_rng([number, *name.encode()])
