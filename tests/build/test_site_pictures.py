"""A site whose pictures lie elsewhere: what is built, and what changing the address changes."""

import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from diamond_cutter.build.publish.generator_digest import static_files
from diamond_cutter.build.publish.site_manifest import STORED, is_page, is_picture
from diamond_cutter.build.whole_site import Built, build_site
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.main import main
from diamond_cutter.web.local_server import create_app

ELSEWHERE = "https://pictures.example:8443/an/atlas/"
ATTRIBUTE = re.compile(r'\s(src|href|content|data-pictures)="([^"]*)"')


def build(atlas: str, study: str, output: Path, pictures_address: str) -> Built:
    return build_site(
        atlas, [study], output, "", lambda *_: None, pictures_address=pictures_address
    )


def contents(site: Path) -> dict[str, bytes]:
    files = (path for path in site.rglob("*") if path.is_file() and path.name != STORED)
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def split_site(
    small_atlas: str, mapped_study: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """To be read only."""
    site = tmp_path_factory.mktemp("split") / "site"
    build(small_atlas, mapped_study, site, ELSEWHERE)
    return site


def test_pages_take_all_pictures_from_there_and_nothing_else(split_site: Path) -> None:
    named: set[str] = set()
    for path, content in contents(split_site).items():
        if not is_page(path) or path == "404.html":
            continue
        found = ATTRIBUTE.findall(content.decode())
        for attribute, value in found:
            if is_picture(value):
                assert value.startswith(ELSEWHERE), f"{path}: {attribute} {value}"
                named.add(unquote(unescape(value)).removeprefix(ELSEWHERE))
            elif value.startswith(ELSEWHERE):
                assert (attribute, value) == (
                    "data-pictures",
                    ELSEWHERE + path.removesuffix("index.html"),
                )
        (policy,) = [value for _, value in found if value.startswith("default-src")]
        assert unescape(policy) == (
            "default-src 'none'; img-src 'self' https://pictures.example:8443; style-src 'self'; "
            "script-src 'self'; connect-src 'self' https://pictures.example:8443; "
            "base-uri 'none'; form-action 'none'"
        )
    pictures = {path for path in contents(split_site) if is_picture(path)}
    assert named <= pictures
    by_scripts = r"row-\d+\.jpg|cells-[\d-]+\.webp|crops-\d+\.webp|group-\d+\.webp"
    others = {path.rpartition("/")[2] for path in pictures - named}
    assert [name for name in others if not re.fullmatch(by_scripts, name)] == []


def test_a_link_preview_shows_the_picture_that_lies_there(split_site: Path) -> None:
    page = (split_site / "models/tiny-net/block1/41/index.html").read_text(encoding="utf-8")
    picture = f"{ELSEWHERE}models/tiny-net/block1/41/channel.jpg"
    assert f'<meta property="og:image" content="{picture}">' in page
    assert f'src="{picture}"' in page


def test_the_index_says_where_pictures_lie_and_no_other_document_does(
    split_site: Path, mapped_site: Path
) -> None:
    here, there = contents(mapped_site), contents(split_site)
    assert here.keys() == there.keys()
    index = json.loads(there["index.json"])
    assert index.pop("pictures_address") == ELSEWHERE
    assert {**index, "pictures_address": ""} == json.loads(here["index.json"])
    data = there["data/index.html"].decode()
    assert "those of pictures at the <code>pictures_address</code>" in data
    differing = {path for path in here if here[path] != there[path]}
    assert {path for path in differing if not is_page(path) and Path(path).name[0] != "."} <= {
        "index.json",
        "data/data.json",  # the bytes of the other
    }


def test_nothing_is_written_again_until_the_address_changes(
    small_atlas: str, mapped_study: str, split_site: Path, mapped_site: Path, tmp_path: Path
) -> None:
    site = shutil.copytree(split_site, tmp_path / "site")
    before = {site / path: (site / path).stat().st_mtime_ns for path in contents(site)}
    assert build(small_atlas, mapped_study, site, ELSEWHERE.rstrip("/")).changed == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    built = build(small_atlas, mapped_study, site, "")
    assert contents(site) == contents(mapped_site)
    pictures = {path: time for path, time in before.items() if is_picture(path.name)}
    assert {path: path.stat().st_mtime_ns for path in pictures} == pictures
    assert built.pages - 1 <= built.changed <= built.pages + 2  # all but 404.html; the documents
    assert built.pictures.files == len(pictures)


def test_pictures_are_told_by_their_names_alone(split_site: Path) -> None:
    assert not any(map(is_picture, static_files()))
    starts = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")
    for path, content in contents(split_site).items():
        assert is_picture(path) == content.startswith(starts), path


def test_on_this_machine_pages_show_the_pictures_of_the_folder(
    split_site: Path, mapped_site: Path
) -> None:
    client = create_app(split_site).test_client()
    for path in ("", "models/tiny-net/block1/41/", "studies/pets/photos/7/index.html"):
        html = client.get(f"/{path}").get_data(as_text=True)
        assert ELSEWHERE not in html
        file = path if path.endswith("html") else f"{path}index.html"
        plain = (mapped_site / file).read_text(encoding="utf-8")
        ours, theirs = (
            [value for _, value in ATTRIBUTE.findall(page) if is_picture(value)]
            for page in (html, plain)
        )
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            folder = (split_site / file).parent
            assert (folder / one).resolve() == (folder / other).resolve()
            assert (folder / one).is_file()


@pytest.mark.parametrize(
    "address",
    [
        "bucket.example.org",
        "s3://bucket/atlas",
        "https://",
        "https://a/?b",
        "https://a/#b",
        "https://a b/",
        "https://a; script-src */",
        "https://me@a/",
        "https://a/it's/",
        "https://[::1/",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_read(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(UserError) as refused:
        build(str(tmp_path / "none"), str(tmp_path / "none"), tmp_path / "site", address)
    assert str(refused.value) == (
        "--pictures-address: expected where the site's pictures will lie, like "
        f"https://pictures.example.org/atlas/, got {address!r}; mend [site] pictures_address, "
        "or leave it empty"
    )


def test_the_command_takes_the_address_and_says_what_goes_where(
    small_atlas: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    (tmp_path / "diamond.toml").write_text("", encoding="utf-8")
    options = ["--store", small_atlas, "--output", str(site), "--pictures-address", ELSEWHERE]
    assert main(["site", "--config", str(tmp_path / "diamond.toml"), *options]) == 0
    told, progress = capsys.readouterr()
    assert "site: channels: 325 done\n" in progress
    pictures = [content for path, content in contents(site).items() if is_picture(path)]
    size = sum(map(len, pictures)) / 1e6
    assert f"Of these, pictures: {len(pictures)} files, {size:.1f} MB; all else: " in told
    assert f"For the pictures, at {ELSEWHERE}: GitHub Pages, " in told
