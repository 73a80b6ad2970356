"""The page of a channel says what the photos of studies say of it."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.build.explained_study import View, views
from diamond_cutter.build.measured_study import MeasuredStudy, read_studies
from diamond_cutter.build.pages.attribution.channel_statistics_view import (
    channel_statistics,
    layer_statistics,
)
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.attribution.attribution_reader import read_channels

CHANNEL = 41


@pytest.fixture(scope="module")
def measured(small_study: str) -> MeasuredStudy:
    (study,) = read_studies([small_study])
    return study


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


def statistics(measured: MeasuredStudy) -> dict[str, str]:
    assert measured.explained is not None
    files = measured.report.photos
    found = layer_statistics([(measured.study.name, measured.path, files, measured.explained)])
    return {path: " ".join(each.study for each in of) for path, of in found.items()}


def test_every_layer_that_is_explained_has_a_nature(measured: MeasuredStudy) -> None:
    assert statistics(measured) == {
        "models/tiny-net/block1/": "pets",
        "models/tiny-net/stem/": "pets",
        "models/far.net_2/block3/": "pets",
        "models/far.net_2/conv1/": "pets",
    }


def find_view(measured: MeasuredStudy) -> View:
    assert measured.explained is not None
    found = views(measured.explained)
    return next(view for view in found if view.key == "tiny-net/block1/block1")


def test_examples_show_the_photos_of_the_store_with_what_is_seen_marked(
    small_site: Path, measured: MeasuredStudy
) -> None:
    assert measured.explained is not None
    channels = read_channels(measured.explained.source, "tiny-net", "block1", "block1")
    page = small_site / f"models/tiny-net/block1/{CHANNEL}/index.html"
    html = unescape(page.read_text(encoding="utf-8")).split('aria-labelledby="nature-1"')[1]
    listed = re.findall(r'href="[./]+studies/pets/photos/(\d+)/\?view=([^&]+)&channel=(\d+)"', html)
    photos = [int(photo) for photo, _, _ in listed]
    own = [channels.example_photo, channels.hardly_photo, channels.matter_photo]
    assert photos == [photo for each in own for photo in each[CHANNEL].tolist()]
    assert {(view, channel) for _, view, channel in listed} == {
        ("tiny-net/block1/block1", str(CHANNEL))
    }
    left, top, right, bottom = channels.example_box[CHANNEL, 0].tolist()
    frame = f'x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'
    assert html.count(frame) >= 2
    places = find_view(measured).layer
    row, column = channels.example_place[CHANNEL, 0].tolist()
    x, y = int((column + 0.5) * 64 / places.width), int((row + 0.5) * 64 / places.height)
    assert html.count(f'd="M{x} {y}h0"') >= 2
    assert 'viewBox="0 0 64 64"' in html


def test_classes_are_those_it_prefers_and_signs_are_kept(measured: MeasuredStudy) -> None:
    assert measured.explained is not None
    files = measured.report.photos
    found = layer_statistics([(measured.study.name, measured.path, files, measured.explained)])
    (layer,) = found["models/tiny-net/block1/"]
    said = channel_statistics(layer, CHANNEL, "../../../../")
    means = layer.channels.class_mean[:, CHANNEL]
    order = np.argsort(-means, kind="stable")
    assert [each.href for each in said.classes] == [
        f"../../../../studies/pets/classes/{label}/" for label in order
    ]
    assert said.classes[0].length == 100
    values = layer.channels.matter_value[CHANNEL]
    assert [each.bar.against for each in said.matters] == (values < 0).tolist()


def test_pages_of_channels_change_with_what_studies_say_and_only_then(
    write_atlas: Callable[[str], None], small_study: str, tmp_path: Path
) -> None:
    atlas, site = str(tmp_path / "atlas.zarr"), tmp_path / "site"
    write_atlas(atlas)
    build_site(atlas, [], site, "", quiet)
    stem = site / "models/tiny-net/stem/4/index.html"
    without = stem.read_text(encoding="utf-8")
    assert "studies/" not in without
    build_site(atlas, [small_study], site, "", quiet)
    assert "studies/pets/photos/" in stem.read_text(encoding="utf-8")
    again = build_site(atlas, [small_study], site, "", quiet)
    assert again.changed == 0
    build_site(atlas, [], site, "", quiet)
    assert stem.read_text(encoding="utf-8") == without
