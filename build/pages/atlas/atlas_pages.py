"""The pages: from the atlas to what each template shows."""

from collections.abc import Iterator
from itertools import groupby

from diamond_cutter.build.charts.network_profile import draw_field, draw_profile
from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.layer_words import NO_WORDS, LayerWords
from diamond_cutter.build.mapped_layers import MappedLayers
from diamond_cutter.build.measured_study import MeasuredStudy
from diamond_cutter.build.page_text import percent, percent_interval
from diamond_cutter.build.pages.atlas import word_text
from diamond_cutter.build.pages.atlas.catalogue_page import listed_models
from diamond_cutter.build.pages.atlas.evidence_text import brief, mean_evidence, summary
from diamond_cutter.build.pages.circuits.weights_page import FOLDER as WEIGHTS
from diamond_cutter.build.pages.maps.map_links import LayerMaps, layer_map_links
from diamond_cutter.build.pages.page_contexts import (
    HomePage,
    LayerEntry,
    LayerGroup,
    LayerLink,
    LayerPage,
    Link,
    ModelEntry,
    ModelPage,
    NetworkEntry,
    StudyEntry,
)
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.rendered_atlas import ROWS, Atlas, ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_tiles
from diamond_cutter.build.tiles.channel_pictures import (
    SHARED_COLUMNS,
    SHARED_TILES,
    STRIP,
    large_picture_path,
    strip_channels,
)
from diamond_cutter.build.tiles.channel_tiles import Count
from diamond_cutter.build.tiles.sprite_sheet import place
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


def home_page(
    around: Surroundings,
    atlas: Atlas,
    studies: tuple[MeasuredStudy, ...],
    networks: tuple[NetworkByItself, ...] = (),
) -> HomePage:
    """`/`."""
    models = atlas.models
    picture, picture_text = _picture(models[0]) if models else ("", "")
    frame = make_frame(
        around,
        "",
        NAME,
        "Which pretrained network, cut at which layer, suits your photos, and what its channels "
        "respond to.",
        picture=picture,
        picture_text=picture_text,
        data=(Link("index.json", "index.json"),),
    )
    return HomePage(
        frame,
        tuple(_study_entry(study) for study in studies),
        tuple(_network_entry(each) for each in networks),
        tuple(_model_entry(model) for model in models),
        len(listed_models(atlas)),
    )


def model_page(around: Surroundings, model: ModelAtlas, maps: LayerMaps) -> ModelPage:
    """`/models/<model>/`; `maps` are all there are."""
    name = model.model.name
    picture, picture_text = _picture(model)
    frame = make_frame(
        around,
        f"models/{name}/",
        f"{name} \N{MIDDLE DOT} {NAME}",
        f"The layers of {name} in depth order, with pictures of what their channels respond to.",
        crumbs=(Link(NAME, "../../"), Link("All models", "../")),
        picture=picture,
        picture_text=picture_text,
        data=(
            Link("model.json", "model.json"),
            *([Link(ROWS, ROWS)] if model.rendered else []),
        ),
    )
    return ModelPage(
        frame=frame,
        model=model.model,
        count=channel_tiles.total([channel_tiles.count(layer) for layer in model.rendered]),
        profile=draw_profile(model.layers, model.model.input_size) if model.layers else None,
        groups=tuple(_groups(model, maps)),
        judged=any(mean_evidence(layer) for layer in model.rendered),
    )


