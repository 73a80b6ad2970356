"""An atlas in Python: `atlas["efficientnet-lite0"]["block5b_add"][12]` is a channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.page_text import number
from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer, read_atlas, read_pictures
from diamond_cutter.build.tiles.channel_pictures import strip_channels
from diamond_cutter.build.tiles.sprite_sheet import compose
from diamond_cutter.command.configuration import load
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.notebook import display_html
from diamond_cutter.notebook.data_frame import frame
from diamond_cutter.notebook.python_call import parse_call, run_command
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level

if TYPE_CHECKING:
    from pandas import DataFrame

SIDE = 256
"""The width of a channel's picture in a notebook, in CSS pixels; tiles are a quarter of it."""


@dataclass(frozen=True, eq=False)
class Channel:
    """A channel of a layer, and its feature visualization.

    picture: (S, S, 3) uint8 sRGB; middle grey where there is none to show. score: in natural
    standard deviations, NaN where there is no picture. recipe: the quality that was reached,
    "nothing", "preview" or "standard". flag: "none", or what is wrong with the picture.
    """

    model: str
    layer: str
    channel: int
    picture: NDArray[np.uint8]
    score: float
    recipe: str
    flag: str

    def __repr__(self) -> str:
        """What it is, in a line."""
        return f"{self.model}, {self.layer}, channel {self.channel}: {self._state()}"

    def _repr_html_(self) -> str:
        return display_html.block(display_html.picture(self.picture, str(self), SIDE))

    def _repr_png_(self) -> bytes:
        return display_html.png(self.picture)

    def _state(self) -> str:
        if self.recipe == "nothing":
            return "not rendered yet"
        said = f"{self.recipe}, score {self.score:.1f}"
        return said if self.flag == "none" else f"{said}, {self.flag}: no picture to show"


@dataclass(frozen=True, eq=False)
class AtlasLayer:
    """A layer of an atlas: its channels by number, from 0."""

    _rendered: RenderedLayer

    @property
    def name(self) -> str:
        """The layer's name."""
        return self._rendered.layer.name

    @property
    def channels(self) -> "DataFrame":
        """A row a channel: channel, score, recipe, flag."""
        columns = ("channel", "score", "recipe", "flag")
        return frame(
            {name: getattr(channel, name) for name in columns} for channel in self._without_pixels()
        )

    def __repr__(self) -> str:
        """What it is, in a line."""
        there = int(self._rendered.pictured.sum())
        return (
            f"{self._rendered.model}, {self.name}: {there} of {len(self)} channels have a picture"
        )

    def __len__(self) -> int:
        """The channels."""
        return self._rendered.layer.channels

    def __getitem__(self, channel: int) -> Channel:
        """A channel by its number; a `UserError` where it has none of that number."""
        if channel not in range(len(self)):
            raise UserError(
                f"{self._rendered.model} {self.name}: expected a channel of 0 to {len(self) - 1}, "
                f"got {channel!r}; name one of these"
            )
        return self._channel(channel, read_pictures(self._rendered, channel, channel + 1)[0])

    def __iter__(self) -> Iterator[Channel]:
        """The channels, in order."""
        return (self[channel] for channel in range(len(self)))

    def _without_pixels(self) -> Iterator[Channel]:
        nothing = np.zeros((0, 0, 3), np.uint8)
        return (self._channel(channel, nothing) for channel in range(len(self)))

    def _channel(self, channel: int, picture: NDArray[np.uint8]) -> Channel:
        layer = self._rendered
        return Channel(
            model=layer.model,
            layer=layer.layer.name,
            channel=channel,
            picture=picture,
            score=float(layer.score[channel]),
            recipe=Level(layer.level[channel]).name.lower(),
            flag=Flag(layer.flag[channel]).name.lower(),
        )

    def _strip(self) -> list[int]:
        return strip_channels(self._rendered)

    def _repr_html_(self) -> str:
        tiles = (
            display_html.picture(self[channel].picture, str(channel), SIDE // 4)
            for channel in self._strip()
        )
        return display_html.block(display_html.heading(self), display_html.pictures(tiles))

    def _repr_png_(self) -> bytes | None:
        tiles = [self[channel].picture for channel in self._strip()]
        return display_html.png(compose(np.stack(tiles))) if tiles else None


@dataclass(frozen=True, eq=False)
class AtlasModel:
    """A backbone of an atlas: the layers that are rendered, by name, in depth order."""

    _atlas: ModelAtlas

    @property
    def name(self) -> str:
        """The backbone's name."""
        return self._atlas.model.name

    def __repr__(self) -> str:
        """What it is, in a line."""
        return f"{self.name}: {number(len(self), 'layer')}"

    def __len__(self) -> int:
        """The layers."""
        return len(self._atlas.rendered)

    def __iter__(self) -> Iterator[str]:
        """The names of the layers."""
        return (layer.layer.name for layer in self._atlas.rendered)

    def __getitem__(self, layer: str) -> AtlasLayer:
        """A layer by its name; a `UserError` where it is not in the atlas."""
        for rendered in self._atlas.rendered:
            if rendered.layer.name == layer:
                return AtlasLayer(rendered)
        raise UserError(
            f"{self.name}: expected a layer of the atlas, one of {', '.join(self)}, got {layer!r}; "
            "name one of these, or render it with make_atlas"
        )

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _repr_html_(self) -> str:
        rows = (
            (layer.layer.name, layer.layer.channels, int(layer.pictured.sum()))
            for layer in self._atlas.rendered
        )
        listed = display_html.table(("layer", "channels", "with a picture"), rows)
        return display_html.block(display_html.heading(self), listed)


@dataclass(frozen=True, eq=False)
class Atlas:
    """The feature visualizations of backbones: the backbones by name."""

    address: str
    models: dict[str, AtlasModel]

    def __repr__(self) -> str:
        """What it is, in a line."""
        return f"{self.address}: {', '.join(self) or 'no backbones'}"

    def __len__(self) -> int:
        """The backbones."""
        return len(self.models)

    def __iter__(self) -> Iterator[str]:
        """The names of the backbones."""
        return iter(self.models)

    def __getitem__(self, model: str) -> AtlasModel:
        """A backbone by its name; a `UserError` where it is not in the atlas."""
        if model not in self.models:
            raise UserError(
                f"{self.address}: expected a backbone of the atlas, one of "
                f"{', '.join(self) or 'none'}, got {model!r}; name one, or call make_atlas"
            )
        return self.models[model]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _repr_html_(self) -> str:
        rows = ((name, len(model)) for name, model in self.models.items())
        listed = display_html.table(("backbone", "layers"), rows)
        return display_html.block(display_html.heading(self.address), listed)


def open_atlas(store: str | None = None, *, config: str | None = None) -> Atlas:
    """The atlas at `store`, any fsspec address, or else where the settings have it.

    Raises `UserError` if there is none, or if it is damaged or of another version.
    """
    address = load(AtlasSettings, parse_call("atlas", store=store, config=config)).store
    found = (AtlasModel(model) for model in read_atlas(address).models)
    return Atlas(address, {model.name: model for model in found})


def make_atlas(*, study: str | None = None, config: str | None = None, **settings: object) -> Atlas:
    """Render what is missing, as `diamond atlas` does, and open it.

    `settings`: those of [atlas], such as models, layers, channels, recipe, store, budget; `study`:
    as its option --for. Stopped at any moment, the same call goes on from there. Raises `UserError`
    as the command does.
    """
    run_command("atlas", config=config, **{"for": study}, **settings)
    store = settings.get("store")
    return open_atlas(None if store is None else str(store), config=config)
