"""The contact sheet, the pages of photos and of classes, as the site has them."""

import json
import re
from html import escape, unescape
from pathlib import Path

from sample_study import AWKWARD

from diamond_cutter.build.measured_study import MeasuredStudy, read_array, read_studies
from diamond_cutter.build.page_text import shown
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.study.class_page import class_page
from diamond_cutter.build.pages.study.contact_sheet import contact_pages
from diamond_cutter.build.pages.study.photo_predictions import Predictions, read_predictions

FOLDER = "studies/pets"


def text(site: Path, path: str) -> str:
    return (site / FOLDER / path / "index.html").read_text(encoding="utf-8")


def words(html: str) -> str:
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def of_best(address: str) -> tuple[MeasuredStudy, Predictions]:
    (measured,) = read_studies([address])
    probability = measured.recommended.probability
    return measured, read_predictions(read_array(measured.label), probability)


def test_every_photo_has_a_page_that_says_what_it_is_taken_for(
    small_site: Path, small_study: str
) -> None:
    measured, predictions = of_best(small_study)
    for photo in range(60):
        said = words(text(small_site, f"photos/{photo}"))
        own = shown(AWKWARD[predictions.label[photo]])
        guess = shown(AWKWARD[predictions.predicted[photo]])
        if predictions.label[photo] == predictions.predicted[photo]:
            assert f"{own} , rightly by tiny-net at block1" in said
        else:
            assert f"{own} taken for {guess} by tiny-net at block1" in said
        right = sum(
            int(cut.probability[photo].argmax() == predictions.label[photo])  # type: ignore[union-attr]
            for cut in measured.cuts
        )
        assert f"{right} of 8 cuts are right about it" in said


def test_a_page_of_a_photo_leads_to_the_photos_beside_it(small_site: Path) -> None:
    first, last = text(small_site, "photos/0"), text(small_site, "photos/59")
    assert 'rel="next" data-carry href="../1/"' in first
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in last


def test_the_sheets_pages_hold_each_photo_once_mistakes_first(large_study: str) -> None:
    measured, predictions = of_best(large_study)
    pages = list(contact_pages(Surroundings("", "assets/"), measured, predictions))
    assert [folder for folder, _ in pages] == [
        "photos/",
        *(f"photos/page-{page}/" for page in (2, 3, 4)),
    ]
    hrefs = [thumb.tile.href for _, page in pages for thumb in page.thumbs]
    assert len(set(hrefs)) == len(hrefs) == 600
    assert hrefs[0].startswith("../photos/")
    assert hrefs[-1].startswith("../../photos/")
    outcomes = [
        "wrong" if thumb.predicted and not thumb.right else "right" if thumb.predicted else "none"
        for _, page in pages
        for thumb in page.thumbs
    ]
    assert outcomes == sorted(outcomes, key=["wrong", "right", "none"].index)
    assert outcomes.count("none") == 200  # these only train


def test_doubted_labels_are_marked_with_the_class_that_is_suggested(small_site: Path) -> None:
    html = text(small_site, "photos")
    assert "? marks the 2 whose label the heads doubt" in words(html)
    marked = re.findall(r'href="\.\./photos/(\d+)/"(?:(?!</li>)[^\n])*\n.*class="doubted"', html)
    assert {int(photo) for photo in marked} == {36, 54}
    assert html.count(f"label doubted, rather {escape(AWKWARD[1])}") == 2
    marks = json.loads((small_site / FOLDER / "photos/marks.json").read_bytes())
    assert (marks["doubted"], marks["suggested"]) == ([36, 54], [1, 1])


def test_a_class_lists_its_photos_and_what_they_are_taken_for(
    small_site: Path, small_study: str
) -> None:
    _, predictions = of_best(small_study)
    html = text(small_site, "classes/0")
    listed = [int(photo) for photo in re.findall(r'href="../../photos/(\d+)/"', html)]
    own = {photo for photo in range(60) if predictions.label[photo] == 0}
    assert set(listed) == own
    margins = [float(predictions.margin[photo]) for photo in listed]
    assert margins == sorted(margins)
    wrong = sum(margin < 0 for margin in margins)
    assert f"{wrong} of {len(own)} are taken for another class" in words(html)


def test_the_figures_of_a_class_name_the_class_they_are_of(small_study: str) -> None:
    measured, predictions = of_best(small_study)
    around = Surroundings("", "assets/")
    for index in range(len(AWKWARD)):
        page = class_page(around, measured, predictions, index, None)
        assert page.head is not None
        assert page.head.row.index == index
        assert page.head.row.name == page.name == shown(AWKWARD[index])


def test_a_photo_page_is_small(small_site: Path) -> None:
    assert (small_site / FOLDER / "photos/7/index.html").stat().st_size < 24_000
    document = json.loads((small_site / FOLDER / "tiny-net/block1/photos.json").read_bytes())
    assert len(document["margin"]) == 60
