"""What is drawn of the made-up map in a browser, and where."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect
from sample_map import colour_of_cell

MAP = "studies/pets/map/tiny-net/block1/"
"""The page of the map in its site."""


def documents(site: Path, name: str) -> Any:
    return json.loads((site / MAP / name).read_bytes())


def fullest(site: Path, side: int) -> tuple[int, int]:
    """Row and column of the cell of a grid in which most lies."""
    grid = documents(site, f"grid-{side}.json")
    at = int(np.argmax(grid["count"]))
    return grid["row"][at], grid["column"][at]


def point_of(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where in the browser's window a point of the map is, while all of the map is seen."""
    box = page.locator("#viewport").bounding_box()
    assert box is not None
    span = min(box["width"], box["height"])
    return (
        box["x"] + box["width"] / 2 + (x - 0.5) * span,
        box["y"] + box["height"] / 2 + (y - 0.5) * span,
    )


def pixel(page: Page, x: float, y: float) -> list[int]:
    """The red, green, blue and opacity that is drawn at a point of the map."""
    left, top = point_of(page, x, y)
    pixel: list[int] = page.locator("#viewport canvas").evaluate(
        """(canvas, [left, top]) => {
          const box = canvas.getBoundingClientRect();
          const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, box.left - left, box.top - top, box.width, box.height);
          return [...copy.getImageData(0, 0, 1, 1).data];
        }""",
        [left, top],
    )
    return pixel


def seen_pixel(page: Page, x: float, y: float) -> list[int]:
    """The red, green and blue that is seen there, of a canvas that may not be read, too."""
    left, top = point_of(page, x, y)
    content = page.screenshot(clip={"x": left, "y": top, "width": 1, "height": 1})
    return list(np.asarray(Image.open(BytesIO(content)).convert("RGB"))[0, 0].tolist())


def wait_for_pictures(
    page: Page,
    site: Path,
    side: int,
    pixel: Callable[[Page, float, float], list[int]] = pixel,
) -> None:
    """Until the picture of the fullest cell is drawn."""
    row, column = fullest(site, side)
    expect(page.locator("#asks")).not_to_have_attribute("inert", "")
    for _ in range(200):
        colour = pixel(page, (column + 0.5) / side, (row + 0.5) / side)[:3]
        if np.abs(np.array(colour) - colour_of_cell(side, row, column)).max() < 20:
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"the cell at {row}, {column} of {side} is not drawn")
