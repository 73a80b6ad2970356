"""How much of a class's logit its graph keeps, by size, against random graphs of the same size.

At each layer of the graph all channels that are no nodes are set to their mean over photos, so that
nothing passes but by nodes. What is kept is the logit of the class over that of the runner-up, as a
share of what the whole network gives, over the photos that it is right about; beside it the same
with the graph of the runner-up. Head, means and nodes are found on one half of the photos, and what
is kept is told on the other. Then the channels of one layer alone are set to their means.

With `--own` the classes are the network's own, and each photo counts for the one that it is taken
for: no labels are needed. Then a graph is that of a photo, found on the photo itself, as its page
shows it, and means alone are of other photos.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit

from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.attribution.attribution_selection import select_layers
from diamond_cutter.precompute.attribution_graphs.graph_run import graph_layers
from diamond_cutter.precompute.attribution_graphs.graph_tracer import (
    BATCH,
    GraphTracer,
    choose_nodes,
)
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold
from diamond_cutter.precompute.backbones.graph.pretrained_head import CutHead, cut_head
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import read_image

Floats = NDArray[np.float32]
Kept = Callable[[int, int], Any]
"""The channels that are kept of a layer, by its place, in a photo, by its row."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Held-out photos (n, ...) that the network is right about, and the network in segments.

    first: activations of the first layer; segments: from each layer to the next; means: (H, W, C)
    of each; weight, bias: of the head; label, other (n,): class and runner-up. gives: of each layer
    what channels give, (graphs, C); graph, other_graph (n,): that of class, that of runner-up.
    """

    first: Floats
    segments: list[Any]
    means: list[Floats]
    weight: Floats
    bias: Floats
    label: NDArray[np.intp]
    other: NDArray[np.intp]
    gives: list[Floats]
    graph: NDArray[np.intp]
    other_graph: NDArray[np.intp]

    def margin(self, keep: Kept) -> float:
        """The mean logit of the class over the runner-up, all other channels at their mean."""
        total = 0.0
        for start in range(0, len(self.label), BATCH):
            rows = np.arange(start, min(start + BATCH, len(self.label)))
            value = self.first[rows]
            for place, mean in enumerate(self.means):
                if place:
                    value = self.segments[place - 1](tf.constant(value)).numpy()
                left = np.broadcast_to(mean, value.shape).copy()
                for at, row in enumerate(rows):
                    channels = keep(place, row)
                    left[at][..., channels] = value[at][..., channels]
                value = left
            logit = value.mean(axis=(1, 2)) @ self.weight + self.bias
            at = np.arange(len(rows))
            total += float((logit[at, self.label[rows]] - logit[at, self.other[rows]]).sum())
        return total / len(self.label)

    def nodes(self, size: int, graphs: NDArray[np.intp]) -> Kept:
        """The nodes of graphs, one of each photo (n,)."""
        nodes = [[choose_nodes(each, min(size, len(each))) for each in all_] for all_ in self.gives]
        return lambda place, row: nodes[place][graphs[row]]

    def random(self, size: int, seed: int) -> Kept:
        """As many channels drawn for each graph and layer."""
        generator = np.random.default_rng([seed, size])
        drawn = [[generator.permutation(len(each))[:size] for each in all_] for all_ in self.gives]
        return lambda place, row: drawn[place][self.graph[row]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", help="a folder of photos, labelled but for --own")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--cut", default="block5c_add", help="with --own the last one")
    parser.add_argument("--own", action="store_true", help="ask for the network's own classes")
    parser.add_argument("--layers", default="stages", help="as [study.NAME.attribution] has them")
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 6, 12, 24, 32, 48, 64, 96])
    parser.add_argument("--most", type=int, default=400, help="photos")
    parser.add_argument("--seeds", type=int, default=3, help="random graphs of each size")
    options = parser.parse_args()

    backbone = catalogue.load(options.model)
    own = cut_head(backbone) if options.own else None
    cut = own.cut.name if own else options.cut
    layers = graph_layers(select_layers(options.layers.split(","), backbone, cut))
    trial = prepare_trial(backbone, layers, options.photos, options.most, own)
    channels = [mean.shape[-1] for mean in trial.means]
    whole = trial.margin(lambda _place, _row: slice(None))
    told = ", ".join(f"{name} of {count}" for name, count in zip(layers, channels, strict=True))
    print(f"{options.model} cut at {cut}, {len(trial.label)} held-out photos; {told}")
    print("share of the logit over the runner-up that is kept, so many channels kept a layer")
    print(f"{'':34}{'graph':>8}{'random':>8}{'runner-up':>11}")
    for only in (None, *range(len(layers))):
        for size in options.sizes:
            if size >= (max(channels) if only is None else channels[only]):
                continue
            keeps = [
                trial.nodes(size, trial.graph),
                *(trial.random(size, seed) for seed in range(options.seeds)),
                trial.nodes(size, trial.other_graph),
            ]
            graph, *random, wrong = (trial.margin(at(keep, only)) / whole for keep in keeps)
            name = "all layers" if only is None else f"{layers[only]} alone"
            print(f"{name:30}{size:4}{graph:8.2f}{np.mean(random):8.2f}{wrong:11.2f}", flush=True)


def at(keep: Kept, only: int | None) -> Kept:
    """Keep all channels of all other layers than that one; None: there is no other."""
    return lambda place, row: keep(place, row) if only in (None, place) else slice(None)


def prepare_trial(
    backbone: Backbone, layers: list[str], photos: str, most: int, own: CutHead | None
) -> Trial:
    """Read the photos, train a head on half of them, if no `own`, and ask what channels give."""
    dataset = read_dataset(
        DatasetSettings(dataset=photos), Path(".cache"), lambda *_: None, labelled=own is None
    )
    order = np.random.default_rng(0).permutation(len(dataset.photos))[:most]
    chosen = [dataset.photos[index] for index in order]
    [(asked, held_out)] = GroupShuffleSplit(1, test_size=0.5, random_state=0).split(
        chosen, groups=[photo.group for photo in chosen]
    )
    images = np.stack([prepare(read_image(photo), backbone.input_size) for photo in chosen])
    model = fold(backbone, layers)
    passed = [
        [value.numpy() for value in keras.tree.flatten(model(images[start : start + BATCH]))]
        for start in range(0, len(images), BATCH)
    ]
    activations = [np.concatenate(each) for each in zip(*passed, strict=True)]
    pooled = activations[-1].mean(axis=(1, 2))
    if own:
        [(weight, bias)] = own.layers
    else:
        label = np.array([photo.label for photo in chosen])
        fitted = LogisticRegression(C=0.1, max_iter=2000).fit(pooled[asked], label[asked])
        weight, bias = fitted.coef_.T.astype(np.float32), fitted.intercept_.astype(np.float32)
    logit = pooled @ weight + bias
    first, second = np.argsort(-logit, axis=1)[:, :2].T
    means = [each[asked].mean(axis=0) for each in activations]
    tracer = GraphTracer(
        backbone, layers, "average", [mean.mean(axis=(0, 1)).tolist() for mean in means]
    )

    def gives(rows: NDArray[np.intp], classes: NDArray[np.intp]) -> list[Floats]:
        free = np.full((BATCH, len(layers), 1), -1)
        found = [
            tracer.trace(images[part], classes[part], free[: len(part)], [(weight, bias)])[1]
            for part in np.array_split(rows, -(-len(rows) // BATCH))
        ]
        return [np.concatenate(each) for each in zip(*found, strict=True)]

    if own:
        judged = held_out
        both = zip(gives(judged, first), gives(judged, second), strict=True)
        found = [np.concatenate(pair) for pair in both]
        graph = np.arange(len(judged))
        other_graph = graph + len(judged)
    else:
        judged = held_out[first[held_out] == label[held_out]]
        known, classes = label[asked], range(len(bias))
        found = [
            np.stack([each[known == k].mean(axis=0) for k in classes])
            for each in gives(asked, label)
        ]
        graph, other_graph = first[judged], second[judged]
    return Trial(
        first=activations[0][judged],
        segments=[
            tf.function(between(backbone, *pair), autograph=False) for pair in pairwise(layers)
        ],
        means=means,
        weight=weight,
        bias=bias,
        label=first[judged],
        other=second[judged],
        gives=found,
        graph=graph,
        other_graph=other_graph,
    )


if __name__ == "__main__":
    main()
