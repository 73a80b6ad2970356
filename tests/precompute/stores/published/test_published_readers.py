"""Others read what is published: zarr-python, xarray and zarrita over HTTP, and from S3."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import s3fs
import xarray
import zarr
from sample_host import Host, hosted

from diamond_cutter.build import layer_builder
from diamond_cutter.build.publish.site_manifest import STORED, read_stored
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command.main import main
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    create_atlas,
    prepare_layer,
    prepare_model,
)
from diamond_cutter.precompute.stores.published.base_atlas import open_bases, take_from_bases
from diamond_cutter.precompute.stores.published.base_layer import Wish
from diamond_cutter.precompute.stores.published.store_publication import publish_store
from diamond_cutter.precompute.stores.store_address import array

ROOT = Path(__file__).parents[4]
SCRIPT = """
import * as zarr from "{zarrita}";
const root = zarr.root(new zarr.FetchStore("{address}"));
const open = (path) => zarr.open.v3(root.resolve(path), {{ kind: "array" }});
const images = await open("small-net/block1/images");
const picture = await zarr.get(images, [77, null, null, null]);
const value = await zarr.get(await open("small-net/natural_photo_value"), [zarr.slice(3), 25]);
const score = await zarr.get(await open("small-net/score"), [zarr.slice(24, 30)]);
const group = await zarr.open.v3(root.resolve("small-net"), {{ kind: "group" }});
console.log(JSON.stringify({{
    shape: images.shape, names: images.dimensionNames, weights: group.attrs.weights,
    picture: [...picture.data], value: [...value.data].map(Number), score: [...score.data],
}}));
"""


@pytest.fixture(scope="module")
def host(published: Path) -> Iterator[Host]:
    with hosted(published) as found:
        yield found


@pytest.fixture(scope="module")
def stored(whole_atlas: str) -> zarr.Group:
    return zarr.open_group(whole_atlas, mode="r")


def test_zarr_reads_all_of_it_without_a_list_of_files(host: Host, stored: zarr.Group) -> None:
    found = zarr.open_group(host.address, mode="r")
    model = found["small-net"]
    assert isinstance(model, zarr.Group)
    assert {name for name, _ in model.groups()} == {"stem", "stem_expand", "block1", "head"}
    for name in ("stem", "stem_expand", "block1", "head"):
        images = array(model, f"{name}/images")
        np.testing.assert_array_equal(images[:], array(stored, f"small-net/{name}/images")[:])
    block = slice(64, 364)
    assert np.asarray(model["layer"][block]).tolist() == [2] * 300
    for joined, path in (("score", "score"), ("words_file_share", "words/file/share")):
        expected = array(stored, f"small-net/block1/{path}")[:]
        np.testing.assert_array_equal(array(model, joined)[block], expected)
    expected = array(stored, "small-net/block1/natural/photo_value")[:]
    np.testing.assert_array_equal(model["natural_photo_value"][:, block], expected)
    assert np.isnan(np.asarray(model["circuits_skip"][:24])).all()  # the first layer has none
    assert "natural/mean" not in {path for path, _, _ in host.requests}


def test_xarray_opens_it(host: Host, stored: zarr.Group) -> None:
    model = xarray.open_zarr(host.address, group="small-net", chunks=None)
    assert model.sizes["channel"] == 384
    assert model["natural_photo_value"].dims == ("photo", "channel")
    assert float(model["score"][30]) == 6.0  # the sixth of the second layer
    layer = xarray.open_zarr(host.address, group="small-net/head", chunks=None)
    assert layer["images"].dims == ("layer_channel", "y", "x", "rgb")
    expected = array(stored, "small-net/head/images")[7]
    np.testing.assert_array_equal(layer["images"][7].values, expected)
    tree = xarray.open_datatree(host.address, engine="zarr", chunks=None)
    assert {"/small-net", "/small-net/block1"} <= set(tree.groups)


def test_zarrita_opens_it(host: Host, stored: zarr.Group, tmp_path: Path) -> None:
    zarrita = ROOT / ".cache" / "node_modules" / "zarrita" / "dist" / "src" / "index.js"
    script = tmp_path / "read.mjs"
    script.write_text(SCRIPT.format(zarrita=zarrita.as_uri(), address=host.address))
    node = ROOT / ".venv" / "bin" / "node"
    run = subprocess.run([node, script], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["shape"] == [300, 48, 48, 3]
    assert found["names"] == ["layer_channel", "y", "x", "rgb"]
    assert found["weights"] == stored["small-net"].attrs["weights"]
    picture = np.asarray(array(stored, "small-net/block1/images")[77])
    assert found["picture"] == picture.ravel().tolist()
    values = np.asarray(array(stored, "small-net/stem_expand/natural/photo_value")[:3, 1])
    assert found["value"] == values.astype(float).tolist()
    assert found["score"] == [0, 1, 2, 3, 4, 5]


def test_a_page_of_pictures_takes_few_requests(host: Host) -> None:
    images = array(zarr.open_group(host.address, mode="r"), "small-net/block1/images")
    host.requests.clear()
    np.asarray(images[128:192])
    assert len(host.requests) <= 2  # the shard's index, and a chunk of 128 pictures


@pytest.fixture
def bucket(s3_server: str) -> str:  # noqa: ARG001
    s3fs.S3FileSystem().mkdir("bucket")
    return "s3://bucket/atlas.zarr"


def test_a_bucket_takes_and_gives_it(
    bucket: str,
    whole_atlas: str,
    stored: zarr.Group,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["publish", bucket, "--store", whole_atlas]) == 0
    found = zarr.open_group(bucket, mode="r")
    expected = array(stored, "small-net/head/images")[7]
    np.testing.assert_array_equal(np.asarray(found["small-net/head/images"][7]), expected)
    layer = xarray.open_zarr(bucket, group="small-net/head", chunks=None)
    np.testing.assert_array_equal(layer["images"][7].values, expected)
    taken = open_bases([bucket])
    atlas = create_atlas(str(tmp_path / "mine.zarr"))
    take_from_bases(taken, atlas, [Wish("small-net")])
    assert (taken[0].pictures, taken[0].problems) == ({"small-net": 380}, [])
    capsys.readouterr()
    assert main(["publish", bucket, "--store", whole_atlas]) == 0
    assert "; 0 of them sent" in capsys.readouterr().out
    assert main(["publish", "s3://nobody/atlas.zarr", "--store", whole_atlas]) == 2
    assert "bucket does not exist" in capsys.readouterr().err


def test_a_site_of_an_atlas_in_a_bucket_is_made_in_processes(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Layer("stem", 0, 40, 2, 3, True)
    described = Model("tiny-net", "tests", "tiny", 32, 1, 1.0, 1)
    model = prepare_model(create_atlas(bucket), described, [layer], "")
    recipe = {"name": "preview", "version": 1, "level": 1}
    group = prepare_layer(model, layer, side=8, seed=0, recipe=recipe)
    images = np.random.default_rng(0).integers(256, size=(40, 8, 8, 3), dtype=np.uint8)
    for name, values in {"images": images, "score": np.ones(40), "level": np.ones(40)}.items():
        array(group, name)[:] = values
    monkeypatch.setattr(layer_builder, "FEW", 0)
    monkeypatch.setattr(layer_builder.os, "cpu_count", lambda: 2)

    def build(store: str, name: str) -> dict[str, bytes]:
        site = tmp_path / name
        build_site(store, [], site, "", lambda *_: None)
        files = (path for path in site.rglob("*") if path.is_file() and path.name != STORED)
        return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}

    there = build(bucket, "there")
    s3fs.S3FileSystem().get("bucket/atlas.zarr", str(tmp_path / "atlas.zarr"), recursive=True)
    assert build(str(tmp_path / "atlas.zarr"), "here") == there
    told = read_stored(tmp_path / "there")
    assert list(told.pictures) == ["models/tiny-net/stem/"]  # the tags of the bucket's objects
    assert build(bucket, "there") == there
    assert read_stored(tmp_path / "there") == told
    array(group, "images")[9] = 255 - images[9]
    changed = build(bucket, "there")
    assert (
        changed["models/tiny-net/stem/9/channel.jpg"]
        != (there["models/tiny-net/stem/9/channel.jpg"])
    )
    assert read_stored(tmp_path / "there") != told


def test_a_site_reads_a_published_study_over_http(
    small_study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_store(zarr.open_group(small_study, mode="r"), str(tmp_path / "study.zarr"), "")
    monkeypatch.chdir(tmp_path)
    with hosted(tmp_path / "study.zarr") as host:
        assert main(["site", "--studies", host.address, "--output", "there"]) == 0
    assert main(["site", "--studies", small_study, "--output", "here"]) == 0
    here, there = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in files}
        for name in ("here", "there")
        if (files := [path for path in (tmp_path / name).rglob("*") if path.is_file()])
    )
    del here[Path(STORED)]  # over HTTP a store does not tell how it lies
    assert len(here) > 50
    assert here == there
