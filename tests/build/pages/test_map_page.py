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
from sample_map import GRIDS, LAYERS, PARTS, PHOTOS, PLACES, SIDE, colour_of_cell
from sample_study import SMALL

from diamond_cutter.build.mapped_layers import read_mapped
from diamond_cutter.build.pages.maps import map_cell_classes, map_documents
from diamond_cutter.build.pages.maps.map_arrays import PhotoFacts, read_arrays
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.activation_atlas import activation_atlas_store
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import CROP
from diamond_cutter.precompute.stores.store_address import array, subgroup

FOLDER = Path("studies/pets/map/tiny-net")


def document(site: Path, layer: str, name: str) -> dict[str, list[int]]:
    content: dict[str, list[int]] = json.loads((site / FOLDER / layer / name).read_bytes())
    return content


@pytest.mark.parametrize("side", GRIDS)
def test_a_grid_and_its_blocks_say_of_each_cell_what_the_store_does(
    mapped_site: Path, mapped_study: str, side: int
) -> None:
    folder = mapped_site / FOLDER / "block1"
    told = document(mapped_site, "block1", f"grid-{side}.json")
    classes = json.loads((folder / f"classes-{side}.json").read_bytes())["given"]
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
    blocks: dict[tuple[int, int], list[int]] = {}
    for index, (r, c) in enumerate(zip(told["row"], told["column"], strict=True)):
        blocks.setdefault((r // 8, c // 8), []).append(index)
    names = {f"cells-{side}-{r}-{c}" for r, c in blocks}
    assert {path.stem for path in folder.glob(f"cells-{side}-*.json")} == names
    shown = 0
    for (down, across), cells in blocks.items():
        block = document(mapped_site, "block1", f"cells-{side}-{down}-{across}.json")
        assert block["cell"] == cells
        picture = folder / f"cells-{side}-{down}-{across}.webp"
        assert picture.exists() == any(told["shown"][index] for index in cells)
        for at, index in enumerate(cells):
            r, c = told["row"][index], told["column"][index]
            inside = photo[(row == r) & (column == c)]
            counted = Counter(label[inside].tolist())
            assert dict(block["labels"][at]) == dict(counted.most_common(3))
            assert counted[told["label"][index]] == max(counted.values())
            given = dict(block["given"][at])
            assert set(given) == {k for k in range(len(SMALL.classes)) if grid.asked[index, k]}
            assert given[told["most"][index]] == max(given.values())
            for each, value in given.items():
                assert value == pytest.approx(grid.attribution[index, each], rel=1e-5)
                by_class = classes[str(each)]
                assert by_class["value"][by_class["cell"].index(index)] == value
            examples = block["examples"][at]
            assert [one for one, *_ in examples] == photo[  # type: ignore[attr-defined]
                grid.example[index][grid.example[index] >= 0]
            ].tolist()
            assert told["shown"][index] == (told["count"][index] >= 5)
            if told["shown"][index]:
                sheet = Image.open(picture).convert("RGB")
                pixel = sheet.getpixel((SIDE * (c % 8) + SIDE // 2, SIDE * (r % 8) + SIDE // 2))
                assert np.abs(np.array(pixel) - colour_of_cell(side, r, c)).max() < 20
                shown += 1
    assert shown > 0


def test_a_crop_lies_where_its_cell_says(mapped_site: Path, mapped_study: str) -> None:
    group = subgroup(zarr.open_group(mapped_study, mode="r"), "pets")
    slot = subgroup(group, str(group.attrs["slot"]))
    found = activation_atlas_store.read_maps(slot)[-1]
    grid = activation_atlas_store.read_grid(slot, found, GRIDS[0])
    block = document(mapped_site, "block1", f"cells-{GRIDS[0]}-0-0.json")
    crops = 0
    for cell, examples in zip(block["cell"], block["examples"], strict=True):
        vectors = grid.example[cell][grid.example[cell] >= 0].tolist()
        for vector, (_, tile, row, column) in zip(vectors, examples, strict=True):
            assert (row, column) == PLACES[vector % PARTS]
            sheet = Image.open(mapped_site / FOLDER / f"block1/crops-{tile // 256}.webp")
            at = (tile % 16 * CROP + CROP // 2, tile % 256 // 16 * CROP + CROP // 2)
            pixel = np.array(sheet.convert("RGB").getpixel(at))
            assert np.abs(pixel - (vector % 256, 90, 160)).max() < 20
            crops += 1
    assert crops > 10


def test_positions_of_photos_are_told_and_none_of_one_that_is_not_on_the_map(
    mapped_site: Path,
) -> None:
    told = document(mapped_site, "stem", "photos.json")
    assert len(told["position"]) == PHOTOS - 1
    assert str(PHOTOS - 1) not in told["position"]
    assert all(len(steps) == 2 * PARTS for steps in told["position"].values())  # type: ignore[attr-defined]
    assert len(told["label"]) == len(told["predicted"]) == PHOTOS
    assert told["paged"] is None


def test_pages_lead_to_maps_and_maps_to_each_other(mapped_site: Path) -> None:
    first = "map/tiny-net/block1/"
    for page, link in {
        "studies/pets/index.html": f'href="{first}"><img src="{first}map.webp"',
        "studies/pets/photos/7/index.html": f'href="../../{first}?photo=7"',
        "studies/pets/classes/2/index.html": f'href="../../{first}?class=2"',
        "studies/pets/map/index.html": f'href="../{first}"',
        "index.html": 'href="studies/pets/map/"',
        "models/tiny-net/index.html": f'href="../../studies/pets/{first}"',
        "models/tiny-net/stem/index.html": 'href="../../../studies/pets/map/tiny-net/stem/"',
        "studies/pets/map/tiny-net/stem/index.html": f'href="../../../{first}"',
    }.items():
        assert link in (mapped_site / page).read_text(), page
    page = (mapped_site / "studies/pets/map/tiny-net/block1/index.html").read_text()
    assert 'href="../../../../../models/tiny-net/block1/0/"' in page  # a strongest channel
    assert '<noscript data-embed="all">' in page
    assert len(re.findall(r'<tr><th scope="row">', page)) > 1
    size = Image.open(mapped_site / FOLDER / "block1/map.webp").size
    assert size == (640, 640)
    assert "map/" not in (mapped_site / "models/tiny-net/head/index.html").read_text()


def test_of_many_classes_a_lone_vector_does_not_speak_for_a_cell(mapped_study: str) -> None:
    group = subgroup(zarr.open_group(mapped_study, mode="r"), "pets")
    slot = subgroup(group, str(group.attrs["slot"]))
    found = activation_atlas_store.read_maps(slot)[0]
    grid = activation_atlas_store.read_grid(slot, found, GRIDS[0])
    assert map_cell_classes.told_values(grid) is grid.attribution
    attribution = np.full((1, 13), np.nan, np.float32)
    attribution[0, :4] = (5, 1, -2, 0.001)
    asked = np.zeros((1, 13), np.int32)
    asked[0, :4] = (1, 10, 5, 10)
    many = replace(grid, count=np.array([10], np.int32), attribution=attribution, asked=asked)
    [told] = map_cell_classes.told_values(many)
    np.testing.assert_allclose(told[:4], [0.5, 1, -1, 0.001], rtol=1e-6)
    assert np.isnan(told[4:]).all()
    assert map_cell_classes.most_attributed(told, 2) == [1, 0, 2]
    assert map_cell_classes.most_attributed(np.float32([3, 2, 1, 0.5]), 1) == [0]  # against: none


def test_of_photos_without_classes_a_map_tells_what_cells_speak_for(mapped_study: str) -> None:
    group = subgroup(zarr.open_group(mapped_study, mode="r"), "pets")
    mapped = read_mapped(subgroup(group, str(group.attrs["slot"])), "pets")
    unknown = np.full(PHOTOS, -1)
    facts = PhotoFacts(unknown, unknown, np.arange(PHOTOS) < 20)
    arrays = read_arrays(mapped, mapped.maps[0])
    files = dict(map_documents.map_documents(mapped, mapped.maps[0], arrays, facts))
    grid = json.loads(files["grid-4.json"])
    assert set(grid["label"]) == {-1}
    assert set(grid["wrong"]) == {None}
    assert set(map(str, grid["most"])) == set(grid["names"])
    assert json.loads(files["photos.json"])["paged"] == list(range(20))
    block = json.loads(files["cells-4-0-0.json"])
    assert max(photo for examples in block["examples"] for photo, *_ in examples) < 20
    assert min(photo for examples in block["examples"] for photo, *_ in examples) == -1


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
    grid = tmp_path / "site" / FOLDER / "block1/classes-4.json"
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
