"""The page of all models: what there is to choose from, rendered or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamond_cutter.build.charts.catalogue_chart import Key, draw_models, keys
from diamond_cutter.build.charts.chart_parts import FORMATS, Chart
from diamond_cutter.build.pages.atlas.catalogue_rows import COLUMNS, ModelRow, model_rows
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.rendered_atlas import Atlas, ModelAtlas
from diamond_cutter.precompute.stores.atlas.model_list import Listed

PATH = "models/"


@dataclass(frozen=True)
class CataloguePage:
    """`/models/`: all models.

    sources, families: to filter by. chart: in every format, empty where nothing can be drawn;
    keys: of its families. headings: of the columns beside the name. rendered: how many have
    pictures.
    """

    frame: Frame
    sources: tuple[str, ...]
    families: tuple[str, ...]
    chart: tuple[Chart, ...]
    keys: tuple[Key, ...]
    headings: tuple[tuple[str, str, bool], ...]
    rows: tuple[ModelRow, ...]
    rendered: int


def catalogue_page(
    around: Surroundings, models: Sequence[Listed], pages: Sequence[ModelAtlas]
) -> CataloguePage:
    """`/models/`; `pages` are the models that have a page."""
    frame = make_frame(
        around,
        PATH,
        f"All models \N{MIDDLE DOT} {NAME}",
        f"{len(models)} pretrained networks with their size, cost, accuracy and cuts.",
        crumbs=(Link(NAME, "../"),),
        data=(Link("index.json", "../index.json"),),
    )
    have = frozenset(model.model.name for model in pages)
    drawn = frozenset(model.model.name for model in pages if model.rendered)
    known = [listed.model for listed in models]
    charts = [draw_models(known, form) for form in FORMATS]
    rows = tuple(model_rows(models, have, drawn))
    return CataloguePage(
        frame=frame,
        sources=tuple(dict.fromkeys(row.source for row in rows)),
        families=tuple(sorted({row.family for row in rows}, key=str.casefold)),
        chart=tuple(chart for chart in charts if chart is not None),
        keys=keys(known),
        headings=COLUMNS,
        rows=rows,
        rendered=len(drawn),
    )


def listed_models(atlas: Atlas) -> tuple[Listed, ...]:
    """All that is listed, and what the atlas holds besides, such as networks no longer named."""
    known = {listed.model.name for listed in atlas.catalogue}
    more = [model for model in atlas.models if model.model.name not in known]
    return (*atlas.catalogue, *(Listed(model.model, "absent", model.layers) for model in more))


def unrendered(atlas: Atlas) -> list[ModelAtlas]:
    """The models of which the atlas has no picture, and whose layers are known."""
    there = {model.model.name for model in atlas.models}
    return [
        ModelAtlas(listed.model, listed.layers, ())
        for listed in atlas.catalogue
        if listed.layers and listed.model.name not in there
    ]
