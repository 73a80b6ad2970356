"""The page of a study's dataset."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.dataset.dataset_view import CLASSES, NAMES
from diamond_cutter.build.pages.dataset.duplicate_rows import GROUPS, MEMBERS
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.study.dataset_page import dataset_page
from diamond_cutter.build.pages.study.doubt_rows import DOUBTED
from diamond_cutter.precompute.stores.study.dataset_report import (
    LEFT_OUT,
    Duplicates,
    File,
    Grouping,
    Report,
)
from diamond_cutter.precompute.stores.study.study_layout import LabelDoubt, LabelDoubts

TAKEN = [File(f"a/{index}.jpg", "accept", "", "a", "train") for index in range(260)]
TAKEN += [File("b/x.jpg", "note", "turned", "b", "test")]
PLAIN = Report("photos", {"a": 260, "b": 1}, {}, 260.0, ["b"], [32, 64, 96], [], "", TAKEN)


def render(report: Report, doubts: LabelDoubts | None = None) -> str:
    page = dataset_page(Surroundings("", "assets/"), "studies/pets/", "pets", report, doubts)
    return page_templates.render(page_templates.environment(), "dataset.html", page).decode()


def words(html: str) -> str:
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def test_the_site_has_the_report(small_site: Path) -> None:
    html = (small_site / "studies/pets/dataset/index.html").read_text(encoding="utf-8")
    assert "60 photos of 4 classes from 64 files." in words(html)
    assert "The shorter side of a photo has 60 to 1080 pixels" in html
    assert "1 group of photos with the same picture and different classes" in html
    assert "2 files left out that could not be used." in html
    assert "Turned as its EXIF orientation says" in html
    assert "diamond check-data 'photos/<my set>.csv'" in unescape(html)


def test_what_settings_changed_is_told_and_in_the_command() -> None:
    unwanted = File("a/dark.jpg", "reject", LEFT_OUT, "a")
    changed = replace(
        PLAIN,
        files=[*TAKEN, unwanted],
        reading=['Renamed: "old, one" to "a".'],
        renamed={"old, one": "a"},
        leave_out=["a/dark.jpg", "x,y"],
    )
    said = words(render(changed))
    assert 'Renamed: "old, one" to "a".' in said
    assert f"Left out: 1 file Photos that could not be used, or were not to be. {LEFT_OUT}" in said
    assert "left out that could not be used" not in said
    assert """--rename '"old, one=a"' --leave-out 'a/dark.jpg,"x,y"'""" in said


def test_names_are_shown_and_never_obeyed(small_site: Path) -> None:
    html = (small_site / "studies/pets/dataset/index.html").read_text(encoding="utf-8")
    assert "<b>" not in html
    assert "<img src=x>" not in html
    assert "\u202e" not in html
    for name in ("<b>bold</b> & co", "наука \\u202e犬", "broken/<img src=x>.jpg"):
        assert f">{name}</bdi>" in unescape(html)


def test_classes_are_counted_the_largest_first() -> None:
    html = render(PLAIN)
    rows = re.findall(r"<bdi>(\w)</bdi>.*?width=\"([\d.]+)\".*?number\">(\S+?)<", html)
    assert rows == [("a", "100.0", "260"), ("b", "0.4", "1")]
    assert "260.0 times the photos of the smallest" in html
    assert "1 class of too few photos to be judged: \u2068b\u2069." in words(html)
    assert html.count("too few to be judged") == 1


def test_the_own_split_is_said() -> None:
    assert "brings no split of its own" in render(PLAIN)
    html = render(replace(PLAIN, splits={"train": 260, "test": 1}))
    assert "its own split: 260 photos to train, 1 photo to test." in html


def test_duplicates_show_their_photos_and_where_they_contradict() -> None:
    groups = [
        Duplicates("exact", "", ["a/0.jpg", "a/1.jpg"]),
        Duplicates("near", "split", ["a/257.jpg", "b/x.jpg"]),
        Duplicates("exact", "classes", ["a/2.jpg", "b/x.jpg", "left/out.jpg"]),
    ]
    html = render(replace(PLAIN, duplicates=groups))
    titles = re.findall(r"<h3>(The same.*?)</h3>", html)
    assert titles == [
        "The same picture in different classes",
        "The same picture on both sides of the split",
        "The same picture within a class",
    ]
    classes, split, within = html.split("<h3>The same")[1:4]
    assert re.findall(r'class="x(\d+) y(\d+)" src="\.\./photos/sheet-(\d)', classes) == [
        ("2", "0", "0"),
        ("4", "0", "1"),
    ]
    assert "left/out.jpg in b" not in words(classes)
    assert "a/2.jpg in a in train" in words(classes)
    assert "b/x.jpg in b in test" in words(split)
    assert "in train" not in within
    assert "The same bytes or pixels, all of a ." in words(within)
    assert "those in train are left out of training" in html


DOUBTS = LabelDoubts(
    [("net", "block1"), ("net", "block2")],
    ["x"],
    [LabelDoubt("a/257.jpg", "a", "b", 0.999), LabelDoubt("b/x.jpg", "b", "a", 0.62)],
)


def test_doubted_labels_lead_to_their_photos_the_surest_first() -> None:
    html = render(PLAIN, DOUBTS).partition('id="doubts"')[2].partition("</section>")[0]
    assert re.findall(r'href="\.\./(photos/\d+/)"', html) == ["photos/257/", "photos/260/"]
    assert "a , rather b almost certain, >99\u202f% " in words(html)
    assert "b , rather a leaning, 62\u202f% " in words(html)
    assert "by the 2 cuts that may be the best" in words(html)
    assert "too little of 1 class to say anything of such labels: \u2068x\u2069." in words(html)
    assert 'href="../photos/?doubted=only&amp;sort=doubt&amp;order=down">These in the' in html


def test_no_doubts_and_studies_that_were_never_asked_are_told_apart() -> None:
    none = words(render(PLAIN, LabelDoubts([("net", "block1")], [], [])))
    assert "None: no other class" in none
    assert "too little of" not in none
    assert "Not known: this study was made before heads were asked. diamond study pets" in (
        words(render(PLAIN))
    )


def test_heads_that_know_nothing_say_so() -> None:
    nothing = words(render(PLAIN, LabelDoubts([("net", "block1")], ["a", "b"], [])))
    assert "The heads know too little of every class to doubt a label." in nothing
    assert "None: no other class" not in nothing


def test_of_many_doubts_the_surest_are_shown() -> None:
    photos = [LabelDoubt(f"a/{index}.jpg", "a", "b", 0.9) for index in range(200)]
    html = render(PLAIN, LabelDoubts([("net", "block1")], [], photos))
    assert html.count(", <strong>rather") == DOUBTED
    assert "All 200 in the contact sheet" in html


def test_groups_by_a_column_are_counted_and_those_on_both_sides_said() -> None:
    grouping = Grouping("patient <1>", count=40, largest=31, alone=1, across=["7", "9"])
    said = words(render(replace(PLAIN, grouping=grouping)))
    name = "\u2068patient <1>\u2069"
    assert f"40 groups by {name}, none trained on while it is held out" in said
    assert "the largest has 31 photos; 1 photo without one." in said
    assert f"2 groups by {name} on both sides of the given split" in said
    assert "diamond check-data photos --groups 'patient <1>'" in said
    assert "groups by" not in words(render(PLAIN))


def test_what_has_no_end_is_cut_short_with_its_total() -> None:
    many = [File(f"{index}.jpg", "reject", "cut off") for index in range(5000)]
    notes = [File(f"n/{index}.jpg", "note", f"reason {index}") for index in range(200)]
    pairs = [Duplicates("near", "", ["a/0.jpg", "a/1.jpg"]) for _ in range(900)]
    crowd = Duplicates("exact", "classes", [f"a/{index}.jpg" for index in range(200)])
    classes = {f"class {index:04}": index + 1 for index in range(2000)}
    report = replace(
        PLAIN,
        classes=classes,
        files=[*TAKEN, *many, *notes],
        duplicates=[*pairs, crowd],
        small=[f"class {index:04}" for index in range(40)],
    )
    html = render(report)
    assert html.count("<tr>") <= CLASSES + 3
    assert "1\u202f900 classes between" in html
    assert html.index("class 1999") < html.index("classes between") < html.index("class 0000<")
    assert "40 classes of too few photos to be judged" in words(html)
    assert "and 30 more." in words(html)
    assert html.count('class="tile"') == 2 * GROUPS + MEMBERS
    assert "900 groups, the first 40 of them shown" in words(html)
    assert f"and {200 - MEMBERS} more" in html
    assert "Left out: 5\u202f000 files" in html
    assert f"and {5000 - NAMES:,} more".replace(",", "\u202f") in html
    assert "And 171 more reasons." in html  # 200 of these, and "turned"
    assert len(html) < 150_000


def test_a_dataset_that_makes_no_study_is_shown_with_why() -> None:
    empty = Report("<x>", {}, {}, 1.0, [], [], [], "no photo in <x>", [])
    html = render(empty)
    assert "No study can be made of it" in html
    assert "no photo in &lt;x&gt;" in html
    assert "None: no photo was taken." in html
    assert "None was found." in html
    one = Report("x", {"a": 2}, {}, 1.0, [], [40, 40, 40], [], "one class", TAKEN[:2])
    assert "The shorter side of every photo has 40 pixels." in render(one)
    assert "times the photos" not in render(one)


def test_where_nothing_is_to_be_minded_that_is_said() -> None:
    assert "Nothing: no class is too small" in render(replace(PLAIN, small=[]))
    assert "Nothing: no class is too small" not in render(PLAIN)


def test_how_more_than_8_bits_were_read_is_said() -> None:
    html = words(render(replace(PLAIN, value_range=(930.0, 1130.0), faint=2)))
    assert "values from 930 to 1130 became black to white: one range for all of them." in html
    assert "2 photos with next to nothing to be seen: nearly one colour." in html
    assert "black to white" not in words(render(PLAIN))


def test_near_duplicates_that_were_dealt_out_apart_are_not_said_to_be_held_together() -> None:
    pair = [Duplicates("near", "", ["a/0.jpg", "a/1.jpg"])]
    apart = render(replace(PLAIN, duplicates=pair, near_duplicates="report"))
    assert "Held out together" in render(replace(PLAIN, duplicates=pair))
    assert "Held out together" not in apart
    assert "dealt out as if they were different" in apart
    assert "--near-duplicates report" in apart
