"""What pages and JSON say of the evidence for pictures."""

from dataclasses import replace

import numpy as np
import pytest

from diamond_cutter.build.pages.atlas.evidence_text import (
    brief,
    evidence_lists,
    evidence_row,
    judgement,
    mean_evidence,
    summary,
)
from diamond_cutter.build.rendered_atlas import RenderedLayer, read_atlas
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence


@pytest.fixture
def judged(small_atlas: str) -> RenderedLayer:
    """A layer in which channel 0 is matched, 1 by chance, and the picture of 2 is a newer one."""
    layer = next(layer for layer in read_atlas(small_atlas).models[0].rendered)
    count = layer.layer.channels
    shares = np.full(count, 0.5, np.float32)
    shares[0] = 0.875
    interval = np.tile(np.float32([0.35, 0.65]), (count, 1))
    interval[0] = 0.739, 0.945
    level = np.ones(count, np.uint8)
    level[2] = 2
    crops, spread = np.full(count, 0.95, np.float32), np.tile(np.float32([0.84, 0.99]), (count, 1))
    vars(layer.stored)["evidence"] = Evidence("seer", 40, shares, interval, crops, spread, level)
    return replace(layer, level=np.ones(count, np.uint8), flag=np.zeros(count, np.uint8))


def plain(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_a_channel_is_told_how_often_its_picture_is_matched(judged: RenderedLayer) -> None:
    assert plain(judgement(judged, 0)) == (
        "Another network, seer, matches its picture to its photos in 88 % of trials (74 to 94). "
        "Crops of its strongest photos it matches in 95 % (84 to 99)."
    )
    assert "of trials (35 to 65), which may be chance." in plain(judgement(judged, 1))
    assert plain(judgement(judged, 2)) == (
        "Another network, seer, matches crops of its strongest photos to others in 95 % of trials "
        "(84 to 99)."
    )
    vars(judged.stored)["evidence"] = None
    assert judgement(judged, 0) == ""


def test_a_layer_is_summed_up_by_what_was_judged(judged: RenderedLayer) -> None:
    count = judged.layer.channels - 1
    picture, better = (0.875 + 0.5 * (count - 1)) / count, 1 / count
    assert plain(summary(judged)) == (
        f"seer matches pictures to photos in {100 * picture:.0f} % of trials, crops in 95 %; "
        f"{100 * better:.0f} % of the pictures better than chance"
    )
    assert mean_evidence(judged) == {
        "observer": "seer",
        "trials": 40,
        "judged": count,
        "picture": pytest.approx(picture, abs=1e-4),
        "crops": pytest.approx(0.95, abs=1e-4),
        "better_than_chance": pytest.approx(better, abs=1e-4),
    }
    assert plain(brief(judged)) == f"evidence {100 * picture:.0f} %, crops 95 %"
    vars(judged.stored)["evidence"] = None
    assert summary(judged) == brief(judged) == ""
    assert mean_evidence(judged) is None


def test_json_has_the_shares_and_nothing_where_the_picture_is_another(
    judged: RenderedLayer,
) -> None:
    found = evidence_lists(judged)
    assert found is not None
    assert (found["observer"], found["trials"]) == ("seer", 40)
    assert found["picture"][:4] == [0.875, 0.5, None, 0.5]
    assert found["better_than_chance"][:3] == [True, False, False]
    row = evidence_row(judged, 0)
    assert row is not None
    assert row["picture_interval"] == [0.739, 0.945]
    other = evidence_row(judged, 2)
    assert other is not None
    assert (other["picture"], other["crops"]) == (None, 0.95)
