"""A workbench that runs, on a project of its own, and photos for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import skimage.data
from PIL import Image

SCENES = {"cat": "chelsea", "coffee": "coffee", "person<img src=x>": "astronaut"}
"""Each class is parts of one of scikit-image's photos; what is markup in a name stays a name."""
EACH = 10
SIDE = 160


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A zip of photos in a folder for each class."""
    generator = np.random.default_rng(0)
    for name, scene in SCENES.items():
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        pixels = getattr(skimage.data, scene)()
        for number in range(EACH):
            top, left = generator.integers(0, np.array(pixels.shape[:2]) - SIDE)
            part = pixels[top : top + SIDE, left : left + SIDE]
            Image.fromarray(part).save(folder / f"{number}.png")
    with ZipFile(tmp_path / "scenes.zip", "w") as made:
        for file in sorted((tmp_path / "photos").rglob("*.png")):
            made.write(file, file.relative_to(tmp_path / "photos"))
    return tmp_path / "scenes.zip"


@pytest.fixture
def start_workbench(project_folder: Path) -> Iterator[Callable[[], str]]:
    """Starts it as one does in a terminal, as often as one likes; says where it is."""
    servers: list[subprocess.Popen[str]] = []

    def stop() -> None:
        for server in servers:
            server.send_signal(signal.SIGTERM)
            server.communicate()
        servers.clear()

    def start() -> str:
        stop()
        server = subprocess.Popen(
            [sys.executable, "-m", "diamond_cutter.command.main", "workbench", "--port", "0"],
            cwd=project_folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        servers.append(server)
        assert server.stdout is not None
        return server.stdout.readline().split()[0]

    yield start
    stop()
    for file in project_folder.glob("data/workbench/queue/*/process"):
        with suppress(OSError):
            os.killpg(int(file.read_text()), signal.SIGKILL)
