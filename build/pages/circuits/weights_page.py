"""The page of all weights between a layer and the cut before it, and the files beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import jinja2
import numpy as np

from diamond_cutter.build.charts.weight_matrix import draw_matrix, similar_order
from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.page_text import encode, percent, signed_text, whole_percent
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.pages.circuits.channel_circuit_view import exactness
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.atlas.circuit_layout import Circuit

STRONGEST = 24
"""Weights that stand in the table."""
FOLDER = "weights/"
"""Of the page, below its layer's."""


@dataclass(frozen=True)
class StrongWeight:
    """A row of the table: `share` of what the output is made of, squared; hrefs may be empty."""

    output: Link
    input: Link
    weight: str
    share: str


@dataclass(frozen=True)
class WeightsPage:
    """`/models/<model>/<layer>/weights/`: rows of the picture are inputs, columns are outputs.

    source_href: the page of the cut before; empty where the atlas has none. exactness, skip: in
    words; skip is empty where there is none.
    """

    frame: Frame
    model: Model
    layer: Layer
    source: Layer
    source_href: str
    exactness: str
    skip: str
    largest: str
    strongest: tuple[StrongWeight, ...]


def weights_paths(layer: RenderedLayer) -> list[str]:
    """The paths of the page of a layer's weights and of the files beside it."""
    return [f"{layer.path}{FOLDER}{name}" for name in ("index.html", "weights.json", "matrix.png")]


def weights_files(
    environment: jinja2.Environment,
    around: Surroundings,
    model: ModelAtlas,
    layer: RenderedLayer,
    circuits: LayerCircuits,
) -> Iterator[tuple[str, bytes]]:
    """The page of a layer's weights and its files, by path; none where the atlas has no weights."""
    circuit, source = circuits.made_of, circuits.source
    if circuit is None or source is None:
        return
    is_there = any(other.layer == source for other in model.rendered)
    source_href = f"../../{source.name}/" if is_there else ""
    page = _page(around, model.model, layer, source, source_href, circuit)
    inputs, outputs = similar_order(circuit.weight), similar_order(circuit.weight.T)
    document = {
        "schema": "weights",
        "source": source.name,
        "layer": layer.layer.name,
        "page": source_href,
        "largest": short(float(np.abs(circuit.weight).max(initial=0))),
        "inputs": inputs.tolist(),
        "outputs": outputs.tolist(),
    }
    files = (
        page_templates.render(environment, "circuits/weights.html", page),
        encode(document),
        draw_matrix(circuit.weight[np.ix_(inputs, outputs)]),
    )
    yield from zip(weights_paths(layer), files, strict=True)


def _page(
    around: Surroundings,
    model: Model,
    layer: RenderedLayer,
    source: Layer,
    source_href: str,
    circuit: Circuit,
) -> WeightsPage:
    name, middle = layer.layer.name, "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        f"{layer.path}{FOLDER}",
        f"Weights from {source.name} to {name} {middle} {layer.model} {middle} {NAME}",
        f"What each channel of {name} of {layer.model} is made of: the weights from the channels "
        f"of {source.name}, like beside like.",
        crumbs=(Link(NAME, "../../../../"), Link(layer.model, "../../"), Link(name, "../")),
        data=(Link("weights.json", "weights.json"),),
    )
    largest = float(np.abs(circuit.weight).max(initial=0))
    return WeightsPage(
        frame=frame,
        model=model,
        layer=layer.layer,
        source=source,
        source_href=source_href,
        exactness=exactness(circuit),
        skip=_skip(circuit),
        largest=signed_text(largest, largest).removeprefix("+"),
        strongest=tuple(_strongest(circuit, largest, source_href)),
    )


def _skip(circuit: Circuit) -> str:
    share = float(np.nanmedian(circuit.skip)) if circuit.has_skip else float("nan")
    if isnan(share):
        return ""
    return (
        "What the skip carries unchanged, from each channel to that of the same number, is not in "
        f"the picture: of half of the channels it is {whole_percent(share)} and more."
    )


def _strongest(circuit: Circuit, largest: float, source_href: str) -> Iterator[StrongWeight]:
    squares = circuit.weight.astype(float) ** 2
    whole = squares.sum(axis=0)
    order = np.argsort(-squares, axis=None, kind="stable")[:STRONGEST]
    for at_input, at_output in zip(*np.unravel_index(order, squares.shape), strict=True):
        if squares[at_input, at_output] > 0:
            yield StrongWeight(
                Link(str(at_output), f"../{at_output}/"),
                Link(str(at_input), source_href and f"{source_href}{at_input}/"),
                signed_text(float(circuit.weight[at_input, at_output]), largest),
                percent(squares[at_input, at_output] / whole[at_output]),
            )
