"""The page of lists: what is on them is in the address, and the browser reads it."""

from diamond_cutter.build.pages.page_contexts import Link, ListsPage
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame

PATH = "lists/"


def lists_page(around: Surroundings) -> ListsPage:
    """`/lists/`."""
    return ListsPage(
        make_frame(
            around,
            PATH,
            f"Lists \N{MIDDLE DOT} {NAME}",
            "A list of channels, photos, classes and places on maps, to be shared by its address.",
            crumbs=(Link(NAME, "../"),),
        )
    )
