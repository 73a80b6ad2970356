"""A CLIP of Keras Hub: how well texts fit photos (Radford et al. 2021).

Paper: https://arxiv.org/abs/2103.00020. Keras Hub is imported only here.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue.weights_files import file_digest
from diamond_cutter.precompute.backbones.formats.photo_input import prepare

BATCH = 16
"""Photos, and texts, that are encoded at once."""


def clip_digest(preset: str) -> str:
    """What tells a CLIP from others: the digests of its files, or where Keras Hub gets it from.

    Loads it. Raises `UserError` for a preset that is not to be had, or no CLIP.
    """
    backbone, _, _ = _load(preset)
    folder = Path(preset).expanduser()
    if folder.is_dir():
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return "\n".join(f"{path.relative_to(folder)} {file_digest(path)}" for path in files)
    return str(type(backbone).presets.get(preset, {}).get("kaggle_handle", preset))


def clip_logits(
    preset: str, texts: tuple[str, ...], images: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """The logit of each of K texts for each of N photos, (N, K): cosines times the learned scale.

    images: (H, W, 3) uint8 sRGB each, which are stretched to the square that it takes.
    """
    backbone, converter, _ = _load(preset)
    side = backbone.vision_encoder.image_shape[0]
    seen = []
    for start in range(0, len(images), BATCH):
        pixels = np.stack([255 * prepare(image, side) for image in images[start : start + BATCH]])
        seen.append(backbone.get_vision_embeddings(converter(pixels)))
    cosines = _unit(seen) @ _texts(preset, texts).T
    logits: NDArray[np.float32] = cosines * np.exp(np.float32(backbone.clip_head.logit_scale))
    return logits


@lru_cache(maxsize=1)
def _texts(preset: str, texts: tuple[str, ...]) -> NDArray[np.float32]:
    """The embeddings of texts, of length 1; of those asked for last, which every block asks for."""
    backbone, _, preprocessor = _load(preset)
    found = []
    for start in range(0, len(texts), BATCH):
        prompts = list(texts[start : start + BATCH])
        tokens = preprocessor({"prompts": prompts, "images": None})["token_ids"]
        found.append(backbone.get_text_embeddings(tokens))
    return _unit(found)


def _unit(parts: Sequence[Any]) -> NDArray[np.float32]:
    vectors = np.concatenate([np.asarray(part, np.float32) for part in parts])
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(length, 1e-12)
    return unit


@lru_cache(maxsize=1)
def _load(preset: str) -> tuple[Any, Any, Any]:
    """The network, and what makes photos and texts ready for it."""
    from diamond_cutter.precompute.backbones import keras_runtime  # noqa: F401 - before Keras

    try:
        from keras_hub import layers, models
    except ImportError as error:
        raise UserError(
            f"clip: expected keras-hub, which loads {preset}, got no such package ({error}); "
            "pip install 'diamond-cutter[clip]', or leave words out"
        ) from error
    try:
        return (
            models.CLIPBackbone.from_preset(preset),
            layers.CLIPImageConverter.from_preset(preset),
            models.CLIPPreprocessor.from_preset(preset),
        )
    except Exception as error:  # of its own kinds, and of those of what it downloads with
        raise UserError(
            f"clip: expected a CLIP of Keras Hub, a preset like clip_vit_base_patch32 or a folder "
            f"with network, tokenizer and image converter, got {preset!r}: "
            f"{' '.join(str(error).split())[:200]}; mend the value, or leave words out"
        ) from error
