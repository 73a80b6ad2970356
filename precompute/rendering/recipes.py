"""The recipes: named, versioned sets of rendering parameters."""

from dataclasses import dataclass

from diamond_cutter.precompute.contract.atlas import Level


@dataclass(frozen=True)
class Recipe:
    """All that decides how a picture is made, apart from its channel and its seed.

    A change of any figure, or of code that changes the pictures, is a new `version`.

    steps: of gradient ascent, each on one view.
    view: largest side of a view, in pixels.
    frequencies: most cosines along each side of the picture.
    magnification, beyond, turn: see `views.Sampling`.
    noise: standard deviation of the noise added to each view, where white is 1.
    learning_rate: of Adam, on the coefficients.
    gain_rate: of Adam, on the logarithm of the factor that all coefficients of a picture share.
    """

    name: str
    version: int
    level: Level
    steps: int
    view: int
    frequencies: int
    magnification: tuple[float, float]
    beyond: float
    turn: float
    noise: float
    learning_rate: float
    gain_rate: float


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="preview",
            version=2,
            level=Level.PREVIEW,
            steps=40,
            view=72,
            frequencies=96,
            magnification=(0.65, 1.1),
            beyond=0.1,
            turn=5,
            noise=0.04,
            learning_rate=0.18,
            gain_rate=0.06,
        ),
        Recipe(
            name="standard",
            version=2,
            level=Level.STANDARD,
            steps=160,
            view=128,
            frequencies=128,
            magnification=(0.8, 1.5),
            beyond=0.1,
            turn=5,
            noise=0.04,
            learning_rate=0.08,
            gain_rate=0.02,
        ),
    )
}

CLASS_SIDE = 160
"""The side of the pictures of class logits, in pixels: an object and some of what is around it."""

_SIDES = (48, 64, 96, 128)


def canvas_side(receptive_field: int | None) -> int:
    """The side S of a layer's pictures, in pixels: room for a few receptive fields.

    A small receptive field on a large canvas gives a texture too fine to see: the pictures of
    shallow layers are small, and are shown enlarged.
    """
    if receptive_field is None:
        return _SIDES[-1]
    return next((side for side in _SIDES if side >= 4 * receptive_field), _SIDES[-1])
