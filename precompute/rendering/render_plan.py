"""How pictures are rendered on a device: how many at once, in which precision, compiled by what."""

from dataclasses import dataclass, replace

from diamond_cutter.precompute.rendering.backend.device import Device, Precision
from diamond_cutter.precompute.rendering.recipes import Recipe, view_side
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK

MOST_AT_ONCE = 128
"""Pictures; more of them keep no GPU busier."""

IN_FLIGHT = 4
"""Processes that share a GPU, each at a layer of its own: while one traces, others compute."""

LEAST_MEMORY = 8 * 2**30
"""Of a GPU for each of these processes, in bytes; a GPU that does not tell has so much."""

PICTURES_SHARE, LIBRARIES = 0.75, 2**30
"""Of its memory, the share that the pictures of a process may take, less the bytes of libraries."""

PIXEL = 8_000
"""Bytes for a pixel of a view. On a CPU 32 pictures more took 1,500 a pixel of EfficientNet-Lite0's
head and 2,300 of DenseNet-121's last layer; the largest networks have three times the numbers."""

XLA_STEPS = 1_500
"""Of ascent with one graph, for which its compilation by XLA, some 20 s, pays."""

BFLOAT16 = 8.0
"""The least compute capability of CUDA whose tensor cores know bfloat16."""

_OF_MEMORY = ("RESOURCE_EXHAUSTED", "ResourceExhausted", "OUT_OF_MEMORY", "OOM", "ut of memory")


@dataclass(frozen=True)
class RenderPlan:
    """How pictures are rendered: settled once, before anything is, and handed on to who does it.

    batch: how many at once, at most; a multiple of CHUNK unless the load settles it. in_flight:
    processes, each with a batch.
    precision: of the network in the ascent; everything else is float32.
    xla: whether TensorFlow's graph is compiled; JAX's always is.
    """

    batch: int = CHUNK
    in_flight: int = 1
    precision: Precision = "float32"
    xla: bool = False

    def describe(self) -> str:
        """The plan in a few words."""
        compiled = ", compiled by XLA" if self.xla else ""
        return f"{self.precision}, {self.batch} pictures at once{compiled}"

    def plainer(self, error: str) -> "RenderPlan | None":
        """What to try where this ended in an error; None if there is nothing plainer."""
        graph, precise = replace(self, xla=False), replace(self, xla=False, precision="float32")
        smaller = replace(self, batch=min(self.batch, -(-self.batch // 2 // CHUNK) * CHUNK))
        wants_memory = any(sign in error for sign in _OF_MEMORY)
        order = (smaller, graph, precise) if wants_memory else (graph, precise, smaller)
        return next((each for each in order if each != self), None)


@dataclass(frozen=True)
class Load:
    """What is rendered with one graph: pictures of `side` pixels by a recipe, so many in all.

    batch: how many at once, where that is settled.
    """

    pictures: int
    side: int
    recipe: Recipe
    batch: int | None = None


def plan_render(device: Device, cores: int, load: Load) -> RenderPlan:
    """The way to render a load on a device of a machine with so many cores.

    On a CPU nothing is chosen: a chunk at once, float32, a process for each core.
    """
    if not device.is_gpu:
        return RenderPlan(batch=load.batch or CHUNK, in_flight=cores)
    memory = device.memory or LEAST_MEMORY
    in_flight = max(min(cores, IN_FLIGHT, memory // LEAST_MEMORY), 1)
    room = memory / in_flight * PICTURES_SHARE - LIBRARIES
    view = max(view_side(phase, load.side) for phase in load.recipe.ascent)
    most = min(max(int(room / (PIXEL * view**2)), CHUNK), MOST_AT_ONCE)
    batch = load.batch or CHUNK * _evenly(-(-load.pictures // CHUNK), most // CHUNK)
    steps = sum(phase.steps for phase in load.recipe.ascent) * -(-load.pictures // batch)
    return RenderPlan(
        batch=batch,
        in_flight=in_flight,
        precision="bfloat16" if (device.capability or 0) >= BFLOAT16 else "float32",
        xla=device.framework == "tensorflow" and steps >= XLA_STEPS,
    )


def _evenly(chunks: int, most: int) -> int:
    """The chunks of a batch, at most so many, so that none is left over where that can be."""
    if chunks <= most:
        return max(chunks, 1)
    whole = max(size for size in range(1, most + 1) if chunks % size == 0)
    return whole if 2 * whole > most else -(-chunks // -(-chunks // most))
