"""Recipes that are over soon."""

from dataclasses import replace
from typing import Any

from diamond_cutter.precompute.rendering.recipes import RECIPES, Recipe


def short(**figures: Any) -> Recipe:
    """The recipe `preview` with other figures of its phase."""
    recipe = RECIPES["preview"]
    (phase,) = recipe.phases
    return replace(recipe, phases=(replace(phase, **figures),))
