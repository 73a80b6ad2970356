"""The graph of a class and of a photo: what is drawn, what the table says, against the store."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diamond_cutter.build.explained_study import ExplainedStudy
from diamond_cutter.build.measured_study import read_studies
from diamond_cutter.precompute.stores.attribution.attribution_graphs import (
    AttributionGraphs,
    CutGraphs,
)

CLASS, CUT = 1, "tiny-net/block1"
MOST = 40_000
"""Bytes by which a page may grow."""


@pytest.fixture(scope="module")
def explained(small_study: str) -> ExplainedStudy:
    (study,) = read_studies([small_study])
    assert study.explained is not None
    return study.explained


@pytest.fixture(scope="module")
def graphs(explained: ExplainedStudy) -> CutGraphs:
    found = explained.graphs(explained.cuts[0])
    assert found is not None
    return found


def documents(site: Path, page: str, cut: str = CUT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site / f"studies/pets/{page}{cut}/graph.json").read_bytes())
    return found


def check(drawn: dict[str, Any], stored: AttributionGraphs, row: int) -> None:
    """A graph has the nodes stored, with their signs, and the three strongest edges into each."""
    for place, layer in enumerate(drawn["layers"]):
        assert layer["channel"] == stored.node[row, place].tolist()
        np.testing.assert_allclose(layer["value"], stored.value[row, place], rtol=1e-5)
        held = np.abs(stored.value[row, place]).sum() / stored.whole[row, place]
        assert layer["held"] == pytest.approx(held, rel=1e-5)
        for at in range(len(layer["channel"])):
            edges = {source: value for source, to, value in layer["edges"] if to == at}
            if not place:
                assert not edges
                continue
            into = stored.edge[row, place - 1, :, at]
            strongest = np.argsort(-np.abs(into))[:3]
            assert list(edges) == strongest.tolist()
            np.testing.assert_allclose(list(edges.values()), into[strongest], rtol=1e-5)
            carried = np.abs(into[strongest]).sum() / stored.reaching[row, place - 1, at]
            assert layer["carried"][at] == pytest.approx(carried, rel=1e-5)


def test_a_class_has_its_graph_at_each_cut(
    small_site: Path, explained: ExplainedStudy, graphs: CutGraphs
) -> None:
    found = documents(small_site, f"classes/{CLASS}/")
    assert found["layers"] == ["stem", "block1"]
    [drawn] = found["graphs"]
    row = graphs.classes.label.tolist().index(CLASS)
    assert (drawn["label"], drawn["photos"]) == (CLASS, graphs.classes.photos[row])
    check(drawn, graphs.classes, row)
    other = explained.graphs(explained.cuts[1])
    assert other is not None
    beside = documents(small_site, f"classes/{CLASS}/", "far.net_2/block3")
    check(beside["graphs"][0], other.classes, row)


def test_a_photo_has_the_graph_of_what_it_is_taken_for_and_of_its_class(
    small_site: Path, graphs: CutGraphs
) -> None:
    photos = graphs.photos.photo.tolist()
    twice = next(photo for photo in photos if photos.count(photo) == 2)
    once = next(photo for photo in photos if photos.count(photo) == 1)
    for photo in (twice, once):
        rows = [row for row, each in enumerate(photos) if each == photo]
        drawn = documents(small_site, f"photos/{photo}/")["graphs"]
        assert [each["label"] for each in drawn] == graphs.photos.label[rows].tolist()
        for each, row in zip(drawn, rows, strict=True):
            check(each, graphs.photos, row)


@pytest.mark.parametrize("page", [f"classes/{CLASS}/", "photos/4/", "photos/5/"])
def test_the_table_says_all_without_a_script_and_the_page_stays_small(
    small_site: Path, page: str
) -> None:
    html = unescape((small_site / f"studies/pets/{page}index.html").read_text(encoding="utf-8"))
    section = html.split('<section class="graphs"')[1].split("</section>")[0]
    assert len(section.encode()) < MOST
    found = documents(small_site, page)["graphs"]
    tables = section.split("<table>")[1:]
    assert len(tables) == len(found)
    for table, drawn in zip(tables, found, strict=True):
        rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", table)
        said = [
            (layer, re.sub("<.*?>", "", channel), float(gives.replace("\N{MINUS SIGN}", "-")))
            for layer, channel, gives, _ in rows
        ]
        expected = [
            (name, f"Channel {channel}", pytest.approx(value, abs=0.01))
            for name, layer in zip(("stem", "block1"), drawn["layers"], strict=True)
            for channel, value in zip(layer["channel"], layer["value"], strict=True)
        ]
        assert said == expected
        strongest, _, value = drawn["layers"][1]["edges"][0]
        channel = drawn["layers"][0]["channel"][strongest]
        assert rows[4][3].startswith(f"{channel} {value:+.2f}".replace("-", "\N{MINUS SIGN}"))
        assert rows[0][3] == ""
    assert '<a href="../../../../models/tiny-net/stem/0/">' in section


def test_networks_by_themselves_have_graphs_too(networks_site: Path) -> None:
    folder = networks_site / "networks/pets"
    assert 'class="graphs"' in (folder / f"classes/{CLASS}/index.html").read_text(encoding="utf-8")
    assert json.loads((folder / f"photos/4/{CUT}/graph.json").read_bytes())["graphs"]
