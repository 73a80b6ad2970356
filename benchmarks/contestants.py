"""What the rendering benchmarks share: the renderers by name, the degradations, one thread."""

import argparse
import io
import logging
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.jobs.cluster import ENVIRONMENT
from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe
from diamond_cutter.precompute.rendering.targets import Family, Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import CHUNK, Layer

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

NAMES = ("diamond", "lucid", "lucid-batched", "maco")
Images = NDArray[np.uint8]


def parser(about: str) -> argparse.ArgumentParser:
    """The options that all have."""
    made = argparse.ArgumentParser(description=about.splitlines()[0])
    made.add_argument("--renderers", default=",".join(NAMES), help="names, with commas between")
    made.add_argument("--recipe", default="standard", choices=RECIPES, help="of diamond's pictures")
    made.add_argument(
        "--set",
        default="",
        metavar="NAME=VALUE,...",
        help="figures of the recipe to try instead of its own, or of one of its phases: "
        "learning_rate=0.2,steps.1=64,magnification.2=0.6:1.2",
    )
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--sheet", default="", metavar="FILE.png", help="where to put the pictures")
    made.add_argument(
        "--keep",
        default="",
        metavar="FOLDER",
        help="where the other renderers' pictures are kept: a second run goes on from them",
    )
    return made


def one_thread() -> None:
    """As in a worker of the atlas; before TensorFlow is imported."""
    os.environ.update(ENVIRONMENT)
    quiet()


def quiet() -> None:
    """Hide what Lucid's old code makes today's Python and TensorFlow warn of."""
    warnings.filterwarnings("ignore", module="lucid")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe with the figures to try."""
    recipe = RECIPES[options.recipe]
    for pair in filter(None, options.set.split(",")):
        name, text = pair.split("=")
        name, _, number = name.partition(".")
        if not number:
            recipe = _with(recipe, name, text)
            continue
        phases = list(recipe.phases)
        phases[int(number) - 1] = _with(phases[int(number) - 1], name, text)
        recipe = replace(recipe, phases=tuple(phases))
    return recipe


def _with(whole: Any, name: str, text: str) -> Any:
    """A recipe or a phase with one figure changed."""
    values = [float(part) for part in text.split(":")]
    old = getattr(whole, name)
    return replace(
        whole, **{name: tuple(values) if isinstance(old, tuple) else type(old)(values[0])}
    )


def make(
    name: str,
    backbone: "Backbone",
    layer: Layer | None,
    family: Family,
    recipe: Recipe,
    seed: int,
    keep: str = "",
) -> Callable[[Sequence[Target]], tuple[Images, float]]:
    """A renderer: targets to (N, S, S, 3) pictures and the CPU seconds of each, without tracing.

    keep: a folder where each batch of the others' pictures is kept, with its seconds; ours, which
        are what is being tried, are made anew.
    """
    from diamond_cutter.precompute.rendering.render_plan import RenderPlan
    from diamond_cutter.precompute.rendering.renderer_choice import make_renderer

    batch = 1 if name == "lucid" else CHUNK
    renderer = make_renderer(
        name.removesuffix("-batched"),
        backbone,
        layer,
        recipe,
        seed=seed,
        family=family,
        plan=RenderPlan(batch=batch),
    )

    def made(targets: Sequence[Target]) -> tuple[Images, float]:
        began = time.process_time()
        images = renderer.render(targets).images
        return images, (time.process_time() - began) / len(images)

    def kept(targets: Sequence[Target]) -> tuple[Images, float]:
        if not keep or name == "diamond":
            return made(targets)
        file = kept_file(keep, name, backbone.name, layer, family, seed, None, targets)
        stored = read_kept(file)
        if "seconds" not in stored:
            images, taken = made(targets)
            stored = write_kept(file, images=images, seconds=np.float64(taken))
        return stored["images"], float(stored["seconds"])

    def render(targets: Sequence[Target]) -> tuple[Images, float]:
        images, seconds = [], []
        for start in range(0, len(targets), batch):
            pictures, taken = kept(targets[start : start + batch])
            images.append(pictures)
            seconds.append(taken)
        # The first batch traces; Lucid begins a graph each time, which is its own way.
        later = seconds[1:] if len(seconds) > 1 and not name.startswith("lucid") else seconds
        return np.concatenate(images), float(np.mean(later))

    return render


def kept_file(
    folder: str,
    name: str,
    backbone: str,
    layer: Layer | None,
    family: Family,
    seed: int,
    side: int | None,
    targets: Sequence[Target],
) -> Path:
    """Where a renderer's pictures of a batch of targets are kept."""
    what = [name, backbone, layer and layer.name, family.value, seed, side]
    digest = crc32(repr([*what, *((target.name, target.key) for target in targets)]).encode())
    return Path(folder) / f"{name}-{digest:08x}.npz"


