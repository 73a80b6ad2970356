"""A graph of the user's computes, and does nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue import lucid_zoo_source
from diamond_cutter.precompute.backbones.catalogue.user_model_source import UserModelEntry
from diamond_cutter.precompute.backbones.formats.allowed_operations import ALLOWED
from diamond_cutter.precompute.backbones.keras_runtime import freeze, keras, tf

MANIFEST = {"input_name": "x", "image_shape": [16, 16, 3], "image_value_range": [0, 1]}
Body = Callable[[Any, Path], Any]


def write(value: Any, trace: Path) -> Any:
    with tf.control_dependencies([tf.io.write_file(str(trace), "x")]):
        return tf.identity(value)


def read(value: Any, trace: Path) -> Any:
    return value + 0 * tf.cast(tf.strings.length(tf.io.read_file(str(trace))), tf.float32)


def run_python(value: Any, trace: Path) -> Any:
    def touch(value: Any) -> Any:
        trace.touch()
        return value

    return tf.ensure_shape(tf.numpy_function(touch, [value], tf.float32), (None, 16, 16, 3))


def write_within(value: Any, trace: Path) -> Any:
    """In a function that a function calls."""
    return tf.cond(tf.reduce_mean(value) > 9, lambda: value, lambda: write(value, trace))


BODIES: dict[str, Body] = {
    "WriteFile": write, "ReadFile": read, "PyFunc": run_python, "WriteFile'": write_within,
}  # fmt: skip


def network(body: Body, trace: Path) -> Any:
    @tf.function(
        input_signature=[tf.TensorSpec((None, 16, 16, 3), tf.float32, name="x")], autograph=False
    )
    def run(x: Any) -> Any:
        value = tf.nn.relu(tf.nn.conv2d(body(x, trace), tf.ones((3, 3, 3, 4)), 1, "SAME"))
        return tf.reduce_mean(value, [1, 2])

    return run


def load(path: Path) -> Any:
    return UserModelEntry("mine", ModelSettings(file=str(path), preprocessing="0..1")).load()


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("form", ["saved", "manifest"])
def test_what_does_more_than_compute_is_refused_by_name(
    form: str, kind: str, tmp_path: Path
) -> None:
    trace, name = tmp_path / "trace", kind.rstrip("'")
    module = tf.Module()
    module.run = network(BODIES[kind], trace)
    run = module.run.get_concrete_function()
    if form == "saved":
        path = tmp_path / form
        tf.saved_model.save(module, str(path), run)
    else:
        (tmp_path / "graph.pb").write_bytes(run.graph.as_graph_def().SerializeToString())
        path = tmp_path / "graph.json"
        path.write_text(json.dumps(MANIFEST))
    with pytest.raises(UserError, match=rf"expected operations that a CNN needs, got '{name}' \("):
        load(path)
    assert not trace.exists()


def test_a_file_of_the_zoo_is_checked_too(tmp_path: Path) -> None:
    definition = network(write, tmp_path / "trace").get_concrete_function().graph.as_graph_def()
    (tmp_path / "AlexNet.pb").write_bytes(definition.SerializeToString())
    given = {"AlexNet": ModelSettings(weights=str(tmp_path))}
    entry = next(each for each in lucid_zoo_source.entries(given) if each.name == "AlexNet")
    with pytest.raises(UserError, match="expected operations that a CNN needs, got 'WriteFile'"):
        entry.load()


def test_what_is_done_while_loading_is_refused_too(tmp_path: Path) -> None:
    """As a table has it, which reads a file before the network is asked anything."""
    (tmp_path / "words.txt").write_text("ant\nbee\n")
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(
            str(tmp_path / "words.txt"),
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        -1,
    )
    module.run = network(lambda value, _: value, tmp_path)
    path = tmp_path / "saved"
    tf.saved_model.save(module, str(path), module.run.get_concrete_function())
    with pytest.raises(UserError, match=r"expected operations that a CNN needs, got '\w*Table\w*'"):
        load(path)


def test_augmentation_kept_for_training_is_no_harm(tmp_path: Path) -> None:
    """As `model.save` of Keras 2 keeps it: a generator, turned photos, changed contrast."""
    module = tf.Module()
    module.generator = tf.random.Generator.from_seed(1)
    module.run = network(lambda value, _: value, tmp_path)

    @tf.function(input_signature=[tf.TensorSpec((None, 16, 16, 3), tf.float32)])
    def train(x: Any) -> Any:
        seeds = module.generator.make_seeds(1)[:, 0]
        x = tf.image.stateless_random_flip_left_right(x, seeds)
        x = tf.image.adjust_contrast(x, module.generator.uniform(()))
        turned = [tf.cos(0.1), -tf.sin(0.1), 0.0, tf.sin(0.1), tf.cos(0.1), 0.0, 0.0, 0.0]
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=x,
            transforms=[turned],
            output_shape=[16, 16],
            interpolation="BILINEAR",
            fill_value=0.0,
        )

    module.train = train
    tf.saved_model.save(module, str(tmp_path / "saved"), module.run.get_concrete_function())
    assert [layer.channels for layer in load(tmp_path / "saved").layers] == [4]


def test_no_operation_that_is_allowed_touches_the_machine() -> None:
    for word in (
        "File",
        "Func",
        "Save",
        "Restore",
        "Table",
        "Dataset",
        "Print",
        "Summary",
        "Queue",
    ):
        assert not [name for name in ALLOWED if word in name], word


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", ["MobileNetV3Small", "ConvNeXtTiny", "NASNetMobile"])
def test_networks_of_keras_need_no_other_operations(name: str) -> None:
    size = 64
    network = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))
    run = tf.function(lambda pixels: network(pixels), autograph=False)
    pixels = tf.TensorSpec((None, size, size, 3), tf.float32)
    definition = freeze(run.get_concrete_function(pixels)).graph.as_graph_def()
    used = {node.op for node in definition.node}
    used |= {node.op for each in definition.library.function for node in each.node_def}
    own = {each.signature.name for each in definition.library.function}
    assert used - own <= ALLOWED
