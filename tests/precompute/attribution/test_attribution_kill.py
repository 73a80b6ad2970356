"""A study that is killed while it attributes, for real, and run again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from diamond_cutter.command.settings import AttributionSettings, StudySettings
from diamond_cutter.precompute.attribution import photo_tasks
from diamond_cutter.precompute.stores.study.study_reader import open_studies
from diamond_cutter.precompute.study.study_run import make_study

SCRIPT = Path(__file__).with_name("study_script.py")
CUT, PARTS = "block5c_add", 6
PATIENCE = 600.0
"""Seconds after which something that has to happen is given up, on a machine busy with others."""

Tree = dict[str, bytes]


@pytest.fixture
def settings(tmp_path: Path) -> StudySettings:
    """Two classes of twelve photos each."""
    generator = np.random.default_rng(0)
    for name in ("chelsea", "coffee"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        scene = getattr(skimage.data, name)()
        for number in range(12):
            top, left = generator.integers(0, np.array(scene.shape[:2]) - 96)
            part = scene[top : top + 96, left : left + 96]
            Image.fromarray(part).save(tmp_path / "photos" / name / f"{number:02}.png")
    return StudySettings(
        dataset=str(tmp_path / "photos"),
        cuts=(CUT,),
        folds=2,
        store=str(tmp_path / "study.zarr"),
        features=str(tmp_path / "features.zarr"),
        cache=str(tmp_path / "cache"),
        attribution=AttributionSettings(layers=("cut",), groups=1, graph=0, pictures=0),
    )


def attribution(store: str) -> Tree:
    """All that is attributed, beside the slots and in the one that is in use."""
    study = open_studies(store)["killed"]
    folder = Path(store) / "killed"
    places = [folder / "attribution", folder / str(study.attrs["slot"]) / "attribution"]
    return {
        f"{place.parent.name == 'killed'} {path.relative_to(place)}": path.read_bytes()
        for place in places
        for path in place.rglob("*")
        if path.is_file()
    }


def complete(settings: StudySettings) -> set[str]:
    """The parts of photos that are complete."""
    namespaces = (Path(settings.store) / "killed" / "attribution").glob("efficientnet*/*/zarr.json")
    return {path.parent.name for path in namespaces if b'"keys"' in path.read_bytes()}


@contextmanager
def running(settings: StudySettings) -> Iterator[Any]:
    command = [sys.executable, SCRIPT, json.dumps(asdict(settings))]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")  # a worker's goes to its log
def test_a_study_killed_while_it_attributes_is_taken_up_where_it_was(
    settings: StudySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_tasks, "ROWS", 4)  # as the script does
    undisturbed = replace(settings, store=f"{settings.store}-undisturbed")
    make_study("killed", undisturbed)  # its features serve all
    end = time.monotonic() + PATIENCE
    with running(replace(settings, workers=1)) as process:
        while not complete(settings):
            assert time.monotonic() < end, "no part was finished"
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
    kept = complete(settings)
    assert 0 < len(kept) < PARTS
    said = StringIO()
    make_study("killed", settings, stream=said)
    assert f"{4 * (PARTS - len(kept))} photos" in said.getvalue()
    assert len(complete(settings)) == PARTS
    assert kept <= complete(settings)
    assert attribution(settings.store) == attribution(undisturbed.store)
