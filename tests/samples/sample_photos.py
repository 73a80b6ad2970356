"""Image files byte by byte, such as Pillow does not write."""

import struct
import zlib

from PIL import ImageCms


def png(width: int, height: int, bits: int, colour: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(tags: dict[int, tuple[int, int]], content: bytes) -> bytes:
    """A little-endian TIFF of one strip; tags: {number: (type, value)}, in order."""
    start = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = {**tags, 273: (4, start)}
    packed = b"".join(
        struct.pack("<HHII", number, kind, 1, value)
        for number, (kind, value) in sorted(entries.items())
    )
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(4) + content


def swapped_profile() -> bytes:
    """The profile of sRGB, but red for green."""
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swap = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}
    head, tags = content[:128], bytearray(content[128:])
    for start in range(4, 4 + 12 * struct.unpack(">I", tags[:4])[0], 12):
        name = bytes(tags[start : start + 4])
        tags[start : start + 4] = swap.get(name, name)
    return head + bytes(tags).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
