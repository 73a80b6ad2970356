"""The page of a class says what the sums over its photos say."""

import json
import re
from html import unescape
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.build.charts.heatmap import draw_distribution, draw_heat
from diamond_cutter.build.explained_study import ExplainedStudy
from diamond_cutter.build.measured_study import read_studies
from diamond_cutter.precompute.stores.attribution.attribution_reader import (
    read_class_groups,
    read_pictures,
    read_sums,
)

CLASS = 1
CUT = ("tiny-net", "block1")


@pytest.fixture(scope="module")
def explained(small_study: str) -> ExplainedStudy:
    (study,) = read_studies([small_study])
    assert study.explained is not None
    return study.explained


def folder(site: Path) -> Path:
    return site / f"studies/pets/classes/{CLASS}"


def test_the_channels_are_those_of_the_largest_and_lowest_mean(
    small_site: Path, explained: ExplainedStudy
) -> None:
    sums = read_sums(explained.source, *CUT, "block1")
    index = sums.target.tolist().index([CLASS, -1])
    order = np.argsort(-sums.mean[index], kind="stable").tolist()
    html = unescape((folder(small_site) / "index.html").read_text(encoding="utf-8"))
    table = html.split('<table class="channels">')[1].split("</table>")[0]
    listed = [int(channel) for channel in re.findall(r"Channel </span>(\d+)<", table)]
    assert listed == [*order[:8], *order[-8:]]
    first = f"{sums.mean[index, order[0]]:+.2f}"
    low, high = (f"{sums.quantile[index, end, order[0]]:+.2f}" for end in (0, -1))
    assert f'title="5% to 95% of photos: {low} to {high}">{first}<' in table


def test_the_json_compares_with_every_other_class(
    small_site: Path, explained: ExplainedStudy
) -> None:
    sums = read_sums(explained.source, *CUT, "stem")
    path = folder(small_site) / "tiny-net/block1/stem/class.json"
    targets = json.loads(path.read_bytes())["targets"]
    assert [target["against"] for target in targets] == [-1, 0, 2, 3]
    for target in targets:
        index = sums.target.tolist().index([CLASS, target["against"]])
        np.testing.assert_allclose(
            target["mean"], sums.mean[index, target["channel"]], rtol=1e-4, atol=1e-6
        )
        assert target["mean"] == sorted(target["mean"], reverse=True)
        assert target["photos"] == sums.photos[index]


def test_its_pictures_and_the_regions_of_its_groups_are_there(
    small_site: Path, explained: ExplainedStudy
) -> None:
    pictures = read_pictures(explained.source, *CUT)
    groups = read_class_groups(explained.source, *CUT)
    assert pictures is not None
    assert groups is not None
    place = pictures.label.tolist().index(CLASS)
    for index in range(2):
        written = (folder(small_site) / f"tiny-net/block1/logit-{index}.webp").read_bytes()
        pixels = np.asarray(Image.open(BytesIO(written)).convert("RGB"), int)
        np.testing.assert_allclose(pixels, pictures.logit[place, index], atol=6)
    regions = np.asarray(Image.open(folder(small_site) / "tiny-net/block1/regions-0.png"))
    own = groups.map[groups.label.tolist().index(CLASS), 0]
    assert regions.shape == (*own.shape[1:], 4)
    np.testing.assert_allclose(regions[..., 3], 255 * 0.85 * own.max(0), atol=1)
    assert len({tuple(colour) for colour in regions[..., :3].reshape(-1, 3)}) == 3


def test_a_heatmap_keeps_signs_and_marks() -> None:
    drawn = draw_heat(np.array([[0.5, -1.0], [0.0, 0.001]], np.float32), {(1, 0)})
    assert [(cell.row, cell.column, cell.strength, cell.against) for cell in drawn.cells] == [
        (0, 0, 0.5, False),
        (0, 1, 1.0, True),
        (1, 0, 0.0, False),
    ]
    assert [cell.marked for cell in drawn.cells] == [False, False, True]
    assert (drawn.least, drawn.most) == ("\u22121.00", "+1.00")


def test_a_distribution_has_all_channels_on_one_scale() -> None:
    drawn = draw_distribution(np.array([-1.0, 2.0, 0.0, 1.0], np.float32))
    assert drawn.zero == 100.0
    assert drawn.height == 150.0
    assert "2 of 4 channels speak for it, 1 against it" in drawn.text
    assert "100 %" in drawn.text
    assert draw_distribution(np.zeros(3, np.float32)).height >= 1
