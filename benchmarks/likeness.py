"""Whether channels that are alike on some photos are alike on others, and what is no likeness.

    python benchmarks/likeness.py FOLDER [--models efficientnet-lite0 efficientnet-lite1]

Each cut of the first model beside the cut of the second that is nearest in depth. On all photos:
`above`: the share of channels whose most alike is above chance; `r`: of the most alike, the lower
quartile, the median and the upper one; `mutual`: the share that are each other's most alike.
Half of the photos choose, the other half judges, by values, and by ranks in brackets: `same`: of
what is claimed on one half, how often the other names the same channel; `wrong`: how often r there
is no higher than 1 in 20 pairs of shuffled photos reach. Controls: `shuffled`: the share claimed
where the photos of one are shuffled; `random`: where the second is the first with its kernels
shuffled; `mirrored`: of the channels of the first, in random order and on mirrored photos, how many
are found by their most alike. Last: seconds to compare the two layers.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from diamond_cutter.build.photo_likeness import Likeness, find_likeness
from diamond_cutter.precompute.atlas.activation_measurement import measure_layers
from diamond_cutter.precompute.atlas.statistics_photos import MOST, Photos, choose_photos
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.recipes import canvas_side
from diamond_cutter.precompute.stores.atlas.activation_statistics import normalised
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

Values = NDArray[np.float32]
OTHER_SEED = 1
"""Of the shuffles that judge: those that tell what chance gives have another."""


class Mirrored(Photos):
    """The same photos, left and right exchanged."""

    def images(self, most: int = MOST) -> Iterator[NDArray[np.uint8]]:
        """See `Photos`."""
        return (image[:, ::-1] for image in super().images(most))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--models", nargs=2, default=["efficientnet-lite0", "efficientnet-lite1"])
    options = parser.parse_args()
    photos = choose_photos(options.folder, Path("data/cache"), lambda *_: None)
    one, two = map(catalogue.load, options.models)
    values = {name: measured(each, photos) for name, each in zip("ab", (one, two), strict=True)}
    mirrored = measured(one, Mirrored(photos.source, photos.digest, photos.files))
    random = measured(with_shuffled_kernels(options.models[0]), photos)
    print(f"{len(photos.files)} photos")
    print(
        f"{'layers':42} above  chance           r  mutual         same        wrong"
        "  shuffled  random  mirrored     s"
    )
    for layer in cuts(one):
        other = min(cuts(two), key=lambda cut: abs(depth(two, cut) - depth(one, layer)))
        ours, theirs = values["a"][layer.name], values["b"][other.name]
        controls = random[layer.name], mirrored[layer.name]
        print(f"{layer.name + ' ' + other.name:42}" + row(ours, theirs, *controls), flush=True)


def row(ours: Values, theirs: Values, random: Values, mirrored: Values) -> str:
    """The figures of two layers as a line; (P, C), (P, D), (P, C), (P, C)."""
    start = time.perf_counter()
    found = find_likeness(normalised(ours), normalised(theirs))
    seconds = time.perf_counter() - start
    generator = np.random.default_rng(OTHER_SEED)
    shuffled = find_likeness(normalised(ours[generator.permutation(len(ours))]), normalised(theirs))
    order = generator.permutation(mirrored.shape[1])
    itself = find_likeness(normalised(ours), normalised(mirrored[:, order]))
    right = (order[itself.channel[:, 0]] == np.arange(len(order)))[ours.std(axis=0) > 0]
    quartiles = " ".join(f"{r:.2f}" for r in np.quantile(found.r[:, 0], (0.25, 0.5, 0.75)))
    by_value, by_rank = judged(ours, theirs, normalised), judged(ours, theirs, ranked)
    halves = [f"{value:.0%} ({rank:.0%})" for value, rank in zip(by_value, by_rank, strict=True)]
    return (
        f"{claimed(found):6.0%}{found.chance:8.2f}  {quartiles}{found.is_mutual.mean():6.0%}"
        f"{halves[0]:>13}{halves[1]:>13}{claimed(shuffled):10.1%}"
        f"{claimed(find_likeness(normalised(ours), normalised(random))):8.0%}"
        f"{right.mean():10.0%}{seconds:6.2f}"
    )


def judged(ours: Values, theirs: Values, units: Callable[[Values], Values]) -> tuple[float, float]:
    """How often half of the photos names what the other does, and how often it is wrong."""
    order = np.random.default_rng(OTHER_SEED).permutation(len(ours))
    halves = np.array_split(order, 2)
    same, wrong = [], []
    for told, judging in (halves, halves[::-1]):
        found = find_likeness(units(ours[told]), units(theirs[told]))
        chosen = found.channel[found.r[:, 0] > found.chance, 0]
        mine, other = units(ours[judging])[:, found.r[:, 0] > found.chance], units(theirs[judging])
        r = mine.T @ other
        nothing = np.quantile(mine[np.random.default_rng(0).permutation(len(mine))].T @ other, 0.95)
        same.append(r.argmax(axis=1) == chosen)
        wrong.append(r[np.arange(len(chosen)), chosen] <= nothing)
    return float(np.concatenate(same).mean()), float(np.concatenate(wrong).mean())


def ranked(values: Values) -> Values:
    """As `normalised`, of ranks in place of values."""
    return normalised(rankdata(values, axis=0))


def claimed(found: Likeness) -> float:
    """The share of the channels that are said to be like one."""
    return float((found.r[:, 0] > found.chance).mean())


def measured(backbone: Backbone, photos: Photos) -> dict[str, Values]:
    """What each photo excites in each cut, as the atlas keeps it."""
    found = {}
    for side, alike in groupby(cuts(backbone), lambda cut: canvas_side(cut.receptive_field)):
        layers = list(alike)
        measures = measure_layers(backbone, layers, side, photos)
        for layer, (_, _, kept) in zip(layers, measures, strict=True):
            assert kept is not None
            found[layer.name] = kept.value.astype(np.float32)
    return found


def cuts(backbone: Backbone) -> list[Layer]:
    return [layer for layer in backbone.layers if layer.is_cut]


def depth(backbone: Backbone, layer: Layer) -> float:
    return layer.index / backbone.layers[-1].index


def with_shuffled_kernels(name: str) -> Backbone:
    """A network with the weights of each kernel shuffled: of their size, but nothing learned."""
    backbone = catalogue.find(name).load()
    generator = np.random.default_rng(0)
    for node in backbone.graph.nodes.values():
        kernel = getattr(node.layer, "kernel", None)
        if kernel is not None:
            weights = np.asarray(kernel)
            kernel.assign(generator.permutation(weights.ravel()).reshape(weights.shape))
    return backbone


if __name__ == "__main__":
    sys.exit(main())
