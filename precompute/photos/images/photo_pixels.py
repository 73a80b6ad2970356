"""A photo's pixels as studies read them, by Pillow and numpy alone."""

import sys
from contextlib import suppress
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, ImageOps

OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def read_values(image: ImageFile.ImageFile) -> NDArray[np.float32] | None:
    """An image's values, (H, W) or (H, W, C), where they have more than 8 bits; before it loads."""
    given = image.tile[0].args if image.tile else None
    rawmode = given if isinstance(given, str) else given[0] if given else ""
    colours, _, order = str(rawmode).partition(";16")
    if colours not in ("RGB", "RGBX", "RGBA") or order not in OTHER_BYTE:
        return np.array(image, np.float32) if image.mode[0] in "IF" else None
    with Image.open(image.filename) as lower:  # of two bytes a colour, Pillow reads the upper
        other = f"{colours};16{OTHER_BYTE[order]}"
        lower.tile = [
            each._replace(args=(other, *each.args[1:]) if isinstance(each.args, tuple) else other)
            for each in lower.tile
        ]
        values: NDArray[np.float32] = np.array(image, np.float32) * 256 + np.asarray(lower)
        return values


def to_rgb(
    opened: ImageFile.ImageFile, values: NDArray[np.float32] | None, black: float, white: float
) -> NDArray[np.uint8]:
    """An image opened, (H, W, 3): in sRGB, upright, over white where it is transparent.

    `values`: what `read_values` gave; `black` and `white`: what of them becomes 0 and 255.
    """
    opened.load()
    image: Image.Image = opened
    if values is not None:
        alpha = values[..., 3] / 257 if image.mode == "RGBA" else None
        levels = (values - black) * np.float32(255 / (white - black))
        if getattr(image, "tag_v2", {}).get(262) == 0:  # in this TIFF white is 0
            levels = 255 - levels
        if alpha is not None:
            levels[..., 3] = alpha
        info = {name: value for name, value in image.info.items() if name != "transparency"}
        image = Image.fromarray(np.rint(np.nan_to_num(levels).clip(0, 255)).astype(np.uint8))
        image.info = info
    with suppress(Exception):  # damaged EXIF takes nothing from the picture
        ImageOps.exif_transpose(image, in_place=True)
    profile = image.info.get("icc_profile")
    if image.mode == "La":
        image = image.convert("LA")
    elif image.mode in ("P", "PA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    opacity = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "LA" else "RGB")
    shown = image.convert("RGB")
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):  # none that fits
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(given):
                shown = ImageCms.profileToProfile(image, given, SRGB, outputMode="RGB") or shown
    if opacity is not None:
        shown = Image.composite(shown, Image.new("RGB", shown.size, "white"), opacity)
    return np.asarray(shown)
