"""The whole way in a browser: from a zip of photos to a ranking, a new photo and a file."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from playwright.sync_api import Page, expect

PATIENCE = 600_000
"""Milliseconds: networks are loaded, on a machine that does other things too."""
MODELS = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
FEWER = """
[study.scenes.attribution]
cuts = "none"
"""
"""What is not asked here, and would take its time."""

pytestmark = pytest.mark.browser


def kill_when(project: Path, said: str) -> None:
    """Kill the command that runs, as a machine does that goes down, when its log says something."""
    log = project / "data/workbench/queue/1/log.txt"
    end = time.monotonic() + PATIENCE / 1000
    while not (log.is_file() and re.search(said, log.read_text(errors="replace"))):
        assert time.monotonic() < end, log.read_text() if log.is_file() else "no log"
        time.sleep(0.1)
    os.kill(int(log.with_name("process").read_text()), signal.SIGKILL)


def choose_fewer(settings: Path) -> None:
    """By hand, in the file that the pages wrote."""
    text = settings.read_text(encoding="utf-8")
    assert all(model in text for model in MODELS)
    cuts = 'cuts = ["block3b_add", "block5c_add", "top_activation"]\nfolds = 2\n'
    settings.write_text(re.sub(r"(?m)^(models = )", cuts + r"\1", text) + FEWER, encoding="utf-8")


def classified(network: Path, photo: Path) -> int:
    """The class that an exported TFLite file takes a photo for."""
    classify = tf.lite.Interpreter(str(network)).get_signature_runner()
    pixels = np.asarray(Image.open(photo).convert("RGB"))[None]
    return int(np.argmax(classify(photo=pixels)["probabilities"]))


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_from_photos_to_an_answer(
    start_workbench: Callable[[], str],
    open_page: Callable[..., Page],
    check_page: Callable[[Page], None],
    project_folder: Path,
    archive: Path,
    tmp_path: Path,
) -> None:
    address = start_workbench()
    page = open_page(address)
    page.fill("#name", "scenes")
    page.get_by_role("button", name="Choose its photos").click()
    page.wait_for_load_state()
    page.set_input_files("#files-input", archive)
    page.get_by_role("link", name="Next: models and cuts").click(timeout=PATIENCE)
    for model in MODELS:
        page.locator(f'[data-take="{model}"]').check()
    page.get_by_role("button", name="Next: training").click()
    page.get_by_role("button", name="Next: run").first.click()
    expect(page.locator("#start")).to_be_visible()
    choose_fewer(project_folder / "diamond.toml")
    page.click("#start")
    page.close()  # it goes on without
    kill_when(project_folder, "heads: [1-9]")

    address = start_workbench()  # and after the machine went down
    page = open_page(f"{address}studies/scenes/run/", foretold=("/pictures",))  # no attribution
    expect(page.locator(".job .facts")).to_contain_text("is paused", timeout=PATIENCE)
    expect(page.locator("#ranking-note")).to_contain_text("cuts are done", timeout=PATIENCE)
    assert page.locator("#ranking tbody tr").count() > 0
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#to-answer")).to_be_visible(timeout=PATIENCE)
    page.click("#to-answer")

    expect(page.locator("#sentence")).to_contain_text("of new photos", timeout=PATIENCE)
    assert page.locator("#ranking tbody tr.recommended").count() == 1
    page.set_input_files("#photo", tmp_path / "photos/coffee/0.png")
    expect(page.locator("#trial-note")).to_contain_text("is taken for coffee", timeout=PATIENCE)
    assert page.locator(".stack img").count() == 2
    check_page(page)
    page.locator('#export [name="format"]').select_option("tflite")
    page.locator("#export button").click()
    link = page.locator("#export-note a")
    expect(link).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as coming:
        link.click()
    network = tmp_path / "winner.tflite"
    coming.value.save_as(network)
    photos = sorted((tmp_path / "photos").rglob("*.png"))
    truth = sorted({photo.parent.name for photo in photos})
    right = [truth[classified(network, photo)] == photo.parent.name for photo in photos]
    assert np.mean(right) > 0.9
