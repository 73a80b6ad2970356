"""Layers laid out in the plane: vectors that are alike lie near each other, in each layer alike.

By t-SNE (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014), as scikit-learn has it:
no more to install, and the same bytes twice. `benchmarks/map_layouts.py` tries other libraries.

Layers alone would each be arranged in their own way, even from one beginning. So all of them are
first laid out as one, and where a vector lies there is one more thing, of weight `HELD`, in which
vectors are alike or not. That costs neighbours: see `HELD`.

t-SNE takes a time that grows with more than the number of vectors, and all of them at once: of many
only some are laid out, evenly chosen, and the others are placed where their nearest of these lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes
from threadpoolctl import threadpool_limits

LAID_OUT = 4_000
"""Vectors, at most, that are laid out by t-SNE; the others are placed among them."""
HELD = 0.4
"""How much the common layout counts in that of each layer, whose own spread counts 1.

`benchmarks/map_layouts.py` has what that costs neighbours and gives layers in common.
"""
COMPONENTS = 50
"""Principal components that distances are measured in: less noise, and a tenth of the time."""
PERPLEXITY = 30
NEAREST, REACH = 10, 0.07
"""Vectors that are laid out between which another is placed, where they lie together.

Together: within a share of the map's width. Of photos that are not in a map trustworthiness is 0.84
and 0.78 at Lite0's block3b_add and top_activation; at the mean of three, or of ten, 0.74 and 0.71.
"""
NEIGHBOURS = 15
"""Of which trustworthiness and continuity are told."""
JUDGED = 2_000
"""Vectors, at most, that they are measured on."""
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


@dataclass(frozen=True, eq=False)
class Components:
    """The first principal components of vectors of length one, scaled to a mean square of one.

    middle (C,), axes (C, n) float32.
    """

    middle: Vectors
    axes: Vectors

    @classmethod
    def of(cls, vectors: Vectors, most: int = COMPONENTS) -> "Components":
        """Those of vectors (V, C), at most so many; a single one has nothing apart from others."""
        from sklearn.decomposition import PCA

        if len(vectors) == 1:
            return cls(unit(vectors)[0], np.zeros((vectors.shape[1], 2), np.float32))
        found = PCA(min(most, *vectors.shape), svd_solver="covariance_eigh").fit(unit(vectors))
        scale = np.sqrt(found.explained_variance_.sum() * (1 - 1 / len(vectors)))
        axes = found.components_.T / max(scale, np.finfo(np.float32).tiny)
        return cls(found.mean_.astype(np.float32), axes.astype(np.float32))

    def __call__(self, vectors: Vectors) -> Vectors:
        """What vectors (m, C) have of each, (m, n)."""
        return np.asarray((unit(vectors) - self.middle) @ self.axes, np.float32)


@dataclass(frozen=True, eq=False)
class CommonLayout:
    """Places of photos laid out by what all layers have there: L with `features` at `position`.

    layers: the components of each; joined: of these.
    """

    layers: Sequence[Components]
    joined: Components
    features: Vectors
    position: Vectors

    @classmethod
    def of(cls, layers: Sequence[Vectors], seed: int) -> "CommonLayout":
        """Lay out L places; `layers`: the vectors (L, C) of each. Of one layer, a beginning."""
        components = [Components.of(vectors) for vectors in layers]
        whole = _joined(components, layers)
        joined = Components.of(whole)
        features = joined(whole)
        first_two = features[:, :2]
        position = first_two if len(layers) == 1 else _embed(features, first_two, seed)
        return cls(components, joined, features, position)

    def place(self, layers: Sequence[Vectors]) -> Vectors:
        """Positions (m, 2) of other places, by the vectors (m, C) that each layer has there."""
        return between(self.joined(_joined(self.layers, layers)), self.features, self.position)


@dataclass(frozen=True, eq=False)
class LayerLayout:
    """Vectors of a layer laid out: L with `features`, the last two where they are held.

    middle (2,), scale: what positions of the common layout are taken from and multiplied by.
    """

    components: Components
    middle: Vectors
    scale: np.float32
    features: Vectors
    position: Vectors

    @classmethod
    def of(
        cls, vectors: Vectors, common: Vectors, seed: int, *, held: float = HELD
    ) -> "LayerLayout":
        """Lay out vectors (L, C) that begin at `common` (L, 2) and are held there.

        In the end they are turned, or mirrored, to where `common` is: few vectors leap over each
        other in the first steps, all at once.
        """
        middle = common.mean(axis=0)
        centred = common - middle
        spread = np.sqrt(np.square(centred).sum(axis=1).mean())
        scale = np.float32(held / max(spread, np.finfo(np.float32).tiny))
        components = Components.of(vectors)
        features = np.concatenate([components(vectors), centred * scale], axis=1)
        position = _embed(features, centred, seed)
        apart = position - position.mean(axis=0)
        turn, _ = orthogonal_procrustes(apart, centred)
        turned = (apart @ turn).astype(np.float32)
        return cls(components, middle, scale, features, turned)

    def place(self, vectors: Vectors, common: Vectors) -> Vectors:
        """Positions (m, 2) of other vectors (m, C), that lie at `common` (m, 2) for all layers."""
        held = (common - self.middle) * self.scale
        features = np.concatenate([self.components(vectors), held], axis=1)
        return between(features, self.features, self.position)


def between(features: Vectors, laid_out: Vectors, position: Vectors) -> Vectors:
    """Positions (m, 2) of features (m, F) among those laid out, (L, F) at (L, 2): of the nearest.

    These may lie at several places of a map, and nothing like them between: where most of them
    are, at the mean of those. The nearer one is, the more it counts.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(NEAREST, len(laid_out)), algorithm="brute")
    with threadpool_limits(1):
        distance, nearest = search.fit(laid_out).kneighbors(features)
    weight = 1 / np.maximum(distance, 1e-6)  # one that is laid out itself lies where it lies
    near = position[nearest]
    apart = np.linalg.norm(near[:, :, None] - near[:, None], axis=3)
    middle = (apart * weight[:, None]).sum(axis=2).argmin(axis=1)
    width = np.ptp(np.percentile(position, CLIPPED, axis=0), axis=0).max()
    weight *= apart[np.arange(len(near)), middle] <= REACH * width
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray((weight[..., None] * near).sum(axis=1), np.float32)


