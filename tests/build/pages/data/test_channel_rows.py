"""The rows of channels, beside their layers and their models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from sample_circuit import make_kernels, weights_of
from sample_judged import make_words

from diamond_cutter.build.layer_circuits import LayerCircuits
from diamond_cutter.build.layer_words import LayerWords
from diamond_cutter.build.pages.data.channel_rows import channel_rows
from diamond_cutter.build.pages.data.document_kinds import schemas
from diamond_cutter.build.rendered_atlas import read_atlas

MODEL = "models/tiny-net"


def rows(site: Path) -> list[dict[str, Any]]:
    lines = (site / MODEL / "channels.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines]


def test_a_model_has_the_rows_of_its_layers_in_depth_order(small_site: Path) -> None:
    parts = [
        (small_site / MODEL / layer / "channels.jsonl").read_bytes()
        for layer in ("stem", "block1", "head")
    ]
    assert (small_site / MODEL / "channels.jsonl").read_bytes() == b"".join(parts)
    assert json.loads(parts[1].splitlines()[291])["channel"] == 291


def test_a_row_has_what_the_atlas_has_of_a_channel(
    small_site: Path, score_of: Callable[[int], float]
) -> None:
    found = {(row["layer"], row["channel"]): row for row in rows(small_site)}
    assert list(found) == [
        (layer, channel)
        for layer, count in (("stem", 20), ("block1", 300), ("head", 5))
        for channel in range(count)
    ]
    one = found["block1", 291]
    assert one["page"] == "models/tiny-net/block1/291/"
    assert (small_site / one["page"] / "index.html").is_file()
    assert (small_site / one["picture"]).is_file()
    assert one["tile"] == {
        "sheet": "models/tiny-net/block1/sheet-1.jpg",
        "side": 8,
        "column": 3,
        "row": 2,
    }
    assert one["score"] == pytest.approx(score_of(291), abs=1e-4)
    assert (one["level"], one["recipe"], one["reason"]) == (1, "preview", "")
    assert one["natural"] == {
        "source": "holidays",
        "photos": 250,
        "mean": 291.0,
        "spread": 1.0,
        "maximum": 2.0,
        "strongest": "sea & sand/41\u202e.jpg",
    }
    assert one["photos"] == [
        {
            "photo": "sea & sand/41\u202e.jpg",
            "picture": "photos/0f0f0f0f0f0f/41.webp",
            "value": 72.75,
            "place": [16, 4],
            "box": [8, 0, 24, 12],
            "side": 64,
        }
    ]
    dead, absent, head = found["stem", 3], found["stem", 19], found["head", 0]
    assert (dead["reason"], dead["picture"], dead["tile"]) == ("dead", None, None)
    assert dead["score"] == pytest.approx(score_of(3), abs=1e-4)
    assert (absent["reason"], absent["score"], absent["recipe"]) == ("none yet", None, None)
    assert (head["natural"], head["photos"]) == (None, [])


def test_a_row_has_the_strongest_weights_on_both_sides(small_site: Path) -> None:
    row = next(row for row in rows(small_site) if (row["layer"], row["channel"]) == ("block1", 41))
    before = weights_of(make_kernels(20, 300, 5))[:, 41]
    after = weights_of(make_kernels(300, 5, 1))[41]
    for side, layer, weights in (("inputs", "stem", before), ("outputs", "head", after)):
        assert row[side]["layer"] == layer
        order = np.argsort(-np.abs(weights), kind="stable")[:8]
        order = order[weights[order] != 0]
        assert [each["channel"] for each in row[side]["strongest"]] == order.tolist()
        told = [each["weight"] for each in row[side]["strongest"]]
        np.testing.assert_allclose(told, weights[order], rtol=1e-3)
    stem = rows(small_site)[0]
    assert stem["inputs"] is None
    assert stem["outputs"]["layer"] == "block1"


def test_a_row_has_what_is_like_the_channel(likeness_site: Path) -> None:
    """Its own page has the same r, rounded, and leads to the same channels."""
    row = next(row for row in rows(likeness_site) if (row["layer"], row["channel"]) == ("stem", 5))
    likeness = row["likeness"]
    assert likeness["alike"]
    assert all(each["r"] > likeness["chance"] for each in likeness["alike"])
    page = (likeness_site / row["page"] / "index.html").read_text(encoding="utf-8")
    best = likeness["alike"][0]
    assert f"{best['r']:.2f}" in page
    assert f"{best['layer']}/{best['channel']}/" in page or f"../{best['channel']}/" in page


def test_a_row_has_the_words_of_its_channel(small_atlas: str) -> None:
    layer = read_atlas(small_atlas).models[0].rendered[0]
    none = LayerCircuits(None, None, None, None)
    found = make_words(20, {3: [("dog", 0.75), ("cat", 0.5)]})
    lines = channel_rows(layer, none, None, LayerWords((found,))).splitlines()
    told = [json.loads(line)["words"] for line in lines]
    who = {"chance": 0.1, "kind": "observer", "source": "other-net"}
    assert told[3] == [
        {"word": "dog", "share": 0.75, "interval": [0.625, 0.875], **who},
        {"word": "cat", "share": 0.5, "interval": [0.375, 0.625], **who},
    ]
    assert (told[2], len(told)) == ([], 20)
    check = Draft202012Validator(json.loads(schemas()["channel"].content))
    assert all(check.is_valid(json.loads(line)) for line in lines)
    unasked = channel_rows(layer, none, None, LayerWords(())).splitlines()
    assert json.loads(unasked[3])["words"] is None
