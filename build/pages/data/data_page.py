"""The page of the site's data: which documents there are, and how they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diamond_cutter.build.page_text import encode, grouped, megabytes
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.data.document_kinds import PATHS, Schema, document_sizes, schemas
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.build.rendered_atlas import ROWS, ModelAtlas

PATH = "data/"
Sizes = Mapping[str, tuple[int, int]]
"""How many documents of each kind there are, and their bytes."""
HERE = "http://127.0.0.1:8000/"
"""Where `diamond serve` shows a site whose address is not known."""
PYTHON = """\
import json
from urllib.request import urlopen

site = "{site}"
with urlopen(site + "{path}") as file:
    channels = [json.loads(line) for line in file]
pictured = [each for each in channels if each["picture"]]
for each in sorted(pictured, key=lambda each: -each["score"])[:5]:
    print(each["layer"], each["channel"], each["score"], site + each["picture"])
"""
JAVASCRIPT = """\
const site = "{site}";
const answer = await fetch(site + "{path}");
const lines = (await answer.text()).trim().split("\\n");
const channels = lines.map((line) => JSON.parse(line));
const pictured = channels.filter((each) => each.picture);
pictured.sort((one, other) => other.score - one.score);
for (const each of pictured.slice(0, 5)) {{
  console.log(each.layer, each.channel, each.score, site + each.picture);
}}
"""


@dataclass(frozen=True)
class DocumentKind:
    """Documents of one schema: where they lie, how many there are and of what size, as text.

    Without a path, files and size are empty: the site's pages make such documents.
    """

    schema: Schema
    paths: tuple[str, ...]
    href: str
    files: str
    size: str


@dataclass(frozen=True)
class ModelRows:
    """A model, and its file with a row for each channel."""

    model: Link
    rows: Link
    channels: int
    size: str


@dataclass(frozen=True)
class DataPage:
    """`/data/`: python, javascript: scripts that read the first model's rows; empty without.

    assumed: the site's address in them where nobody said it; else empty.
    """

    frame: Frame
    models: tuple[ModelRows, ...]
    python: str
    javascript: str
    assumed: str
    kinds: tuple[DocumentKind, ...]


def write_data_page(stage: Stage, around: Surroundings, models: Sequence[ModelAtlas]) -> None:
    """Write the page, the schemas and the list of all documents, which are written already."""
    for schema in schemas().values():
        stage.write(schema.path, schema.content)
    drawn = [model for model in models if model.rendered]
    sizes = dict.fromkeys(PATHS, (0, 0))
    of_parts = (part.documents for part in stage.parts.values())
    for documents in (document_sizes(stage.files), *of_parts):
        for name, (count, size) in documents.items():
            sizes[name] = (sizes[name][0] + count, sizes[name][1] + size)
    stage.write(f"{PATH}data.json", _document(stage, drawn, sizes))
    content = page_templates.render(
        page_templates.environment(), "data.html", _page(stage, around, drawn, sizes)
    )
    stage.write(f"{PATH}index.html", content)


def _document(stage: Stage, models: Sequence[ModelAtlas], sizes: Sizes) -> bytes:
    """`data.json`: kinds of documents, itself left out, and the files of models' channels."""
    documents = [
        {"schema": name, "paths": PATHS[name], "files": count, "bytes": size}
        for name, (count, size) in sizes.items()
        if count
    ]
    rows = [
        {
            "model": model.model.name,
            "channels": _channels(model),
            "path": model.path + ROWS,
            "bytes": stage.files[model.path + ROWS],
        }
        for model in models
    ]
    return encode({"schema": "data", "documents": documents, "models": rows})


def _page(
    stage: Stage,
    around: Surroundings,
    models: Sequence[ModelAtlas],
    sizes: Sizes,
) -> DataPage:
    frame = make_frame(
        around,
        PATH,
        f"Data \N{MIDDLE DOT} {NAME}",
        "What the pages of this site show, as JSON with a schema for each kind of document.",
        crumbs=(Link(NAME, "../"),),
        data=(Link("data.json", "data.json"),),
    )
    where = {"site": around.address or HERE, "path": models[0].path + ROWS if models else ""}
    return DataPage(
        frame=frame,
        models=tuple(
            ModelRows(
                Link(model.model.name, f"../{model.path}"),
                Link(ROWS, f"../{model.path}{ROWS}"),
                _channels(model),
                _size(stage.files[model.path + ROWS]),
            )
            for model in models
        ),
        python=PYTHON.format(**where) if models else "",
        javascript=JAVASCRIPT.format(**where) if models else "",
        assumed="" if around.address else HERE,
        kinds=tuple(
            DocumentKind(
                schemas()[name],
                PATHS[name],
                f"../{schemas()[name].path}",
                grouped(count) if count else "",
                _size(size) if count else "",
            )
            for name, (count, size) in sizes.items()
            if count or not PATHS[name]
        ),
    )


def _size(count: int) -> str:
    return megabytes(count) if count >= 1e5 else f"{count / 1e3:.1f} kB"


def _channels(model: ModelAtlas) -> int:
    return sum(layer.layer.channels for layer in model.rendered)
