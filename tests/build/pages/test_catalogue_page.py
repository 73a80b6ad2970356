"""The page of all models, and the pages of those that have no picture yet."""

import json
import re
from pathlib import Path

import pytest
import zarr

from diamond_cutter.build.charts.catalogue_chart import draw_models, keys
from diamond_cutter.build.charts.chart_parts import FORMATS, WIDE
from diamond_cutter.build.pages.atlas.catalogue_page import listed_models, unrendered
from diamond_cutter.build.pages.atlas.catalogue_rows import COLUMNS, model_rows
from diamond_cutter.build.rendered_atlas import read_atlas
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.atlas_writer import write_catalogue
from diamond_cutter.precompute.stores.atlas.model_list import NAME


def test_the_list_is_read_as_it_was_written(small_atlas: str) -> None:
    atlas = read_atlas(small_atlas)
    assert [listed.model.name for listed in atlas.catalogue] == [
        "tiny-net", "big-net", "more-net", "zoo-net",
    ]  # fmt: skip
    big = atlas.catalogue[1]
    assert (big.weights, big.model.top1, big.model.licence) == ("absent", 81.25, "MIT")
    assert [(layer.name, layer.index, layer.is_cut) for layer in big.layers] == [
        ("one", 0, True), ("two", 1, False),
    ]  # fmt: skip
    assert [model.model.name for model in unrendered(atlas)] == ["big-net", "more-net"]


def test_an_atlas_without_a_list_shows_its_own_models(tmp_path: Path, small_atlas: str) -> None:
    import shutil

    address = str(shutil.copytree(small_atlas, tmp_path / "atlas.zarr"))
    write_catalogue(zarr.open_group(address), read_atlas(address).catalogue[1:2])
    names = [listed.model.name for listed in listed_models(read_atlas(address))]
    assert names == ["big-net", "tiny-net"]
    shutil.rmtree(tmp_path / "atlas.zarr" / NAME)
    assert [each.model.name for each in listed_models(read_atlas(address))] == ["tiny-net"]
    zarr.open_group(address).create_array(NAME, shape=(0,), dtype="uint8")
    with pytest.raises(UserError, match="expected the list of models, got KeyError"):
        read_atlas(address)


def test_rows_tell_what_is_known_the_most_accurate_first(small_atlas: str) -> None:
    models = read_atlas(small_atlas).catalogue
    rows = model_rows(models, frozenset({"tiny-net", "big-net"}), frozenset({"tiny-net"}))
    assert [row.name for row in rows] == ["big-net", "more-net", "tiny-net", "zoo-net"]
    assert [row.href for row in rows] == ["big-net/", "", "tiny-net/", ""]
    assert [row.rendered for row in rows] == [False, False, True, False]
    assert len(rows[0].cells) == len(COLUMNS)
    assert [cell.text for cell in rows[0].cells] == [
        "Big", "keras.applications", "2019", "81.2 %", "20.0 M", "4.00", "96 px", "1", "24", "MIT",
        "absent",
    ]  # fmt: skip
    assert [cell.href for cell in rows[0].cells if cell.href] == [
        "https://example.org/big", "https://example.org/top1",
    ]  # fmt: skip
    assert [cell.text for cell in rows[3].cells[2:6]] == ["", "", "", ""]
    assert [cell.value for cell in rows[3].cells[2:6]] == [None] * 4


def test_the_chart_has_a_mark_for_each_model_and_a_line_for_each_family(small_atlas: str) -> None:
    models = [listed.model for listed in read_atlas(small_atlas).catalogue]
    assert [key.name for key in keys(models)] == ["Big"]
    for form in FORMATS:
        chart = draw_models(models, form)
        assert chart is not None
        (series,) = chart.series
        cheap, dear = series.points
        assert (cheap.href, dear.href) == ("#more-net", "#big-net")
        assert cheap.text == "more-net: 72.0 % top-1, 1 GFLOPs, 8.0 M parameters"
        low, high = chart.y_ticks[0], chart.y_ticks[-1]
        share = (dear.y - low.at) / (high.at - low.at)
        span = (float(low.text[:-2]), float(high.text[:-2]))
        assert span[0] + share * (span[1] - span[0]) == pytest.approx(81.25, abs=0.1)
        ticks = {tick.text: tick.at for tick in chart.x_ticks}
        assert (cheap.x, dear.x) == (ticks["1"], pytest.approx(2 * ticks["2"] - ticks["1"], abs=1))
        assert len(chart.frontier.split()) == 4
    assert draw_models(models[:1], WIDE) is None


def test_the_page_lists_all_and_leads_to_those_that_have_a_page(small_site: Path) -> None:
    html = (small_site / "models/index.html").read_text(encoding="utf-8")
    rows = re.findall(r'<tr id="([^"]+)".*?</tr>', html, re.DOTALL)
    assert rows == ["big-net", "more-net", "tiny-net", "zoo-net"]
    assert 'href="big-net/"' in html
    assert 'href="zoo-net/"' not in html
    assert 'href="https://example.org/big"' in html
    assert '<a href="models/">All 4 models</a>' in (small_site / "index.html").read_text()
    listed = json.loads((small_site / "index.json").read_bytes())["catalogue"]
    assert listed[1]["licence"] == "MIT"
    assert [model["weights"] for model in listed] == ["here", "absent", "here", "absent"]


def test_a_model_without_pictures_has_its_depth_drawn(small_site: Path) -> None:
    html = (small_site / "models/big-net/index.html").read_text(encoding="utf-8")
    assert "2 layers along depth, 1 of them cuts, input 96 px" in html
    assert "<title>one, a cut: 24 channels, about 48 × 48 cells, one every 2 px" in html
    assert html.count('class="dot whole"') == 3
    assert "known of 1 layers" in html
    assert "diamond atlas --models big-net" in html
