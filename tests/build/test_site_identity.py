"""Pages join pictures and studies of one network: of one name and one set of weights."""

import json
import shutil
from pathlib import Path

import pytest
import zarr

from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.store_address import subgroup

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
