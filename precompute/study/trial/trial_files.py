"""What is said of photos that were tried, as JSON has it, and the pictures beside it."""

import hashlib
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard

if TYPE_CHECKING:
    from diamond_cutter.precompute.study.trial.photo_trial import PhotoTrial, TriedPhoto

FOR, AGAINST = (10, 88, 202), (217, 96, 10)
"""sRGB, as the site shows what speaks for and against a class."""
STRONGEST_ALPHA = 200
"""Of the cell that counts most, of 255."""


def photo_document(
    trial: "PhotoTrial", photo: str, tried: "TriedPhoto", folder: Path | None
) -> dict[str, Any]:
    """What a photo is taken for and why; its pictures are written to `folder`, if there is one.

    Raises `UserError` where they can't be.
    """
    order = np.argsort(-tried.probability, kind="stable")
    name = _name(trial, tried)
    paths = (
        {end: _write(folder / f"{name}{end}.webp", made) for end, made in _pictures(tried)}
        if folder is not None
        else {}
    )
    best = trial.classes[order[0]]
    return {
        "photo": photo,
        "class": best,
        "probability": float(tried.probability[order[0]]),
        "runner_up": trial.classes[order[1]],
        "probabilities": [
            {"class": trial.classes[k], "probability": float(tried.probability[k])} for k in order
        ],
        "picture": paths.get(""),
        "heatmaps": [
            {
                "layer": layer,
                "class": best,
                "file": paths.get(f"-{layer}"),
                "total": seen.total,
                "strongest": float(np.abs(seen.heatmap).max()),
            }
            for layer, seen in tried.layers.items()
        ],
        "channels": [
            {"layer": layer, "channel": channel, "contribution": given}
            for layer, seen in reversed(list(tried.layers.items()))
            for channel, given in seen.channels
        ],
    }


def overlay(heatmap: NDArray[np.float32], side: int) -> Image.Image:
    """A heatmap (R, Q) as what is laid over the photo, `side` pixels: RGBA.

    The opacity of a cell is its share of the one that counts most.
    """
    most = max(float(np.abs(heatmap).max()), 1e-30)
    pixels = np.empty((*heatmap.shape, 4), np.uint8)
    pixels[..., :3] = np.where(heatmap[..., None] >= 0, FOR, AGAINST)
    pixels[..., 3] = np.rint(STRONGEST_ALPHA * np.abs(heatmap) / most)
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)


def _pictures(tried: "TriedPhoto") -> Iterator[tuple[str, bytes]]:
    """The photo, and what is laid over it for each layer, by what their names end in."""
    yield "", tried.picture
    with Image.open(BytesIO(tried.picture)) as picture:
        side = picture.width
    for layer, seen in tried.layers.items():
        written = BytesIO()
        overlay(seen.heatmap, side).save(written, "WEBP", lossless=True)
        yield f"-{layer}", written.getvalue()


def _name(trial: "PhotoTrial", tried: "TriedPhoto") -> str:
    """A name that says what was asked about what."""
    digest = hashlib.sha256(tried.picture)
    digest.update("\0".join((trial.study, trial.model, trial.cut)).encode())
    digest.update(tried.probability.tobytes())
    return digest.hexdigest()[:16]


def _write(path: Path, content: bytes) -> str:
    """Write a file that is whole as soon as it is there; its path."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise UserError(
            f"{path.parent}: expected a folder that can be written to, got: {error.strerror}; free "
            "some disk, mend its permissions or name another -o"
        ) from error
    finally:
        discard(beside)
    return str(path)
