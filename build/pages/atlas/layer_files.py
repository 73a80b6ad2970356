"""The files of a layer: its grid, its channels' pages, its weights, and what they are made from."""

from collections.abc import Iterator
from itertools import chain

import jinja2

from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.layer_likeness import LayerLikeness
from diamond_cutter.build.layer_words import layer_words
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.atlas.atlas_documents import layer_document
from diamond_cutter.build.pages.atlas.atlas_pages import layer_page
from diamond_cutter.build.pages.atlas.channel_page import channel_page
from diamond_cutter.build.pages.atlas.evidence_text import evidence_contents
from diamond_cutter.build.pages.attribution.channel_statistics_view import LayerStatistics
from diamond_cutter.build.pages.circuits.weights_page import weights_files
from diamond_cutter.build.pages.data.channel_rows import channel_rows
from diamond_cutter.build.pages.likeness.likeness_links import first_pair
from diamond_cutter.build.pages.likeness.likeness_page import likeness_files
from diamond_cutter.build.pages.page_contexts import Link
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.publish.generator_digest import digest
from diamond_cutter.build.rendered_atlas import ROWS, ModelAtlas, RenderedLayer


def layer_paths(layer: RenderedLayer) -> list[str]:
    """The paths of a layer's grid, its JSON, its channels' rows and their pages."""
    own = [f"{layer.path}{channel}/index.html" for channel in range(layer.layer.channels)]
    return [*(layer.path + name for name in ("index.html", "layer.json", ROWS)), *own]


def layer_files(
    environment: jinja2.Environment,
    around: Surroundings,
    model: ModelAtlas,
    layer: RenderedLayer,
    statistics: tuple[LayerStatistics, ...],
    circuits: LayerCircuits,
    likeness: LayerLikeness | None,
    maps: tuple[Link, ...],
) -> Iterator[tuple[str, bytes]]:
    """The pages and JSON of a layer, its channels, weights and likeness, by path.

    `maps`: of the layer.
    """
    compared = None if likeness is None else first_pair(likeness.compared)
    words = layer_words(layer)
    grid = layer_page(around, model, layer, circuits, compared, maps, words)
    yield f"{layer.path}index.html", page_templates.render(environment, "layer.html", grid)
    yield f"{layer.path}layer.json", layer_document(layer, words)
    yield layer.path + ROWS, channel_rows(layer, circuits, likeness, words)
    for channel in range(layer.layer.channels):
        page = channel_page(around, model, layer, channel, circuits, statistics, likeness, words)
        content = page_templates.render(environment, "channel.html", page)
        yield f"{layer.path}{channel}/index.html", content
    yield from weights_files(environment, around, model, layer, circuits)
    if likeness is not None:
        yield from likeness_files(environment, around, likeness)


def pages_digest(
    generator: str,
    around: Surroundings,
    model: ModelAtlas,
    layer: RenderedLayer,
    made_from: str,
    statistics: tuple[LayerStatistics, ...],
    circuits: LayerCircuits,
    likeness: Iterator[tuple[str, bytes]],
    maps: tuple[Link, ...],
) -> str:
    """A digest of all that a layer's pages are made from.

    `made_from`: that of its pictures; `likeness`: what that is made from.
    """
    depth = [(other.layer, other.side) for other in model.rendered]
    arrays = [values.tobytes() for values in (layer.score, layer.flag, layer.level)]
    arrays.append(evidence_contents(layer.evidence))
    natural = layer.natural
    if natural is not None:
        arrays += [part.tobytes() for part in (natural.maximum, natural.best, natural.spread)]
        arrays += [natural.example_value.tobytes(), natural.example_box.tobytes()]
        arrays += [natural.example_photo.tobytes(), natural.example_place.tobytes()]
    facts = (
        generator,
        around,
        model.model,
        layer.layer,
        depth,
        layer.recipes,
        layer.seed,
        layer.stored.made_on,
        made_from,
        natural and (natural.photos, natural.source, natural.paths, natural.side),
        layer.photos,
        maps,
    )
    said = chain.from_iterable(layer_statistics.contents() for layer_statistics in statistics)
    own = [("facts", repr(facts).encode()), *(("array", array) for array in arrays)]
    return digest(chain(own, said, circuits.contents(), likeness, layer_words(layer).contents()))
