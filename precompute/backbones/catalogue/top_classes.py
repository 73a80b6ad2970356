"""What networks say of a photo: whether weights and preprocessing fit shows in the top classes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.photo_input import prepare

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

TOP = 3


@dataclass(frozen=True)
class Answer:
    """A class that a network sees in a photo, and how sure it is, 0..1."""

    name: str
    chance: float


def top_classes(model: str, image: NDArray[np.uint8]) -> dict[str, list[Answer]]:
    """The top classes of a photo, (H, W, 3) uint8 sRGB, most likely first, by the model's name.

    Where it is not known which values the network takes, for each that it may take, by the name and
    those. Raises `UserError` for a network that can't be loaded.
    """
    from diamond_cutter.precompute.backbones.graph.preprocessing import KNOWN, UnknownRangeError

    try:
        return {model: _answers(catalogue.load(model), image)}
    except UnknownRangeError:
        entry = catalogue.find(model)
        if not isinstance(entry, UserModelEntry):
            raise
        told = {}
        for values in KNOWN:
            with suppress(UserError):  # as of three means, where photos are grey
                told[f"{model} {values}"] = _answers(entry.prepared(values).load(), image)
        return told


def _answers(backbone: "Backbone", image: NDArray[np.uint8]) -> list[Answer]:
    [chances] = class_chances(backbone, [image])
    names = backbone.class_names or tuple(f"feature {number}" for number in range(len(chances)))
    best = np.argsort(-chances)[:TOP]
    return [Answer(names[index], float(chances[index])) for index in best]


def class_chances(backbone: "Backbone", images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """How sure a network is of each of its classes, 0..1, in photos, all in one batch: (N, K).

    images: (H, W, 3) uint8 sRGB each.
    """
    from diamond_cutter.precompute.backbones.graph.pretrained_head import NAME_BOTH

    size = backbone.input_size
    pixels = np.stack([prepare(image, size) for image in images])
    if backbone.sides != (size, size):
        from diamond_cutter.precompute.backbones.keras_runtime import tf

        pixels = tf.image.resize(pixels, backbone.sides, antialias=True)
    found = backbone.model(pixels)
    logits = np.asarray(found, np.float64).reshape(len(images), -1)
    if logits.shape[1] != found.shape[-1]:
        raise UserError(
            f"{backbone.name}: expected a network that ends in a vector of classes, got "
            f"{tuple(found.shape)}; a study trains heads on its cuts all the same"
        )
    if logits.shape[1] == 1:
        raise UserError(
            f"{backbone.name}: expected a network of classes, got one number, {logits[0, 0]:.4g}, "
            f"of which no sigmoid makes a chance; where it tells two classes apart, {NAME_BOTH}"
        )
    if not backbone.is_exclusive:
        return 1 / (1 + np.exp(-logits))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return chances
