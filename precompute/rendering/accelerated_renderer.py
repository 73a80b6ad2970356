"""Our renderer, by the way that suits the device, and by a plainer one where that fails."""

import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.rendering.backend.device import Way
from diamond_cutter.precompute.rendering.renderer import Renderer
from diamond_cutter.precompute.rendering.target_batches import batches, together
from diamond_cutter.precompute.rendering.targets import Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import Pictures


class Accelerated:
    """Renders as a `Renderer` does, at most `way.batch` targets at once.

    What a device can't do is known only when it is asked to: memory may be short, a kernel or a
    compiler missing. What fails is then tried in a plainer way, and told on standard error.
    """

    def __init__(self, make: Callable[[Way], Renderer], way: Way) -> None:
        """`make`: the renderer of one way."""
        self._make, self._way = make, way
        self._renderer: Renderer | None = None

    def render(self, targets: Sequence[Target], begun: NDArray[np.uint8] | None = None) -> Pictures:
        """The pictures of targets, in their order; `begun`: see `Renderer.render`."""
        while True:
            try:
                return together(self._parts(targets, begun))
            except UserError:
                raise
            except Exception as error:
                plainer = self._way.plainer(f"{type(error).__name__}: {error}")
                if plainer is None:
                    raise
                failed = f"{self._way.describe()}: {type(error).__name__}: {error}"
                sys.stderr.write(f"{failed}\ntrying {plainer.describe()}\n")
                self._way, self._renderer = plainer, None

    def _parts(
        self, targets: Sequence[Target], begun: NDArray[np.uint8] | None
    ) -> Iterator[Pictures]:
        self._renderer = self._renderer or self._make(self._way)
        start = 0
        for part in batches(targets, self._way.batch):
            inside = slice(start, start + len(part))
            yield self._renderer.render(part, None if begun is None else begun[inside])
            start = inside.stop
