"""What `docs/hosting.md` shows is what one can run: the workflow, and the settings beside it."""

import json
import re
import shlex
import string
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
import zarr
from sample_host import hosted

from diamond_cutter.build.publish.site_manifest import is_picture
from diamond_cutter.command.main import main
from diamond_cutter.precompute.stores.published.store_publication import publish_store

GUIDE = (Path(__file__).parents[2] / "docs" / "hosting.md").read_text(encoding="utf-8")
BASE, MODELS = "https://bucket.example.org/atlas.zarr", '["efficientnet-lite0"]'


def block(language: str, section: str = "GitHub Pages, from a published atlas") -> str:
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE)
    (found,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    """The steps of the workflow's one job, in their order."""
    workflow = yaml.safe_load(block("yaml"))
    assert workflow[True] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}  # "on"
    (job,) = workflow["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def test_the_workflow_publishes_the_folder_that_it_builds(steps: list[dict[str, Any]]) -> None:
    workflow = yaml.safe_load(block("yaml"))
    assert workflow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    (job,) = workflow["jobs"].values()
    named = {step["id"] for step in steps if "id" in step}
    used = re.findall(r"steps\.(\w+)\.outputs", block("yaml"))
    assert set(used) == named == {"pages", "deployment"}
    assert job["environment"]["name"] == "github-pages"
    (upload,) = (step for step in steps if "upload-pages-artifact" in step.get("uses", ""))
    (build,) = (step for step in steps if "diamond" in step.get("run", "") and "env" in step)
    words = shlex.split(build["run"])
    assert words[words.index("--output") + 1] == upload["with"]["path"] == "site"


def test_its_command_builds_the_site_of_a_published_atlas(
    steps: list[dict[str, Any]],
    small_atlas: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    publish_store(zarr.open_group(small_atlas, mode="r"), str(tmp_path / "published.zarr"), "")
    (step,) = (step for step in steps if "env" in step)
    values = {"ADDRESS": "https://me.example/atlas"}
    assert set(values) == set(step["env"])
    command, *words = shlex.split(string.Template(step["run"]).substitute(values))
    assert command == "diamond"
    settings = block("toml")
    assert settings.count(BASE) == settings.count(MODELS) == 1
    with hosted(tmp_path / "published.zarr") as host:
        settings = settings.replace(BASE, host.address).replace(MODELS, '["tiny-net"]')
        (tmp_path / "diamond.toml").write_text(settings, encoding="utf-8")
        assert main(words) == 0
    assert "GitHub Pages, Cloudflare Pages, Netlify, S3 and any server take it" in (
        capsys.readouterr().out
    )
    page = (tmp_path / "site/models/tiny-net/block1/290/index.html").read_text(encoding="utf-8")
    picture = "https://me.example/atlas/models/tiny-net/block1/shared-9.jpg"
    assert f'<meta property="og:image" content="{picture}">' in page
    assert (tmp_path / "site/models/tiny-net/block1/shared-9.jpg").is_file()


def test_a_base_that_is_away_publishes_nothing(
    steps: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = block("toml").replace(BASE, "http://127.0.0.1:9/atlas.zarr")
    (tmp_path / "diamond.toml").write_text(settings, encoding="utf-8")
    (step,) = (step for step in steps if "env" in step)
    _, *words = shlex.split(string.Template(step["run"]).substitute(ADDRESS="https://me.example"))
    assert main(words) == 2
    assert "no atlas at data/atlas.zarr" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


ELSEWHERE = "Pictures elsewhere"


def sent(words: list[str], paths: set[str]) -> set[str]:
    """The files that a command takes by its filters; the last that fits a path decides.

    Of rsync the first does, and a pattern without a slash is for names: for filters that only
    exclude, by how names end, both are the same.
    """
    filters = [
        (words[at], words[at + 1])
        for at, word in enumerate(words)
        if word in ("--include", "--exclude")
    ]
    taken = set()
    for path in paths:
        fitting = [kind for kind, pattern in filters if fnmatch(path, pattern)]
        if not fitting or fitting[-1] == "--include":
            taken.add(path)
    return taken


def test_two_commands_part_a_site_into_its_pictures_and_all_else(mapped_site: Path) -> None:
    pictures, others = map(shlex.split, block("sh", ELSEWHERE).splitlines())
    assert pictures[:5] == ["aws", "s3", "sync", "site", "s3://bucket/atlas"]
    assert (others[:3], others[-2:]) == (["rsync", "-a", "--delete"], ["site/", "pages/"])
    files = (path for path in mapped_site.rglob("*") if path.is_file())
    paths = {path.relative_to(mapped_site).as_posix() for path in files}
    assert sent(pictures, paths) == {path for path in paths if is_picture(path)}
    assert sent(others, paths) == {path for path in paths if not is_picture(path)}
    assert {path.rpartition(".")[2] for path in sent(pictures, paths)} == {"jpg", "png", "webp"}


def test_its_settings_name_the_address_of_pictures(
    small_atlas: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "diamond.toml").write_text(block("toml", ELSEWHERE), encoding="utf-8")
    assert main(["site", "--store", small_atlas]) == 0
    page = (tmp_path / "site/models/tiny-net/block1/290/index.html").read_text(encoding="utf-8")
    picture = "https://bucket.example.org/atlas/models/tiny-net/block1/290/channel.jpg"
    assert f'<meta property="og:image" content="{picture}">' in page
    assert 'href="https://me.example.org/atlas/models/tiny-net/block1/290/"' in page
    (rule,) = json.loads(block("json", ELSEWHERE))["CORSRules"]
    assert "https://me.example.org/atlas/".startswith(f"{rule['AllowedOrigins'][0]}/")
