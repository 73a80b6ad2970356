import json
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
import zarr
from sample_study import LARGE, write_study

from diamond_cutter.build.measured_study import MeasuredStudy, read_studies
from diamond_cutter.build.page_text import percent
from diamond_cutter.build.pages.study import study_files as study_module
from diamond_cutter.build.pages.study import study_page
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.study.dataset_report import Grouping
from diamond_cutter.precompute.stores.study.study_reader import ranking_document


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@pytest.fixture(scope="module")
def pets(small_study: str) -> MeasuredStudy:
    return read_studies([small_study])[0]


@pytest.fixture(scope="module")
def html(small_site: Path) -> str:
    return (small_site / "studies/pets/index.html").read_text(encoding="utf-8")


def test_the_recommendation_comes_first_in_words(html: str, pets: MeasuredStudy) -> None:
    chosen = pets.study.recommendation
    head = html.split("<section")[0]
    said = text(head)
    assert '<a href="tiny-net/block1/">tiny-net at block1</a>' in head
    assert "88.3 % of new photos are expected to be right (77.6 to" in said
    assert said.index("Use tiny-net") < said.index("88.3") < said.index(chosen.gain)
    assert said.index(chosen.gain) < said.index(chosen.saving)
    for reason in pets.study.recommendation.reasons[:4]:
        assert " ".join(reason.split()) in text(html)
    for runner in pets.study.recommendation.runners_up:
        assert f'<a href="{runner.model}/{runner.cut}/">' in html


def test_the_table_holds_all_cuts_best_first(html: str, pets: MeasuredStudy) -> None:
    body = html.split("<tbody>")[1].split("</tbody>")[0]
    rows = body.split("<tr ")[1:]
    assert len(rows) == 8
    for place, (row, cut) in enumerate(zip(rows, pets.cuts, strict=True), 1):
        metrics, cost = cut.cut.metrics, cut.cut.cost
        assert f'id="{cut.cut.model}/{cut.cut.cut}"' in row
        assert f'<span class="place">{place}</span> <a href="{cut.path}">' in row
        assert f'data-accuracy="{metrics.accuracy.value}"' in row
        assert f'data-log-loss="{metrics.log_loss.value}"' in row
        assert f'data-gflops="{cost.gflops}"' in row
        assert f'data-tied="{"yes" if cut.cut.comparison.tied else "no"}"' in row
        assert f'<td class="number">{percent(metrics.accuracy.value)}</td>' in row
        low = 100 * metrics.accuracy.interval[0]
        assert f'class="interval" x="{low:.1f}"' in row
        assert ("recommended" in row) == (cut is pets.recommended)
    assert "the best" in text(rows[0].split("</th>")[1])
    assert "\u22123.3" in rows[1]


def test_every_heading_sorts_by_numbers_that_the_rows_have(html: str) -> None:
    sorts = re.findall(r'data-sort="([a-z0-9_]+)"', html)
    assert len(sorts) == 10
    row = html.split("<tbody>")[1].split(">")[0]
    for sort in sorts:
        assert re.search(rf' data-{sort.replace("_", "-")}="[0-9.e+-]+"', row), sort


def test_it_says_how_it_was_measured(html: str) -> None:
    said = text(html.split('id="measured"')[1])
    assert "in one of 5 stratified folds (seed 0)" in said
    assert "As the photos are few, they were dealt out into folds 5 times" in said
    assert "4 photos in 2 groups of near duplicates" in said
    assert "guessing is right on 25.0" in said
    assert "Made-up processor, 2 threads" in said
    assert "tensorflow 2.21.0" in said
    assert "features 63.2 s" in said
    assert 'models = ["tiny-net", "far.net_2"]' in said
    assert "diamond study pets" in said
    assert "never saw the photos" in said


@pytest.mark.parametrize("column", ["patient", "folder"])
def test_groups_by_a_column_or_folders_are_counted(pets: MeasuredStudy, column: str) -> None:
    report = replace(pets.report, grouping=Grouping(column, 58, 2, 0, []))
    grouped = replace(pets, report=report)
    said = f"The photos form 58 groups that stay together ({column}, near duplicates)"
    assert study_page._duplicates(grouped) == said


def test_it_leads_to_its_dataset_its_cuts_and_the_atlas(html: str) -> None:
    links = set(re.findall(r'href="([^"]+)"', html))
    assert {"dataset/", "study.json", "../../models/tiny-net/"} <= links
    assert "far.net_2/last/" in links
    assert not any("models/far.net_2" in link for link in links)
    assert any(link.endswith("method/#studies") for link in links)


def test_names_from_outside_are_escaped(small_site: Path, html: str) -> None:
    assert "photos/&lt;my set&gt;.csv" in html
    for path in small_site.rglob("studies/**/*.html"):
        page = path.read_text(encoding="utf-8")
        assert "<my set>" not in page
        assert "<b>bold" not in page
        assert "<img src=x>" not in page


