"""The page of a cut, as the site has it."""

import json
import re
import tomllib
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from sample_study import AWKWARD, MadeCut, MadeStudy, write_study

from diamond_cutter.build.measured_study import MeasuredStudy, read_array, read_studies
from diamond_cutter.build.page_text import percent, shown
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.study.cut_page import CutFiles, cut_files, cut_page
from diamond_cutter.build.pages.study.photo_predictions import Predictions, read_predictions

FOLDER = "studies/pets"


@pytest.fixture(scope="module")
def measured(small_study: str) -> MeasuredStudy:
    (study,) = read_studies([small_study])
    return study


def text(site: Path, path: str) -> str:
    return (site / FOLDER / path / "index.html").read_text(encoding="utf-8")


def words(html: str) -> str:
    """What a reader sees of it, in one line."""
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def rendered(measured: MeasuredStudy, place: int, pages: Sequence[str] = ()) -> str:
    page = files(measured, place, pages).page
    return page_templates.render(page_templates.environment(), "cut.html", page).decode()


def files(measured: MeasuredStudy, place: int, pages: Sequence[str] = ()) -> CutFiles:
    cut = measured.cuts[place]
    predictions = read_predictions(read_array(measured.label), cut.probability)
    return cut_files(Surroundings("", "assets/"), measured, cut, predictions, set(pages))


def test_every_cut_has_its_page_and_its_photos(small_site: Path, measured: MeasuredStudy) -> None:
    for cut in measured.cuts:
        html = text(small_site, cut.path)
        assert percent(cut.cut.metrics.accuracy.value) in html
        document = json.loads((small_site / FOLDER / cut.path / "photos.json").read_bytes())
        assert len(document["label"]) == len(document["predicted"]) == 60
        right = sum(map(int.__eq__, document["label"], document["predicted"]))
        assert right / 60 == pytest.approx(cut.cut.metrics.accuracy.value)


def test_the_headline_says_where_the_cut_stands(measured: MeasuredStudy) -> None:
    best, last = words(rendered(measured, 0)), words(rendered(measured, 7))
    assert "The best of 8 cuts." in best
    assert "against the best" not in best
    difference = 100 * measured.cuts[7].cut.comparison.difference
    assert "8th of 8 cuts" in last
    assert f"{difference:.1f}".replace("-", "\u2212") + " points against the best" in last
    name = measured.cuts[0].cut
    assert f"The best is {name.model} at {name.cut}" in last
    for place, cut in enumerate(measured.cuts):
        html = words(rendered(measured, place))
        assert ("the two are tied" in html) == (cut.cut.comparison.tied and place > 0)
        assert ("This is the recommended cut." in html) == (cut is measured.recommended)


def test_the_cost_is_said_with_the_machine(small_site: Path) -> None:
    html = words(text(small_site, "tiny-net/block1"))
    for fact in (
        "1\u202f201\u202f000 parameters",
        "0.30 GFLOPs a photo",
        "4.8 MB of weights",
        "8.0 ms for one photo alone",
        "4.1 ms a photo in batches of 32",
        "measured on Made-up processor, 2 threads",
    ):
        assert fact in html


