"""The table of all models: what each is and costs, as text and to sort by."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamond_cutter.precompute.stores.atlas.atlas_layout import Model
from diamond_cutter.precompute.stores.atlas.model_list import Listed

COLUMNS = (
    ("family", "Family", False),
    ("source", "Source", False),
    ("year", "Published", True),
    ("top1", "ImageNet top-1", True),
    ("parameters", "Parameters", True),
    ("gflops", "GFLOPs", True),
    ("input", "Input", True),
    ("cuts", "Cuts", True),
    ("channels", "Channels in cuts", True),
    ("licence", "Licence of the weights", False),
    ("weights", "Weights", False),
)
"""The columns beside the name: what each is sorted by, in addresses too, its heading, and whether
it holds numbers."""


@dataclass(frozen=True)
class ModelCell:
    """A figure as text, empty where it is not known, what it is sorted by, and where it is from."""

    text: str
    value: float | None
    href: str = ""


@dataclass(frozen=True)
class ModelRow:
    """A model; `href` is empty where it has no page; `cells` in the order of `COLUMNS`.

    rank: by name in the alphabet. rendered: whether the atlas has pictures of it.
    """

    name: str
    href: str
    rank: int
    rendered: bool
    family: str
    source: str
    weights: str
    cells: tuple[ModelCell, ...]


def model_rows(
    models: Sequence[Listed], pages: frozenset[str], drawn: frozenset[str]
) -> list[ModelRow]:
    """The rows, the most accurate first, those without a published accuracy last.

    `pages`: names of the models that have one; `drawn`: of those that have pictures.
    """
    alphabet = sorted((listed.model.name for listed in models), key=str.casefold)
    families = sorted({listed.model.family for listed in models}, key=str.casefold)
    sources = list(dict.fromkeys(listed.model.source for listed in models))
    licences = sorted({listed.model.licence or "" for listed in models}, key=str.casefold)
    ordered = sorted(models, key=lambda listed: -(listed.model.top1 or 0))
    return [
        ModelRow(
            name=listed.model.name,
            href=f"{listed.model.name}/" if listed.model.name in pages else "",
            rank=alphabet.index(listed.model.name),
            rendered=listed.model.name in drawn,
            family=listed.model.family,
            source=listed.model.source,
            weights=listed.weights,
            cells=(
                ModelCell(listed.model.family, families.index(listed.model.family)),
                ModelCell(listed.model.source, sources.index(listed.model.source)),
                *_figures(listed.model),
                ModelCell(listed.model.licence or "", _after(licences, listed.model.licence)),
                ModelCell(listed.weights, int(listed.weights == "absent")),
            ),
        )
        for listed in ordered
    ]


def _figures(model: Model) -> tuple[ModelCell, ...]:
    return (
        ModelCell(_text(model.year, "d"), model.year, model.paper or ""),
        ModelCell(f"{model.top1:.1f} %" if model.top1 else "", model.top1, model.top1_source or ""),
        ModelCell(f"{model.parameters / 1e6:.1f} M" if model.parameters else "", model.parameters),
        ModelCell(
            "<0.01" if 0 < (model.gflops or 0) < 0.01 else _text(model.gflops, ".2f"), model.gflops
        ),
        ModelCell(f"{model.input_size} px", model.input_size),
        ModelCell(_text(model.cuts, "d"), model.cuts),
        ModelCell(_text(model.channels, ",").replace(",", "\u202f"), model.channels),
    )


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _after(names: list[str], name: str | None) -> int | None:
    return None if name is None else names.index(name)
