"""What a network is asked, against brute force: sums, ablation, and what is kept of cells."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sample_attributor import LAYERS, Asked, Head, make_head
from scipy.stats import spearmanr

from diamond_cutter.precompute.attribution import attribution_task
from diamond_cutter.precompute.attribution.attribution_task import see
from diamond_cutter.precompute.attribution.attributor import Attributor, sum_blocks
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.cut_network import between, fold
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.photos.photo import Photo, PhotoError, read_image
from diamond_cutter.precompute.stores.attribution.attribution_layout import TOP, block_of

CUT = LAYERS[-1]


@pytest.fixture(scope="module")
def activations(asked: Asked) -> dict[str, NDArray[np.float32]]:
    """The layers' activations (4, H, W, C), by the network alone."""
    values = fold(asked.backbone, LAYERS)(asked.images, training=False)
    return {layer: value.numpy() for layer, value in zip(LAYERS, values, strict=True)}


def pooled(activation: NDArray[np.float32], pooling: str) -> NDArray[np.float32]:
    kinds = {"average": [np.mean], "maximum": [np.max], "both": [np.mean, np.max]}
    return np.concatenate([pool(activation, axis=(1, 2)) for pool in kinds[pooling]], axis=1)


def logits(values: NDArray[np.float32], head: Head) -> NDArray[np.float32]:
    for weight, bias in head[:-1]:
        values = np.maximum(values @ weight + bias, 0)
    return values @ head[-1][0] + head[-1][1]


def reached(asked_logits: NDArray[np.float32], target: NDArray[np.int32]) -> NDArray[np.float32]:
    """The logits of targets (n, T, 2): (n, T)."""
    photo = np.arange(len(target))[:, None]
    minus = np.where(target[..., 1] >= 0, asked_logits[photo, target[..., 1]], 0)
    return np.where(target[..., 0] >= 0, asked_logits[photo, target[..., 0]] - minus, 0)


@pytest.mark.parametrize("pooling", ["average", "maximum", "both"])
def test_at_the_cut_cells_channels_and_bias_are_the_logit(
    asked: Asked, activations: dict[str, NDArray[np.float32]], pooling: str
) -> None:
    head = make_head(2560 if pooling == "both" else 1280)
    attributor = Attributor(asked.backbone, [CUT], pooling)
    found, answers = attributor.ask(asked.images, asked.labels, head)
    np.testing.assert_allclose(found, logits(pooled(activations[CUT], pooling), head), atol=1e-3)
    arrays = answers[CUT].arrays
    expected = reached(found, arrays["target"])
    np.testing.assert_allclose(arrays["bias"] + arrays["total"], expected, atol=1e-3)
    np.testing.assert_allclose(arrays["heatmap"].sum((2, 3)), arrays["total"], atol=1e-3)
    np.testing.assert_allclose(arrays["channel"].sum(2), arrays["total"], atol=1e-3)


def test_removing_a_channel_at_the_cut_changes_the_logit_by_its_attribution(
    asked: Asked, activations: dict[str, NDArray[np.float32]]
) -> None:
    arrays = asked.answers[CUT].arrays
    before = reached(asked.logits, arrays["target"])
    middle = activations[CUT].mean(axis=(0, 1, 2))
    strongest = np.abs(arrays["channel"][:, 0]).min(axis=0).argsort()[-20:]
    for channel in strongest:
        for instead in (0.0, middle[channel]):
            changed = activations[CUT].copy()
            changed[..., channel] = instead
            after = reached(logits(pooled(changed, "average"), asked.head), arrays["target"])
            present = activations[CUT][..., channel].mean(axis=(1, 2))[:, None]
            given = arrays["channel"][..., channel] * instead
            weighed = np.divide(given, present, out=np.zeros_like(given), where=present > 0)
            expected = arrays["channel"][..., channel] - weighed
            np.testing.assert_allclose(before - after, expected, atol=1e-3)


