"""The page of a search: all that is found, where the field on every page shows the first few."""

from dataclasses import dataclass

from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame

PATH = "search/"


@dataclass(frozen=True)
class SearchPage:
    """`/search/`: `listed`: whether there is a page of all models."""

    frame: Frame
    listed: bool


def search_page(around: Surroundings, listed: bool) -> SearchPage:
    """`/search/`, whose `?q=` is what is searched."""
    frame = make_frame(
        around,
        PATH,
        f"Search \N{MIDDLE DOT} {NAME}",
        "Models, layers, channels by number and by words, studies, classes and photos by name.",
        crumbs=(Link(NAME, "../"),),
        data=(Link("root.json", "index/root.json"),),
    )
    return SearchPage(frame, listed)
