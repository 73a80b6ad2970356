"""Networks by themselves have their pages, without a study."""

import json
import re
from pathlib import Path

from diamond_cutter.build.explained_study import read_networks
from diamond_cutter.build.whole_site import build_site

FOLDER = "networks/pets"


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


def test_what_is_no_study_is_read_as_networks_by_themselves(
    networks: str, small_study: str
) -> None:
    (network,) = read_networks([networks])
    assert (network.name, len(network.report.photos)) == ("pets", 60)
    assert read_networks([small_study]) == ()


def test_the_front_page_leads_to_photos_and_classes(networks_site: Path) -> None:
    assert 'href="networks/pets/"' in (networks_site / "index.html").read_text(encoding="utf-8")
    assert not (networks_site / "studies").exists()
    index = (networks_site / FOLDER / "index.html").read_text(encoding="utf-8")
    photos = re.findall(r'href="photos/(\d+)/"', index)
    assert sorted(map(int, photos)) == list(range(60))
    assert re.findall(r'href="classes/(\d+)/"', index) == ["0", "1", "2", "3"]
    document = json.loads((networks_site / "index.json").read_bytes())
    assert document["networks"] == [{"name": "pets", "page": f"{FOLDER}/", "photos": 60}]


def test_a_photo_has_what_the_network_says_and_looks_at(networks_site: Path, networks: str) -> None:
    (network,) = read_networks([networks])
    photo = network.explained.photos(network.explained.cuts[0]).read(4)
    html = (networks_site / FOLDER / "photos/4/index.html").read_text(encoding="utf-8")
    assert "<photo-map" in html
    surest = int(photo.logit.argmax())
    assert html.index(f'href="../../classes/{surest}/"') > 0
    folder = networks_site / FOLDER / "photos/4"
    assert (folder / "photo.webp").read_bytes() == photo.picture
    assert (folder / "tiny-net/block1/block1/view.json").is_file()
    channel = (networks_site / "models/tiny-net/block1/41/index.html").read_text(encoding="utf-8")
    assert "networks/pets/photos/" in channel


def test_what_is_the_same_is_kept(networks_site: Path, small_atlas: str, networks: str) -> None:
    assert build_site(small_atlas, [networks], networks_site, "", quiet).changed == 0
