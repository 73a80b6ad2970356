"""What a worker does: render a chunk of one layer, or several at once, and store it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.jobs.task import failures_told
from diamond_cutter.precompute.rendering.recipes import Recipe, canvas_side
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.rendering.targets import Family, channel
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Pictures, open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    Chunk,
    made_by,
    missing,
    network_group,
    write_chunk,
)
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup

Begun = NDArray[np.uint8] | None
Render = Callable[[Network, Layer, Recipe, int, Sequence[int], Begun, RenderPlan], Pictures]
"""Renders channels of a layer with a recipe and a seed; importable by name in every worker.

Begun are their pictures by the recipe's base, to go on from, if they are there.
"""


@dataclass(frozen=True)
class RenderTask:
    """What one task makes: the pictures of chunks of one layer with one recipe, all at once.

    plan: how they are rendered, of which `batch` is the size of the chunk.
    """

    network: Network
    layer: Layer
    recipe: Recipe
    seed: int
    chunk: Chunk
    plan: RenderPlan

    @property
    def group(self) -> tuple[str, str]:
        """The layer, with its model."""
        return self.network.name, self.layer.name

    @property
    def depth(self) -> int:
        """The position of the layer in the model."""
        return self.layer.index

    @property
    def effort(self) -> float:
        """What a recipe costs a layer, up to a factor that is the layer's: the pixels looked at."""
        return float(self.recipe.pixels(canvas_side(self.layer.receptive_field)) * self.chunk.size)

    @property
    def size(self) -> int:
        """How many pictures are stored."""
        return len(self.chunk.wanted)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        channels = self.chunk.wanted
        numbers = f"{channels[0]}-{channels[-1]}" if len(channels) > 1 else f"{channels[0]}"
        return f"{self.network.name}/{self.layer.name} channels {numbers}"


def store_pictures(address: str, render: Render, task: RenderTask) -> None:
    """Render a task and write it into the atlas at `address`.

    The chunk is rendered whole, so that a channel's bytes do not depend on which others were
    asked for; only the wanted channels that are still missing are stored.
    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        atlas = open_atlas(address, mode="r+")
        layer = subgroup(network_group(atlas, task.network), task.layer.name)
        size = task.chunk.size
        for chunk in missing(layer, task.recipe.level, task.chunk.wanted, size):
            last = min(chunk.start + size, task.layer.channels)
            channels = range(chunk.start, last)
            base = task.recipe.base
            begun = made_by(layer, base, channels) if base else None
            pictures = render(
                task.network, task.layer, task.recipe, task.seed, channels, begun, task.plan
            )
            # A worker that was cut off may be late: another one has made the chunk by now.
            for late in missing(layer, task.recipe.level, chunk.wanted, size):
                write_chunk(layer, late, pictures, task.recipe.level)


def render_chunk(
    network: Network,
    layer: Layer,
    recipe: Recipe,
    seed: int,
    channels: Sequence[int],
    begun: Begun,
    plan: RenderPlan,
) -> Pictures:
    """Render with Keras, which is imported here, in the worker, and nowhere before."""
    targets = [channel(layer, index) for index in channels]
    plan = replace(plan, batch=-(-len(targets) // CHUNK) * CHUNK)
    pictures: Pictures = _renderer(network, layer.name, recipe, seed, plan).render(targets, begun)
    return pictures


@lru_cache(maxsize=1)
def _renderer(network: Network, layer: str, recipe: Recipe, seed: int, plan: RenderPlan) -> Any:
    """The renderer of the layer that this worker is on; its graphs go when it moves on."""
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.renderer_choice import OWN, make_renderer

    backbone = catalogue.load_network(network)
    found = next(entry for entry in backbone.layers if entry.name == layer)
    return make_renderer(
        OWN,
        backbone,
        found,
        recipe,
        seed=seed,
        family=Family.CHANNEL,
        plan=plan,
    )
