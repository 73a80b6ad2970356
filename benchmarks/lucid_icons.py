"""Pictures of cells by Lucid's own recipe for activation atlases, to stand beside ours.

Carter, Armstrong, Schubert, Johnson and Olah, "Activation Atlas" (Distill 2019): `render_icons` of
`lucid.recipes.activation_atlas`, unchanged. Besides Lucid (`make lucid`) it needs umap-learn and
more-itertools, which that package imports.
"""

import time

import numpy as np
from contestants import Images, quiet
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.rendering.direction_whitening import SHRINKAGE
from diamond_cutter.precompute.rendering.reference.lucid_compatibility import import_lucid
from diamond_cutter.precompute.rendering.reference.lucid_model import lucid_model

SIDE = 80
BATCH = 8
Floats = NDArray[np.float32]


def lucid_icons(
    backbone: Backbone, layer: str, means: Floats, vectors: Floats, steps: int, attempts: int
) -> tuple[Images, float]:
    """Pictures (N, 80, 80, 3) of cells' mean vectors (N, C), and the CPU seconds of each.

    vectors (V, C): those of the map, by whose second moment directions are whitened, shrunk as ours
    are: so few leave many directions of a deep layer without any. The best of `attempts` is taken,
    of so many steps each. The network is read before its last ReLU, as ours is.
    """
    quiet()
    render_icons = import_lucid("lucid.recipes.activation_atlas.render").render_icons
    model, output = lucid_model(truncate(backbone, layer), SIDE)
    moment = vectors.T.astype(np.float64) @ vectors / len(vectors)
    moment[np.diag_indices(len(moment))] += SHRINKAGE * np.trace(moment) / len(moment)
    whitening = np.linalg.inv(moment).astype(np.float32)
    np.random.seed(0)  # where Lucid takes its first spectrum from
    began = time.process_time()
    made = [
        render_icons(
            means[start : start + BATCH],
            model,
            output,
            size=SIDE,
            n_steps=steps,
            S=whitening,
            num_attempts=attempts,
        )[0]
        for start in range(0, len(means), BATCH)
    ]
    taken = (time.process_time() - began) / len(means)
    images = np.clip(np.concatenate([np.stack(icons) for icons in made]), 0, 1)
    return np.round(images * 255).astype(np.uint8), taken
