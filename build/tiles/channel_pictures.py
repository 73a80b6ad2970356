"""The picture files of a layer: sheets, rows of small ones, one a channel, a strip for lists."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from diamond_cutter.build.rendered_atlas import RenderedLayer, read_pictures
from diamond_cutter.build.tiles.picture_rows import QUALITY as ROW_QUALITY
from diamond_cutter.build.tiles.picture_rows import ROW_SIDE, ROW_TILES, picture_rows, row_names
from diamond_cutter.build.tiles.sprite_sheet import COLUMNS, TILES, compose, place
from diamond_cutter.precompute.stores.stored_files import stored_files

CHANNEL_SIDE = 384
"""Side in pixels of a channel's own picture: enough for a link preview, a multiple of each S."""
SHARED_COLUMNS, SHARED_TILES = 8, 32
"""Columns and tiles of a sheet of large pictures, which channels of a large site share."""
STRIP, BAND = "strip.jpg", "band.jpg"
"""The files of a layer's and of a model's strip of pictures."""
STRIP_SIDE = 96
"""Largest side in pixels of the tiles of a layer's strip."""
BAND_SIDE = 128
"""Largest side in pixels of the tiles of a model's band: one of each layer, shallow to deep."""
_ENCODER = (
    f"{CHANNEL_SIDE} {STRIP_SIDE} {BAND_SIDE} {ROW_SIDE} {ROW_TILES} "
    f"jpeg-{ROW_QUALITY}-74-80 {SHARED_COLUMNS} {SHARED_TILES} {features.version('jpg')}"
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
    state = _state(layer)
    for block in blocks(layer):
        _read(block, state)
    return state.hexdigest()


def stored_state(layer: RenderedLayer) -> str:
    """What tells, without reading them, of which pictures a layer's files are made.

    As long as it is the same, so is the digest. Empty where the store does not tell.
    """
    files = stored_files(layer.stored.images)
    if not files:
        return ""
    state = _state(layer)
    state.update(files.encode())
    return state.hexdigest()


def write_pictures(layer: RenderedLayer, write: Callable[[str, bytes], None]) -> str:
    """Encode the layer's picture files and `write` each by its path; their digest, in one pass."""
    state = _state(layer)
    for block in blocks(layer):
        for path, content in encode_block(block, _read(block, state)).items():
            write(path, content)
    if chosen := strip_channels(layer):
        strip = encode_strip([(layer, channel) for channel in chosen], STRIP_SIDE)
        write(layer.path + STRIP, strip)
    return state.hexdigest()


def _state(layer: RenderedLayer) -> hashlib.blake2b:
    state = hashlib.blake2b(digest_size=16)
    state.update(f"{_ENCODER} {layer.stored.images.shape} {layer.shares_pictures}".encode())
    state.update(layer.pictured.tobytes())
    return state


def _read(block: Block, state: hashlib.blake2b) -> NDArray[np.uint8]:
    """The pictures of a block, counted in its layer's digest."""
    pictures = read_pictures(block.layer, block.start, block.stop)
    state.update(pictures.data)
    return pictures


def sheet_name(index: int) -> str:
    """The file name of a layer's sheet."""
    return f"sheet-{index}.jpg"


def picture_paths(layer: RenderedLayer) -> list[str]:
    """The paths of all picture files of a layer, relative to the site's root."""
    pictured = layer.pictured
    sheets = [
        sheet_name(index)
        for index, block in enumerate(blocks(layer))
        if pictured[block.start : block.stop].any()
    ]
    strip = [STRIP, *row_names(layer.layer.channels)] if pictured.any() else []
    large = (large_picture_path(layer, channel) for channel in np.flatnonzero(pictured).tolist())
    return [*(layer.path + name for name in (*sheets, *strip)), *dict.fromkeys(large)]


def large_picture_path(layer: RenderedLayer, channel: int) -> str:
    """The path of the file with a channel's large picture: its own, or one that 32 share."""
    if layer.shares_pictures:
        return f"{layer.path}shared-{place(channel, SHARED_TILES, SHARED_COLUMNS).sheet}.jpg"
    return f"{layer.path}{channel}/channel.jpg"


def encode_block(block: Block, pictures: NDArray[np.uint8]) -> dict[str, bytes]:
    """The sheet of a block, its rows and the large pictures of its channels, by path.

    `pictures`: of the block, (N, S, S, 3) uint8 sRGB, grey where there is none to show. Rows are of
    all channels, where the layer has a picture at all.
    """
    if not block.layer.pictured.any():
        return {}
    pictured = block.layer.pictured[block.start : block.stop]
    rows = picture_rows(pictures, block.start)
    files = {block.layer.path + name: jpeg(row, ROW_QUALITY) for name, row in rows}
    if pictured.any():
        files[block.layer.path + sheet_name(block.start // TILES)] = jpeg(compose(pictures))
    shared = block.layer.shares_pictures
    step = SHARED_TILES if shared else 1
    for start in range(0, len(pictures), step):
        run = slice(start, start + step)
        if pictured[run].any():
            path = large_picture_path(block.layer, block.start + start)
            files[path] = _shared(pictures[run]) if shared else _enlarged(pictures[start])
    return files


def strip_channels(layer: RenderedLayer) -> list[int]:
    """Up to one row of channels to stand for the layer: evenly spread over those with a picture."""
    pictured = np.flatnonzero(layer.pictured)
    if len(pictured) <= COLUMNS:
        return [int(channel) for channel in pictured]
    return [int(pictured[index * len(pictured) // COLUMNS]) for index in range(COLUMNS)]


def encode_strip(channels: Sequence[tuple[RenderedLayer, int]], largest: int) -> bytes:
    """A sheet of one row, JPEG, of at most 16 (layer, channel); its tiles' side is `strip_side`."""
    side = strip_side([layer for layer, _ in channels], largest)
    tiles = [
        np.asarray(_resized(read_pictures(layer, channel, channel + 1)[0], side))
        for layer, channel in channels
    ]
    return jpeg(compose(np.stack(tiles)))


def strip_side(layers: Sequence[RenderedLayer], largest: int) -> int:
    """The side in pixels of the tiles of a strip of channels of `layers`, at most `largest`."""
    return min(largest, max(layer.side for layer in layers))


def webp(pixels: NDArray[np.uint8]) -> bytes:
    """The pixels, (H, W, 3) uint8 sRGB or (H, W, 4) with opacity, as a WebP file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=80, method=2)
    return file.getvalue()


def jpeg(pixels: NDArray[np.uint8], quality: int = 74, colours: str = "4:4:4") -> bytes:
    """The pixels, (H, W, 3) uint8 sRGB, as a JPEG file; `colours`: how finely it keeps them.

    For pictures of channels, which the demo's are 0.4 dB nearer to than WebP of quality 80, at 14 %
    more bytes and in a tenth of its time (`benchmarks/picture_encoders.py`).
    """
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=colours)
    return file.getvalue()


def _shared(pictures: NDArray[np.uint8]) -> bytes:
    return jpeg(compose(pictures, SHARED_COLUMNS))


def _enlarged(picture: NDArray[np.uint8]) -> bytes:
    return jpeg(np.asarray(_resized(picture, CHANNEL_SIDE)), 80, "4:2:0")


def _resized(picture: NDArray[np.uint8], side: int) -> Image.Image:
    return Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
