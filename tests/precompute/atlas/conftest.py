from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import fake_pictures
import psutil
import pytest

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas


@pytest.fixture(scope="session")
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Every file of a store, by its path in it."""

    def read(root: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    return read


@pytest.fixture(scope="session")
def undisturbed(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The atlas of the fake's cuts at preview, made by a run that nothing disturbed."""

    def make(folder: Path) -> None:
        render_atlas(
            AtlasSettings(store=str(folder / "atlas.zarr"), workers=2),
            load=fake_pictures.load,
            weigh=fake_pictures.weigh,
            render=fake_pictures.render,
            measure=fake_pictures.measure,
        )

    return once("undisturbed", make) / "atlas.zarr"


@pytest.fixture(scope="session")
def workers_of() -> Callable[[int], list[psutil.Process]]:
    """The worker processes that a process has now."""

    def find(pid: int) -> list[psutil.Process]:
        found = []
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):  # gone while it was looked at
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
        return found

    return find
