"""A site whose pictures lie at another origin: its host has none of them."""

import io
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_map import MAP, fullest, point_of, seen_pixel, wait_for_pictures
from PIL import Image
from playwright.sync_api import Page, expect

from diamond_cutter.build.publish.site_manifest import PICTURES, is_picture
from diamond_cutter.build.whole_site import build_site

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
CheckPage = Callable[[Page], None]

BLOCK = "models/tiny-net/block1/"
MIXED = (
    "#list=1&Dogs;models/tiny-net/block1,41=a+nose,7;studies/pets/photos,7,7-0.5-0.25;/classes,1"
)
DRAWN = (MAP, f"lists/{MIXED}")
"""Pages with pictures in canvases alone."""
PAGES = (
    *DRAWN,
    "",
    "models/tiny-net/",
    BLOCK,
    f"{BLOCK}41/",
    f"{BLOCK}weights/",
    "models/tiny-net/stem/5/",
    "studies/pets/",
    "studies/pets/photos/",
    "studies/pets/photos/7/",
    "studies/pets/classes/1/",
    "studies/pets/dataset/",
    "studies/pets/map/",
    "search/?q=block1",
)


@dataclass
class Bucket:
    """A static host of a folder; `asked`: the paths. As S3 does, it sends the header of other
    origins to those alone who ask from one, and lets browsers keep what it sends."""

    address: str = ""
    asks: bool = True
    asked: list[str] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *given: Any, bucket: Bucket, **named: Any) -> None:
        self.bucket = bucket
        super().__init__(*given, **named)

    def end_headers(self) -> None:
        self.bucket.asked.append(self.path.partition("?")[0])
        self.send_header("Cache-Control", "public, max-age=3600")
        if self.bucket.asks and "Origin" in self.headers:
            self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def bucket_of(folder: Path) -> Iterator[Bucket]:
    bucket = Bucket()
    handler = partial(_Handler, bucket=bucket, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    bucket.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield bucket
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class Split:
    site: Path
    pages: Bucket
    pictures: Bucket
    below: str

    @property
    def pictures_address(self) -> str:
        return self.pictures.address + self.below


@pytest.fixture(scope="module")
def split(
    likeness_atlas: str, mapped_study: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Split]:
    """The pages and all else of a site in one place, below a path of another the pictures."""
    folder = tmp_path_factory.mktemp("split")
    site, pages, pictures = (folder / name for name in ("site", "pages", "pictures"))
    with bucket_of(pages) as host, bucket_of(pictures) as bucket:
        elsewhere = f"{bucket.address}an/atlas"
        build_site(
            likeness_atlas, [mapped_study], site, "", lambda *_: None, pictures_address=elsewhere
        )
        kinds = [f"*{kind}" for kind in PICTURES]
        shutil.copytree(site, pages, ignore=shutil.ignore_patterns(*kinds))
        for path in (path for kind in kinds for path in site.rglob(kind)):
            target = pictures / "an/atlas" / path.relative_to(site)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        yield Split(site, host, bucket, "an/atlas/")


@pytest.fixture
def open_split(split: Split, open_page: OpenPage) -> Callable[[str], Page]:
    return lambda path: open_page(split.pages.address + path, pictures=split.pictures_address)


def load_all(page: Page) -> int:
    """Have all pictures of a page loaded; how many there are."""
    return int(
        page.evaluate(
            """async () => {
                const images = [...document.querySelectorAll("img")];
                for (const image of images) image.loading = "eager";
                await Promise.all(images.map((image) => image.decode()));
                return images.length;
            }"""
        )
    )


def saved(page: Page) -> "np.ndarray[Any, Any]":
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as one picture").click()
    content = download.value.path().read_bytes()
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_its_pictures_from_there(
    split: Split, open_split: Callable[[str], Page], path: str
) -> None:
    asked = len(split.pictures.asked)
    page = open_split(path)
    page.wait_for_load_state("networkidle")
    images = load_all(page)
    assert not any(map(is_picture, split.pages.asked))
    assert images or path in DRAWN
    assert len(split.pictures.asked) > asked


def test_a_walk_shows_pictures_that_scripts_ask_for(
    split: Split, open_split: Callable[[str], Page], check_page: CheckPage
) -> None:
    page = open_split("")
    page.locator("#search").fill("block1 41")
    expect(page.locator("#found img").first).to_be_visible()
    assert load_all(page)
    page.goto(split.pages.address + BLOCK)
    expect(page.locator(".preview .facts")).to_contain_text("score")  # its numbers have come
    page.locator("#grid a").nth(7).focus()
    expect(page.locator(".preview .number")).to_have_text("Channel 7")
    page.goto(f"{split.pages.address}studies/pets/photos/7/")
    page.locator("table.channels button").first.click()
    for drawn, what in (("channels", "photo-map svg svg image"), ("groups", "table.groups img")):
        page.get_by_label(drawn, exact=True).check()
        found = page.locator(what).first
        address = found.evaluate("e => e.getAttribute('href') ?? e.getAttribute('src')")
        assert address.startswith(split.pictures_address)
    page.locator(".graphs").scroll_into_view_if_needed()
    expect(page.locator(".graphs .drawing img").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert load_all(page)
    check_page(page)
    assert not any(map(is_picture, split.pages.asked))


def test_a_map_is_drawn_and_its_cells_are_shown(
    split: Split, open_split: Callable[[str], Page]
) -> None:
    row, column = fullest(split.site, 16)
    page = open_split(f"{MAP}?cell=16-{row}-{column}")  # its picture is shown before it is drawn
    page.locator("#viewport").scroll_into_view_if_needed()
    wait_for_pictures(page, split.site, 16, seen_pixel)
    page.mouse.click(*point_of(page, (column + 0.5) / 16, (row + 0.5) / 16))
    style = page.locator("#cell .cell-picture").evaluate("e => getComputedStyle(e).backgroundImage")
    assert style.startswith(f'url("{split.pictures_address}{MAP}cells-16-')
    assert load_all(page)


def test_lists_are_saved_as_one_picture_after_their_pictures_were_seen(
    split: Split, open_split: Callable[[str], Page]
) -> None:
    page = open_split(BLOCK)
    load_all(page)  # the browser keeps them, without the header that lets them be read
    page.goto(f"{split.pages.address}lists/{MIXED}")
    expect(page.locator(".list .what a")).to_have_count(5)
    page.wait_for_load_state("networkidle")
    picture = saved(page)
    assert picture.shape == (248, 880, 3)
    for left in range(16, 16 + 5 * 144, 144):
        assert picture[56:184, left : left + 128].std() > 1


def test_weights_are_read_from_their_picture(open_split: Callable[[str], Page]) -> None:
    page = open_split(f"{BLOCK}weights/")
    expect(page.locator("#outcome")).to_have_text(re.compile(r"Channel \d+ to channel \d+: weight"))


def test_a_bucket_that_lets_no_page_read_its_pictures_still_has_them_shown(
    split: Split, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split.pictures, "asks", False)
    options = {"pictures": split.pictures_address}
    page = open_page(f"{split.pages.address}{MAP}", **options)
    page.locator("#viewport").scroll_into_view_if_needed()
    wait_for_pictures(page, split.site, 16, seen_pixel)
    told = ("lists/", "weights/", "sheet-0.jpg", "matrix.png")  # where the console says so
    page = open_page(f"{split.pages.address}lists/{MIXED}", foretold=told, **options)
    expect(page.locator(".list .what a")).to_have_count(5)
    drawn = page.locator(".list canvas").first
    expect(drawn).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Save as one picture").click()
    expect(page.get_by_text("to send Access-Control-Allow-Origin")).to_be_visible()
    page = open_page(f"{split.pages.address}{BLOCK}weights/", foretold=told, **options)
    expect(page.locator("#outcome")).to_contain_text("to send Access-Control-Allow-Origin")


def test_channels_and_maps_are_embedded(open_split: Callable[[str], Page]) -> None:
    for path in (f"{BLOCK}41/#embed", f"{MAP}#embed", "studies/pets/photos/7/#embed"):
        page = open_split(path)
        page.wait_for_load_state("networkidle")
        load_all(page)


def test_this_machine_shows_the_pictures_of_the_folder(
    split: Split, serve_site: Callable[[Path], str], open_page: OpenPage
) -> None:
    address = serve_site(split.site)
    for path in PAGES:
        page = open_page(address + path)
        page.wait_for_load_state("networkidle")
        load_all(page)
