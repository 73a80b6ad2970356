"""Where the pages of two layers lie, and which a layer leads to."""

from diamond_cutter.build.layer_likeness import ComparedLayers
from diamond_cutter.build.pages.page_contexts import Link
from diamond_cutter.build.rendered_atlas import RenderedLayer

FILES = ("index.html", "likeness.json")
"""Of a page of two layers."""


def pair_folder(other: RenderedLayer) -> str:
    """The folder of the page of a layer and another one, below that of the layer."""
    return f"likeness/{other.model}/{other.layer.name}/"


def pair_paths(compared: ComparedLayers | None) -> list[str]:
    """The paths of all files of the pages of a layer and others."""
    if compared is None:
        return []
    folders = [compared.layer.path + pair_folder(other) for other in compared.others]
    return [folder + name for folder in folders for name in FILES]


def first_pair(compared: ComparedLayers) -> Link | None:
    """The layer that one is compared with first: of another model, where there is any."""
    if not compared.others:
        return None
    first = compared.of_model(compared.models[0])[0] if compared.models else None
    other = first or compared.others[-1]
    name = other.layer.name
    label = name if other.model == compared.own else f"{name} of {other.model}"
    return Link(label, pair_folder(other))
