"""What a build reads of what was explained, it reads once."""

from pathlib import Path
from typing import Any

import pytest
import zarr

from diamond_cutter.build.whole_site import build_site
from diamond_cutter.precompute.stores.attribution import attribution_reader


@pytest.mark.parametrize("which", ["small_study", "networks"])
def test_a_build_reads_no_table_of_an_attribution_twice(
    which: str,
    request: pytest.FixtureRequest,
    small_atlas: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address: str = request.getfixturevalue(which)
    read: list[str] = []
    table = attribution_reader._read

    def counted(parent: zarr.Group, path: str, kind: type) -> dict[str, Any]:
        read.append(f"{parent.path}/{path}")
        return table(parent, path, kind)

    monkeypatch.setattr(attribution_reader, "_read", counted)
    build_site(small_atlas, [address], tmp_path / "site", "", lambda *_: None)
    parts = [path for path in read if "/attribution/" in path and "-made/" in path]
    assert len(set(parts)) == 4 * 2 * 2  # parts of photos, layers, cuts
    assert sorted(read) == sorted(set(read))