def to_square(positions: Vectors) -> Vectors:
    """Positions (V, 2) in the unit square; what lies beyond its ends is put on them."""
    low, high = np.percentile(positions, CLIPPED, axis=0)
    margin = MARGIN * np.maximum(high - low, np.finfo(np.float32).tiny)
    inside: Vectors = np.clip((positions - low + margin) / (high - low + 2 * margin), 0, 1)
    return inside.astype(np.float32)


def judge_layout(vectors: Vectors, position: Vectors) -> tuple[float, float]:
    """Trustworthiness and continuity of a layout, 0..1 (Venna and Kaski 2001).

    Of vectors (V, C) at positions (V, 2), not many: both take all distances.
    """
    from sklearn.manifold import trustworthiness

    near = min(NEIGHBOURS, (len(position) - 1) // 2)
    if near < 1:
        return 1.0, 1.0
    apart = unit(vectors)
    return (
        float(trustworthiness(apart, position, n_neighbors=near)),
        float(trustworthiness(position, apart, n_neighbors=near)),
    )


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` indices, evenly chosen, ascending."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.intp)


def _embed(features: Vectors, beginning: Vectors, seed: int) -> Vectors:
    from sklearn.manifold import TSNE

    if len(features) == 1:
        return beginning
    spread = np.maximum(beginning.std(axis=0), np.finfo(np.float32).tiny)
    tsne = TSNE(
        init=(beginning / spread * 1e-4).astype(np.float32),  # small, or it would not be left
        perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
        random_state=seed,
    )
    with threadpool_limits(1):  # sums in the same order on every machine
        return np.asarray(tsne.fit_transform(features.astype(np.float32)), np.float32)


def _joined(components: Sequence[Components], layers: Sequence[Vectors]) -> Vectors:
    found = [of(vectors) for of, vectors in zip(components, layers, strict=True)]
    return np.concatenate(found, axis=1)
