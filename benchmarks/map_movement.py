"""How smoothly a map of 25,000 cells moves on a phone: frames while fingers drag and pinch it.

    python benchmarks/map_movement.py [--slower 4]

A map of made-up cells, 160 a side, is written and served as a site's are, and opened in Chromium in
a window of 390 by 844 at two pixels for one, with the processor slowed. Told of each movement: the
median and 95th percentile of the milliseconds from frame to frame, and the milliseconds of scripts
a frame. Chromium is the one on PATH, or that CHROMIUM names; without a graphics card it draws on
the processor, too.
"""

import argparse
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from chromium import chromium, served
from playwright.sync_api import CDPSession, Page

from diamond_cutter.build.mapped_layers import read_mapped
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.maps.map_arrays import PhotoFacts
from diamond_cutter.build.pages.maps.map_page import MapsOf, map_files
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.publish.generator_digest import static_files
from diamond_cutter.precompute.stores.activation_atlas import activation_atlas_store
from diamond_cutter.precompute.stores.activation_atlas.activation_atlas_layout import (
    TOP,
    ActivationMap,
    Grid,
)

GRIDS = (5, 10, 20, 40, 80, 160)
VECTORS, PHOTOS, CLASSES, SIDE = 100_000, 1_000, 5, 64
COUNT = """() => {
  window.frames_ = [performance.now()];
  const step = (now) => { frames_.push(now); requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""
Touch = Callable[[list[tuple[float, float]]], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slower", type=float, default=4, help="how many times (default: 4)")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        page = write_site(Path(folder))
        with served(Path(folder)) as address, chromium() as browser:
            for what, view, move in (
                ("drag at the finest grid", "?zoom=20&x=0.5&y=0.5", drag),
                ("pinch through all grids", "", pinch),
            ):
                context = browser.new_context(
                    viewport={"width": 390, "height": 844},
                    device_scale_factor=2,
                    has_touch=True,
                    is_mobile=True,
                    reduced_motion="reduce",
                )
                opened = context.new_page()
                opened.goto(address + page + view)
                opened.wait_for_load_state("networkidle")
                measure(what, opened, move, options.slower)
                context.close()


def measure(
    what: str, page: Page, move: Callable[[Touch, float, float], None], slower: float
) -> None:
    viewport = page.locator("#viewport")
    viewport.scroll_into_view_if_needed()
    box = viewport.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(COUNT)
    before = seconds_of_scripts(session)
    is_down = False

    def touch(fingers: list[tuple[float, float]]) -> None:
        nonlocal is_down
        kind = "touchMove" if is_down and fingers else "touchStart" if fingers else "touchEnd"
        is_down = bool(fingers)
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(12)

    for _ in range(4):
        move(touch, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    scripts = seconds_of_scripts(session) - before
    frames = np.diff(page.evaluate("frames_"))
    median, slow = np.percentile(frames, (50, 95))
    print(
        f"{what}, {slower:g} times slower: {len(frames)} frames, median {median:.1f} ms, 95 % "
        f"below {slow:.1f} ms, scripts {1000 * scripts / len(frames):.1f} ms a frame"
    )


def drag(touch: Touch, x: float, y: float) -> None:
    for step in range(30):
        touch([(x + 100 - 7 * step, y - 2 * step)])
    touch([])


def pinch(touch: Touch, x: float, y: float) -> None:
    for step in range(30):
        touch([(x - 25 - 2 * step, y), (x + 25 + 2 * step, y)])
    touch([])


def seconds_of_scripts(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "ScriptDuration")


def write_site(folder: Path) -> str:
    """The map's page below the folder, with all that it loads."""
    slot = zarr.create_group(zarr.storage.MemoryStore())
    generator = np.random.default_rng(0)
    position = generator.random((VECTORS, 2)).astype(np.float32)
    photo = generator.integers(0, PHOTOS, VECTORS).astype(np.int32)
    found = ActivationMap(
        model="made-up",
        layer="map",
        cut="map",
        index=0,
        channels=TOP,
        classes=[f"class {index}" for index in range(CLASSES)],
        photos=PHOTOS,
        vectors=VECTORS,
        height=8,
        width=8,
        input_size=64,
        receptive_field=None,
        stride=None,
        grids=list(GRIDS),
        trustworthiness=1,
        continuity=1,
        weights_digest="",
    )
    nothing = {"crop": np.uint8, "crop_end": np.int64, "crop_vector": np.int32}
    arrays: dict[str, Any] = {name: np.empty(0, kind) for name, kind in nothing.items()}
    arrays |= {"photo": photo, "place": np.zeros((VECTORS, 2), np.int32), "position": position}
    grids = {side: made_up_grid(side, position, generator) for side in GRIDS}
    activation_atlas_store.write_map(slot, found, arrays, grids)
    activation_atlas_store.finish_maps(slot, [found])
    label = generator.integers(0, CLASSES, PHOTOS)
    facts = PhotoFacts(label, label, np.zeros(PHOTOS, bool))
    maps = MapsOf("made-up", "", read_mapped(slot, "made-up"), facts, own=True, pages=set())
    files = map_files(page_templates.environment(), Surroundings("", "assets/"), maps)
    assets = ((f"assets/{path}", content) for path, content in static_files().items())
    for path, content in (*files, *assets):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return "map/made-up/map/"


def made_up_grid(side: int, position: Any, generator: np.random.Generator) -> Grid:
    """The cells that hold a vector, each with one of 64 pictures."""
    column, row = np.minimum((position * side).astype(np.int32), side - 1).T
    square, count = np.unique(row * side + column, return_counts=True)
    cells = len(square)
    coarse = generator.integers(0, 256, (64, 8, 8, 3), np.uint8)
    pictures = coarse.repeat(SIDE // 8, 1).repeat(SIDE // 8, 2)
    return Grid(
        row=(square // side).astype(np.int32),
        column=(square % side).astype(np.int32),
        count=count.astype(np.int32),
        attribution=generator.normal(size=(cells, CLASSES)).astype(np.float32),
        asked=np.ones((cells, CLASSES), np.int32),
        channel=np.tile(np.arange(TOP, dtype=np.int32), (cells, 1)),
        above=np.ones((cells, TOP), np.float32),
        example=np.full((cells, 1), -1, np.int32),
        picture=pictures[generator.integers(0, 64, cells)],
        is_shown=np.ones(cells, np.uint8),
    )


if __name__ == "__main__":
    main()
