import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import psutil
import pytest
import zarr
from PIL import Image

from diamond_cutter.build import layer_builder
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.data.document_kinds import PATHS
from diamond_cutter.build.pages.study import study_files as study_module
from diamond_cutter.build.publish.link_check import BrokenSite
from diamond_cutter.build.publish.site_manifest import NAME, STORED
from diamond_cutter.build.whole_site import Built, build_site
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.atlas_writer import create_atlas

Build = Callable[[str, Path], Built]
DATA = {"data/data.json", "data/index.html"}
"""What tells the size of every document, and so may change with any."""


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the one that is another wherever a site is built."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != STORED
    }


def changed_files(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """The paths of those that are others now, manifests left out."""
    changed = {path for path in after if after[path] != before[path]}
    return {path for path in changed if not path.endswith(NAME)}


def times(folder: Path) -> dict[str, int]:
    return {path: (folder / path).stat().st_mtime_ns for path in contents(folder)}


@pytest.fixture
def atlas(tmp_path: Path, small_atlas: str) -> str:
    """A copy of the small atlas, to be changed."""
    shutil.copytree(small_atlas, tmp_path / "atlas.zarr")
    return str(tmp_path / "atlas.zarr")


@pytest.fixture
def output(tmp_path: Path, small_site: Path) -> Path:
    """A copy of the small site, as if just built."""
    return Path(shutil.copytree(small_site, tmp_path / "out" / "site"))


@pytest.fixture
def build(small_study: str) -> Build:
    """Builds the site of an atlas and the small study."""

    def build_it(atlas: str, output: Path) -> Built:
        return build_site(atlas, [small_study], output, "", quiet)

    return build_it


def test_the_site_holds_these_files_and_no_others(small_site: Path) -> None:
    model = "models/tiny-net"
    expected = {
        ".diamond-site.json",
        *(f"{model}/{layer}/.diamond-site.json" for layer in ("stem", "block1", "head")),
        "404.html",
        "index.html",
        "index.json",
        "data/data.json",
        "data/index.html",
        *(f"data/schemas/{name}.json" for name in PATHS),
        "method/index.html",
        "method/recipes.json",
        "search/index.html",
        "models/index.html",
        *(
            f"models/{name}/{file}"
            for name in ("big-net", "more-net", "tiny-net")
            for file in ("index.html", "model.json")
        ),
        "lists/index.html",
        f"{model}/channels.jsonl",
        f"{model}/band.jpg",
        *(f"{model}/{layer}/index.html" for layer in ("stem", "block1", "head")),
        *(f"{model}/{layer}/layer.json" for layer in ("stem", "block1", "head")),
        *(f"{model}/{layer}/channels.jsonl" for layer in ("stem", "block1", "head")),
        *(f"{model}/{layer}/strip.jpg" for layer in ("stem", "block1")),
        *(f"{model}/stem/row-{row}.jpg" for row in range(1)),
        *(f"{model}/block1/row-{row}.jpg" for row in range(10)),
        *(
            f"{model}/{layer}/weights/{name}"
            for layer in ("block1", "head")
            for name in ("index.html", "weights.json", "matrix.png")
        ),
        f"{model}/stem/sheet-0.jpg",
        f"{model}/block1/sheet-0.jpg",
        f"{model}/block1/sheet-1.jpg",
        *(f"{model}/stem/{channel}/index.html" for channel in range(20)),
        *(f"{model}/block1/{channel}/index.html" for channel in range(300)),
        *(f"{model}/head/{channel}/index.html" for channel in range(5)),
        *(
            f"{model}/stem/{channel}/channel.jpg"
            for channel in range(20)
            if channel not in (3, 7, 11, 19)
        ),
        *(f"{model}/block1/{channel}/channel.jpg" for channel in range(300)),
        *(f"photos/0f0f0f0f0f0f/{photo}.webp" for photo in range(250)),
    }
    elsewhere = ("assets/", "studies/", "search/index/")
    found = {path for path in contents(small_site) if not path.startswith(elsewhere)}
    assert found == expected
    assets = [path.split("/", 2) for path in contents(small_site) if path.startswith("assets/")]
    assert len({digest for _, digest, _ in assets}) == 1
    static = Path(str(resources.files("diamond_cutter.web"))) / "static"
    own = {path for path in contents(static) if "workbench/" not in path}
    assert {path for _, _, path in assets} == own


def test_the_same_atlas_gives_the_same_bytes_anywhere(
    build: Build, small_site: Path, atlas: str, tmp_path: Path
) -> None:
    build(atlas, tmp_path / "elsewhere" / "other")
    assert contents(tmp_path / "elsewhere" / "other") == contents(small_site)


def test_nothing_is_written_or_encoded_again_when_nothing_has_changed(
    build: Build, atlas: str, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = times(output)

    def refuse(*_: object) -> bytes:
        raise AssertionError("encoded or rendered again")

    monkeypatch.setattr(layer_builder.channel_pictures, "encode_block", refuse)
    monkeypatch.setattr(layer_builder, "layer_files", refuse)
    monkeypatch.setattr(study_module, "study_files", refuse)
    second = build(atlas, output)
    pages = [path for path in before if path.endswith(".html")]
    assert (second.pages, second.changed) == (len(pages), 0)
    sizes = [len(content) for path, content in contents(output).items() if NAME not in path]
    assert (second.whole.files, second.whole.size) == (len(sizes), sum(sizes))
    assert times(output) == before


def test_only_what_a_changed_picture_touches_is_written_again(
    build: Build, atlas: str, output: Path
) -> None:
    before = contents(output)
    images = zarr.open_array(f"{atlas}/tiny-net/block1/images")
    images[290] = 255 - images[290]
    build(atlas, output)
    after = contents(output)
    changed = changed_files(before, after)
    block = "models/tiny-net/block1"
    pictures = {f"{block}/{name}" for name in ("sheet-1.jpg", "row-9.jpg", "290/channel.jpg")}
    assert changed == pictures


def test_a_channel_that_is_rendered_at_last_gets_its_picture(
    build: Build, atlas: str, output: Path
) -> None:
    page = output / "models/tiny-net/stem/19/index.html"
    assert "diamond atlas --models tiny-net --layers stem" in page.read_text()
    assert "channel.jpg" not in page.read_text()
    zarr.open_array(f"{atlas}/tiny-net/stem/level")[19] = 1
    built = build(atlas, output)
    assert "channel.jpg" in page.read_text()
    assert (page.parent / "channel.jpg").stat().st_size > 0
    assert built.changed < 40


@pytest.mark.parametrize(("what", "value"), [("maximum", 4), ("best", 4)])
def test_another_strongest_photo_is_told_on_the_page_of_its_channel_alone(
    build: Build, atlas: str, output: Path, what: str, value: int
) -> None:
    before = contents(output)
    zarr.open_array(f"{atlas}/tiny-net/block1/natural/{what}")[10] = value
    build(atlas, output)
    after = contents(output)
    changed = changed_files(before, after)
    model = "models/tiny-net"
    rows = {f"{model}/channels.jsonl", f"{model}/block1/channels.jsonl"}
    assert changed - DATA == {f"{model}/block1/10/index.html", *rows}


def test_another_weight_is_told_on_the_pages_of_both_cuts(
    build: Build, atlas: str, output: Path
) -> None:
    before = contents(output)
    weight = zarr.open_array(f"{atlas}/tiny-net/block1/circuits/256/weight")
    weight[7, 290 - 256] = 99
    build(atlas, output)
    after = contents(output)
    changed = changed_files(before, after)
    model = "models/tiny-net"
    weights = {f"{model}/block1/weights/{name}" for name in ("index.html", "weights.json")}
    pages = {f"{model}/block1/290/index.html", f"{model}/stem/7/index.html"}
    rows = {f"{model}/{folder}channels.jsonl" for folder in ("", "stem/", "block1/")}
    assert changed - DATA == {*pages, *weights, *rows, f"{model}/block1/weights/matrix.png"}


def test_a_layer_that_is_gone_is_gone_from_the_site(build: Build, atlas: str, output: Path) -> None:
    del zarr.open_group(f"{atlas}/tiny-net")["head"]
    build(atlas, output)
    assert not (output / "models/tiny-net/head").exists()
    assert "head/" not in (output / "models/tiny-net/block1/index.html").read_text()


def test_index_json_lists_models_and_layers(small_site: Path) -> None:
    document = json.loads((small_site / "index.json").read_bytes())
    assert document["format_version"] == 1
    (model,) = document["models"]
    assert (model["name"], model["page"]) == ("tiny-net", "models/tiny-net/")
    stem, expand, block, head = model["layers"]
    assert stem == {
        "name": "stem",
        "index": 0,
        "channels": 20,
        "stride": 2,
        "receptive_field": 3,
        "is_cut": True,
        "page": "models/tiny-net/stem/",
        "pictured": 16,
        "flagged": 3,
        "missing": 1,
        "evidence": None,
    }
    assert (expand["page"], expand["missing"]) == (None, 40)
    assert (block["pictured"], block["missing"]) == (300, 0)
    assert (head["page"], head["missing"]) == ("models/tiny-net/head/", 5)


def test_layer_json_holds_the_numbers_of_its_channels(
    small_site: Path, score_of: Callable[[int], float]
) -> None:
    document = json.loads((small_site / "models/tiny-net/stem/layer.json").read_bytes())
    numbers = {"channels", "side", "score", "reason", "evidence", "words"}
    assert set(document) == {"format_version", "schema", "model", "layer", *numbers}
    assert document["side"] == 32
    assert (document["format_version"], document["channels"]) == (1, 20)
    assert document["score"][5] == pytest.approx(score_of(5), abs=1e-4)
    assert document["score"][19] is None
    assert document["reason"] == [
        {3: "dead", 7: "grey", 11: "chance", 19: "none yet"}.get(channel, "")
        for channel in range(20)
    ]


def test_an_atlas_without_models_gives_a_site_that_says_what_fills_it(tmp_path: Path) -> None:
    create_atlas(str(tmp_path / "atlas.zarr"))
    built = build_site(str(tmp_path / "atlas.zarr"), [], tmp_path / "site", "", quiet)
    assert built.pages == 6
    assert "<code>diamond atlas</code>" in (tmp_path / "site" / "index.html").read_text()


def test_a_missing_atlas_leaves_the_last_site(build: Build, tmp_path: Path, output: Path) -> None:
    before = contents(output)
    with pytest.raises(UserError, match="no atlas at"):
        build(str(tmp_path / "none"), output)
    assert contents(output) == before


def test_a_page_whose_link_leads_nowhere_is_not_published(
    build: Build, atlas: str, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(output)
    render = page_templates.render

    def break_link(templates: object, name: str, page: object) -> bytes:
        return render(templates, name, page).replace(b'href="method/"', b'href="methods/"')

    monkeypatch.setattr(page_templates, "render", break_link)
    with pytest.raises(BrokenSite, match=r"methods/index\.html"):
        build(atlas, output)
    assert contents(output) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from diamond_cutter.build.pages.study import study_files as study_module
from diamond_cutter.build.whole_site import Built, build_site

def report(step, done, total):
    if step == sys.argv[3] and done >= total / 2:
        os.kill(os.getpid(), signal.SIGKILL)

build_site(sys.argv[1], [sys.argv[4]], Path(sys.argv[2]), "", report)
"""


@pytest.mark.parametrize("step", ["channels", "studies", "checking"])
def test_a_build_killed_at_any_step_leaves_the_last_site(
    build: Build, small_study: str, atlas: str, tmp_path: Path, output: Path, step: str
) -> None:
    before = contents(output)
    images = zarr.open_array(f"{atlas}/tiny-net/block1/images")
    images[0] = 255 - images[0]
    zarr.open_array(f"{atlas}/tiny-net/block1/score")[1] = 99
    command = [sys.executable, "-c", KILLED, atlas, str(output), step, small_study]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert contents(output) == before
    build(atlas, output)
    fresh = tmp_path / "fresh"
    build(atlas, fresh)
    assert contents(output) == contents(fresh) != before
    assert [path.name for path in output.parent.iterdir()] == ["site"]


def test_in_processes_a_site_is_the_same(
    build: Build, atlas: str, small_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_builder, "FEW", 0)
    monkeypatch.setattr(layer_builder.os, "cpu_count", lambda: 2)
    build(atlas, tmp_path / "site")
    assert contents(tmp_path / "site") == contents(small_site)
    images = zarr.open_array(f"{atlas}/tiny-net/block1/images")
    images[290] = 255 - images[290]
    again = build(atlas, tmp_path / "site")
    assert again.changed == 3
    zarr.open_array(f"{atlas}/tiny-net/block1/score")[1] = np.inf
    zarr.open_array(f"{atlas}/tiny-net/block1/level")[5] = 77
    with pytest.raises(UserError, match="block1"):
        build(atlas, tmp_path / "site")
    assert [path.name for path in tmp_path.iterdir() if "staging" in path.name] == []


def test_channels_of_a_large_site_share_their_large_pictures(
    small_atlas: str, tmp_path: Path, colour_of: Callable[[int], tuple[int, int, int]]
) -> None:
    built = build_site(small_atlas, [], tmp_path / "site", "https://me.example/", quiet, "shared")
    assert built.whole.files == sum(not path.endswith(NAME) for path in contents(tmp_path / "site"))
    layer = tmp_path / "site/models/tiny-net/block1"
    assert not list(layer.glob("*/channel.jpg"))
    assert len(list(layer.glob("shared-*.jpg"))) == 10  # of 32, for 300
    html = (layer / "41/index.html").read_text()
    base = "https://me.example/models/tiny-net/block1/"
    assert f'<meta property="og:image" content="{base}shared-1.jpg">' in html
    assert "row 2, column 2, among those of channels beside it" in html
    assert '<img class="x1 y1" src="../shared-1.jpg" width="64" height="32"' in html
    with Image.open(layer / "shared-1.jpg") as sheet:
        tile = np.asarray(sheet.crop((8 + 2, 8 + 2, 16 - 2, 16 - 2)), float)
    np.testing.assert_allclose(tile.mean((0, 1)), colour_of(41), atol=12)
    rows = (layer / "channels.jsonl").read_text().splitlines()
    assert json.loads(rows[41])["picture"] is None
    assert json.loads(rows[41])["tile"]["column"] == 9


def test_how_pictures_are_kept_is_one_of_three(small_atlas: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"pictures: expected .* got 'all'"):
        build_site(small_atlas, [], tmp_path / "site", "", quiet, "all")


KILLED_WITH_PROCESSES = """
import multiprocessing, os, signal, sys
from pathlib import Path
from diamond_cutter.build import layer_builder
from diamond_cutter.build.whole_site import build_site

def report(step, done, total):
    if step == "channels" and done:
        for process in multiprocessing.active_children():
            print(process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    layer_builder.FEW = 0
    layer_builder.os.cpu_count = lambda: 2
    build_site(sys.argv[1], [], Path(sys.argv[2]), "", report)
"""


def test_the_processes_of_a_killed_build_end_with_it(small_atlas: str, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED_WITH_PROCESSES)
    command = [sys.executable, str(script), small_atlas, str(tmp_path / "site")]
    killed = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    started = [int(line) for line in killed.stdout.split()]
    assert started
    there = [psutil.Process(pid) for pid in started if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(there, timeout=20)
    assert alive == []
