"""Our renderer, as it was planned for the device, and in a plainer way where that fails."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.rendering.backend.device import find_device, is_of_device
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.targets import Target, batches, together
from diamond_cutter.precompute.stores.atlas.atlas_layout import Pictures


class Accelerated:
    """Renders as a `Renderer` does, at most `plan.batch` targets at once.

    What a device can't do is known only when it is asked to: memory may be short, a kernel or a
    compiler missing. That is then tried in a plainer way, and told on standard error; any other
    error is raised.
    """

    def __init__(self, make: Callable[[RenderPlan], Renderer], plan: RenderPlan) -> None:
        """`make`: the renderer of one plan."""
        self._make, self._plan = make, plan
        self._renderer: Renderer | None = None

    def render(self, targets: Sequence[Target], begun: NDArray[np.uint8] | None = None) -> Pictures:
        """The pictures of targets, in their order; `begun`: see `Renderer.render`."""
        while True:
            try:
                made = together(self._parts(targets, begun))
                how = f"{find_device().describe()}, {self._plan.precision}"
                return replace(made, made_on=how)
            except Exception as error:
                told = f"{type(error).__name__}: {error}"
                plainer = self._plan.plainer(told) if is_of_device(error) else None
                if plainer is None:
                    raise
                failed = f"{self._plan.describe()}: {told}"
                sys.stderr.write(f"{failed}\ntrying {plainer.describe()}\n")
                self._plan, self._renderer = plainer, None

    def _parts(
        self, targets: Sequence[Target], begun: NDArray[np.uint8] | None
    ) -> Iterator[Pictures]:
        self._renderer = self._renderer or self._make(self._plan)
        start = 0
        for part in batches(targets, self._plan.batch):
            inside = slice(start, start + len(part))
            yield self._renderer.render(part, None if begun is None else begun[inside])
            start = inside.stop
