"""The recipes: named, versioned sets of rendering parameters."""

from dataclasses import dataclass

from diamond_cutter.precompute.rendering.targets import Family
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Level


@dataclass(frozen=True)
class Phase:
    """A part of the ascent: what its steps see of a picture, one view each.

    steps: of gradient ascent.
    view: largest side of a view, in pixels; of larger pictures than channels have, see `view_side`.
    magnification, beyond: see `views.Sampling`.
    surrounded: whether grey lies beyond the border, as on a page, or the picture's reflection.
    noise: standard deviation of the noise added to each view, where white is 1.
    """

    steps: int
    view: int
    magnification: tuple[float, float]
    beyond: float
    surrounded: bool
    noise: float


@dataclass(frozen=True)
class Recipe:
    """All that decides how a picture is made, apart from its target and its seed.

    A change of any figure, or of code that changes the pictures, is a new `version`.

    phases: of the ascent, one after the other.
    base: the recipe whose finished picture the ascent goes on from; None: it starts from noise.
    frequencies: most cosines along each side of the picture.
    learning_rate: of Adam, on the coefficients.
    gain_rate: of Adam, on the logarithm of the factor that all coefficients of a picture share.
    scored_views: that the score of the finished picture is the mean of.
    """

    name: str
    version: int
    level: Level
    phases: tuple[Phase, ...]
    frequencies: int
    learning_rate: float
    gain_rate: float
    scored_views: int
    base: "Recipe | None" = None

    @property
    def chain(self) -> "tuple[Recipe, ...]":
        """The recipes that a picture goes through, from noise on; this one is the last."""
        return (*(self.base.chain if self.base else ()), self)

    @property
    def ascent(self) -> tuple[Phase, ...]:
        """The phases that a picture goes through, from noise on."""
        return tuple(phase for recipe in self.chain for phase in recipe.phases)

    def pixels(self, side: int) -> int:
        """How many pixels the network is shown of each picture of `side` pixels, in all."""
        return sum(phase.steps * view_side(phase, side) ** 2 for phase in self.ascent)


_PREVIEW = Recipe(
    name="preview",
    version=6,
    level=Level.PREVIEW,
    phases=(
        Phase(
            steps=40,
            view=64,
            magnification=(0.6, 1.1),
            beyond=0.1,
            surrounded=False,
            noise=0.04,
        ),
    ),
    frequencies=96,
    learning_rate=0.18,
    gain_rate=0.06,
    scored_views=2,
)

_STANDARD = Recipe(
    name="standard",
    version=6,
    level=Level.STANDARD,
    phases=(
        Phase(
            steps=80,
            view=96,
            magnification=(0.6, 1.5),
            beyond=0.1,
            surrounded=True,
            noise=0.04,
        ),
        Phase(
            steps=40,
            view=128,
            magnification=(0.8, 1.5),
            beyond=0.1,
            surrounded=True,
            noise=0.04,
        ),
    ),
    frequencies=128,
    learning_rate=0.35,
    gain_rate=0.06,
    scored_views=4,
    base=_PREVIEW,
)

RECIPES = {recipe.name: recipe for recipe in (_PREVIEW, _STANDARD)}

CLASS_SIDE = 160
"""The side of the pictures of class logits, in pixels: an object and some of what is around it."""

_SIDES = (48, 64, 96, 128)
STRIDE = 32
"""Of the deepest layers of most networks, in pixels: what sides had better be multiples of."""


def view_side(phase: Phase, side: int) -> int:
    """The side of the views of pictures of `side` pixels, in pixels.

    It is at most the phase's; pictures of classes, which are larger than those of channels, get
    views larger by as much, rounded up to what strides divide. Of a layer that does not pad they
    are larger yet: see `room.roomy`.
    """
    if side <= _SIDES[-1]:
        return min(phase.view, side)
    return -(-phase.view * side // (_SIDES[-1] * STRIDE)) * STRIDE


def picture_side(layer: Layer | None, family: Family) -> int:
    """The side S of pictures of a family of targets at a layer; none: the backbone's classes."""
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
