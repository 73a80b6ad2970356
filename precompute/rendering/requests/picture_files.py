"""Pictures in files: a folder of PNGs, or one `.npz`. Each is written beside and then moved."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.rendering.targets import Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Pictures

NOTE = "diamond"
"""The text of a PNG that says, as JSON, how its picture was made and what it reaches."""


def check_output(path: Path) -> None:
    """Refuse what can't be written. Raises `UserError`."""
    archive = path.suffix == ".npz"
    if path.is_dir() if archive else path.exists() and not path.is_dir():
        kind = "a folder" if archive else "a file"
        raise UserError(
            f"{path}: expected a folder for PNGs or a file that ends in .npz, got {kind} of that "
            "name; name another -o"
        )
    try:
        (path.parent if archive else path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path}: expected a place that can be written to, got: {error.strerror}; name "
            "another -o"
        ) from error


def file_names(targets: Sequence[Target]) -> list[str]:
    """A name for each target's PNG, no two alike: "channel-3.png", "channel-3-1.png"."""
    times: Counter[str] = Counter()
    names = []
    for target in targets:
        name = re.sub(r"[^a-z0-9.]+", "-", target.name.casefold()).strip("-.") or "target"
        names.append(f"{name}-{times[name]}.png" if times[name] else f"{name}.png")
        times[name] += 1
    return names


def is_made(path: Path, how: dict[str, Any]) -> bool:
    """Whether the PNG is there and was made just so."""
    try:
        with Image.open(path) as image:
            return bool(json.loads(image.info[NOTE])["how"] == how)
    except (OSError, KeyError, ValueError, SyntaxError):
        return False


def write_png(
    path: Path, image: NDArray[np.uint8], how: dict[str, Any], score: float, flag: int
) -> None:
    """Write one picture with how it was made, its score and its flag's name."""
    note = PngInfo()
    reached = {"how": how, "score": round(score, 4), "flag": Flag(flag).name.lower()}
    note.add_text(NOTE, json.dumps(reached, sort_keys=True))
    beside = path.with_suffix(".partial")
    Image.fromarray(image).save(beside, format="png", pnginfo=note)
    beside.replace(path)


def write_archive(
    path: Path,
    pictures: Pictures,
    targets: Sequence[Target],
    numbers_of: str,
    numbers: NDArray[np.int64],
) -> None:
    """Write `images`, `score`, `flag`, `names` and, where targets have one, their numbers."""
    arrays: dict[str, Any] = {
        "images": pictures.images,
        "score": pictures.score,
        "flag": pictures.flag,
        "names": np.array([target.name for target in targets]),
    }
    if numbers_of:
        arrays[numbers_of] = numbers
    beside = path.with_suffix(".partial")
    with beside.open("wb") as file:
        np.savez_compressed(file, **arrays)
    beside.replace(path)
