import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue import efficientnet_lite
from diamond_cutter.precompute.backbones.catalogue.efficientnet_lite_source import LITES
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.formats.torch_file import read_weights
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras

CATS = ("tabby", "tiger cat", "Egyptian cat")
CUPS = ("espresso",)
ROCKETS = ("missile", "projectile", "space shuttle")

Array = NDArray[Any]


@pytest.fixture(scope="module")
def weights() -> dict[str, Array]:
    path = LITES[0].weights.find()
    assert path is not None
    return read_weights(path)


def centre(photo: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The part of a photo that EfficientNet was evaluated on: the square without a margin."""
    height, width = photo.shape[:2]
    side = round(min(height, width) * size / (size + 32))
    top, left = (height - side) // 2, (width - side) // 2
    return photo[top : top + side, left : left + side]


@pytest.mark.parametrize(
    ("number", "photo", "best", "classes", "confidence"),
    [
        (0, "chelsea", "tiger cat", CATS, 0.917),
        (0, "coffee", "espresso", CUPS, 0.951),
        (0, "rocket", "missile", ROCKETS, 0.502),
        (1, "chelsea", "Egyptian cat", CATS, 0.827),
        (1, "coffee", "espresso", CUPS, 0.553),
        (1, "rocket", "space shuttle", ROCKETS, 0.183),
        (2, "chelsea", "Egyptian cat", CATS, 0.832),
        (2, "coffee", "espresso", CUPS, 0.89),
        (2, "rocket", "drilling platform", ROCKETS, 0.137),  # it stands on its launch platform
    ],
)
def test_known_photos_get_their_class(
    number: int,
    photo: str,
    best: str,
    classes: tuple[str, ...],
    confidence: float,
    load: Callable[[str], Backbone],
) -> None:
    backbone = load(f"efficientnet-lite{number}")
    size = backbone.input_size
    image = prepare(centre(getattr(skimage.data, photo)(), size), size)
    (logits,) = np.asarray(backbone.model(image[None]), np.float64)
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    assert backbone.class_names[int(chances.argmax())] == best
    reached = sum(chances[backbone.class_names.index(name)] for name in classes)
    assert reached == pytest.approx(confidence, abs=0.01)


def test_activations_agree_with_numpy(
    lite0: Backbone, weights: dict[str, Array], coffee: NDArray[np.float32]
) -> None:
    cuts = [layer.name for layer in lite0.layers if layer.is_cut]
    outputs = [lite0.model.get_layer(name).output for name in cuts]
    model = keras.Model(lite0.model.input, [*outputs, lite0.model.output])
    expected = list(forward(weights, (255.0 * coffee - 127.0) / 128.0))
    got = [np.asarray(value)[0] for value in model(coffee[None])]
    assert len(expected) == len(got) == 19
    for name, one, other in zip([*cuts, "predictions"], expected, got, strict=True):
        np.testing.assert_allclose(
            other, one, rtol=1e-3, atol=1e-4 * np.abs(one).max(), err_msg=name
        )


def test_odd_sizes_are_padded_as_tensorflow_pads(
    lite0: Backbone, weights: dict[str, Array], coffee: NDArray[np.float32]
) -> None:
    image = coffee[3:100, 7:120]
    *_, top, _ = forward(weights, (255.0 * image - 127.0) / 128.0)
    layer = lite0.model.get_layer("top_activation")
    (got,) = np.asarray(keras.Model(lite0.model.input, layer.output)(image[None]))
    assert got.shape == (4, 4, 1280)
    np.testing.assert_allclose(got, top, rtol=1e-3, atol=1e-3)


def forward(weights: dict[str, Array], image: Array) -> Any:
    """Stem, blocks, top and logits of EfficientNet-Lite0 in float64, from the state dict alone."""
    value = convolve(image, weights["_conv_stem.weight"], 2)
    yield (value := relu6(normalize(value, weights, "_bn0")))
    for index in range(16):
        block, shortcut = f"_blocks.{index}.", value
        if f"{block}_expand_conv.weight" in weights:
            value = convolve(value, weights[f"{block}_expand_conv.weight"], 1)
            value = relu6(normalize(value, weights, f"{block}_bn0"))
        stride = 2 if index in (1, 3, 5, 11) else 1
        value = filter_each(value, weights[f"{block}_depthwise_conv.weight"], stride)
        value = relu6(normalize(value, weights, f"{block}_bn1"))
        value = convolve(value, weights[f"{block}_project_conv.weight"], 1)
        value = normalize(value, weights, f"{block}_bn2")
        if value.shape == shortcut.shape:
            value = value + shortcut
        yield value
    value = convolve(value, weights["_conv_head.weight"], 1)
    yield (value := relu6(normalize(value, weights, "_bn1")))
    yield weights["_fc.weight"].astype(float) @ value.mean((0, 1)) + weights["_fc.bias"]


def windows(image: Array, side: int, stride: int) -> Array:
    """(h, w, C, side, side): what a SAME convolution sees; an odd rest of padding goes last."""
    padding = []
    for size in image.shape[:2]:
        missing = max((math.ceil(size / stride) - 1) * stride + side - size, 0)
        padding.append((missing // 2, missing - missing // 2))
    padded = np.pad(image.astype(float), [*padding, (0, 0)])
    views = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
    return views[::stride, ::stride]


def convolve(image: Array, kernel: Array, stride: int) -> Array:
    return np.tensordot(windows(image, kernel.shape[2], stride), kernel, ((2, 3, 4), (1, 2, 3)))


def filter_each(image: Array, kernel: Array, stride: int) -> Array:
    seen = windows(image, kernel.shape[2], stride)
    places = itertools.product(range(kernel.shape[2]), range(kernel.shape[3]))
    return sum(seen[..., row, column] * kernel[:, 0, row, column] for row, column in places)


def normalize(value: Array, weights: dict[str, Array], name: str) -> Array:
    gain, shift, mean, variance = (
        weights[f"{name}.{part}"].astype(float)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return gain * (value - mean) / np.sqrt(variance + 1e-3) + shift


def relu6(value: Array) -> Array:
    return value.clip(0, 6)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"_fc.bias": None}, "expected a tensor '_fc.bias' of efficientnet-lite0, got none"),
        (
            {"_blocks.3._bn1.weight": np.zeros(3)},
            "expected shapes [(144,), (144,), (144,), (144,)] for block3a_bn of "
            "efficientnet-lite0, got [(3,), (144,), (144,), (144,)]",
        ),
        ({"_blocks.16._bn1.bias": np.zeros(3)}, "no other tensors of efficientnet-lite0, got '_bl"),
    ],
)
def test_weights_of_another_network_are_refused(
    change: dict[str, Array | None],
    told: str,
    weights: dict[str, Array],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = {name: value for name, value in {**weights, **change}.items() if value is not None}
    monkeypatch.setattr(efficientnet_lite, "read_weights", lambda _: changed)
    model = efficientnet_lite.build("efficientnet-lite0", 1.0, 1.0)
    with pytest.raises(UserError) as error:
        efficientnet_lite.set_weights(model, Path("some.pth"))
    assert str(error.value).startswith("some.pth: ")
    assert told in str(error.value)


def test_every_weight_of_the_file_is_in_the_model(
    lite0: Backbone, weights: dict[str, Array]
) -> None:
    def fingerprints(values: list[Any]) -> list[tuple[int, float]]:
        return sorted((value.size, float(np.sum(value, dtype=np.float64))) for value in values)

    used = [value for name, value in weights.items() if not name.endswith("num_batches_tracked")]
    np.testing.assert_allclose(fingerprints(lite0.model.get_weights()), fingerprints(used))


def test_layers_are_named_as_keras_names_them(lite0: Backbone) -> None:
    reference = keras.applications.EfficientNetB0(weights=None)
    known = {layer.name for layer in reference.layers}
    ours = [layer.name for layer in lite0.model.layers]
    assert [name for name in ours if name not in known] == ["input", "preprocessing"]
    kinds = ("_conv", "_bn", "activation", "_dwconv", "_add")
    lacking = [name for name in sorted(known) if name.endswith(kinds) and name not in ours]
    assert lacking == []


def test_model_ends_in_logits(lite0: Backbone, coffee: NDArray[np.float32]) -> None:
    (logits,) = np.asarray(lite0.model(coffee[None]))
    assert logits.min() < 0
    assert logits.max() > 5
    assert lite0.model.layers[-1].name == "predictions"
    first = lite0.model.layers[1]
    np.testing.assert_allclose(first(np.array([0, 127 / 255, 1])), [-127 / 128, 0, 1], atol=1e-6)
