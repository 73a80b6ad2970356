"""Networks by themselves have their pages, without a study."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from diamond_cutter.build.attribution.networks import read_questioned
from diamond_cutter.build.site import build_site
from diamond_cutter.precompute.contract.members import array, subgroup

FOLDER = "networks/pets"


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


@pytest.fixture(scope="module")
def networks(small_study: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The made-up study with all that makes it one taken away: photos without labels, no heads."""
    address = tmp_path_factory.mktemp("networks") / "networks.zarr"
    shutil.copytree(small_study, address)
    studies = zarr.open_group(str(address), mode="r+")
    group = subgroup(studies, "pets")
    slot = subgroup(group, str(group.attrs["slot"]))
    array(slot, "photos/label")[:] = np.full(60, -1, np.int32)
    del slot["cuts"]
    attribution = subgroup(slot, "attribution")
    explained = {**attribution.attrs.asdict()["explained"], "own": True}
    attribution.attrs.put({"explained": explained})
    group.attrs.put({"slot": group.attrs["slot"]})
    return str(address)


@pytest.fixture(scope="module")
def site(small_atlas: str, networks: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("built") / "site"
    build_site(small_atlas, [networks], output, "", quiet)
    return output


def test_what_is_no_study_is_read_as_networks_by_themselves(
    networks: str, small_study: str
) -> None:
    (questioned,) = read_questioned([networks])
    assert (questioned.name, len(questioned.report.photos)) == ("pets", 60)
    assert read_questioned([small_study]) == ()


def test_the_front_page_leads_to_photos_and_classes(site: Path) -> None:
    assert 'href="networks/pets/"' in (site / "index.html").read_text(encoding="utf-8")
    assert not (site / "studies").exists()
    index = (site / FOLDER / "index.html").read_text(encoding="utf-8")
    photos = re.findall(r'href="photos/(\d+)/"', index)
    assert sorted(map(int, photos)) == list(range(60))
    assert re.findall(r'href="classes/(\d+)/"', index) == ["0", "1", "2", "3"]
    document = json.loads((site / "index.json").read_bytes())
    assert document["networks"] == [{"name": "pets", "page": f"{FOLDER}/", "photos": 60}]


def test_a_photo_has_what_the_network_says_and_looks_at(site: Path, networks: str) -> None:
    (questioned,) = read_questioned([networks])
    photo = questioned.explained.photos(questioned.explained.cuts[0]).read(4)
    html = (site / FOLDER / "photos/4/index.html").read_text(encoding="utf-8")
    assert "<photo-map" in html
    surest = int(photo.logit.argmax())
    assert html.index(f'href="../../classes/{surest}/"') > 0
    folder = site / FOLDER / "photos/4"
    assert (folder / "photo.webp").read_bytes() == photo.picture
    assert (folder / "tiny-net/block1/block1/view.json").is_file()
    channel = (site / "models/tiny-net/block1/41/index.html").read_text(encoding="utf-8")
    assert "networks/pets/photos/" in channel


def test_what_is_the_same_is_kept(site: Path, small_atlas: str, networks: str) -> None:
    assert build_site(small_atlas, [networks], site, "", quiet).changed == 0
