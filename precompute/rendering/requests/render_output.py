"""The pictures that `diamond render` writes; what a folder has already is not made again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from json import dumps, loads
from pathlib import Path
from typing import Any
from zlib import crc32

from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.rendering.recipes import Recipe
from diamond_cutter.precompute.rendering.render_plan import RenderPlan
from diamond_cutter.precompute.rendering.renderer_choice import OWN
from diamond_cutter.precompute.rendering.requests.picture_files import (
    file_names,
    is_made,
    write_archive,
    write_png,
)
from diamond_cutter.precompute.rendering.requests.render_request import Asked
from diamond_cutter.precompute.rendering.requests.target_pictures import (
    fitted,
    plan_units,
    render_batches,
)
from diamond_cutter.precompute.rendering.targets import Target, together
from diamond_cutter.precompute.stores.atlas.atlas_layout import Pictures

Report = Callable[[int], Any]


@dataclass(frozen=True)
class Gallery:
    """Units to be rendered and all that decides their bytes."""

    backbone: Backbone
    asked: Asked
    recipe: Recipe
    seed: int
    transparent: bool
    renderer: str = OWN

    @cached_property
    def planned(self) -> tuple[RenderPlan, list[list[Target]]]:
        """How its targets are rendered, and the batches of them."""
        return plan_units(self.asked.layer, self.asked.targets, self.recipe, self.renderer)

    def write(self, output: Path, report: Report) -> None:
        """Write a folder of PNGs, or one `.npz`; `report` is told how many are done.

        A folder gets each batch as it is finished, and the same call goes on from there.
        """
        _, parts = self.planned
        if output.suffix == ".npz":
            made = together(self._rendered(parts, report))
            write_archive(
                output, made, self.asked.targets, self.asked.numbers_of, self.asked.numbers
            )
            return
        names = iter(file_names(self.asked.targets))
        files = [[output / name for name in islice(names, len(part))] for part in parts]
        missing = [
            number
            for number, part in enumerate(parts)
            if not all(
                is_made(path, self._how(target))
                for path, target in zip(files[number], part, strict=True)
            )
        ]
        done = sum(len(part) for part in parts) - sum(len(parts[number]) for number in missing)
        report(done)
        todo = [parts[number] for number in missing]
        rendered = self._rendered(todo, lambda more: report(done + more))
        for number, pictures in zip(missing, rendered, strict=True):
            for place, (path, target) in enumerate(zip(files[number], parts[number], strict=True)):
                write_png(
                    path,
                    pictures.images[place],
                    self._how(target),
                    float(pictures.score[place]),
                    int(pictures.flag[place]),
                )

    def _rendered(self, todo: Sequence[Sequence[Target]], report: Report) -> Iterator[Pictures]:
        """The pictures of some of the parts; the bytes are those that all would give."""
        plan, parts = self.planned
        rendered = render_batches(
            self.backbone,
            self.asked.layer,
            todo,
            self.recipe,
            fitted(plan, parts),
            seed=self.seed,
            transparent=self.transparent,
            renderer=self.renderer,
        )
        done = 0
        for part, pictures in zip(todo, rendered, strict=True):
            done += len(part)
            report(done)
            yield pictures

    def _how(self, target: Target) -> dict[str, Any]:
        """What decides a picture's bytes, as JSON gives it back."""
        how = {
            "model": self.backbone.name,
            "weights_digest": self.backbone.weights_digest,
            "layer": self.asked.layer.name if self.asked.layer else None,
            "target": target.name,
            "key": target.key,
            "weights": crc32(target.weights.tobytes()),
            "renderer": self.renderer,
            "recipe": asdict(self.recipe) if self.renderer == OWN else None,
            "seed": self.seed,
            "transparent": self.transparent,
        }
        return dict(loads(dumps(how)))