def test_a_cell_at_the_cut_has_what_weights_times_activation_give(
    asked: Asked, activations: dict[str, NDArray[np.float32]]
) -> None:
    arrays = asked.answers[CUT].arrays
    weight = asked.head[0][0]
    photo, label, minus = 1, *arrays["target"][1, 0]
    cells = activations[CUT][photo]
    dense = cells * (weight[:, label] - weight[:, minus]) / (cells.shape[0] * cells.shape[1])
    np.testing.assert_allclose(arrays["heatmap"][photo, 0], dense.sum(-1), atol=1e-4)
    ordered = np.sort(dense, axis=-1)
    kept = arrays["cell_value"][photo, 0]
    np.testing.assert_allclose(kept[..., :TOP], ordered[..., : -TOP - 1 : -1], atol=1e-5)
    np.testing.assert_allclose(kept[..., TOP:], ordered[..., :TOP], atol=1e-5)
    named = np.take_along_axis(dense, arrays["cell_channel"][photo, 0].astype(int), -1)
    np.testing.assert_allclose(named, kept, atol=1e-5)
    active = np.take_along_axis(cells, arrays["active_channel"][photo].astype(int), -1)
    np.testing.assert_array_equal(active, arrays["active_value"][photo])
    np.testing.assert_array_equal(active[..., 0], cells.max(-1))
    mapped = cells[..., arrays["map_channel"][photo].astype(int)].transpose(2, 0, 1)
    np.testing.assert_array_equal(arrays["map"][photo], mapped)
    y, x = np.divmod(arrays["place"][photo], cells.shape[1])
    np.testing.assert_array_equal(cells[y, x, np.arange(1280)], arrays["peak"][photo])
    np.testing.assert_allclose(arrays["zero"][photo], (cells == 0).mean((0, 1)), atol=1e-6)


def test_the_targets_are_what_was_predicted_against_the_next_and_the_truth(asked: Asked) -> None:
    order = np.argsort(-asked.logits, axis=1)
    for layer in LAYERS:
        target = asked.answers[layer].arrays["target"]
        for photo, label in enumerate(asked.labels):
            first, second = (int(each) for each in order[photo, :2])
            third = int(order[photo, 2]) if label in (first, second) else int(label)
            pairs = [tuple(pair) for pair in target[photo].tolist()]
            assert pairs[:4] == [(first, second), (first, -1), (second, -1), (third, -1)]
            assert sorted(k for k, _ in pairs[1:-1]) == list(range(6))
            errs = label not in (first, second)
            assert pairs[-1] == ((first, label) if errs else (-1, -1))
            if not errs:
                assert not asked.answers[layer].arrays["channel"][photo, -1].any()


def test_of_many_classes_those_that_matter_are_explained(asked: Asked) -> None:
    head = make_head(1280, classes=20)
    layers = LAYERS[1:]
    attributor = Attributor(asked.backbone, layers, "average")
    found, answers = attributor.ask(asked.images, np.full(4, 7), head)
    below, at_cut = (answers[layer].arrays["target"][..., 0] for layer in layers)
    order = np.argsort(-found, axis=1)
    assert (at_cut.shape, below.shape) == ((4, 7), (4, 5))
    for photo, (first, second, *others) in enumerate(order):
        third = others[0] if 7 in (first, second) else 7
        assert below[photo, 1:4].tolist() == at_cut[photo, 1:4].tolist() == [first, second, third]


def test_a_difference_of_classes_is_the_difference_of_their_attribution(asked: Asked) -> None:
    for layer in LAYERS:
        for name in ("channel", "heatmap", "total", "bias"):
            values = asked.answers[layer].arrays[name]
            np.testing.assert_allclose(values[:, 0], values[:, 1] - values[:, 2], atol=1e-4)
            np.testing.assert_allclose(values[3, -1], values[3, 1] - values[3, 3], atol=1e-4)


def ablated(
    asked: Asked, activations: dict[str, NDArray[np.float32]], layer: str, photo: int
) -> NDArray[np.float32]:
    """How far the predicted logit falls when each channel of a layer is set to zero, (C,)."""
    rest = between(asked.backbone, layer, CUT)
    one = activations[layer][photo]
    without = one * (1 - np.eye(one.shape[-1], dtype=np.float32))[:, None, None, :]
    label = asked.answers[layer].arrays["target"][photo, 1, 0]
    values = rest(np.concatenate([one[None], without]), training=False).numpy()
    found = logits(pooled(values, "average"), asked.head)[:, label]
    return found[0] - found[1:]


