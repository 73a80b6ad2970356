"""Pages join pictures and studies of one network: of one name and one set of weights."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from diamond_cutter.build.layer_circuits import layer_circuits
from diamond_cutter.build.pages.atlas.channel_page import channel_page
from diamond_cutter.build.pages.page_contexts import Parameter
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.rendered_atlas import read_atlas
from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.atlas.atlas_layout import MADE_ON
from diamond_cutter.precompute.stores.store_address import array, subgroup

OURS, OTHERS = "5d" * 32, "77" * 32
"""Digests of weights: the small atlas has pictures of the first."""
LAYER = "models/tiny-net/"


def of_weights(studies: str, digest: str) -> None:
    """Have a store of studies say of which weights its networks are."""
    study = subgroup(zarr.open_group(studies, mode="r+"), "pets")
    attributes = study.attrs.asdict()
    if "study" in attributes:
        for backbone in attributes["study"]["backbones"]:
            backbone["weights_digest"] = digest
        study.attrs.put(attributes)
    for _, group in subgroup(study, f"{attributes['slot']}/attribution").members(max_depth=None):
        if "cut" in group.attrs:
            cut = {**group.attrs.asdict()["cut"], "weights_digest": digest}
            group.attrs.update({"cut": cut})


@pytest.mark.parametrize("kind", ["small_study", "networks"])
@pytest.mark.parametrize(("digest", "joined"), [(OURS, True), (OTHERS, False), ("", True)])
def test_a_study_of_other_weights_has_no_part_in_the_pages_of_an_atlas(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    small_atlas: str,
    kind: str,
    digest: str,
    joined: bool,
) -> None:
    studies = str(shutil.copytree(request.getfixturevalue(kind), tmp_path / "studies.zarr"))
    of_weights(studies, digest)
    site = tmp_path / "site"
    build_site(small_atlas, [studies], site, "", lambda *_: None)
    folder = site / ("studies" if kind == "small_study" else "networks")
    linked = [
        page for page in folder.rglob("*.html") if f'"../../../../{LAYER}' in page.read_text()
    ]
    assert bool(linked) == joined
    told = [page for page in (site / LAYER).rglob("*.html") if "pets" in page.read_text()]
    assert bool(told) == joined
    assert (site / LAYER / "stem" / "layer.json").is_file()
    assert json.loads((site / "index.json").read_text())["models"]


def test_a_channel_page_says_what_rendered_its_picture(tmp_path: Path, small_atlas: str) -> None:
    atlas = str(shutil.copytree(small_atlas, tmp_path / "atlas.zarr"))
    text = "CPU, tensorflow, float32"
    made_on = array(zarr.open_group(atlas, mode="r+"), "tiny-net/stem/made_on")
    made_on[4] = np.frombuffer(text.encode().ljust(MADE_ON, b"\0"), np.uint8)
    [model] = read_atlas(atlas).models
    circuits = layer_circuits(model, model.rendered[0])
    known, unknown = (
        channel_page(
            Surroundings("", "assets/"), model, model.rendered[0], channel, circuits
        ).parameters
        for channel in (4, 5)
    )
    assert known == (*unknown, Parameter("rendered on", text))
