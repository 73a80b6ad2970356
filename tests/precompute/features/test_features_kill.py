"""Features made by processes that are killed, for real, and taken up again."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.features import feature_extraction as extraction
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos.photo import Photo

SCRIPT = Path(__file__).with_name("extract_script.py")
CUTS = ("stem_activation", "block2b_add")
PARTS = 6
PATIENCE = 600.0
"""Seconds after which something that has to happen is given up, on a machine busy with others."""

Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def complete(folder: Path) -> dict[Path, int]:
    """The parts that are complete, and when that was, in nanoseconds."""
    found = {}
    for path in folder.glob("*/*/zarr.json"):
        if b'"keys"' in path.read_bytes():
            found[path] = path.stat().st_mtime_ns
    return found


@contextmanager
def running(folder: Path, photos: list[Photo], **settings: Any) -> Iterator[Any]:
    command = [sys.executable, SCRIPT, folder, photos[0].file.parent, json.dumps(settings)]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_a_part(folder: Path, process: Any, before: int) -> None:
    end = time.monotonic() + PATIENCE
    while len(complete(folder)) <= before:
        assert time.monotonic() < end, "no part was finished"
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.001)


def extract_here(folder: Path, photos: list[Photo], **changes: Any) -> str:
    """What the script does, to the end and in this process, where TensorFlow is there already."""
    settings, said = StudySettings(features=str(folder), **changes), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extraction, "ROWS", 2)
        network = catalogue.network("efficientnet-lite0")
        extraction.extract([(network, CUTS)], photos, settings, open_display(said))
    return said.getvalue()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, photos: list[Photo]) -> Tree:
    folder = tmp_path_factory.mktemp("undisturbed") / "features.zarr"
    extract_here(folder, photos)
    assert len(complete(folder)) == PARTS
    return tree(folder)


def test_a_killed_run_is_taken_up_where_it_was(
    tmp_path: Path, photos: list[Photo], undisturbed: Tree
) -> None:
    folder = tmp_path / "features.zarr"
    with running(folder, photos) as process:
        wait_for_a_part(folder, process, 0)
        os.killpg(process.pid, signal.SIGKILL)
    kept = complete(folder)
    assert 0 < len(kept) < PARTS
    assert "Warning" not in extract_here(folder, photos)
    assert kept.items() < complete(folder).items()
    assert tree(folder) == undisturbed


def test_workers_make_the_same_bytes_and_stop_when_asked_to(
    tmp_path: Path, photos: list[Photo], undisturbed: Tree
) -> None:
    folder = tmp_path / "features.zarr"
    with running(folder, photos, workers=1) as process:
        wait_for_a_part(folder, process, 0)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.terminate()
        assert process.wait(PATIENCE) == 130
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []
        said = process.stderr.read().splitlines()
        assert said[-1].startswith("stopping; the ")
        assert said[-1].endswith(" photos that this run passed are kept")
    kept = complete(folder)
    assert 0 < len(kept) < PARTS
    extract_here(folder, photos, workers=2)
    assert kept.items() < complete(folder).items()
    assert tree(folder) == undisturbed