def test_below_the_cut_attribution_ranks_channels_much_as_ablation_does(
    asked: Asked, activations: dict[str, NDArray[np.float32]]
) -> None:
    for layer, least in (("block6d_add", 0.6), ("block5c_add", 0.3)):
        agreement = [
            spearmanr(
                asked.answers[layer].arrays["channel"][photo, 1],
                ablated(asked, activations, layer, photo),
            ).statistic
            for photo in range(4)
        ]
        assert np.mean(agreement) > least, (layer, agreement)


def test_below_the_cut_a_small_change_of_a_cell_does_what_the_gradient_says(
    asked: Asked, activations: dict[str, NDArray[np.float32]]
) -> None:
    layer = "block6d_add"
    rest = between(asked.backbone, layer, CUT)
    grown = activations[layer] * 1.001
    before, after = (
        logits(pooled(rest(each, training=False).numpy(), "average"), asked.head)
        for each in (activations[layer], grown)
    )
    target = asked.answers[layer].arrays["target"]
    found = (reached(after, target) - reached(before, target)) / 0.001
    np.testing.assert_allclose(asked.answers[layer].arrays["total"], found, atol=0.35, rtol=0.05)


def test_integrated_gradients_sum_to_the_logit(backbone: Backbone, asked: Asked) -> None:
    attributor = Attributor(backbone, LAYERS[1:], "average", steps=64)
    found, answers = attributor.ask(asked.images, asked.labels, asked.head)
    for layer in LAYERS[1:]:
        arrays = answers[layer].arrays
        expected = reached(found, arrays["target"])
        np.testing.assert_allclose(arrays["bias"] + arrays["total"], expected, atol=0.25)
    plain = asked.answers["block6d_add"].arrays
    short = np.abs(reached(found, plain["target"]) - plain["bias"] - plain["total"])
    assert np.median(short) > 0.5


def test_a_hidden_layer_is_asked_as_well(backbone: Backbone, asked: Asked) -> None:
    head = make_head(1280, hidden=16)
    plain = Attributor(backbone, [CUT], "average").ask(asked.images, asked.labels, head)
    whole = Attributor(backbone, [CUT], "average", 64).ask(asked.images, asked.labels, head)
    short = []
    for found, answers in (plain, whole):
        arrays = answers[CUT].arrays
        expected = reached(found, arrays["target"])
        short.append(np.abs(expected - arrays["bias"] - arrays["total"]).max())
    assert short[1] < 0.1 < 0.5 < short[0]


def test_many_places_are_shown_in_blocks_that_keep_the_sum() -> None:
    values = np.random.default_rng(0).normal(size=(2, 65, 40, 3)).astype(np.float32)
    assert [block_of(28, 28), block_of(29, 7), block_of(65, 40), block_of(7, 112)] == [1, 2, 3, 4]
    blocks = sum_blocks(tf.constant(values)).numpy()
    assert blocks.shape == (2, 22, 14, 3)
    np.testing.assert_allclose(blocks[:, 1, 2], values[:, 3:6, 6:9].sum((1, 2)), atol=1e-4)
    np.testing.assert_allclose(blocks[:, 21, 13], values[:, 63:, 39:].sum((1, 2)), atol=1e-4)


def test_a_photo_is_seen_once_whatever_is_asked_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.full((20, 30, 3), (51, 102, 0), np.uint8)).save(tmp_path / "a.png")
    photo = Photo(tmp_path / "a.png", "a.png", 0, "", "seen once", 0)
    read: list[Photo] = []
    monkeypatch.setattr(
        attribution_task, "read_image", lambda each: read.append(each) or read_image(each)
    )
    first, again, finer = see(photo, 96), see(photo, 96), see(photo, 128)
    assert read == [photo, photo]  # once a size
    assert (first[1], first[0].tobytes()) == (again[1], again[0].tobytes())
    assert (first[0].shape, finer[0].shape) == ((96, 96, 3), (128, 128, 3))
    np.testing.assert_allclose(first[0], np.broadcast_to([0.2, 0.4, 0], (96, 96, 3)), atol=1e-6)


def test_a_photo_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(PhotoError, match=r"^namespace/a\.png: UnreadableError: "):
        see(Photo(tmp_path / "a.png", "namespace/a.png", 0, "", "", 0), 96)
