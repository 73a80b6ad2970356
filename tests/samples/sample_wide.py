"""The largest layer that a photo's page has to show: 2,000 channels and 28 x 28 cells."""

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import View
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    MAPS,
    TOP,
    ExplainedCut,
    ExplainedLayer,
    ExplainedPhoto,
    LayerView,
)

CHANNELS = 2000


def make_wide_photo() -> tuple[ExplainedPhoto, View]:
    """A photo of ten classes, all of them explained, and the view that shows it."""
    channels, side, targets = CHANNELS, 28, 11
    layer = ExplainedLayer("wide", 9, channels, side, side, side, side, 1, None, None, 0.1)
    names = [f"class {index}" for index in range(10)]
    cut = ExplainedCut("net", "wide", 224, names, [0], "average", True, "gradient", 0, [layer], [])
    generator = np.random.default_rng(0)

    def floats(*shape: int) -> NDArray[np.float32]:
        return generator.normal(size=shape).astype(np.float32)

    def some(*shape: int) -> NDArray[np.uint16]:
        return generator.integers(channels, size=shape).astype(np.uint16)

    target = np.array([[1, 0], *([label, -1] for label in range(10))], np.int32)
    seen = LayerView(
        target=target,
        total=floats(targets),
        bias=floats(targets),
        heatmap=floats(targets, side, side),
        channel=floats(targets, channels),
        cell_channel=some(targets, side, side, 2 * TOP),
        cell_value=floats(targets, side, side, 2 * TOP),
        active_channel=some(side, side, TOP),
        active_value=floats(side, side, TOP),
        map_channel=some(MAPS),
        map=floats(MAPS, side, side),
        mean=floats(channels),
        square=floats(channels),
        zero=floats(channels),
        peak=floats(channels),
        place=np.zeros(channels, np.int32),
        group_map=floats(6, side, side),
        group_direction=floats(6, channels),
        group_value=floats(targets, 6),
    )
    return ExplainedPhoto(0, floats(10), b"", {"wide": seen}), View(cut, layer)
