"""Maps that are killed while their cells are rendered, for real, and made again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import sample_map_script
import skimage.data
from PIL import Image

from diamond_cutter.command.settings import (
    ActivationAtlasSettings,
    AttributionSettings,
    StudySettings,
    TrainingSettings,
)
from diamond_cutter.precompute.attribution import class_pictures, photo_tasks
from diamond_cutter.precompute.stores.study.study_reader import open_studies
from diamond_cutter.precompute.study.network_result import explain_networks

PATIENCE = 600.0
"""Seconds after which something that has to happen is given up, on a machine busy with others."""

Tree = dict[str, bytes]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudySettings:
    """Sixteen photos, and in this process the script's few steps."""
    generator = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for name in ("chelsea", "coffee"):
        scene = getattr(skimage.data, name)()
        for number in range(8):
            top, left = generator.integers(0, np.array(scene.shape[:2]) - 96)
            part = scene[top : top + 96, left : left + 96]
            Image.fromarray(part).save(tmp_path / "photos" / f"{name}-{number}.png")
    for module, name in ((photo_tasks, "ROWS"), (class_pictures, "BATCH")):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back afterwards
    monkeypatch.setattr(class_pictures, "RECIPES", class_pictures.RECIPES)
    sample_map_script.shorten()
    return StudySettings(
        dataset=str(tmp_path / "photos"),
        models=("efficientnet-lite0",),
        near_duplicates="ignore",
        store=str(tmp_path / "study.zarr"),
        cache=str(tmp_path / "cache"),
        training=TrainingSettings(head="own"),
        attribution=AttributionSettings(photos="1", layers=("cut",), groups=0, pictures=0),
        activation_atlas=ActivationAtlasSettings(layers=("cut",), grid=5),
    )


def tree(store: str) -> Tree:
    """All that there is of maps, beside the slots and in the one that is in use."""
    folder = Path(store) / "killed"
    study = open_studies(store)["killed"]
    places = [folder / "attribution", folder / str(study.attrs["slot"]) / "activation_atlas"]
    return {
        f"{place.name} {path.relative_to(place)}": path.read_bytes()
        for place in places
        for path in place.rglob("*")
        if path.is_file()
    }


def rendered(store: str) -> set[str]:
    """The parts of cells that are complete."""
    parts = (Path(store) / "killed" / "attribution").glob("cells-*/*/zarr.json")
    return {path.parent.name for path in parts if b'"keys"' in path.read_bytes()}


def test_maps_killed_while_cells_are_rendered_are_taken_up_and_made_again_to_the_same_bytes(
    settings: StudySettings,
) -> None:
    undisturbed = f"{settings.store}-undisturbed"
    explain_networks("killed", replace(settings, store=undisturbed))
    parts = len(rendered(undisturbed))
    command = [sys.executable, sample_map_script.__file__, json.dumps(asdict(settings))]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + PATIENCE
    try:
        while not rendered(settings.store):
            assert time.monotonic() < end, "no cell was rendered"
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.001)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    kept = rendered(settings.store)
    assert 0 < len(kept) < parts
    explain_networks("killed", settings)
    assert kept <= rendered(settings.store)
    made = tree(settings.store)
    assert made == tree(undisturbed)

    for cells in (Path(settings.store) / "killed" / "attribution").glob("cells-*"):
        shutil.rmtree(cells)
    explain_networks("killed", settings)
    assert tree(settings.store) == made
