"""Layers laid out in the plane: vectors that are alike lie near each other, in each layer alike.

By t-SNE (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014), as scikit-learn has it:
no more to install, and the same bytes twice. `benchmarks/map_layouts.py` measures it beside UMAP,
openTSNE and PaCMAP. Layers are laid out from one common beginning, the first two principal
components of all of them together, which decides the arrangement at large (Kobak and Berens, "The
art of using t-SNE", 2019): so a photo lies near the same place from layer to layer.

t-SNE takes a time that grows with more than the number of vectors: of many only some are laid out,
evenly chosen, and the others lie where their nearest of these do.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

LAID_OUT = 4_000
"""Vectors, at most, that are laid out by t-SNE; the others are placed among them."""
COMPONENTS = 50
"""Principal components that distances are measured in: less noise, and a tenth of the time."""
PERPLEXITY = 30
NEAREST = 3
"""Vectors that are laid out between which another is placed."""
NEIGHBOURS = 15
"""Of which trustworthiness and continuity are told."""
JUDGED = 2_000
"""Vectors, at most, that they are measured on: both take all distances."""
CLIPPED, MARGIN = (1, 99), 0.1
"""Percentiles that are the ends of a map, and what is added at each side, as a share of its width.

As Carter et al. have it: few vectors far out would leave the others no room.
"""

Vectors = NDArray[np.float32]


def unit(vectors: Vectors) -> Vectors:
    """Vectors (V, C) of length one: between them distance is cosine distance."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: Vectors = vectors / np.maximum(length, np.finfo(np.float32).tiny)
    return made


def common_beginning(layers: Iterable[Vectors]) -> Vectors:
    """Where the layout of all layers begins: (V, 2), of V vectors of each that belong together."""
    return _components(np.concatenate([_components(vectors) for vectors in layers], axis=1), 2)


def lay_out(vectors: Vectors, beginning: Vectors, seed: int) -> Vectors:
    """Positions (V, 2) of vectors (V, C), from a beginning (V, 2)."""
    from sklearn.manifold import TSNE

    spread = np.maximum(beginning.std(axis=0), np.finfo(np.float32).tiny)
    tsne = TSNE(
        init=beginning / spread * 1e-4,  # small, or it would not be left
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        random_state=seed,
    )
    with threadpool_limits(1):  # sums in the same order on every machine
        return np.asarray(tsne.fit_transform(_components(vectors)), np.float32)


def place(vectors: Vectors, laid_out: Vectors, positions: Vectors) -> Vectors:
    """Positions (V, 2) of vectors (V, C) among those that are laid out: between their nearest."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(NEAREST, len(laid_out))).fit(unit(laid_out))
    distance, nearest = search.kneighbors(unit(vectors))
    weight = 1 / np.maximum(distance, 1e-6)  # one that is laid out itself lies where it lies
    weight /= weight.sum(axis=1, keepdims=True)
    placed: Vectors = (weight[..., None] * positions[nearest]).sum(axis=1).astype(np.float32)
    return placed


def to_square(positions: Vectors) -> Vectors:
    """Positions (V, 2) in the unit square; what lies beyond its ends is put on them."""
    low, high = np.percentile(positions, CLIPPED, axis=0)
    margin = MARGIN * np.maximum(high - low, np.finfo(np.float32).tiny)
    inside: Vectors = np.clip((positions - low + margin) / (high - low + 2 * margin), 0, 1)
    return inside.astype(np.float32)


def judge_layout(
    vectors: NDArray[np.float32], position: NDArray[np.float32]
) -> tuple[float, float]:
    """Trustworthiness and continuity of a layout, 0..1 (Venna and Kaski 2001)."""
    from sklearn.manifold import trustworthiness

    some = evenly(len(position), JUDGED)
    near = min(NEIGHBOURS, (len(some) - 1) // 2)
    if near < 1:
        return 1.0, 1.0
    apart, flat = unit(vectors[some]), position[some]
    return (
        float(trustworthiness(apart, flat, n_neighbors=near)),
        float(trustworthiness(flat, apart, n_neighbors=near)),
    )


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` indices, evenly chosen, ascending."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.intp)


def _components(vectors: Vectors, most: int = COMPONENTS) -> Vectors:
    """The first principal components of vectors of length one, scaled to a mean square of one."""
    from sklearn.decomposition import PCA

    count = min(most, *vectors.shape)
    found = PCA(count, svd_solver="full", random_state=0).fit_transform(unit(vectors))
    scale = np.sqrt(np.square(found).sum(axis=1).mean())
    return np.asarray(found / max(scale, np.finfo(np.float32).tiny), np.float32)