def layer_page(
    around: Surroundings,
    model: ModelAtlas,
    layer: RenderedLayer,
    circuits: LayerCircuits,
    compared: Link | None,
    maps: tuple[Link, ...],
    words: LayerWords = NO_WORDS,
) -> LayerPage:
    """`/models/<model>/<layer>/`; `circuits`, `maps`, `compared` and `words` are the layer's."""
    count = channel_tiles.count(layer)
    shown = strip_channels(layer)
    middle = shown[len(shown) // 2] if shown else None
    frame = make_frame(
        around,
        layer.path,
        f"{layer.layer.name} \N{MIDDLE DOT} {layer.model} \N{MIDDLE DOT} {NAME}",
        f"What each of the {count.channels} channels of layer {layer.layer.name} "
        f"of {layer.model} responds to.",
        crumbs=(Link(NAME, "../../../"), Link(layer.model, "../")),
        picture="" if middle is None else large_picture_path(layer, middle),
        picture_text="" if middle is None else preview_text_of(layer, middle),
        data=(Link("layer.json", "layer.json"), Link(ROWS, ROWS)),
    )
    before, after = beside(model, layer, "../")
    used = sorted({int(level) for level in layer.level if level})
    return LayerPage(
        frame=frame,
        model=model.model,
        layer=layer.layer,
        count=count,
        side=layer.side,
        recipes=tuple(channel_tiles.recipe_name(level) for level in used),
        tiles=channel_tiles.grid_tiles(layer),
        profile=draw_profile(
            [other.layer for other in model.rendered], model.model.input_size, layer.layer
        ),
        before=before,
        after=after,
        weights=(
            Link(circuits.source.name, WEIGHTS) if circuits.made_of and circuits.source else None
        ),
        command=command(layer),
        compared=compared,
        maps=maps,
        evidence=summary(layer),
        words=word_text.summary(words),
    )


def beside(
    model: ModelAtlas, layer: RenderedLayer, base: str
) -> tuple[LayerLink | None, LayerLink | None]:
    """The rendered layers before and after `layer` in depth; `base` is the model's folder."""
    position = [other.layer.name for other in model.rendered].index(layer.layer.name)
    before = model.rendered[position - 1] if position else None
    after = model.rendered[position + 1] if position + 1 < len(model.rendered) else None
    return _layer_link(before, base), _layer_link(after, base)


def picture_text_of(layer: RenderedLayer, channel: int) -> str:
    """What a channel's picture shows, in words."""
    return (
        f"Picture made to excite channel {channel} of layer {layer.layer.name} of {layer.model} "
        f"as strongly as possible"
    )


def preview_text_of(layer: RenderedLayer, channel: int) -> str:
    """What the file with a channel's picture shows, in words: where it is among those of others."""
    text = picture_text_of(layer, channel)
    if not layer.shares_pictures:
        return text
    where = place(channel, SHARED_TILES, SHARED_COLUMNS)
    at = f"row {where.row + 1}, column {where.column + 1}"
    return f"{text}: {at}, among those of channels beside it"


def command(layer: RenderedLayer) -> str:
    """What makes the pictures of a layer."""
    return f"diamond atlas --models {layer.model} --layers {layer.layer.name}"


def _study_entry(measured: MeasuredStudy) -> StudyEntry:
    study, best = measured.study, measured.recommended
    return StudyEntry(
        name=study.name,
        href=measured.path,
        photos=study.photos,
        classes=len(study.classes),
        cuts=len(measured.cuts),
        backbones=len(study.backbones),
        recommended=Link(f"{best.cut.model} at {best.cut.cut}", measured.path + best.path),
        accuracy=percent(best.cut.metrics.accuracy.value),
        interval=percent_interval(best.cut.metrics.accuracy.interval),
        enough=study.recommendation.enough,
        maps=_maps(measured.path, measured.mapped),
    )


def _network_entry(network: NetworkByItself) -> NetworkEntry:
    networks = dict.fromkeys(cut.model for cut in network.explained.cuts)
    photos = len(network.report.photos)
    maps = _maps(network.path, network.mapped)
    return NetworkEntry(network.name, network.path, photos, tuple(networks), maps)


def _maps(path: str, mapped: MappedLayers) -> str:
    return path + mapped.list_path if mapped.maps else ""


def _model_entry(model: ModelAtlas) -> ModelEntry:
    href = f"models/{model.model.name}/"
    counts = [channel_tiles.count(layer) for layer in model.rendered]
    return ModelEntry(
        model.model,
        href,
        len(model.layers),
        channel_tiles.total(counts),
        channel_tiles.band_tiles(model, href),
    )


def _groups(model: ModelAtlas, maps: LayerMaps) -> Iterator[LayerGroup]:
    rendered = {layer.layer.name: layer for layer in model.rendered}
    for is_rendered, run in groupby(model.layers, key=lambda layer: layer.name in rendered):
        entries = (_entry(model, layer, rendered.get(layer.name), maps) for layer in run)
        yield LayerGroup(is_rendered, tuple(entries))


def _entry(
    model: ModelAtlas, layer: Layer, rendered: RenderedLayer | None, maps: LayerMaps
) -> LayerEntry:
    field = draw_field(layer, model.model.input_size)
    theirs = layer_map_links(maps, model, layer.name, "../../")
    if rendered is None:
        return LayerEntry(
            layer, "", Count(layer.channels, 0, 0, layer.channels), field, (), theirs, ""
        )
    href = f"{layer.name}/"
    strip = channel_tiles.strip_tiles(rendered, href)
    count = channel_tiles.count(rendered)
    return LayerEntry(layer, href, count, field, strip, theirs, brief(rendered))


def _picture(model: ModelAtlas) -> tuple[str, str]:
    band = channel_tiles.band_channels(model)
    if not band:
        return "", ""
    layer, channel = band[len(band) // 2]
    return large_picture_path(layer, channel), preview_text_of(layer, channel)


def _layer_link(layer: RenderedLayer | None, base: str) -> LayerLink | None:
    if layer is None:
        return None
    href = f"{base}{layer.layer.name}/"
    width, height = channel_tiles.strip_size(layer)
    return LayerLink(
        layer.layer.name, href, href + STRIP if layer.pictured.any() else "", width, height
    )
