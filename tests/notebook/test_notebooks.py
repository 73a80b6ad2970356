"""Both notebooks run whole, and are committed without what they gave."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parents[2] / "notebooks"
MOST_BYTES = 12_000

GIVEN = """
NAME, CUTS, CHANNELS = "tiles", ("block1a_project_bn",), "0-1"
"""
"""What stands in for the parameters: one shallow cut, two channels."""
SETTINGS = """
[study.tiles]
folds = 2
[study.tiles.attribution]
layers = "cut"
pictures = 0
groups = 0
graph = 0
[atlas]
workers = 1
"""
"""Little to explain, and one process beside the kernel: each takes 1 GB."""
COLAB = '''
"""What the notebook calls of Colab; its files come from a folder, once."""

import shutil
from pathlib import Path
from types import SimpleNamespace


def mount(mountpoint):
    assert mountpoint == "/content/drive"


def upload():
    found = list(Path({folder!r}).iterdir())
    return {{path.name: Path(shutil.move(path, ".")).read_bytes() for path in found}}


drive, files = SimpleNamespace(mount=mount), SimpleNamespace(upload=upload)
'''


def noise(random: np.random.Generator, band: int) -> Image.Image:
    """Dark noise with more of a band: 0 is red, 2 blue."""
    pixels = random.integers(0, 90, (64, 64, 3), np.uint8)
    pixels[..., band] += 120
    return Image.fromarray(pixels)


def write_photos(archive: Path) -> None:
    """A zip of twelve photos of each of two classes, red and blue."""
    random = np.random.default_rng(0)
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as file:
        for name, band in (("red", 0), ("blue", 2)):
            for number in range(12):
                with file.open(f"photos/{name}/{number}.png", "w") as photo:
                    noise(random, band).save(photo, "PNG")


Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a notebook in a folder of its own, with other parameters, and gives it back."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "diamond.toml").write_text(SETTINGS)

    def run_notebook(name: str, given: str, *, until: str = "", then: str = "") -> Any:
        notebook = nbformat.read(FOLDER / name, as_version=4)
        at = place(notebook, tagged)
        notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(GIVEN + given))
        if until:
            del notebook.cells[place(notebook, lambda cell: cell.source.startswith(until)) + 1 :]
        notebook.cells.append(nbformat.v4.new_code_cell(then))
        where = {"metadata": {"path": str(tmp_path)}}
        return NotebookClient(notebook, timeout=600, resources=where).execute()

    return run_notebook


def place(notebook: Any, is_it: Callable[[Any], bool]) -> int:
    """The index of the one cell that it is."""
    (found,) = (index for index, cell in enumerate(notebook.cells) if is_it(cell))
    return found


def tagged(cell: Any) -> bool:
    return "parameters" in cell.metadata.get("tags", ())


def shown(notebook: Any, source: str) -> str:
    """The HTML that the cell shows which begins with `source`."""
    cell = notebook.cells[place(notebook, lambda cell: cell.source.startswith(source))]
    return "".join(output.data.get("text/html", "") for output in cell.outputs if "data" in output)


def state(folder: Path) -> dict[Path, tuple[int, int]]:
    """When each file below a folder was written, and its size."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


@pytest.mark.filterwarnings("default")
def test_the_quickstart(tmp_path: Path, run: Run) -> None:
    write_photos(tmp_path / "photos" / "tiles.zip")
    noise(np.random.default_rng(1), 0).save(tmp_path / "new.png")
    made = run("quickstart.ipynb", "", then="study.try_photo('new.png')")
    assert "24 photos of 2 classes" in shown(made, "photos = PHOTOS")
    assert "<td>1.0</td>" in shown(made, "study.cuts")
    assert 'aria-label="Accuracy against cost: 1 cut' in shown(made, "study = dc.make_study")
    assert "<progress" in shown(made, "study = dc.make_study")
    assert shown(made, "study.photo(0)").count("data:image/webp") == 2
    assert "blue: 12 photos, 100.0" in shown(made, "study.of_class")
    assert "channel 0: preview, score" in shown(made, "atlas[model][cut][0]")
    assert "<progress" in shown(made, "dc.write_site")
    tried = shown(made, "study.try_photo")
    assert "new.png, taken for red by efficientnet-lite0 at block1a_project_bn" in tried
    assert tried.count("data:image/webp") == 2
    assert (tmp_path / "data/tiles.keras").is_file()
    assert (tmp_path / "data/site/studies/tiles/index.html").is_file()


@pytest.mark.filterwarnings("default")
def test_colab_goes_on_from_the_drive_after_it_was_cut_off(tmp_path: Path, run: Run) -> None:
    """The Drive is a folder; a second machine has neither the kernel nor the cache of the first."""
    write_photos(tmp_path / "here" / "tiles.zip")
    colab = tmp_path / "modules/google/colab.py"
    colab.parent.mkdir(parents=True)
    colab.write_text(COLAB.format(folder=str(tmp_path / "here")))
    given = 'DRIVE, CACHE = "drive", "{}"\n'
    run("colab.ipynb", given.format("first"), until="study = dc.make_study")
    kept = tmp_path / "drive/diamond-cutter"
    assert [path.name for path in (kept / "photos").iterdir()] == ["tiles.zip"]
    features = state(kept / "features.zarr")
    made = run("colab.ipynb", given.format("second"))
    assert len(features) > 2
    assert state(kept / "features.zarr") == features
    assert "2 of 16 channels have a picture" in shown(made, "model, cut = study")
    assert "efficientnet-lite0" in shown(made, "dc.open_atlas")
    assert (kept / "tiles.keras").is_file()
    assert (kept / "site/studies/tiles/index.html").is_file()


@pytest.mark.parametrize("name", ["colab.ipynb", "quickstart.ipynb"])
def test_a_notebook_is_committed_without_outputs(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    for cell in json.loads(text)["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
