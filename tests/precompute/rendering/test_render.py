"""What `diamond render` writes, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from short import short

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.main import main
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.rendering.backend.device import find_device
from diamond_cutter.precompute.rendering.recipes import RECIPES
from diamond_cutter.precompute.rendering.requests.render_output import Gallery
from diamond_cutter.precompute.rendering.requests.render_request import Request, resolve
from diamond_cutter.precompute.rendering.requests.target_pictures import render
from diamond_cutter.precompute.rendering.targets import (
    Target,
    batches,
    channel,
    class_logits,
    neuron,
    variations,
    whole_layer,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

SHORT = short(steps=2, view=32)
STEM = "stem_activation"


@pytest.fixture(scope="module")
def backbone(lite0: Backbone) -> Backbone:
    return lite0


def quiet(_done: int) -> None:
    """A report that nobody reads."""


def test_the_classifier_gives_the_backbone_s_logits(backbone: Backbone) -> None:
    parts = classifier(backbone)
    images = np.random.default_rng(0).uniform(size=(2, 64, 64, 3)).astype(np.float32)
    logits = np.asarray(parts.features(images)) @ parts.weights + parts.bias
    np.testing.assert_allclose(logits, backbone.model(images), atol=1e-3)


def test_class_pictures_are_recognised_by_the_network(backbone: Backbone) -> None:
    own = classifier(backbone)
    targets = class_logits(own.weights, own.bias, [1, 340])
    made = render(backbone, None, targets, short(steps=60))
    assert made.images.shape == (2, 160, 160, 3)
    logits = np.asarray(backbone.model(made.images / np.float32(255)))
    assert list(logits.argmax(1)) == [1, 340]
    np.testing.assert_allclose(made.score, logits[[0, 1], [1, 340]], rtol=0.5)


def test_a_neuron_s_picture_is_where_the_neuron_is_and_clear_elsewhere(backbone: Backbone) -> None:
    layer = backbone.layer("block2b_add")
    targets = [neuron(layer, index, (0.25, 0.75)) for index in (0, 2)]
    made = render(backbone, layer, targets, short(steps=20, view=48), transparent=True)
    assert made.images.shape == (2, 96, 96, 4)
    for opacity in made.images[..., 3] / 255:
        quarters = opacity.reshape(2, 48, 2, 48).mean((1, 3))
        assert quarters[0, 1] > 0.25
        assert quarters[[0, 1, 1], [0, 0, 1]].max() < 0.1


def test_variations_differ_and_blends_begin_alike(backbone: Backbone) -> None:
    layer = backbone.layer(STEM)
    made = render(backbone, layer, variations(channel(layer, 5), 3), SHORT).images.astype(int)
    assert min(np.abs(made[0] - made[1]).mean(), np.abs(made[1] - made[2]).mean()) > 5


@pytest.mark.parametrize(("counts", "sizes"), [([1] * 9, [8, 1]), ([5, 5], [5, 5]), ([11], [11])])
def test_variations_stay_in_one_batch(
    backbone: Backbone, counts: list[int], sizes: list[int]
) -> None:
    layer = backbone.layer(STEM)
    targets: list[Target] = []
    for index, count in enumerate(counts):
        targets += variations(channel(layer, index), count)
    assert [len(part) for part in batches(targets)] == sizes


def test_a_folder_goes_on_from_where_it_was(backbone: Backbone, tmp_path: Path) -> None:
    asked = resolve(Request(layer=STEM, channels="0-9"), backbone)
    gallery = Gallery(backbone, asked, SHORT, 0, transparent=False)
    gallery.write(tmp_path, quiet)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(first) == [f"channel-{index}.png" for index in range(10)]
    with Image.open(tmp_path / "channel-3.png") as image:
        note = json.loads(image.info["diamond"])
    assert note["how"]["target"] == "channel 3"
    assert set(note) == {"how", "score", "flag"}
    (tmp_path / "channel-9.png").unlink()
    (tmp_path / "channel-8.png").write_bytes(b"torn")
    kept = (tmp_path / "channel-0.png").stat().st_mtime_ns
    gallery.write(tmp_path, quiet)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert (tmp_path / "channel-0.png").stat().st_mtime_ns == kept


def test_an_archive_has_pictures_and_numbers(backbone: Backbone, tmp_path: Path) -> None:
    asked = resolve(Request(classes="tench, 102,Goldfish"), backbone)
    Gallery(backbone, asked, SHORT, 0, transparent=False).write(tmp_path / "a.npz", quiet)
    with np.load(tmp_path / "a.npz") as made:
        assert made["images"].shape == (3, 160, 160, 3)
        assert made["images"].dtype == np.uint8
        assert list(made["classes"]) == [0, 102, 1]
        assert list(made["names"]) == ["class 0 tench", "class 102 echidna", "class 1 goldfish"]


def test_heads_at_a_cut(backbone: Backbone, tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
    np.savez(tmp_path / "head.npz", weights=weights, bias=np.zeros(3), names=["a", "b", "c"])
    words = Request(layer="block2b_add", classes="c,0", head=str(tmp_path / "head.npz"))
    asked = resolve(words, backbone)
    assert [target.name for target in asked.targets] == ["class 2 c", "class 0 a"]
    np.testing.assert_array_equal(asked.targets[0].weights, weights[:, 2])
    with pytest.raises(UserError, match=r"expected weights \(40, K\)"):
        resolve(replace(words, layer="block3b_add"), backbone)


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        (Request(channels="3,1"), ["channel 3", "channel 1"]),
        (Request(channels="3", negative=True), ["minus channel 3"]),
        (Request(channels="3", minus="4"), ["channel 3 minus channel 4"]),
        (Request(channels="3", variations=2), ["channel 3", "channel 3"]),
        (Request(channels="3", at="0.5,0.25"), ["channel 3 at 0.5,0.25"]),
        (Request(everything=True), ["layer"]),
        (Request(everything=True, at="0,1"), ["position 0,1"]),
        (
            Request(channels="3", toward="4", stages=3),
            [f"channel 3 to channel 4 {share}" for share in ("0.00", "0.50", "1.00")],
        ),
    ],
)
def test_what_words_mean(backbone: Backbone, request_: Request, names: list[str]) -> None:
    asked = resolve(replace(request_, layer=STEM), backbone)
    assert [target.name for target in asked.targets] == names
    if request_.channels == "3":
        assert list(asked.numbers) == [3] * len(names)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected one of --channels, --classes, --direction, --everything, got none"),
        (["--channels", "3", "--everything"], "got --channels and --everything"),
        (["--channels", "3"], "expected a LAYER of efficientnet-lite0, got none"),
        ([STEM, "--channels", "3,32"], "numbers of 0 to 31"),
        (["--classes", "tensh"], "did you mean 'tench'?"),
        (["--classes", "1000"], "numbers of 0 to 999"),
        ([STEM, "--classes", "3"], "expected --head FILE.npz"),
        ([STEM, "--channels", "3", "--at", "2,0"], '"DOWN,ACROSS" in 0..1'),
        ([STEM, "--everything", "--negative"], "no opposite"),
        ([STEM, "--everything", "--minus", "3"], "--minus: expected with --channels"),
        ([STEM, "--channels", "3", "--recipe", "best"], "expected one of 'preview', 'standard'"),
        ([STEM, "--channels", "3", "--variations", "0"], "expected 1 or more, got 0"),
        ([STEM, "--direction", "none.npy"], "none.npy: expected a .npy file"),
        ([STEM, "--channels", "3", "--toward", "7,8"], "--toward: expected one, got '7,8'"),
        (["nowhere", "--channels", "3"], "no layer 'nowhere'"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert main(["render", "efficientnet-lite0", *words, "-o", str(output)]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert not output.exists()


HEADS = {
    "one array": (np.ones((32, 3)), "expected a .npz file with weights (32, K), bias (K,)"),
    "text": ({"weights": np.ones((32, 3)).astype(str)}, "got <U32 in place of numbers"),
    "one name": ({"names": np.array("a")}, "got (32, 3), (3,) and ()"),
    "one number": ({"weights": np.array(1.0)}, "got (), (3,)"),
    "NaN": ({"weights": np.full((32, 3), np.nan)}, "expected finite weights and bias"),
    "no bias": ({"bias": None}, "expected a .npz file with"),
    "cut short": (b"PK", "expected a .npz file with"),
    "empty": (b"", "expected a .npz file with"),
}


def told_in_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["render", "efficientnet-lite0", STEM, *words, "-o", "out"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert not Path("out").exists()
    return printed.err


@pytest.mark.parametrize("kind", HEADS)
def test_a_file_that_holds_no_head_is_told_in_one_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, message = HEADS[kind]
    path = tmp_path / "head.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        head = {"weights": np.ones((32, 3)), "bias": np.zeros(3)} | content
        np.savez(path, **{key: value for key, value in head.items() if value is not None})
    else:
        path = tmp_path / "head.npy"
        np.save(path, content)
    assert message in told_in_one_line(["--classes", "1", "--head", str(path)], capsys)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.ones((0, 32)), "got an array (0, 32)"),
        (np.array(3.0), "got an array ()"),
        (np.ones((2, 2, 32)), "got an array (2, 2, 32)"),
        (np.array(["a"] * 32), "got <U1 in place of numbers"),
        (np.array([np.nan] * 32), "got a length of nan in row 0"),
        (np.eye(2, 32, 31), "got a length of 0 in row 1"),
    ],
)
def test_a_file_that_holds_no_direction_is_told_in_one_line(
    content: np.ndarray, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "direction.npy", content)
    told = told_in_one_line(["--direction", str(tmp_path / "direction.npy")], capsys)
    assert message in told


def test_a_direction_is_read_at_its_place_and_a_channel_less_several(
    backbone: Backbone, tmp_path: Path
) -> None:
    path = tmp_path / "d.npy"
    np.save(path, np.eye(1, 32))
    [direction] = resolve(Request(layer=STEM, direction=str(path), at="0.1,0.9"), backbone).targets
    assert (direction.name, direction.place) == ("d 0 at 0.1,0.9", (0.1, 0.9))
    [less] = resolve(Request(layer=STEM, channels="3", minus="7,8-9"), backbone).targets
    assert less.name == "channel 3 minus channel 7 minus channel 8 minus channel 9"
    np.testing.assert_allclose(less.weights[[3, 7, 8, 9]], [0.5, -0.5, -0.5, -0.5])
    assert np.count_nonzero(less.weights) == 4
    own = classifier(backbone)
    [kind] = resolve(Request(classes="1", minus="20,340"), backbone).targets
    expected = own.weights[:, 1] - own.weights[:, 20] - own.weights[:, 340]
    np.testing.assert_allclose(kind.weights, expected, atol=1e-6)
    assert kind.bias == pytest.approx(own.bias[1] - own.bias[20] - own.bias[340], abs=1e-6)


def test_pictures_of_a_network_that_sees_no_colour_are_grey(tmp_path: Path) -> None:
    photo = keras.Input((32, 32, 1))
    value = keras.layers.Conv2D(4, 5, strides=2, name="c")(keras.layers.Rescaling(1 / 255)(photo))
    value = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(value))
    keras.Model(photo, value).save(tmp_path / "grey.keras")
    settings = ModelSettings(file=str(tmp_path / "grey.keras"))
    backbone = UserModelEntry("grey", settings).load()
    layer = backbone.layer("c")
    for transparent in (False, True):
        made = render(backbone, layer, [channel(layer, 1)], short(steps=8), transparent=transparent)
        assert made.images.std() > 10
        assert (made.images[..., :3] == made.images[..., :1]).all()


def test_the_command_writes_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "preview", SHORT)
    command = ["render", "efficientnet-lite0", STEM, "--channels", "3,7", "--recipe", "preview"]
    assert main([*command, "-o", str(tmp_path / "a.npz")]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"2 pictures in {tmp_path / 'a.npz'}\n"
    assert f"{find_device().describe()}: float32, 8 pictures at once\n" in printed.err
    with np.load(tmp_path / "a.npz") as made:
        assert list(made["channels"]) == [3, 7]
        assert made["images"].shape == (2, 48, 48, 3)


def test_a_whole_layer_can_be_asked_for(backbone: Backbone) -> None:
    layer = backbone.layer("block2b_add")
    few, more = (
        render(backbone, layer, [whole_layer(layer)], short(steps=steps, view=32)).score
        for steps in (1, 12)
    )
    assert more > 2 * few


def test_classes_of_a_network_that_flattens_its_maps() -> None:
    image = keras.Input((32, 32, 3), name="image")
    values = keras.layers.Conv2D(4, 3, 2, "same", activation="relu", name="block1_conv")(image)
    values = keras.layers.Flatten(name="flatten")(values)
    values = keras.layers.Dense(16, activation="relu", name="hidden")(values)
    model = keras.Model(image, keras.layers.Dense(3, name="logits")(values))
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(0, 0.2, part.shape) for part in model.get_weights()])
    backbone = Backbone.of(model, Model("flat", "random", "Flat", 32, None, None, None), ("a",) * 3)
    own = classifier(backbone)
    seen = generator.uniform(size=(1, 32, 32, 3)).astype(np.float32)
    logits = np.asarray(own.features(seen)) @ own.weights + own.bias
    np.testing.assert_allclose(logits, model(seen), atol=1e-5)
    targets = class_logits(own.weights, own.bias, [0, 1, 2])
    few, more = (render(backbone, None, targets, short(steps=n, view=32)).score for n in (1, 30))
    assert (more > few).all()
