import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
import zarr

from diamond_cutter.build import whole_site as site_module
from diamond_cutter.build.pages.study import study_files as study_module
from diamond_cutter.build.publish.link_check import BrokenSite
from diamond_cutter.build.publish.site_manifest import NAME
from diamond_cutter.build.whole_site import Built, build_site
from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.atlas_writer import create_atlas

Build = Callable[[str, Path], Built]


def quiet(_step: str, _done: int, _total: int) -> None:
    """A report that nobody reads."""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


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
        "404.html",
        "index.html",
        "index.json",
        "method/index.html",
        "models/index.html",
        *(f"models/{name}/index.html" for name in ("big-net", "more-net", "tiny-net")),
        f"{model}/band.webp",
        *(f"{model}/{layer}/index.html" for layer in ("stem", "block1", "head")),
        *(f"{model}/{layer}/layer.json" for layer in ("stem", "block1", "head")),
        *(f"{model}/{layer}/strip.webp" for layer in ("stem", "block1")),
        *(
            f"{model}/{layer}/weights/{name}"
            for layer in ("block1", "head")
            for name in ("index.html", "weights.json", "matrix.png")
        ),
        f"{model}/stem/sheet-0.webp",
        f"{model}/block1/sheet-0.webp",
        f"{model}/block1/sheet-1.webp",
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
    found = {path for path in contents(small_site) if not path.startswith(("assets/", "studies/"))}
    assert found == expected
    assets = [path.split("/", 2) for path in contents(small_site) if path.startswith("assets/")]
    assert len({digest for _, digest, _ in assets}) == 1
    static = Path(str(resources.files("diamond_cutter.web"))) / "static"
    assert {path for _, _, path in assets} == set(contents(static))


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

    monkeypatch.setattr(site_module.channel_pictures, "encode_block", refuse)
    monkeypatch.setattr(site_module, "layer_files", refuse)
    monkeypatch.setattr(study_module, "study_files", refuse)
    second = build(atlas, output)
    pages = [path for path in before if path.endswith(".html")]
    assert (second.pages, second.changed) == (len(pages), 0)
    assert second.files == len(before) - 1
    assert second.size == sum(map(len, contents(output).values())) - (output / NAME).stat().st_size
    after = times(output)
    assert {path for path in after if after[path] != before[path]} == {NAME}


def test_only_what_a_changed_picture_touches_is_written_again(
    build: Build, atlas: str, output: Path
) -> None:
    before = contents(output)
    images = zarr.open_array(f"{atlas}/tiny-net/block1/images")
    images[290] = 255 - images[290]
    build(atlas, output)
    after = contents(output)
    changed = {path for path in after if after[path] != before[path]} - {NAME}
    block = "models/tiny-net/block1"
    assert changed == {f"{block}/sheet-1.webp", f"{block}/290/channel.jpg"}


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
    changed = {path for path in after if after[path] != before[path]} - {NAME}
    assert changed == {"models/tiny-net/block1/10/index.html"}


def test_another_weight_is_told_on_the_pages_of_both_cuts(
    build: Build, atlas: str, output: Path
) -> None:
    before = contents(output)
    weight = zarr.open_array(f"{atlas}/tiny-net/block1/circuits/256/weight")
    weight[7, 290 - 256] = 99
    build(atlas, output)
    after = contents(output)
    changed = {path for path in after if after[path] != before[path]} - {NAME}
    model = "models/tiny-net"
    weights = {f"{model}/block1/weights/{name}" for name in ("index.html", "weights.json")}
    pages = {f"{model}/block1/290/index.html", f"{model}/stem/7/index.html"}
    assert changed == {*pages, *weights, f"{model}/block1/weights/matrix.png"}


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
    }
    assert (expand["page"], expand["missing"]) == (None, 40)
    assert (block["pictured"], block["missing"]) == (300, 0)
    assert (head["page"], head["missing"]) == ("models/tiny-net/head/", 5)


def test_layer_json_holds_the_numbers_of_its_channels(
    small_site: Path, score_of: Callable[[int], float]
) -> None:
    document = json.loads((small_site / "models/tiny-net/stem/layer.json").read_bytes())
    numbers = {"channels", "side", "score", "reason"}
    assert set(document) == {"format_version", "model", "layer", *numbers}
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
    assert built.pages == 3
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
    render = site_module.page_templates.render

    def break_link(templates: object, name: str, page: object) -> bytes:
        return render(templates, name, page).replace(b'href="method/"', b'href="methods/"')

    monkeypatch.setattr(site_module.page_templates, "render", break_link)
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


@pytest.mark.parametrize("step", ["reading", "pictures", "pages", "checking"])
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
