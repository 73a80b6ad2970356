"""Every JSON document of whole sites, against its schema; every page, against its documents."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from diamond_cutter.build.pages.data.document_kinds import PATHS, kind_of, schemas
from diamond_cutter.build.search.search_index import Posting, index_files

SAMPLES = Path(__file__).parents[3] / "samples"
SITES = ("small_site", "mapped_site", "networks_site", "likeness_site")
WITHOUT_DATA = {"404.html", "lists/index.html"}
"""What says that there is no page, and lists, which lie in their address."""


def documents(site: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents of a site by path; each line of JSON Lines is one."""
    for path in sorted(site.rglob("*.json*")):
        name = path.relative_to(site).as_posix()
        if path.name.startswith(".") or name.startswith("data/schemas/"):
            continue
        lines = path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]
        for line in lines:
            yield name, json.loads(line)


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def examples(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """A document of each schema, by its name.

    A search of several levels is of a large site; lists are as `list-files.test.mjs` saves them.
    """
    sites = (Path(request.getfixturevalue(name)) for name in SITES)
    entry: list[object] = ["name", "", "models/name/", "", "", 0]
    postings = [Posting(f"m{at:060}", entry, json.dumps(entry)) for at in range(6000)]
    large = index_files(postings, "0f")
    found = {one["schema"]: one for one in (json.loads(content) for _, content in large)}
    found["lists"] = json.loads((SAMPLES / "saved_lists.json").read_bytes())
    return found | {one["schema"]: one for site in sites for _, one in documents(site)}


@pytest.mark.parametrize("name", PATHS)
def test_a_schema_is_one_and_names_itself(name: str) -> None:
    document = json.loads(schemas()[name].content)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["properties"]["schema"] == {"const": name}
    assert document["properties"]["format_version"] == {"const": 1}
    for inner in objects(document):
        assert inner["required"] == list(inner["properties"]) or name == "study"
        assert inner["additionalProperties"] is False


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """The parts of a schema that tell of names known beforehand."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and "type" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_there_is_a_file_for_each_schema_and_no_other(small_site: Path) -> None:
    published = {path.stem: path.read_bytes() for path in (small_site / "data/schemas").iterdir()}
    assert published == {name: schema.content for name, schema in schemas().items()}


def test_each_document_is_what_its_schema_says(site: Path) -> None:
    found = set()
    checks = {
        name: Draft202012Validator(json.loads(schema.content)) for name, schema in schemas().items()
    }
    for path, document in documents(site):
        name = document["schema"]
        assert kind_of(path) == name, path
        wrong = [error.message for error in checks[name].iter_errors(document)]
        assert not wrong, f"{path}: {wrong[0]}"
        found.add(name)
    atlas = {"index", "data", "recipes", "model", "channel", "layer", "weights"}
    assert atlas <= found


def test_every_schema_is_used(examples: dict[str, dict[str, Any]]) -> None:
    assert set(examples) == set(PATHS)


@pytest.mark.parametrize("name", PATHS)
def test_a_damaged_document_is_refused(name: str, examples: dict[str, dict[str, Any]]) -> None:
    document = examples[name]
    check = Draft202012Validator(json.loads(schemas()[name].content))
    assert check.is_valid(document)
    for key in document:
        without = {other: value for other, value in document.items() if other != key}
        assert not check.is_valid(without) or key in OPTIONAL, key
        assert not check.is_valid({**document, key: object}), key
    assert not check.is_valid({**document, "unknown": 0})
    assert not check.is_valid({**document, "format_version": 2})


OPTIONAL = {"more_photos", "expected_accuracy", "saver", "gain", "label_doubts"}
"""Of `study.json`: what studies of before do not have."""


def test_each_page_names_its_documents(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        text = path.read_text(encoding="utf-8")
        linked = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)">', text)
        assert linked or page in WITHOUT_DATA, page
        for kind, href in linked:
            target = (path.parent / href).resolve()
            assert kind_of(target.relative_to(site.resolve()).as_posix()), f"{page}: {href}"
            assert kind == f"application/{target.suffix.removeprefix('.')}"
            assert f'<a href="{href}">' in text, f"{page}: {href} is not shown"


def test_the_data_page_counts_what_there_is(mapped_site: Path) -> None:
    document = json.loads((mapped_site / "data/data.json").read_bytes())
    counted: dict[str, list[int]] = {}
    for path in {name for name, _ in documents(mapped_site)} - {"data/data.json"}:
        counted.setdefault(kind_of(path), []).append((mapped_site / path).stat().st_size)
    assert {each["schema"]: (each["files"], each["bytes"]) for each in document["documents"]} == {
        name: (len(sizes), sum(sizes)) for name, sizes in counted.items()
    }
    (model,) = document["models"]
    path = mapped_site / "models/tiny-net/channels.jsonl"
    assert (model["channels"], model["bytes"]) == (325, path.stat().st_size)
