"""The recipes: named, versioned sets of rendering parameters."""

from dataclasses import dataclass

from diamond_cutter.precompute.contract.atlas import Layer, Level
from diamond_cutter.precompute.rendering.units import Family


@dataclass(frozen=True)
class Recipe:
    """All that decides how a picture is made, apart from its channel and its seed.

    A change of any figure, or of code that changes the pictures, is a new `version`.

    steps: of gradient ascent, each on one view.
    view: largest side of a view, in pixels; of larger pictures than channels have, see `view_side`.
    frequencies: most cosines along each side of the picture.
    magnification, beyond: see `views.Sampling`.
    noise: standard deviation of the noise added to each view, where white is 1.
    learning_rate: of Adam, on the coefficients.
    gain_rate: of Adam, on the logarithm of the factor that all coefficients of a picture share.
    scored_views: that the score of the finished picture is the mean of.
    """

    name: str
    version: int
    level: Level
    steps: int
    view: int
    frequencies: int
    magnification: tuple[float, float]
    beyond: float
    noise: float
    learning_rate: float
    gain_rate: float
    scored_views: int


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="preview",
            version=4,
            level=Level.PREVIEW,
            steps=40,
            view=64,
            frequencies=96,
            magnification=(0.6, 1.1),
            beyond=0.1,
            noise=0.04,
            learning_rate=0.18,
            gain_rate=0.06,
            scored_views=2,
        ),
        Recipe(
            name="standard",
            version=4,
            level=Level.STANDARD,
            steps=128,
            view=96,
            frequencies=128,
            magnification=(0.75, 1.5),
            beyond=0.1,
            noise=0.04,
            learning_rate=0.1,
            gain_rate=0.02,
            scored_views=4,
        ),
    )
}

CLASS_SIDE = 160
"""The side of the pictures of class logits, in pixels: an object and some of what is around it."""

_SIDES = (48, 64, 96, 128)
_STRIDE = 32  # of the deepest layers of most networks


def view_side(recipe: Recipe, side: int) -> int:
    """The side of the views of pictures of `side` pixels, in pixels.

    It is at most the recipe's; pictures of classes, which are larger than those of channels, get
    views larger by as much, rounded up to what strides divide.
    """
    if side <= _SIDES[-1]:
        return min(recipe.view, side)
    return -(-recipe.view * side // (_SIDES[-1] * _STRIDE)) * _STRIDE


def picture_side(layer: Layer | None, family: Family) -> int:
    """The side S of pictures of a family of units at a layer; no layer: the backbone's classes."""
    if layer is None or family == Family.LOGIT:
        return CLASS_SIDE
    return canvas_side(layer.receptive_field)


def canvas_side(receptive_field: int | None) -> int:
    """The side S of a layer's pictures, in pixels: room for a few receptive fields.

    A small receptive field on a large canvas gives a texture too fine to see: the pictures of
    shallow layers are small, and are shown enlarged.
    """
    if receptive_field is None:
        return _SIDES[-1]
    return next((side for side in _SIDES if side >= 4 * receptive_field), _SIDES[-1])
