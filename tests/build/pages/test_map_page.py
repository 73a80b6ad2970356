"""The pages of maps: what their JSON says, what they link to, when they are written."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr
from PIL import Image
from sample_map import GRIDS, LAYERS, PARTS, PHOTOS, colour_of_cell
from sample_study import SMALL

from diamond_cutter.build.pages.maps import map_documents
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.activation_atlas import activation_atlas_store
from diamond_cutter.precompute.stores.store_address import array, subgroup

FOLDER = Path("studies/pets/map/tiny-net")


def document(site: Path, layer: str, name: str) -> dict[str, list[int]]:
    content: dict[str, list[int]] = json.loads((site / FOLDER / layer / name).read_bytes())
    return content


@pytest.mark.parametrize("side", GRIDS)
def test_a_grid_says_of_each_cell_what_the_store_does(
    mapped_site: Path, mapped_study: str, side: int
) -> None:
    told = document(mapped_site, "block1", f"grid-{side}.json")
    group = subgroup(zarr.open_group(mapped_study, mode="r"), "pets")
    slot = subgroup(group, str(group.attrs["slot"]))
    found = activation_atlas_store.read_maps(slot)[-1]
    grid = activation_atlas_store.read_grid(slot, found, side)
    assert (told["row"], told["column"]) == (grid.row.tolist(), grid.column.tolist())
    assert sum(told["count"]) == (PHOTOS - 1) * PARTS
    label = np.asarray(array(slot, "photos/label")[:])
    photo = np.arange(PHOTOS - 1).repeat(PARTS)
    position = np.asarray(array(activation_atlas_store.map_group(slot, found), "position")[:])
    column, row = np.minimum((position * side).astype(int), side - 1).T
    sheet = Image.open(mapped_site / FOLDER / f"block1/cells-{side}-0.webp").convert("RGB")
    shown = 0
    for index, (r, c) in enumerate(zip(told["row"], told["column"], strict=True)):
        inside = photo[(row == r) & (column == c)]
        most = dict(Counter(label[inside].tolist()).most_common(3))
        assert dict(told["labels"][index]) == most
        given = dict(told["given"][index])
        assert set(given) == {k for k in range(len(SMALL.classes)) if grid.asked[index, k]}
        for each, value in given.items():
            assert value == pytest.approx(grid.attribution[index, each], rel=1e-5)
        assert [one for one, *_ in told["examples"][index]] == photo[
            grid.example[index][grid.example[index] >= 0]
        ].tolist()
        tile = told["tile"][index]
        assert (tile >= 0) == (told["count"][index] >= 5)
        if tile >= 0:
            x, y = 16 * (tile % 16) + 8, 16 * (tile // 16) + 8
            colour = np.array(sheet.getpixel((x, y)))
            assert np.abs(colour - colour_of_cell(side, r, c)).max() < 20
            shown += 1
    assert told["tiles"] == shown > 0


def test_positions_of_photos_are_told_and_none_of_one_that_is_not_on_the_map(
    mapped_site: Path,
) -> None:
    told = document(mapped_site, "stem", "photos.json")
    assert len(told["position"]) == PHOTOS - 1
    assert str(PHOTOS - 1) not in told["position"]
    assert all(len(steps) == 2 * PARTS for steps in told["position"].values())  # type: ignore[attr-defined]


def test_pages_lead_to_maps_and_maps_to_each_other(mapped_site: Path) -> None:
    first = "map/tiny-net/block1/"
    for page, link in {
        "studies/pets/index.html": 'href="map/"',
        "studies/pets/photos/7/index.html": f'href="../../{first}?photo=7"',
        "studies/pets/classes/2/index.html": f'href="../../{first}?class=2"',
        "studies/pets/map/index.html": 'href="tiny-net/block1/"',
        "studies/pets/map/tiny-net/stem/index.html": f'href="../../../{first}"',
    }.items():
        assert link in (mapped_site / page).read_text(), page
    page = (mapped_site / "studies/pets/map/tiny-net/block1/index.html").read_text()
    assert 'href="../../../../../models/tiny-net/block1/0/"' in page  # a strongest channel
    assert "<noscript>" in page
    assert len(re.findall(r'<tr><th scope="row">', page)) > 1
    size = Image.open(mapped_site / FOLDER / "block1/map.webp").size
    assert size == (640, 640)


def test_of_many_classes_a_lone_vector_does_not_speak_for_a_cell(mapped_study: str) -> None:
    group = subgroup(zarr.open_group(mapped_study, mode="r"), "pets")
    slot = subgroup(group, str(group.attrs["slot"]))
    found = activation_atlas_store.read_maps(slot)[0]
    grid = activation_atlas_store.read_grid(slot, found, GRIDS[0])
    assert map_documents.told_values(grid) is grid.attribution
    attribution = np.full((1, 13), np.nan, np.float32)
    attribution[0, :4] = (5, 1, -2, 0.001)
    asked = np.zeros((1, 13), np.int32)
    asked[0, :4] = (1, 10, 5, 10)
    many = replace(grid, count=np.array([10], np.int32), attribution=attribution, asked=asked)
    [told] = map_documents.told_values(many)
    np.testing.assert_allclose(told[:4], [0.5, 1, -1, 0.001], rtol=1e-6)
    assert np.isnan(told[4:]).all()
    assert map_documents.most_attributed(told, 2) == [1, 0, 2]


def test_without_maps_no_page_speaks_of_them(small_site: Path) -> None:
    assert not (small_site / "studies/pets/map").exists()
    assert "map/" not in (small_site / "studies/pets/index.html").read_text()


def test_a_map_that_changes_is_written_again_and_one_that_is_gone_goes(
    mapped_study: str, small_atlas: str, tmp_path: Path
) -> None:
    def quiet(*_: object) -> None:
        """Nobody reads it."""

    address = shutil.copytree(mapped_study, tmp_path / "study.zarr")
    build_site(small_atlas, [str(address)], tmp_path / "site", "", quiet)
    grid = tmp_path / "site" / FOLDER / "block1/grid-4.json"
    before = grid.read_bytes()
    group = subgroup(zarr.open_group(str(address), mode="r+"), "pets")
    slot = subgroup(group, str(group.attrs["slot"]))
    attribution = array(slot, "activation_atlas/tiny-net/block1/grids/4/attribution")
    attribution[0] = 5
    build_site(small_atlas, [str(address)], tmp_path / "site", "", quiet)
    assert grid.read_bytes() != before
    del slot["activation_atlas"]
    build_site(small_atlas, [str(address)], tmp_path / "site", "", quiet)
    assert not grid.parent.exists()


def test_layers_of_the_sample_are_mapped(mapped_site: Path) -> None:
    assert [path.name for path in sorted((mapped_site / FOLDER).iterdir())] == sorted(
        layer for layer, _ in LAYERS
    )