def test_the_matrix_holds_the_confusions(small_site: Path, measured: MeasuredStudy) -> None:
    html = text(small_site, "far.net_2/block4")
    table = html.split('id="matrix"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", table, re.DOTALL)
    found = [
        [int(count) for count in re.findall(r"<span class=\"(?:count\"[^>]*|none\")>(\d+)", row)]
        for row in rows
    ]
    confusion = measured.by_key["far.net_2", "block4"].confusion
    assert found == confusion[:].tolist()  # type: ignore[union-attr]


def test_cells_with_photos_say_which_and_lead_nowhere_without_a_script(small_site: Path) -> None:
    html = text(small_site, "far.net_2/block4")
    table = html.split('id="matrix"')[1].split("</table>")[0]
    assert "<a" not in table
    for classes, content in re.findall(r"<td class=\"h(\d+)[^>]*\">(.*?)</td>", table, re.DOTALL):
        assert (classes == "0") == ('class="none"' in content)
    assert len(re.findall(r'data-true="\d" data-predicted="\d"', table)) == table.count("count")


def test_names_are_shown_and_never_obeyed(small_site: Path) -> None:
    for path in ("far.net_2/block4", "far.net_2/block3", "tiny-net/stem"):
        html = text(small_site, path)
        assert "<b>" not in html
        assert "<i>" not in html
        assert "\u202e" not in html
        for name in AWKWARD:
            assert f"<bdi>{shown(name)}</bdi>" in re.sub(
                r"&[^;]+;", lambda found: unescape(found[0]), html
            )


def test_the_surest_mistakes_show_the_photos_that_were_sure_and_wrong(
    small_site: Path, measured: MeasuredStudy
) -> None:
    cut = measured.by_key["tiny-net", "stem"]
    html = text(small_site, cut.path).split("The surest mistakes")[1].split("Class by class")[0]
    document = json.loads((small_site / FOLDER / cut.path / "photos.json").read_bytes())
    both = list(zip(document["label"], document["predicted"], strict=True))
    wrong = [photo for photo, (label, predicted) in enumerate(both) if label != predicted]
    sure = {photo: float(cut.probability[photo].max()) for photo in wrong}  # type: ignore[union-attr]
    expected = sorted(wrong, key=lambda photo: (-sure[photo], photo))[:24]
    tiles = re.findall(r'class="x(\d+) y(\d+)" src="../../photos/sheet-0.webp"', html)
    assert [int(row) * 16 + int(column) for column, row in tiles] == expected
    assert f"24 of {len(wrong)} photos" in words(html)
    first = both[expected[0]]
    caption = f"{shown(AWKWARD[first[0]])} taken for {shown(AWKWARD[first[1]])} ,"
    assert caption in words(html)


def test_classes_are_listed_with_their_figures_worst_recall_first(
    small_site: Path, measured: MeasuredStudy
) -> None:
    html = text(small_site, "far.net_2/block4").split('id="class-table"')[1].split("</table>")[0]
    order = [int(index) for index in re.findall(r'<tr data-index="(\d)"', html)]
    classes = measured.by_key["far.net_2", "block4"].cut.metrics.classes
    assert order == sorted(range(4), key=lambda index: (classes[index].recall, index))
    for each in classes:
        assert percent(each.recall or 0) in html


def test_learning_curves_are_there_for_heads_that_keras_trained(small_site: Path) -> None:
    curved, plain = text(small_site, "far.net_2/block3"), text(small_site, "far.net_2/block2")
    assert "Learning curves" in curved
    assert curved.count("fold 5, validation photos, epoch") == 2
    assert "L2 strength" not in curved
    assert "Learning curves" not in plain
    assert "L2 strength chosen in each fold: 1, 0.1, 1, 1, 10; " in words(plain)


def test_the_way_on_leads_along_depth_to_the_atlas_and_out(
    small_site: Path, measured: MeasuredStudy
) -> None:
    middle = text(small_site, "tiny-net/block1")
    assert 'href="../stem/"' in middle
    assert 'href="../head/"' in middle
    assert 'href="../../../../models/tiny-net/block1/"' in middle
    assert '<a href="../../">pets</a>' in middle
    assert "models/far.net_2" not in text(small_site, "far.net_2/block3")
    assert "shallower" not in text(small_site, "tiny-net/stem")
    assert "deeper" not in text(small_site, "tiny-net/head")
    assert "diamond export pets tiny-net block1 -o pets-block1.keras" in middle
    assert measured.path == "studies/pets/"


def test_the_configuration_repeats_this_cut(small_site: Path, measured: MeasuredStudy) -> None:
    html = text(small_site, "tiny-net/block1")
    block = unescape(re.findall(r"<pre[^>]*><code>(\[.*?)</code>", html, re.DOTALL)[0])
    settings = {key: value for key, value in measured.study.settings.items() if value != {}}
    expected = {**settings, "models": ["tiny-net"], "cuts": ["block1"]}
    assert tomllib.loads(block) == {"study": {"pets": json.loads(json.dumps(expected))}}


def test_300_classes_make_no_table_of_90_000_cells(tmp_path: Path) -> None:
    classes = tuple(f"species {index:03}" for index in range(300))
    made = MadeStudy("many", classes, 700, (MadeCut("tiny-net", "stem", 0, 0.4, 0.01),))
    write_study(str(tmp_path / "many.zarr"), made)
    (measured,) = read_studies([str(tmp_path / "many.zarr")])
    html = rendered(measured, 0)
    assert "300 classes are too many for one table" in html
    assert html.count("<td") < 4_000
    assert html.count("<img") <= 24
    assert len(html) < 600_000
    assert "the only cut of the study" in words(html).lower()


def test_without_a_mistake_none_is_shown(measured: MeasuredStudy) -> None:
    label = np.array([0, 1, 2, 3] * 15, np.int32)
    all_right = Predictions(label, label, np.ones(60, np.float32), np.ones(60, np.float32))
    page = cut_page(Surroundings("", "assets/"), measured, measured.cuts[0], all_right, set())
    html = page_templates.render(page_templates.environment(), "cut.html", page).decode()
    assert "None: every held-out photo is classified rightly." in html
    assert "<img" not in html


def test_photos_that_only_train_are_no_mistakes(large_study: str) -> None:
    (measured,) = read_studies([large_study])
    document = json.loads(files(measured, 0).photos)
    trains = [photo for photo, predicted in enumerate(document["predicted"]) if predicted == -1]
    assert trains == list(range(0, 600, 3))
    html = words(rendered(measured, 0))
    assert "of 400 held-out photos" in html
    assert "held out by the dataset's own split, 400 photos" in html
