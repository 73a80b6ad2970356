"""Backbones in Python: the list of all, and one by its name."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import warn

from diamond_cutter.build.page_text import number
from diamond_cutter.command.errors import UserError
from diamond_cutter.notebook import display_html
from diamond_cutter.notebook.data_frame import frame
from diamond_cutter.notebook.picture_gallery import PictureGallery
from diamond_cutter.notebook.python_call import parse_call, run_command, stopped_in_a_line
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Backbone:
    """A backbone: what is known of it; it is loaded only to save or render something."""

    _model: Model
    _config: str | None

    @property
    def name(self) -> str:
        """The backbone's name."""
        return self._model.name

    @property
    def layers(self) -> "DataFrame":
        """A row a layer in depth order: name, index, channels, stride, receptive_field, is_cut."""
        return frame(asdict(layer) for layer in self._layers())

    @property
    def cuts(self) -> list[str]:
        """The names of the layers at which it may be cut, shallow to deep."""
        return [layer.name for layer in self._layers() if layer.is_cut]

    def save(self, output: str, cut: str = "") -> None:
        """Write it, or its part up to a cut, to FILE.keras, .pb or .modelzoo, as `diamond save`."""
        run_command("save", *([self.name, cut] if cut else [self.name]), **self._with(output))

    def render(self, layer: str = "", *, output: str, **what: object) -> PictureGallery:
        """Pictures of any units, as `diamond render`: into a folder, which is then shown.

        `what`: its options, such as channels="3,7", classes="goldfish", recipe="preview".
        """
        from diamond_cutter.precompute.commands.render_command import render

        if Path(output).suffix == ".npz":
            raise UserError(
                f"output: expected a folder, got {output!r}; `diamond render` writes such a file"
            )
        where = [self.name, layer] if layer else [self.name]
        options = parse_call("render", *where, **self._with(output), **what)
        with stopped_in_a_line():
            names = render(options)
        return PictureGallery(tuple(Path(output) / name for name in names))

    def check(self, photo: str) -> "DataFrame":
        """What it takes a photo for, as `diamond models --check`: model, class, probability."""
        from diamond_cutter.precompute.backbones.catalogue.top_classes import top_classes
        from diamond_cutter.precompute.commands.models_command import read_photo

        told = top_classes(self.name, read_photo(photo))
        return frame(
            {"model": model, "class": answer.name, "probability": answer.chance}
            for model, answers in told.items()
            for answer in answers
        )

    def _layers(self) -> list[Layer]:
        return catalogue.layers(self.name)

    def _with(self, output: str) -> dict[str, object]:
        return {"output": output, "config": self._config}

    def __repr__(self) -> str:
        """What it is, in a line."""
        layers = number(len(self._layers()), "layer")
        return (
            f"{self.name}: {self._model.input_size} px, {layers}, {number(len(self.cuts), 'cut')}"
        )

    def _repr_html_(self) -> str:
        cuts = (layer for layer in self._layers() if layer.is_cut)
        rows = ((layer.name, layer.channels, layer.stride) for layer in cuts)
        listed = display_html.table(("cut", "channels", "stride in px"), rows)
        return display_html.block(display_html.heading(self), listed)


def backbone(name: str, *, config: str | None = None) -> Backbone:
    """A backbone by a name that `models()` lists; a `UserError` for another."""
    parse_call("layers", name, config=config)
    return Backbone(catalogue.describe(name)[0], config)


def models(*, config: str | None = None, **settings: object) -> "DataFrame":
    """A row a backbone, as `diamond models --json` has them: name, source, input_size, cuts, ...

    `settings`: its options source, max_parameters, max_gflops. What is wrong with files of the
    user's own is warned of.
    """
    from diamond_cutter.precompute.commands.models_command import chosen

    options = parse_call("models", config=config, **settings)
    for problem in catalogue.learn():
        warn(str(problem), stacklevel=2)
    return frame(
        {**asdict(model), "weights": "here" if here else "absent"}
        for model, here in chosen(options)
    )
