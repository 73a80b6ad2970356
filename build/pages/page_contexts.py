"""What the templates are given: one frozen dataclass a page, all of it ready to be shown.

Every `href` and `src` is relative to the page that shows it; where pictures lie elsewhere, those of
them are changed when the page is rendered.
"""

from dataclasses import dataclass

from diamond_cutter.build.charts.network_profile import Field, Profile
from diamond_cutter.build.tiles.channel_tiles import Count, Tile
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model


@dataclass(frozen=True)
class Link:
    """A label and where it leads."""

    label: str
    href: str


@dataclass(frozen=True)
class LayerLink:
    """A layer, its page, and the address and size in pixels of its strip, empty if it has none."""

    label: str
    href: str
    strip: str
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """What every page has around its content.

    policy: the Content-Security-Policy.
    root: relative address of the site's root, with a slash at the end.
    pictures: the full address against which the page's addresses of pictures hold; empty where
        that is its own.
    assets: relative address of the folder of style sheets and scripts, with a slash at the end.
    title: for the browser's tab and for link previews.
    description: one sentence for search engines and link previews.
    crumbs: the pages above this one, from the root down.
    address: the page's own full address; empty where the site's is not known.
    picture: address of the picture for link previews, full where that of the site, or of its
        pictures, is known; may be empty.
    picture_text: what that picture shows.
    data: documents with what the page shows.
    """

    policy: str
    root: str
    pictures: str
    assets: str
    title: str
    description: str
    crumbs: tuple[Link, ...]
    address: str
    picture: str
    picture_text: str
    data: tuple[Link, ...]


@dataclass(frozen=True)
class LargePicture:
    """A channel's large picture: a file of its own, or a tile of a sheet of 8 columns.

    src, width, height: of the file. columns: of the sheet; 1: the file is this picture alone.
    column, row: where the tile is.
    """

    src: str
    width: int
    height: int
    columns: int
    column: int
    row: int


@dataclass(frozen=True)
class ModelEntry:
    """A model in the list of models; `band` holds tiles of its layers, shallow to deep."""

    model: Model
    href: str
    layers: int
    count: Count
    band: tuple[Tile, ...]


@dataclass(frozen=True)
class LayerEntry:
    """A layer in the list of a model's layers; without `href` it is not in the atlas.

    `field` is None where stride or receptive field are not known; `maps` are those of the layer.
    `evidence`: how well another network matches its pictures to photos; empty without.
    """

    layer: Layer
    href: str
    count: Count
    field: Field | None
    strip: tuple[Tile, ...]
    maps: tuple[Link, ...]
    evidence: str


@dataclass(frozen=True)
class LayerGroup:
    """Layers that follow each other in depth and that are all in the atlas, or all not."""

    rendered: bool
    entries: tuple[LayerEntry, ...]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a recipe, as text."""

    name: str
    value: str


@dataclass(frozen=True)
class Recipe:
    """A recipe, its parameters and how many layers were rendered by it."""

    name: str
    parameters: tuple[Parameter, ...]
    layers: int


@dataclass(frozen=True)
class StudyEntry:
    """A study in the list of studies: its size, and the recommended cut with its accuracy.

    maps: address of their list; empty if it has none.
    """

    name: str
    href: str
    photos: int
    classes: int
    cuts: int
    backbones: int
    recommended: Link
    accuracy: str
    interval: str
    enough: bool
    maps: str


@dataclass(frozen=True)
class NetworkEntry:
    """Photos that networks are asked about with their own classes; `photos`: how many.

    maps: address of their list; empty if there are none.
    """

    name: str
    href: str
    photos: int
    networks: tuple[str, ...]
    maps: str


@dataclass(frozen=True)
class HomePage:
    """`/`: what is here; `listed`: how many models there are in all, rendered or not."""

    frame: Frame
    studies: tuple[StudyEntry, ...]
    networks: tuple[NetworkEntry, ...]
    models: tuple[ModelEntry, ...]
    listed: int


@dataclass(frozen=True)
class ModelPage:
    """`/models/<model>/`: the layers in depth order.

    profile: None if it has none. judged: whether there is evidence for any of its pictures.
    """

    frame: Frame
    model: Model
    count: Count
    profile: Profile | None
    groups: tuple[LayerGroup, ...]
    judged: bool


@dataclass(frozen=True)
class LayerPage:
    """`/models/<model>/<layer>/`: the channel grid.

    recipes: names of the recipes that its pictures were made by, best last.
    preview: the tile that the preview starts with; None if there are no channels.
    before, after: the next layers up and down in depth that have a grid.
    weights: the cut before it, and the page of the weights from there; None without them.
    command: what makes the pictures that are not there yet.
    compared: a layer that it is compared with, and the page of both; None where there is none.
    maps: of the layer, by the name of what they are of.
    evidence: how well another network matches its pictures to photos; empty where none was judged.
    words: how many channels have words; empty where none were looked for.
    """

    frame: Frame
    model: Model
    layer: Layer
    count: Count
    side: int
    recipes: tuple[str, ...]
    tiles: tuple[Tile, ...]
    profile: Profile
    before: LayerLink | None
    after: LayerLink | None
    weights: Link | None
    command: str
    compared: Link | None
    maps: tuple[Link, ...]
    evidence: str
    words: str


@dataclass(frozen=True)
class MethodPage:
    """`/method/`: how the pictures are made."""

    frame: Frame
    recipes: tuple[Recipe, ...]


@dataclass(frozen=True)
class ListsPage:
    """`/lists/`: lists of channels, photos, classes, places and cells, which its script reads."""

    frame: Frame


@dataclass(frozen=True)
class MissingPage:
    """`404.html`, which a host shows at any depth, so that no relative address holds in it.

    home: full address of the site; empty where it is not known.
    style: the whole style sheet, since it cannot be linked.
    style_hash: its digest for the Content-Security-Policy, like "sha256-...".
    """

    home: str
    style: str
    style_hash: str
