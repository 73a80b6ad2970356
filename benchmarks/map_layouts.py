"""How layers are laid out: libraries beside each other, and layers held alike against layers alone.

    python benchmarks/map_layouts.py FOLDER [--photos 250] [--vectors 1500]

Of each library that is installed, on vectors of photos at two depths: trustworthiness and
continuity among 15 neighbours, the CPU seconds of a layout, what is installed for it beyond what is
there, and whether a second layout has the same bytes.

Then three layers, held more or less by what they have in common (`map_layout.HELD`): trust and
continuity at the mean; `moved`: how far a vector lies from where it lies on the deepest layer's
map, at the median, in widths of the map; `kept`: of its 15 neighbours those that are neighbours
there, too. `alone`: each laid out by itself, and turned or mirrored as suits best; `chance`: by
others in place of the same.

Measured on 1,200 vectors of 140 photos of ImageNet, at Lite0's block3b_add and top_activation:
scikit-learn's t-SNE keeps neighbours best or nearly so (trust 0.905 and 0.891, continuity 0.842 and
0.854; openTSNE 0.904 and 0.888, umap-learn 0.870 and 0.877, PaCMAP 0.833 and 0.894) and nothing
more is installed (13, 215 and 281 MB), though it takes longest (6 to 10 seconds; 5, 4 and 2 to 6).
All have the same bytes twice. So it is the one. Of layers held with 0.2, 0.4 and 0.6 vectors have
moved by 0.32, 0.26 and 0.22 of a map's width, and 4, 7 and 10 % of neighbours are kept; alone by
0.34, and 4 %. Trust falls from 0.892 to 0.888, 0.881 and 0.868. With 0.4 other photos still tell
cells apart (`activation_atlas.py`); with 0.6 they do so less.
"""

import argparse
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from activation_atlas import Floats, draw
from contestants import one_thread

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.activation_atlas.map_layout import (
    NEIGHBOURS,
    CommonLayout,
    Components,
    LayerLayout,
    evenly,
    judge_layout,
    to_square,
)
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.photos.dataset_reader import read_dataset

LAYERS = ("block3b_add", "block5c_add", "top_activation")
PARTS = 3
HELD = (0.2, 0.4, 0.6)


def by_scikit_learn(features: Floats) -> Floats:
    from sklearn.manifold import TSNE

    first = features[:, :2] / features[:, :2].std(axis=0) * 1e-4
    return TSNE(init=first, random_state=0, n_jobs=1).fit_transform(features)


def by_opentsne(features: Floats) -> Floats:
    from openTSNE import TSNE

    return np.asarray(TSNE(random_state=0, n_jobs=1).fit(features))


def by_umap(features: Floats) -> Floats:
    from umap import UMAP

    return UMAP(n_neighbors=50, min_dist=0.05, random_state=0, n_jobs=1).fit_transform(features)


def by_pacmap(features: Floats) -> Floats:
    from pacmap import PaCMAP

    return PaCMAP(random_state=0).fit_transform(features)


