"""Runs that take from a published atlas what it holds, and render the rest."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fake_pictures
import pytest
import zarr
from sample_host import hosted

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.atlas.atlas_summary import Summary
from diamond_cutter.precompute.stores.published.store_publication import publish_store

Tree = Callable[[Path], dict[str, bytes]]


@pytest.fixture(scope="module")
def base(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "atlas.zarr"
    publish_store(zarr.open_group(str(undisturbed), mode="r"), str(folder), "")
    return folder


def run(folder: Path, base: str, **settings: object) -> tuple[Summary, str]:
    """A run, and what it told."""
    stream = io.StringIO()
    merged = AtlasSettings(store=str(folder), workers=2, base=(base,))
    summary = render_atlas(
        replace(merged, **settings),
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure,
        stream=stream,
    )
    return summary, stream.getvalue()


def test_nothing_that_a_base_holds_is_rendered(
    base: Path, undisturbed: Path, tree: Tree, tmp_path: Path
) -> None:
    """The atlas has the bytes of one that was rendered here."""
    with hosted(base) as host:
        summary, told = run(tmp_path / "atlas.zarr", host.address)
        assert (summary.made, summary.measured) == (0, 0)
        assert "pictures taken, 79 of efficientnet-lite0" in told
        assert tree(tmp_path / "atlas.zarr") == tree(undisturbed)


def test_only_the_rest_is_rendered(
    base: Path, undisturbed: Path, tree: Tree, tmp_path: Path
) -> None:
    """A layer is damaged there, and another one of the layers that it never had."""

    def change(path: str, content: bytes) -> bytes:
        damaged = "head/images/c" in path
        return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:] if damaged else content

    with hosted(base) as host:
        host.changed = change
        summary, told = run(tmp_path / "atlas.zarr", host.address)
        assert summary.made == 43
        assert "head/images/c/0/0/0/0 is damaged" in told
        assert tree(tmp_path / "atlas.zarr") == tree(undisturbed)
        host.requests.clear()
        summary, _ = run(tmp_path / "atlas.zarr", host.address, layers=("all",))
        assert summary.made == 9


def test_a_base_of_another_seed_or_away_is_told_and_all_is_rendered(
    base: Path, undisturbed: Path, tree: Tree, tmp_path: Path
) -> None:
    with hosted(base) as host:
        summary, told = run(tmp_path / "seed.zarr", host.address, seed=4)
        assert summary.made == 79
        assert "rendered with seed 4, asked for 0" in told
    with hosted(base) as gone:
        pass
    summary, told = run(tmp_path / "atlas.zarr", gone.address)
    assert summary.made == 79
    assert f"base {gone.address}: expected an answer" in told
    assert tree(tmp_path / "atlas.zarr") == tree(undisturbed)


def test_better_pictures_go_on_from_those_of_a_base(base: Path, tmp_path: Path) -> None:
    """Recipe standard begins with the pictures of preview, which are not rendered here."""
    summary, told = run(tmp_path / "atlas.zarr", str(base), recipe="standard", layers=("stem",))
    assert "pictures taken, 20 of efficientnet-lite0" in told
    assert summary.made == 20
    plain = tmp_path / "plain.zarr"
    for recipe in ("preview", "standard"):
        run(plain, str(tmp_path / "nowhere"), recipe=recipe, layers=("stem",))
    taken, rendered = (
        zarr.open_group(str(each), mode="r")["efficientnet-lite0/stem/images"][:]
        for each in (tmp_path / "atlas.zarr", plain)
    )
    assert (taken == rendered).all()