def test_it_says_how_many_files_were_left_out_and_why(html: str) -> None:
    assert (
        "Left out: 2 files. 1: not an image: cut off after 12 bytes 1: has 90000 x 90000 pixels, "
        "more than can be read" in text(html)
    )


def test_a_given_split_is_told(large_study: str, tmp_path: Path) -> None:
    build_site("", [large_study], tmp_path / "site", "", quiet)
    said = text((tmp_path / "site/studies/thirty/index.html").read_text(encoding="utf-8"))
    assert "heads were trained on 200 photos" in said
    assert "the 400 photos held out" in said
    assert "600 photos in 30 classes" in said
    assert "Backbone all" not in said  # nothing to choose from


def test_the_json_has_the_ranking(small_site: Path, pets: MeasuredStudy) -> None:
    document = json.loads((small_site / "studies/pets/study.json").read_bytes())
    expected = ranking_document(pets.study, [cut.cut for cut in pets.cuts], pets.report)
    assert document == {**json.loads(json.dumps(expected)), "schema": "study"}
    assert document["format_version"] == 1
    assert document["dataset"]["classes"] == pets.report.classes
    assert [each["files"] for each in document["dataset"]["left_out"]] == [1, 1]
    assert document["dataset"]["ignored"] == 2
    assert document["recommended"] == {"model": "tiny-net", "cut": "block1"}
    assert set(document["baselines"]) == {"chance", "majority", "colour", "habit", "neighbours"}
    assert document["saver"] == {
        "model": "tiny-net",
        "cut": "block1",
        "expected_loss": 0.0,
        "interval": [0.0, 0.0],
    }
    low, high = document["gain"]["interval"]
    assert low < document["gain"]["value"] < high
    assert document["baselines"]["chance"] == 0.25
    first = document["cuts"][0]
    assert {"model", "cut", "accuracy", "interval", "tied_with_best", "parameters", "gflops"} <= (
        set(first)
    )
    assert (first["model"], first["cut"], first["tied_with_best"]) == ("far.net_2", "block3", True)
    assert first["accuracy"] == pytest.approx(55 / 60)
    assert first["interval"][0] < first["accuracy"] < first["interval"][1]
    accuracies = [cut["accuracy"] for cut in document["cuts"]]
    assert accuracies == sorted(accuracies, reverse=True)


def test_the_home_page_and_the_index_list_studies(small_site: Path) -> None:
    home = (small_site / "index.html").read_text(encoding="utf-8")
    assert home.index('href="studies/pets/"') < home.index('href="models/tiny-net/"')
    entry = text(home.split('id="studies"')[1].split("</article>")[0])
    assert "60 photos in 4 classes · 8 cuts of 2 backbones" in entry
    assert "Recommended: tiny-net at block1 , right on 88.3" in entry
    (study,) = json.loads((small_site / "index.json").read_bytes())["studies"]
    assert study["page"] == "studies/pets/"
    assert study["recommended"] == {"model": "tiny-net", "cut": "block1"}
    assert study["accuracy"] == pytest.approx(53 / 60)


def test_without_a_study_the_home_page_says_what_makes_one(
    small_atlas: str, tmp_path: Path
) -> None:
    build_site(small_atlas, [], tmp_path / "site", "", quiet)
    home = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "<code>diamond study NAME</code>" in home
    assert not (tmp_path / "site/studies").exists()


@pytest.fixture
def site(small_study: str, tmp_path: Path) -> tuple[str, Path]:
    """A copy of the small study, and a site of it."""
    store = str(shutil.copytree(small_study, tmp_path / "study.zarr"))
    write_study(store, LARGE)
    build_site("", [store], tmp_path / "site", "", quiet)
    return store, tmp_path / "site"


def test_a_study_that_has_not_changed_is_kept(
    site: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, output = site
    before = {
        path: path.stat().st_mtime_ns for path in output.rglob("studies/**/*") if path.is_file()
    }
    monkeypatch.setattr(study_module, "study_files", None)
    assert build_site("", [store], output, "", quiet).changed == 0
    assert {
        path: path.stat().st_mtime_ns for path in output.rglob("studies/**/*") if path.is_file()
    } == before


@pytest.mark.parametrize(
    ("array", "changed"),
    [
        ("photos/thumbnail", "photos/sheet-0.webp"),
        ("cuts/tiny-net/stem/probability", "tiny-net/stem/photos.json"),
    ],
)
def test_a_study_that_has_changed_is_written_again(
    site: tuple[str, Path], array: str, changed: str
) -> None:
    store, output = site
    before = (output / "studies/pets" / changed).read_bytes()
    values = zarr.open_array(f"{store}/pets/a/{array}")
    values[10] = values[11]
    build_site("", [store], output, "", quiet)
    assert (output / "studies/pets" / changed).read_bytes() != before


def test_a_study_that_is_gone_is_gone_from_the_site(site: tuple[str, Path]) -> None:
    store, output = site
    del zarr.open_group(store)["pets"]
    build_site("", [store], output, "", quiet)
    assert not (output / "studies/pets").exists()
    assert (output / "studies/thirty/index.html").exists()
