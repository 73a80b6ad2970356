"""The geometry of the drawings: a network's profile along depth, and a layer's field of view."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log

from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer

WIDTH, HEIGHT = 720, 300
_PANEL, _TITLE, _PLOT = (
    100,
    20,
    (46, 90),
)  # height of a panel; in it: its title's foot, its plot's span
FIELD_SIDE = 48
_ROOM = 34
"""Units across that a dot's text takes."""


@dataclass(frozen=True)
class Mark:
    """A point with a text that may be empty, in the drawing's units; `is_cut`: of a cut."""

    x: float
    y: float
    text: str
    is_cut: bool = False


@dataclass(frozen=True)
class Column:
    """What the drawing says of a layer where one points at it: its place across, in words."""

    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Panel:
    """One figure of the layers along depth, on a logarithmic scale.

    title: what it is, with its range.
    dots: one a layer where it is known, joined by `line`; those of cuts with its text where it is
    not as before and has room.
    limit: the height of the whole input; None but for the receptive field.
    """

    title: Mark
    dots: tuple[Mark, ...]
    line: str
    limit: Mark | None


@dataclass(frozen=True)
class Profile:
    """Receptive field, stride and channels along depth, one panel each.

    summary: the same in words.
    columns: one a layer on the page of the model. current: x of the layer that the page is about;
    None on the page of the model.
    """

    summary: str
    panels: tuple[Panel, ...]
    columns: tuple[Column, ...]
    current: float | None


@dataclass(frozen=True)
class Field:
    """The receptive field and one cell of a layer, to scale in the square of the input.

    All sides in the drawing's units, the input's is `FIELD_SIDE`; squares are centred.
    """

    field: float
    field_start: float
    cell: float
    cell_start: float
    text: str


def draw_profile(layers: Sequence[Layer], input_size: int, current: Layer | None = None) -> Profile:
    """The profile of at least one layer, in depth order, of a network with that input in pixels."""
    panels = (
        _panel(
            0, "receptive field", " px", layers, lambda layer: layer.receptive_field, input_size
        ),
        _panel(1, "stride", " px", layers, lambda layer: layer.stride),
        _panel(2, "channels", "", layers, lambda layer: layer.channels),
    )
    words = "; ".join(panel.title.text for panel in panels)
    cuts = sum(bool(layer.is_cut) for layer in layers)
    of_them = f", {cuts} of them cuts" if cuts else ""
    return Profile(
        summary=f"{len(layers)} layers along depth{of_them}, input {input_size} px: {words}.",
        panels=panels,
        columns=() if current else tuple(_columns(layers, input_size)),
        current=None if current is None else _centre(layers.index(current), len(layers)),
    )


def draw_field(layer: Layer, input_size: int) -> Field | None:
    """The field of view of a layer; None where stride or receptive field are not known."""
    if layer.stride is None or layer.receptive_field is None:
        return None
    field = _rounded(FIELD_SIDE * min(1.0, layer.receptive_field / input_size))
    cell = _rounded(max(1.5, FIELD_SIDE * min(1.0, layer.stride / input_size)))
    start, cell_start = _rounded((FIELD_SIDE - field) / 2), _rounded((FIELD_SIDE - cell) / 2)
    extent = f"{layer.receptive_field} px of the input's {input_size}"
    if layer.receptive_field > input_size:
        extent = f"up to {layer.receptive_field} px, more than the input's {input_size}"
    text = f"sees {extent}; one cell every {layer.stride} px"
    return Field(field, start, cell, cell_start, text)


def _panel(
    position: int,
    name: str,
    unit: str,
    layers: Sequence[Layer],
    value_of: Callable[[Layer], int | None],
    limit: int | None = None,
) -> Panel:
    top = position * _PANEL
    values = [value_of(layer) for layer in layers]
    known = [value for value in values if value is not None]
    if not known:
        return Panel(Mark(0, top + _TITLE, f"{name} not known"), (), "", None)
    scaled = [*known, limit] if limit else known
    lowest, highest = log(min(scaled)), log(max(scaled))

    def height(value: int) -> float:
        share = (log(value) - lowest) / (highest - lowest or 1)
        return _rounded(top + _PLOT[1] - (_PLOT[1] - _PLOT[0]) * share)

    dots = []
    before, taken = None, -float(_ROOM)
    for index, (layer, value) in enumerate(zip(layers, values, strict=True)):
        if value is None:
            continue
        x, text = _centre(index, len(layers)), ""
        if not limit and layer.is_cut is not False and value != before and x - taken >= _ROOM:
            text, before, taken = str(value), value, x
        dots.append(Mark(x, height(value), text, bool(layer.is_cut)))
    extent = str(known[0]) if min(known) == max(known) else f"{min(known)} to {max(known)}"
    rest = f", known of {len(known)} layers" if len(known) < len(values) else ""
    return Panel(
        title=Mark(0, top + _TITLE, f"{name} {extent}{unit}{rest}"),
        dots=tuple(dots),
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        limit=Mark(WIDTH, height(limit), f"input {limit} px") if limit else None,
    )


def _columns(layers: Sequence[Layer], input_size: int) -> Iterator[Column]:
    width = WIDTH / len(layers)
    for index, layer in enumerate(layers):
        parts = [f"{layer.name}{', a cut' if layer.is_cut else ''}: {layer.channels} channels"]
        if layer.stride is not None:
            side = -(-input_size // layer.stride)
            parts.append(
                f"about {side} \N{MULTIPLICATION SIGN} {side} cells, one every {layer.stride} px"
            )
        if layer.receptive_field is not None:
            parts.append(f"receptive field {layer.receptive_field} px")
        yield Column(_rounded(index * width), round(width, 2), ", ".join(parts))


def _centre(index: int, count: int) -> float:
    return _rounded((index + 0.5) * WIDTH / count)


def _rounded(value: float) -> float:
    return round(value, 1)
