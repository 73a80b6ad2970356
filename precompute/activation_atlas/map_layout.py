"""Layers laid out in the plane: vectors that are alike lie near each other, in each layer alike.

By t-SNE (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014), as scikit-learn has it:
no more to install, and the same bytes twice. On 4,000 vectors of Lite0 at two depths it keeps
neighbours best: trustworthiness 0.90 and 0.87 (openTSNE 0.89 and 0.87, UMAP 0.86 and 0.85, PaCMAP
0.82 and 0.82; continuity 0.84 for UMAP's 0.87), in 30 seconds of a core (PaCMAP 3).

Layers alone would each be arranged in their own way, even from one beginning. So all of them are
first laid out as one, and where a vector lies there is one more thing, of weight `HELD`, in which
vectors are alike or not. That costs neighbours: see `HELD`.

t-SNE takes a time that grows with more than the number of vectors: of many only some are laid out,
evenly chosen, and the others lie where their nearest of these do.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes
from threadpoolctl import threadpool_limits

LAID_OUT = 4_000
"""Vectors, at most, that are laid out by t-SNE; the others are placed among them."""
HELD = 0.6
"""How much the common layout counts in that of each layer, whose own spread counts 1.

At three depths of Lite0, 1,500 vectors: with 0 a vector lies at the median 0.36 of a map's width
from where it lies on another layer's, with 0.3 0.30, 0.6 0.19, 1 0.09; by chance 0.38.
Trustworthiness is 0.88, 0.88, 0.85, 0.83 at the mean, and continuity 0.82, 0.80, 0.73, 0.70.
"""
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


def common_layout(layers: Sequence[Vectors], seed: int) -> Vectors:
    """Where vectors lie that are of several layers at once, (V, 2); of one layer a beginning.

    `layers`: of each V vectors, those of one place together.
    """
    joined = np.concatenate([_components(vectors) for vectors in layers], axis=1)
    if len(layers) == 1:
        return _components(joined, 2)
    some = evenly(len(joined), LAID_OUT)
    few = joined[some]
    positions = _embed(_components(few), _components(few, 2), seed)
    return positions if len(some) == len(joined) else place(joined, few, positions)


def lay_out(vectors: Vectors, common: Vectors, seed: int, *, held: float = HELD) -> Vectors:
    """Positions (V, 2) of vectors (V, C), that begin at `common` (V, 2) and are held there.

    In the end they are turned, or mirrored, to where `common` is: few vectors leap over each other
    in the first steps, all at once.
    """
    centred = common - common.mean(axis=0)
    scale = np.sqrt(np.square(centred).sum(axis=1).mean())
    at_common = held * centred / max(scale, np.finfo(np.float32).tiny)
    positions = _embed(np.concatenate([_components(vectors), at_common], axis=1), common, seed)
    apart = positions - positions.mean(axis=0)
    turn, _ = orthogonal_procrustes(apart, centred)
    turned: Vectors = (apart @ turn).astype(np.float32)
    return turned


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


def _embed(features: Vectors, beginning: Vectors, seed: int) -> Vectors:
    from sklearn.manifold import TSNE

    spread = np.maximum(beginning.std(axis=0), np.finfo(np.float32).tiny)
    tsne = TSNE(
        init=(beginning / spread * 1e-4).astype(np.float32),  # small, or it would not be left
        perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
        random_state=seed,
    )
    with threadpool_limits(1):  # sums in the same order on every machine
        return np.asarray(tsne.fit_transform(features.astype(np.float32)), np.float32)


def _components(vectors: Vectors, most: int = COMPONENTS) -> Vectors:
    """The first principal components of vectors of length one, scaled to a mean square of one."""
    from sklearn.decomposition import PCA

    count = min(most, *vectors.shape)
    found = PCA(count, svd_solver="full", random_state=0).fit_transform(unit(vectors))
    scale = np.sqrt(np.square(found).sum(axis=1).mean())
    return np.asarray(found / max(scale, np.finfo(np.float32).tiny), np.float32)
