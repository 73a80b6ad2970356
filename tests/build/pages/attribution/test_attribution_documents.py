"""The JSON beside a photo's page, and the photo's look, say what the store holds."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_wide import make_wide_photo

from diamond_cutter.build.charts.signed_bars import draw_bar, strongest
from diamond_cutter.build.explained_study import ExplainedStudy, View, target_order, views
from diamond_cutter.build.measured_study import read_studies
from diamond_cutter.build.page_text import signed_text
from diamond_cutter.build.pages.attribution.attribution_documents import (
    maps_document,
    more_document,
    view_document,
)
from diamond_cutter.build.pages.attribution.document_packing import pack, pack_fine
from diamond_cutter.precompute.stores.attribution.attribution_layout import ExplainedPhoto

PHOTO = 4


@pytest.fixture(scope="module")
def explained(small_study: str) -> ExplainedStudy:
    (study,) = read_studies([small_study])
    assert study.explained is not None
    return study.explained


def photo_of(explained: ExplainedStudy, view: View) -> ExplainedPhoto:
    return explained.photos(view.cut).read(PHOTO)


def document(site: Path, view: View, name: str) -> dict[str, Any]:
    path = site / f"studies/pets/photos/{PHOTO}/{view.key}/{name}"
    read: dict[str, Any] = json.loads(path.read_bytes())
    return read


def row(packed: dict[str, Any]) -> NDArray[np.float64]:
    steps = np.frombuffer(b64decode(packed["steps"]), "i1")
    return steps / 127 * float(packed["peak"][0])


def values(packed: dict[str, Any]) -> NDArray[np.float64]:
    steps = np.frombuffer(b64decode(packed["steps"]), "<i2")
    return steps / 32767 * float(packed["peak"])


def test_the_cut_comes_first_then_what_lies_below(explained: ExplainedStudy) -> None:
    assert [view.key for view in views(explained)] == [
        "tiny-net/block1/block1",
        "tiny-net/block1/stem",
        "far.net_2/block3/block3",
        "far.net_2/block3/conv1",
    ]


def test_the_documents_hold_every_target_once(small_site: Path, explained: ExplainedStudy) -> None:
    for view in views(explained):
        photo = photo_of(explained, view)
        seen = photo.layers[view.layer.name]
        first, more = (
            document(small_site, view, "view.json"),
            document(small_site, view, "more.json"),
        )
        order = target_order(seen)
        assert sorted(order) == list(range(len(seen.targets)))
        targets = [seen.targets[row] for row in order]
        assert [tuple(target) for target in first["targets"]] == targets
        parts = [*first["parts"], *more["parts"]]
        assert [tuple(part["target"]) for part in parts] == targets
        for place, (index, part) in enumerate(zip(order, parts, strict=True)):
            rest = part["logit"] - part["total"] - part["bias"]
            assert rest == pytest.approx(0 if view.at_cut else 0.2, abs=1e-3)
            assert values(part["heatmap"]).sum() == pytest.approx(part["total"], abs=0.02)
            assert values(part["channel"]).sum() == pytest.approx(part["total"], abs=0.02)
            kept = 2 if place and view.layer.rows == 28 else 4
            sides = [*range(kept), *range(4, 4 + kept)]
            width = "u1" if view.layer.channels <= 256 else "<u2"
            channels = np.frombuffer(b64decode(part["cell_channel"]), width)
            assert channels.tolist() == seen.cell_channel[index][..., sides].ravel().tolist()
            expected = seen.cell_value[index][..., sides].ravel()
            step = float(np.abs(expected).max()) / 127
            np.testing.assert_allclose(row(part["cell_value"]), expected, atol=step)


def test_a_mistake_is_asked_why_it_is_not_the_true_class(explained: ExplainedStudy) -> None:
    view = views(explained)[0]
    asked = set()
    for photo in explained.photos(view.cut):
        seen = photo.layers[view.layer.name]
        (first, minus), rest = seen.targets[target_order(seen)[0]], target_order(seen)[1:]
        best = np.argsort(-photo.logit)
        assert first == best[0]
        errs = photo.photo % 4 == 0  # and so the store has the true class at second place or last
        label = (first - 1) % len(photo.logit)
        assert minus == (label if errs else best[1])
        assert len(rest) == len(seen.targets) - 1
        asked.add(minus == best[1])
    assert asked == {True, False}


def test_maps_and_the_most_active_channels_are_the_stores(
    small_site: Path, explained: ExplainedStudy
) -> None:
    view = views(explained)[0]
    seen = photo_of(explained, view).layers[view.layer.name]
    first, maps = document(small_site, view, "view.json"), document(small_site, view, "maps.json")
    assert first["map_channel"] == seen.map_channel.tolist()
    steps = np.frombuffer(b64decode(maps["map"]["steps"]), "i1").reshape(len(seen.map), -1)
    found = steps / 127 * np.array(maps["map"]["peak"])[:, None]
    np.testing.assert_allclose(found, seen.map.reshape(len(found), -1), atol=0.02)
    np.testing.assert_allclose(first["map_peak"], found.max(1), rtol=1e-4)
    np.testing.assert_allclose(row(first["active_value"]), seen.active_value.ravel(), atol=0.02)


def test_the_worst_view_stays_small(small_site: Path, explained: ExplainedStudy) -> None:
    """28 x 28 cells: what is loaded at first, without the 30 kB that 2,000 channels add."""
    view = views(explained)[-1]
    assert (view.layer.rows, view.layer.columns) == (28, 28)
    folder = small_site / f"studies/pets/photos/{PHOTO}/{view.key}"
    assert (folder / "view.json").stat().st_size < 32_000


def test_2000_channels_and_28_by_28_cells_are_loaded_in_60_kb() -> None:
    photo, view = make_wide_photo()
    assert len(view_document(photo, view)) < 60_000
    assert len(more_document(photo, view)) < 330_000  # on demand
    assert len(maps_document(photo, view)) < 60_000


def test_what_is_packed_keeps_its_sign_and_zero() -> None:
    given = np.array([[0.0, -2.0], [1.5, 1e-9]], np.float32)
    np.testing.assert_allclose(values(pack(given)), given.ravel(), atol=1e-4)
    assert pack(np.zeros((2, 2), np.float32))["peak"] == 0
    assert pack_fine(given)["peak"] == [2.0, 1.5]
    assert pack_fine(np.zeros((0, 3, 3), np.float32)) == {"peak": [], "steps": ""}


def test_the_strongest_are_on_their_own_side_of_zero() -> None:
    given = np.array([0.0, 3.0, -1.0, 2.0, 0.5, -4.0], np.float32)
    assert strongest(given, 2) == ([1, 3], [5, 2])
    assert strongest(np.abs(given), 9) == ([5, 1, 3, 2, 4], [])


def test_bars_start_at_the_zero_of_one_scale() -> None:
    against = draw_bar(-1.0, 4.0)
    assert (against.start, against.length, against.against) == (-12.5, 12.5, True)
    assert against.text == "\u22121.00"
    assert (draw_bar(4.0, 4.0).start, draw_bar(4.0, 4.0).length) == (0.0, 50.0)
    assert draw_bar(0.0, 0.0).length == 0.0
    texts = [signed_text(value, scale) for value, scale in ((12.3, 50), (-0.0123, 0.05), (1e-9, 1))]
    assert texts == ["+12.3", "\u22120.0123", "0.00"]
