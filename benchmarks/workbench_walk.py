"""How many clicks and minutes a visitor of the workbench needs from a zip of photos to its answer.

    python benchmarks/workbench_walk.py PHOTOS [--models A,B,C] [--kill]

PHOTOS is a folder with a folder for each class; it is sent as a zip. In an empty folder, as after
`make workbench`, Chromium is led from the first page by the one button of each step to the finished
ranking. Then all is done that the step "Answer" offers: the pictures of the study's channels are
rendered, a photo is tried, the winner is exported in each format, the site is published. Told of
each: clicks, seconds, and seconds since the zip was dropped. --kill ends the study by SIGKILL when
a cut is ranked, and the workbench too, and both are begun again: what the study had is not made
twice. The TFLite file is then run on the photos, most of which it was trained on: the share that it
gets right tells that it is whole, not how good it is.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from chromium import chromium
from PIL import Image
from playwright.sync_api import Page, expect

HOUR = 3_600_000
"""Milliseconds: long work is waited for."""
FORMATS = ("tflite", "keras", "savedmodel")
LOOKED_AT = 200
"""Photos that the exported file is run on."""


class Walk:
    """A visitor who counts what they click, and looks at the clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clicks = 0
        self.dropped = 0.0
        self.last = time.monotonic()
        self.server = self.start()

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "diamond_cutter.command.main", "workbench", "--port", "0"]
        server = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        self.address = server.stdout.readline().split()[0]
        return server

    def press(self, page: Page, name: str) -> None:
        """The button or link of that name, when it is there."""
        button = page.get_by_role("button", name=name)
        button.or_(page.get_by_role("link", name=name)).first.click(timeout=HOUR)
        self.clicks += 1

    def tell(self, what: str) -> None:
        now = time.monotonic()
        since = f"{now - self.dropped:8.1f} s since the drop" if self.dropped else ""
        print(f"{what:<42}{self.clicks:3} clicks {now - self.last:8.1f} s {since}", flush=True)
        self.last = now

    def kill(self) -> None:
        """End the command that runs and the workbench, as a machine does that goes down."""
        process = self.folder / "data/workbench/queue/1/process"
        os.killpg(int(process.read_text()), signal.SIGKILL)
        self.server.kill()
        self.server.wait()
        self.server = self.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--models", help="with commas; left out: those that are ticked already")
    parser.add_argument("--kill", action="store_true", help="in the middle of the study")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, chromium() as browser:
        archive = shutil.make_archive(f"{made}/photos", "zip", options.photos)
        (Path(made) / "project").mkdir()
        walk = Walk(Path(made) / "project")
        try:
            page = browser.new_context().new_page()
            choose(walk, page, archive, options.models)
            page = run(walk, page, kill=options.kill)
            answer(walk, page, options.photos)
        finally:
            walk.server.terminate()
            walk.server.wait()


def choose(walk: Walk, page: Page, archive: str, models: str | None) -> None:
    """From the first page to the run."""
    page.goto(walk.address)
    walk.press(page, "Choose its photos")
    page.wait_for_load_state()
    walk.dropped = walk.last = time.monotonic()
    page.set_input_files("#files-input", archive)
    expect(page.get_by_role("link", name="Next: models and cuts")).to_be_visible(timeout=HOUR)
    walk.tell("photos looked at")
    walk.press(page, "Next: models and cuts")
    for model in models.split(",") if models else ():
        box = page.locator(f'[data-take="{model}"]')
        if not box.is_checked():
            box.check()
            walk.clicks += 1
    expect(page.locator("#forecast")).to_contain_text("photos", timeout=HOUR)
    walk.tell(page.locator("#forecast").inner_text()[:40])
    walk.press(page, "Next: training")
    walk.press(page, "Next: run")
    walk.press(page, "Start")
    walk.tell("study started")


def run(walk: Walk, page: Page, *, kill: bool) -> Page:
    """To the finished ranking; the page is closed and opened in between."""
    address = page.url
    expect(page.locator("#ranking tbody tr").first).to_be_visible(timeout=HOUR)
    walk.tell(page.locator("#ranking-note").inner_text()[:40])
    visitor = page.context
    page.close()
    if kill:
        walk.kill()
        address = walk.address + address.split("/", 3)[3]
    page = visitor.new_page()
    page.goto(address)
    if kill:
        walk.press(page, "Go on")
    expect(page.locator("#to-answer")).to_be_visible(timeout=HOUR)
    walk.tell("ranking finished, and its pages")
    walk.press(page, "To the answer")
    expect(page.locator("#sentence")).to_contain_text("of new photos", timeout=HOUR)
    print(page.locator("#sentence").inner_text())
    return page


def answer(walk: Walk, page: Page, photos: Path) -> None:
    """All that the last step offers."""
    files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    expect(page.locator("#pictures-note")).to_contain_text("missing", timeout=HOUR)
    print(page.locator("#pictures-note").inner_text())
    walk.press(page, "Render them")
    expect(page.locator("#pictures-note")).to_have_text(
        "All that it needs are there.", timeout=HOUR
    )
    walk.tell("pictures rendered")
    page.set_input_files("#photo", files[0])
    expect(page.locator("#trial-note")).to_contain_text("is taken for", timeout=HOUR)
    walk.tell(f"{files[0].parent.name}: {page.locator('#trial-note').inner_text()}"[:40])
    for form in FORMATS:
        page.locator('#export [name="format"]').select_option(form)
        walk.press(page, "Export")
        link = page.locator("#export-note a")
        expect(link).to_be_visible(timeout=HOUR)
        with page.expect_download() as coming:
            link.click()
        size = Path(coming.value.path()).stat().st_size
        walk.tell(f"{form}, {size / 1e6:.1f} MB, downloaded")
        if form == "tflite":
            share = share_right(Path(coming.value.path()), files)
            print(f"it is right on {share:.1%} of {min(LOOKED_AT, len(files))} photos")
    page.fill('#publish [name="folder"]', str(walk.folder / "published"))
    walk.press(page, "Write the site there")
    expect(page.locator("#job .facts")).to_have_text("is done", timeout=HOUR)
    pages = len(list((walk.folder / "published").rglob("*.html")))
    walk.tell(f"site published, {pages} pages")


def share_right(network: Path, files: list[Path]) -> float:
    """How many of the photos an exported TFLite file takes for what their folder is called."""
    classify = tf.lite.Interpreter(str(network)).get_signature_runner()
    truth = sorted({file.parent.name for file in files})
    chosen = np.random.default_rng(0).permutation(len(files))[:LOOKED_AT]
    right = []
    for file in (files[index] for index in chosen):
        pixels = np.asarray(Image.open(file).convert("RGB"))[None]
        found = int(np.argmax(classify(photo=pixels)["probabilities"]))
        right.append(truth[found] == file.parent.name)
    return float(np.mean(right))


if __name__ == "__main__":
    main()
