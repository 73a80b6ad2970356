"""The site build: pages a second and bytes a page, built anew and again with nothing changed.

It makes an atlas like Lite0's to build from, with as many channels, whose pictures are random
waves; `--store ADDRESS` takes another.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.whole_site import Built, build_site
from diamond_cutter.precompute.stores.atlas import atlas_writer
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer, Level, Model

CHANNELS = (32, 16, 24, 24, 40, 40, *[80] * 3, *[112] * 3, *[192] * 4, 320, 1280)
SIDES = (32, 32, 48, 96, *[128] * 14)


@dataclass(frozen=True)
class Pictures:
    images: NDArray[np.uint8]
    score: NDArray[np.float32]
    flag: NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", help="the atlas to build from (default: one made for this)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = options.store or write_atlas(str(Path(folder) / "atlas.zarr"))
        output = Path(folder) / "site"
        print(f"{os.cpu_count()} cores")
        show("anew", *measure(address, output))
        show("again, nothing changed", *measure(address, output))


def measure(address: str, output: Path) -> tuple[Built, float]:
    """What a build made, and its seconds."""
    start = time.perf_counter()
    built = build_site(address, [], output, "", lambda _step, _done, _total: None)
    return built, time.perf_counter() - start


def show(what: str, built: Built, seconds: float) -> None:
    print(
        f"{what}: {seconds:.1f} s, {built.pages / seconds:.0f} pages/s, {built.pages} pages, "
        f"{built.size / built.pages:.0f} bytes/page, {built.changed} of {built.files} files written"
    )


def write_atlas(address: str) -> str:
    layers = [
        Layer(f"cut{index}", index, channels, None, None, True)
        for index, channels in enumerate(CHANNELS)
    ]
    described = Model("benchmark", "random waves", "none", 224, 1, 1.0, len(layers))
    model = atlas_writer.prepare_model(atlas_writer.create_atlas(address), described, layers, "")
    rng = np.random.default_rng(0)
    for layer, side in zip(layers, SIDES, strict=True):
        recipe = {"name": "preview", "version": 1, "level": 1}
        group = atlas_writer.prepare_layer(model, layer, side=side, seed=0, recipe=recipe)
        for chunk in atlas_writer.missing(group, Level.PREVIEW, range(layer.channels)):
            images = waves(rng, min(CHUNK, layer.channels - chunk.start), side)
            score, flag = np.ones(len(images), np.float32), np.zeros(len(images), np.uint8)
            atlas_writer.write_chunk(group, chunk, Pictures(images, score, flag), Level.PREVIEW)
    return address


def waves(rng: np.random.Generator, count: int, side: int) -> NDArray[np.uint8]:
    """(count, side, side, 3) uint8: sums of waves of falling amplitude, as pictures have them."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)) + 1 / side
    spectrum = rng.normal(size=(count, 3, *frequency.shape, 2)) @ (1, 1j) / frequency**1.2
    pictures = np.fft.irfft2(spectrum, (side, side))
    pictures /= pictures.std((2, 3), keepdims=True)
    scaled = 255 / (1 + np.exp(-2 * pictures))
    return scaled.astype(np.uint8).transpose(0, 2, 3, 1)


if __name__ == "__main__":
    main()