def read_kept(file: Path) -> dict[str, Any]:
    """The `images` that are kept there and the times that were measured; nothing if none are."""
    if not file.exists():
        return {}
    with np.load(file) as stored:
        return dict(stored)


def write_kept(file: Path, **arrays: Any) -> dict[str, Any]:
    """Keep pictures with a time, beside the other times that there are; all that is kept now."""
    file.parent.mkdir(parents=True, exist_ok=True)
    stored = {**read_kept(file), **arrays}
    half = file.with_suffix(".half.npz")
    np.savez(half, **stored)
    half.replace(file)
    return stored


def resized(images: Images, side: int) -> Images:
    pictures = [Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
                for image in images]  # fmt: skip
    return np.stack([np.asarray(picture) for picture in pictures])


def noisy(images: Images, deviation: float) -> Images:
    noise = np.random.default_rng(0).normal(0, 255 * deviation, images.shape)
    return np.clip(np.round(images + noise), 0, 255).astype(np.uint8)


def cropped(images: Images, share: float) -> Images:
    side = images.shape[1]
    edge = round(side * (1 - share) / 2)
    return images[:, edge : side - edge, edge : side - edge]


def grey(images: Images) -> Images:
    level = images @ np.array([0.299, 0.587, 0.114])
    return np.repeat(np.round(level)[..., None], 3, axis=-1).astype(np.uint8)


def compressed(images: Images, quality: int) -> Images:
    decoded = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image).save(file, format="jpeg", quality=quality)
        decoded.append(np.asarray(Image.open(file)))
    return np.stack(decoded)


def faded(images: Images, contrast: float) -> Images:
    return np.round(127.5 + contrast * (images - 127.5)).astype(np.uint8)


DEGRADED: dict[str, Callable[[Images], Images]] = {
    "plain": lambda images: images,
    "64 px": lambda images: resized(images, 64),
    "noise .1": lambda images: noisy(images, 0.1),
    "crop .7": lambda images: cropped(images, 0.7),
    "grey flip": lambda images: grey(images)[:, :, ::-1],
    "jpeg 30": lambda images: compressed(images, 30),
}
ENLARGED = "224 px"
HARD: dict[str, Callable[[Images], Images]] = {
    "32 px": lambda images: resized(images, 32),
    "noise .25": lambda images: noisy(images, 0.25),
    "crop .45": lambda images: cropped(images, 0.45),
    "contrast .3": lambda images: faded(images, 0.3),
    "grey": grey,
    ENLARGED: lambda images: resized(images, 224),
}


def save_sheet(path: str, rows: Sequence[Images], tile: int = 128) -> None:
    """A row of pictures for each renderer, one below the other."""
    columns = max(len(row) for row in rows)
    sheet = np.full((len(rows) * (tile + 4), columns * (tile + 4), 3), 255, np.uint8)
    for down, row in enumerate(rows):
        for across, image in enumerate(resized(row, tile)):
            top, left = down * (tile + 4), across * (tile + 4)
            sheet[top : top + tile, left : left + tile] = image
    Image.fromarray(sheet).save(path)
