"""Encoders of channels' pictures: bytes, PSNR and milliseconds a picture, on the same sheets.

WebP as photos have it beside the JPEG that sheets have, and others that could be in its place.
`--store ADDRESS` takes the pictures of an atlas in place of random waves; a sheet of 32 of each
layer that has so many, so that all depths count alike.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
from made_up_atlas import SIDES, waves
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.rendered_atlas import read_atlas, read_pictures
from diamond_cutter.build.tiles.channel_pictures import (
    SHARED_COLUMNS,
    SHARED_TILES,
    jpeg,
    webp,
)
from diamond_cutter.build.tiles.sprite_sheet import compose

ENCODERS: dict[str, Callable[[NDArray[np.uint8]], bytes]] = {
    "WebP, quality 80": webp,
    "JPEG 4:4:4, quality 74": jpeg,
    "JPEG 4:4:4, quality 80": lambda pixels: jpeg(pixels, 80),
    "JPEG 4:2:0, quality 80": lambda pixels: jpeg(pixels, 80, "4:2:0"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", help="the atlas whose pictures are taken")
    options = parser.parse_args()
    sheets = list(stored(options.store) if options.store else made_up())
    count = len(sheets) * SHARED_TILES
    print(f"{count} pictures in {len(sheets)} sheets")
    for name, encode in ENCODERS.items():
        start = time.process_time()
        files = [encode(sheet) for sheet in sheets]
        seconds = time.process_time() - start
        ratios = [psnr(sheet, file) for sheet, file in zip(sheets, files, strict=True)]
        size = sum(map(len, files))
        print(
            f"{name}: {size / count:.0f} bytes, {np.mean(ratios):.2f} dB "
            f"(worst {min(ratios):.2f}), {1e3 * seconds / count:.3f} ms a picture"
        )


def stored(address: str) -> Iterator[NDArray[np.uint8]]:
    """The first sheet of 32 of each layer of an atlas whose 32 all have a picture."""
    for model in read_atlas(address).models:
        for layer in model.rendered:
            if layer.layer.channels >= SHARED_TILES and layer.pictured[:SHARED_TILES].all():
                yield compose(read_pictures(layer, 0, SHARED_TILES), SHARED_COLUMNS)


def made_up() -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    for side in SIDES:
        yield compose(waves(rng, SHARED_TILES, side), SHARED_COLUMNS)


def psnr(pixels: NDArray[np.uint8], file: bytes) -> float:
    """The peak signal-to-noise ratio of a picture as decoded, in decibels."""
    with Image.open(BytesIO(file)) as picture:
        shown = np.asarray(picture.convert("RGB"), np.float64)
    return float(10 * np.log10(255**2 / np.mean((shown - pixels) ** 2)))


if __name__ == "__main__":
    main()
