"""The page that says how all is made and measured, and the page of what is not there."""

import hashlib
import json
from base64 import b64encode
from collections import Counter
from typing import Any

from diamond_cutter.build.page_text import encode
from diamond_cutter.build.pages.atlas.channel_page import parameters
from diamond_cutter.build.pages.page_contexts import Link, MethodPage, MissingPage, Recipe
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.rendered_atlas import ModelAtlas
from diamond_cutter.build.tiles.channel_tiles import recipe_name

PATH = "method/"


def method_page(around: Surroundings, models: tuple[ModelAtlas, ...]) -> MethodPage:
    """`/method/`: with the parameters of every recipe that a picture of the site was made by."""
    frame = make_frame(
        around,
        PATH,
        f"How it is made and measured \N{MIDDLE DOT} {NAME}",
        "How a picture is optimised to excite one channel of a network, and how to read it; how a "
        "study measures which cut suits photos best.",
        crumbs=(Link(NAME, "../"),),
        data=(Link("recipes.json", "recipes.json"),),
    )
    return MethodPage(
        frame,
        tuple(
            Recipe(name, parameters(recipe), layers) for name, recipe, layers in _recipes(models)
        ),
    )


def recipes_document(models: tuple[ModelAtlas, ...]) -> bytes:
    """`recipes.json` beside the method page: every recipe that a picture was made by."""
    recipes = [
        {"name": name, "layers": layers, "parameters": recipe}
        for name, recipe, layers in _recipes(models)
    ]
    return encode({"schema": "recipes", "recipes": recipes})


def _recipes(models: tuple[ModelAtlas, ...]) -> list[tuple[str, dict[str, Any], int]]:
    """The recipes that pictures were made by, each with its name and how many layers it made."""
    uses: Counter[tuple[str, str]] = Counter()
    for model in models:
        for layer in model.rendered:
            for level in sorted({int(level) for level in layer.level if level}):
                name = recipe_name(level)
                uses[name, json.dumps(layer.recipes[name])] += 1
    return [(name, json.loads(recipe), layers) for (name, recipe), layers in sorted(uses.items())]


def missing_page(around: Surroundings, style: bytes) -> MissingPage:
    """`404.html`."""
    digest = b64encode(hashlib.sha256(style).digest()).decode()
    return MissingPage(around.address, style.decode(), f"sha256-{digest}")
