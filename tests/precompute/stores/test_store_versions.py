"""Each kind of store has a version of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.features.feature_extraction import FEATURES
from diamond_cutter.precompute.stores import format_version
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas
from diamond_cutter.precompute.stores.atlas.atlas_writer import create_atlas
from diamond_cutter.precompute.stores.features_store import create_features
from diamond_cutter.precompute.stores.store_address import StoreAddress
from diamond_cutter.precompute.stores.study.study_reader import open_studies
from diamond_cutter.precompute.stores.study.study_writer import create_studies

MAKE = {"atlas": create_atlas, "features": create_features, "study": create_studies}
OPEN: dict[str, Callable[[str], zarr.Group]] = {
    "atlas": open_atlas,
    "features": lambda address: StoreAddress(address, Path(address), FEATURES).open(),
    "study": open_studies,
}


@pytest.mark.parametrize("changed", MAKE)
def test_a_change_of_one_kind_leaves_the_stores_of_the_others_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for kind, make in MAKE.items():
        make(str(tmp_path / kind))
    monkeypatch.setitem(format_version.VERSIONS, changed, 2)
    for kind in MAKE.keys() - {changed}:
        OPEN[kind](str(tmp_path / kind))
        MAKE[kind](str(tmp_path / kind))
    for attempt in (OPEN[changed], MAKE[changed]):
        with pytest.raises(UserError, match=rf"{changed}' and format_version 2, got .*_version 1"):
            attempt(str(tmp_path / changed))
    MAKE[changed](str(tmp_path / "new"))
    assert zarr.open_group(str(tmp_path / "new"), mode="r").attrs["format_version"] == 2


@pytest.mark.parametrize("kind", MAKE)
def test_stores_made_before_open(tmp_path: Path, kind: str) -> None:
    zarr.open_group(str(tmp_path), attributes={"kind": kind, "format_version": 1})
    OPEN[kind](str(tmp_path))
    MAKE[kind](str(tmp_path))