LIBRARIES: dict[str, tuple[str, Callable[[Floats], Floats], tuple[str, ...]]] = {
    "scikit-learn": ("sklearn", by_scikit_learn, ()),
    "openTSNE": ("openTSNE", by_opentsne, ("openTSNE",)),
    "umap-learn": ("umap", by_umap, ("umap-learn", "pynndescent", "numba", "llvmlite")),
    "PaCMAP": ("pacmap", by_pacmap, ("pacmap", "numba", "llvmlite", "faiss-cpu")),
}
"""By name: the module, what lays out, and what is installed for it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder")
    parser.add_argument("--photos", type=int, default=250)
    parser.add_argument("--vectors", type=int, default=1500)
    options = parser.parse_args()
    one_thread()
    settings = StudySettings(dataset=options.folder)
    found = read_dataset(settings, Path(".cache"), lambda *_: None, labelled=False).photos
    photos = [found[number] for number in evenly(len(found), options.photos)]
    drawn = draw(catalogue.load("efficientnet-lite0"), LAYERS, PARTS, photos)
    some = evenly(len(drawn[LAYERS[0]]), options.vectors)
    vectors = [drawn[layer][some] for layer in LAYERS]
    print(f"{len(some)} vectors of {len(photos)} photos", flush=True)
    print("layer           library       trust  continuity  seconds  installed  same bytes")
    for layer, each in ((LAYERS[0], vectors[0]), (LAYERS[-1], vectors[-1])):
        for name, (module, lay_out, packages) in LIBRARIES.items():
            if find_spec(module) is None:
                print(f"{layer:15} {name:12}  not installed")
                continue
            trust, continuity, seconds, is_same = tried(each, lay_out)
            same = "yes" if is_same else "no"
            print(f"{layer:15} {name:12} {trust:6.3f}  {continuity:10.3f}  {seconds:5.1f} s  "
                  f"{megabytes(packages):6.0f} MB  {same}", flush=True)  # fmt: skip
    print("held   trust  continuity  moved   kept")
    hold(vectors)


def tried(vectors: Floats, lay_out: Callable[[Floats], Floats]) -> tuple[Any, ...]:
    """Trustworthiness, continuity, seconds, and whether a second layout is the same."""
    features = Components.of(vectors)(vectors)
    lay_out(features[:200])  # compiles what there is to compile
    began = time.process_time()
    first = lay_out(features)
    seconds = time.process_time() - began
    return *judge_layout(vectors, first), seconds, np.array_equal(first, lay_out(features))


def megabytes(packages: tuple[str, ...]) -> float:
    """What packages take on disk."""
    size = 0
    for package in packages:
        try:
            size += sum(file.locate().stat().st_size for file in files(package) or ()
                        if Path(str(file.locate())).is_file())  # fmt: skip
        except PackageNotFoundError:
            print(f"{package} is not installed")
    return size / 1e6


def hold(vectors: list[Floats]) -> None:
    """Layers held alike, and alone."""
    common = CommonLayout.of(vectors, 0).position
    alone = []
    for each in vectors:
        layout = LayerLayout.of(each, CommonLayout.of([each], 0).position, 0, held=0)
        alone.append(to_square(layout.position))
    rows = {"alone": [min(turns(one), key=lambda turn: moved(turn, alone[-1])) for one in alone]}
    for held in HELD:
        rows[f"{held}"] = [
            to_square(LayerLayout.of(each, common, 0, held=held).position) for each in vectors
        ]
    for name, maps in rows.items():
        judged = np.mean([judge_layout(*pair) for pair in zip(vectors, maps, strict=True)], axis=0)
        told(name, maps, f"{judged[0]:6.3f}  {judged[1]:10.3f}")
    told("chance", [rows["0.4"][0], rows["0.4"][0][::-1]], f"{'':6}  {'':10}")


def told(name: str, maps: list[Floats], judged: str) -> None:
    apart = np.mean([moved(each, maps[-1]) for each in maps[:-1]])
    same = np.mean([kept(each, maps[-1]) for each in maps[:-1]])
    print(f"{name:6} {judged}  {apart:5.2f}  {100 * same:4.0f} %", flush=True)


def moved(one: Floats, other: Floats) -> float:
    """How far the same vectors lie from each other, at the median."""
    return float(np.median(np.linalg.norm(one - other, axis=1)))


def kept(one: Floats, other: Floats) -> float:
    """The share of a vector's neighbours on a map that are neighbours on another."""
    from sklearn.neighbors import NearestNeighbors

    near = [NearestNeighbors(n_neighbors=NEIGHBOURS).fit(each).kneighbors(return_distance=False)
            for each in (one, other)]  # fmt: skip
    return float(np.mean([len(set(a) & set(b)) for a, b in zip(*near, strict=True)]) / NEIGHBOURS)


def turns(position: Floats) -> list[Floats]:
    """A map turned and mirrored in all eight ways."""
    mirrored = [position, np.array([1, 0], np.float32) + np.array([-1, 1], np.float32) * position]
    both = [*mirrored, *(1 - each for each in mirrored)]
    return [*both, *(each[:, ::-1] for each in both)]


if __name__ == "__main__":
    main()
