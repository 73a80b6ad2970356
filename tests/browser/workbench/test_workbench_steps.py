"""The steps of the workbench in Chromium: dropped photos, by keyboard, on a phone, for axe."""

import io
import threading
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.workbench_app import create_workbench

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
CheckPage = Callable[[Page], None]
SLOW = 120_000
"""In ms, in which a command has answered on a machine that does much else."""


def photo(seed: int) -> bytes:
    """A JPEG that is like no other."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(blocks).resize((48, 48), Image.Resampling.NEAREST).save(made, "JPEG")
    return made.getvalue()


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A zip of cats and dogs, one of them in both, and a file that is no photo."""
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(24):
            archive.writestr(f"{'cat' if number % 2 else 'dog'}/{number}.jpg", photo(number))
        archive.writestr("cat/0 again.jpg", photo(0))
        archive.writestr("cat/<img src=x onerror=alert(1)>.jpg", b"no photo")
    return path


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the workbench is, in an empty folder."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    server = make_server("127.0.0.1", 0, create_workbench(Project(), "secret"), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def settings() -> dict[str, object]:
    return tomllib.loads(Path("diamond.toml").read_text())["study"]["study-1"]


def drop(page: Page, pets: Path) -> None:
    """Give the page a zip, and wait for what is said of it."""
    page.set_input_files("#files-input", pets)
    wait_for_photos(page)


def wait_for_photos(page: Page) -> None:
    expect(page.get_by_text("25 photos of 2 classes from 26 files")).to_be_visible(timeout=SLOW)
    page.wait_for_load_state()  # its scripts listen


def test_from_a_zip_to_the_run_by_the_one_button_of_each_step(
    address: str, open_page: OpenPage, check_page: CheckPage, pets: Path
) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Choose its photos").click()
    check_page(page)
    drop(page, pets)
    check_page(page)
    page.get_by_role("link", name="Next: models and cuts").click()
    expect(page.locator("#chosen-models")).to_have_text("1 model: efficientnet-lite0")
    page.get_by_role("button", name="For a phone").click()
    expect(page.locator("#chosen-models")).to_contain_text("efficientnet-lite0")
    page.get_by_label("Some").check()
    expect(page.locator(".cut-boxes")).not_to_have_count(0, timeout=SLOW)
    expect(page.locator("#forecast")).to_contain_text("of 25 photos", timeout=SLOW)
    check_page(page)
    page.get_by_role("button", name="Next: training").click()
    page.wait_for_url("**/training/")
    check_page(page)
    page.get_by_role("button", name="Next: run").click()
    page.wait_for_url("**/run/")
    check_page(page)
    page.get_by_role("link", name="Answer").click()
    expect(page.get_by_role("link", name="To the run")).to_be_visible(timeout=SLOW)
    check_page(page)
    assert "top_activation" in settings()["cuts"]  # type: ignore[operator]
    assert "efficientnet-lite0" in settings()["models"]  # type: ignore[operator]


def test_photos_and_classes_by_keyboard(address: str, open_page: OpenPage, pets: Path) -> None:
    page = open_page(f"{address}studies/study-1/photos/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a zip or photos").press("Enter")
    chooser.value.set_files(pets)
    wait_for_photos(page)
    page.get_by_label("Name of the class dog").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("cat")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first dog is left out
    expect(page.locator("#changes")).to_have_text("1 class renamed, 1 photo left out")
    page.get_by_role("button", name="Save changes").press("Enter")
    expect(page.get_by_text("24 photos of 1 class")).to_be_visible(timeout=SLOW)
    assert settings()["rename"] == {"dog": "cat"}
    assert settings()["leave_out"] == ["dog/0.jpg"]


def test_an_upload_that_was_paused_goes_on(
    address: str, open_page: OpenPage, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diamond_cutter.web.workbench.uploads import upload_routes

    monkeypatch.setattr(upload_routes, "CHUNK", 2000)
    page = open_page(f"{address}studies/study-1/photos/", foretold=("at=4000",))
    page.route("**/api/uploads/*at=4000", lambda route: route.abort())
    with page.expect_request("**/api/uploads/*at=4000"):
        page.set_input_files("#files-input", pets)
    page.get_by_role("button", name="Pause").click()
    page.reload()
    page.get_by_text("Received before: 1").click()
    expect(page.get_by_text("drop it again to go on")).to_be_visible()
    page.unroute("**/api/uploads/*at=4000")
    first = []
    page.on("request", lambda sent: first.append(sent.url) if "at=" in sent.url else None)
    drop(page, pets)
    assert first[0].endswith("?at=4000")


def test_a_folder_is_sent_as_one_file(
    address: str, open_page: OpenPage, pets: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(pets).extractall(tmp_path / "pets ü")
    page = open_page(f"{address}studies/study-1/photos/")
    page.set_input_files("#folder-input", tmp_path / "pets ü")
    expect(page.get_by_text("25 photos of 2 classes")).to_be_visible(timeout=SLOW)
    assert str(settings()["dataset"]).endswith(".tar")


def test_what_is_dropped_anywhere_is_taken(address: str, open_page: OpenPage, pets: Path) -> None:
    page = open_page(f"{address}studies/study-1/photos/")
    page.evaluate(
        """(content) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(content)], "pets.zip"));
          const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
          document.querySelector("h1").dispatchEvent(new DragEvent("drop", options));
        }""",
        list(pets.read_bytes()),
    )
    expect(page.get_by_text("25 photos of 2 classes")).to_be_visible(timeout=SLOW)


def test_a_folder_of_this_machine_is_chosen(address: str, open_page: OpenPage, pets: Path) -> None:
    zipfile.ZipFile(pets).extractall("mine")
    Path("diamond.toml").write_text('[workbench]\nroots = ["."]\n')
    page = open_page(f"{address}studies/study-1/photos/")
    page.get_by_text("A folder of this machine").click()
    page.get_by_role("button", name="mine/").click()
    expect(page.locator("#place-count")).to_have_text("2 folders, 0 files")
    page.get_by_role("button", name="Take this folder").click()
    expect(page.get_by_text("25 photos of 2 classes")).to_be_visible(timeout=SLOW)
    assert settings()["dataset"] == "mine"
