"""The picture files of a layer: sheets for its grid, one a channel, a strip for the lists."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from diamond_cutter.build.rendered_atlas import RenderedLayer, read_pictures
from diamond_cutter.build.tiles.sprite_sheet import COLUMNS, TILES, compose

CHANNEL_SIDE = 384
"""Side in pixels of a channel's own picture: enough for a link preview, a multiple of each S."""
STRIP_SIDE = 96
"""Largest side in pixels of the tiles of a layer's strip."""
BAND_SIDE = 128
"""Largest side in pixels of the tiles of a model's band: one of each layer, shallow to deep."""
_ENCODER = (
    f"{CHANNEL_SIDE} {STRIP_SIDE} {BAND_SIDE} "
    f"webp-80-2 {features.version('webp')} jpeg-80 {features.version('jpg')}"
)


@dataclass(frozen=True)
class Block:
    """A run of channels of one layer that shares a sheet."""

    layer: RenderedLayer
    start: int
    stop: int


def blocks(layer: RenderedLayer) -> list[Block]:
    """The runs of channels, one a sheet, that together are the layer."""
    count = layer.layer.channels
    return [Block(layer, start, min(start + TILES, count)) for start in range(0, count, TILES)]


def digest(layer: RenderedLayer) -> str:
    """A digest of all that the layer's picture files are made of, the encoders' versions too."""
    state = hashlib.blake2b(digest_size=16)
    state.update(f"{_ENCODER} {layer.images.shape}".encode())
    pictured = layer.pictured
    state.update(pictured.tobytes())
    for block in blocks(layer):
        if pictured[block.start : block.stop].any():
            state.update(read_pictures(layer, block.start, block.stop).tobytes())
    return state.hexdigest()


def sheet_name(index: int) -> str:
    """The file name of a layer's sheet."""
    return f"sheet-{index}.webp"


def picture_paths(layer: RenderedLayer) -> list[str]:
    """The paths of all picture files of a layer, relative to the site's root."""
    pictured = layer.pictured
    sheets = [
        sheet_name(index)
        for index, block in enumerate(blocks(layer))
        if pictured[block.start : block.stop].any()
    ]
    strip = ["strip.webp"] if pictured.any() else []
    own = [f"{channel}/channel.jpg" for channel in np.flatnonzero(pictured)]
    return [layer.path + name for name in (*sheets, *strip, *own)]


def encode_block(block: Block) -> dict[str, bytes]:
    """The sheet of a block and the own picture of each of its channels, by path."""
    pictured = block.layer.pictured[block.start : block.stop]
    if not pictured.any():
        return {}
    pictures = read_pictures(block.layer, block.start, block.stop)
    files = {block.layer.path + sheet_name(block.start // TILES): webp(compose(pictures))}
    for offset in np.flatnonzero(pictured):
        path = f"{block.layer.path}{block.start + offset}/channel.jpg"
        files[path] = _jpeg(_resized(pictures[offset], CHANNEL_SIDE))
    return files


def strip_channels(layer: RenderedLayer) -> list[int]:
    """Up to one row of channels to stand for the layer: evenly spread over those with a picture."""
    pictured = np.flatnonzero(layer.pictured)
    if len(pictured) <= COLUMNS:
        return [int(channel) for channel in pictured]
    return [int(pictured[index * len(pictured) // COLUMNS]) for index in range(COLUMNS)]


def encode_strip(channels: Sequence[tuple[RenderedLayer, int]], largest: int) -> bytes:
    """A sheet of one row, WebP, of at most 16 (layer, channel); its tiles' side is `strip_side`."""
    side = strip_side([layer for layer, _ in channels], largest)
    tiles = [
        np.asarray(_resized(read_pictures(layer, channel, channel + 1)[0], side))
        for layer, channel in channels
    ]
    return webp(compose(np.stack(tiles)))


def strip_side(layers: Sequence[RenderedLayer], largest: int) -> int:
    """The side in pixels of the tiles of a strip of channels of `layers`, at most `largest`."""
    return min(largest, max(layer.side for layer in layers))


def webp(pixels: NDArray[np.uint8]) -> bytes:
    """The pixels, (H, W, 3) uint8 sRGB or (H, W, 4) with opacity, as a WebP file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=80, method=2)
    return file.getvalue()


def _resized(picture: NDArray[np.uint8], side: int) -> Image.Image:
    return Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()
