"""New photos are read and classified as the study and its exports do it, a few at a time."""

import csv
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sample_export import CLASSES, HIDDEN, LINEAR, MODEL, expected, photos, write_study

from diamond_cutter.command.main import main
from diamond_cutter.command.settings import DatasetSettings, ModelSettings
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.study.export.study_export import export
from diamond_cutter.precompute.study.prediction.photo_classifier import (
    PhotoClassifier,
    open_classifier,
)
from diamond_cutter.precompute.study.prediction.photo_prediction import Prediction, predict

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning",
    "ignore:.*tf.lite.Interpreter is deprecated",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    address = str(tmp_path_factory.mktemp("studies") / "study.zarr")
    write_study(address, "mine", "average", "photos")
    return address


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Photos in folders of which two are classes, one is none, with one that can't be read."""
    places = {"chelsea": "cats", "coffee": "cats", "rocket": "\u706b\u7bad", "odd": "others"}
    for name, folder in places.items():
        file = tmp_path / "new" / folder / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photos()[name]).save(file)
    (tmp_path / "new" / "cats" / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return tmp_path / "new"


def classify(name: str, address: str, folder: Path) -> dict[str, NDArray[np.floating]]:
    classifier = open_classifier(name, address, "", "", ModelSettings())
    found: list[Prediction] = []
    settings = DatasetSettings(str(folder))
    predict(classifier, settings, folder.parent / "cache", found.append)
    return {Path(each.path).stem: each.probability for each in found}


@pytest.mark.parametrize("output", ["", "net.keras", "net.tflite", "net"])
def test_a_study_and_its_exports_say_what_the_head_does(
    address: str, labelled: Path, tmp_path: Path, output: str
) -> None:
    name = str(tmp_path / output) if output else "mine"
    if output:
        export(address, "mine", MODEL, LINEAR, name)
    got = classify(name, address, labelled)
    assert sorted(got) == ["chelsea", "coffee", "odd", "rocket"]
    for photo, probability in got.items():
        np.testing.assert_allclose(probability, expected(address, "mine", LINEAR, photo), atol=1e-4)


def test_photos_of_every_kind_are_read_as_the_study_reads_them(
    address: str, tmp_path: Path
) -> None:
    """Chelsea upright under her colours, however she is stored."""
    folder = tmp_path / "kinds"
    folder.mkdir()
    upright = Image.fromarray(photos()["chelsea"])
    turned = Image.Exif()
    turned[0x0112] = 8
    upright.rotate(-90, expand=True).save(folder / "turned.png", exif=turned)
    upright.convert("CMYK").save(folder / "cmyk.tif")
    clear = Image.new("RGBA", (upright.width, upright.height), (0, 90, 200, 0))
    clear.paste(upright, (0, 0))
    clear.save(folder / "opaque.png")
    for name in ("turned", "cmyk", "opaque"):
        found = classify("mine", address, folder)[name]
        np.testing.assert_allclose(found, expected(address, "mine", LINEAR, "chelsea"), atol=0.05)


def test_the_file_and_the_figures(
    address: str,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(labelled.parent)
    given = ["predict", "mine", "new", "--store", address]
    assert main([*given, "-o", "out/predictions.csv"]) == 0
    with Path("out/predictions.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "label", "class", "probability", *CLASSES]
    assert [row[0] for row in rows] == [
        "cats/chelsea.png",
        "cats/coffee.png",
        "others/odd.png",
        "\u706b\u7bad/rocket.png",
    ]
    assert [row[1] for row in rows] == ["cats", "cats", "", "\u706b\u7bad"]
    taken = {}
    for row in rows:
        told = expected(address, "mine", LINEAR, Path(row[0]).stem)
        np.testing.assert_allclose([float(cell) for cell in row[4:]], told, atol=1e-4)
        assert row[2] == CLASSES[int(told.argmax())]
        assert float(row[3]) == pytest.approx(told.max(), abs=1e-4)
        taken[row[0]] = row[2]
    right = sum(taken[row[0]] == row[1] for row in rows)
    printed = capsys.readouterr().out
    assert f"Right: {right} of 3 photos with a label" in printed
    assert "Not judged, since that is none of the classes: others" in printed
    assert "Left out: 1" in printed
    assert "cats/cut.jpg: Damaged or cut off" in printed
    assert main([*given, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["judged"] == 3
    assert np.trace(document["confusion"]) == right
    assert [photo["class"] for photo in document["photos"]] == list(taken.values())
    assert document["dataset"]["left_out"][0]["files"] == 1
    assert main(given) == 0
    assert "chelsea.png" in capsys.readouterr().out


def test_labels_in_a_table_and_photos_without(
    address: str,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(labelled.parent)
    rows = ["file;label", "chelsea.png;cats", "odd.png;others", "rocket.png;"]
    (labelled / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    given = ["predict", "mine", "new", "--store", address, "--json", "--table", "labels.csv"]
    assert main(given) == 0
    document = json.loads(capsys.readouterr().out)
    assert {photo["path"]: photo["label"] for photo in document["photos"]} == {
        "cats/chelsea.png": "cats",
        "cats/coffee.png": "",
        "others/odd.png": "",
        "\u706b\u7bad/rocket.png": "",
    }
    assert document["judged"] == 1
    assert document["dataset"]["tables"] == ["labels.csv"]
    Path("ids.csv").write_text("file\nnew/cats/chelsea.png\n", encoding="utf-8")
    assert main(["predict", "mine", "ids.csv", "--store", address]) == 0
    printed = capsys.readouterr().out
    assert "1 photo classified, of 1 file" in printed
    assert "No photo has a label that is one of the classes" in printed


@pytest.mark.parametrize("places", [("1.png", "2.png"), ("Training/a/1.png", "b/a/2.png")])
def test_photos_without_labels_are_of_no_class(tmp_path: Path, places: tuple[str, str]) -> None:
    for number, place in enumerate(places):
        (tmp_path / "new" / place).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photos()["small"] + np.uint8(number)).save(tmp_path / "new" / place)
    classifier = PhotoClassifier(
        "it", ("photos", "new"), None, 2, lambda image: image, lambda some: np.eye(2)[: len(some)]
    )
    found: list[Prediction] = []
    settings = DatasetSettings(str(tmp_path / "new"))
    predicted = predict(classifier, settings, tmp_path / "cache", found.append)
    assert [made.label for made in found] == ["", ""]
    assert not predicted.confusion.any()


def test_one_photo_will_do(
    address: str, labelled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(labelled.parent)
    assert (
        main(["predict", "mine", "new/cats/coffee.png", "--store", address, "--cut", HIDDEN]) == 0
    )
    printed = capsys.readouterr().out
    best = CLASSES[int(expected(address, "mine", HIDDEN, "coffee").argmax())]
    assert best in printed
    assert f"By {MODEL} at {HIDDEN}, of the study mine:" in printed
    assert "1 photo classified, of 1 file" in printed


def test_photos_that_trained_the_head_are_told(
    address: str,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(labelled.parent)
    digest = hashlib.sha256((labelled / "cats" / "coffee.png").read_bytes()).hexdigest()
    read = study_reader.read_report
    monkeypatch.setattr(
        study_reader,
        "read_report",
        lambda group: replace(
            read(group), files=[replace(file, digest=digest) for file in read(group).files]
        ),
    )
    assert main(["predict", "mine", "new", "--store", address]) == 0
    assert "1 photo of these trained the head: the figures flatter." in capsys.readouterr().out


def test_labels_are_called_as_the_study_calls_them(
    address: str,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(labelled.parent)
    read = study_reader.read_report
    monkeypatch.setattr(
        study_reader, "read_report", lambda group: replace(read(group), renamed={"others": "cats"})
    )
    given = ["predict", "mine", "new", "--store", address, "--json"]
    assert main(given) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["judged"] == 4
    assert document["photos"][2]["label"] == "cats"
    assert main([*given, "--rename", "nobody=cats"]) == 0
    assert json.loads(capsys.readouterr().out)["judged"] == 3


def test_few_photos_are_in_memory_at_a_time(tmp_path: Path) -> None:
    for number in range(40):
        Image.fromarray(photos()["small"] // 40 * number).save(tmp_path / f"{number:02}.png")
    read, lock = [0], threading.Lock()
    classified = 0

    def prepare(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        with lock:
            read[0] += 1
        return image

    def classify(images: Sequence[Any]) -> NDArray[np.float64]:
        nonlocal classified
        assert len(images) <= 2
        assert read[0] - classified <= max(4, os.cpu_count() or 1)
        classified += len(images)
        return np.full((len(images), 2), 0.5)

    classifier = PhotoClassifier("it", ("a", "b"), None, 2, prepare, classify)
    paths: list[str] = []
    cache = tmp_path.parent / "cache of few"
    predict(classifier, DatasetSettings(str(tmp_path)), cache, lambda made: paths.append(made.path))
    assert paths == [f"{number:02}.png" for number in range(40)]


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("place", ["own.keras", "exported"])
def test_a_network_of_ones_own_says_its_classes(place: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    photo = keras.Input((32, 32, 3))
    value = keras.layers.Rescaling(2.0, -1.0)(photo)
    value = keras.layers.Conv2D(8, 3, activation="relu", name="conv")(value)
    value = keras.layers.GlobalAveragePooling2D()(value)
    model = keras.Model(photo, keras.layers.Dense(3, activation="softmax")(value))
    model.layers[-1].set_weights([np.float32(4) * each for each in model.layers[-1].get_weights()])
    (tmp_path / "exported").mkdir()
    model.save(tmp_path / ("own.keras" if place == "own.keras" else "exported/keras_model.h5"))
    (tmp_path / "names.txt").write_text("a\nb\nc\n", encoding="utf-8")
    settings = ModelSettings(labels=str(tmp_path / "names.txt"))
    classifier = open_classifier(str(tmp_path / place), "", "", "", settings)
    assert classifier.classes == ("a", "b", "c")
    small = np.asarray(Image.fromarray(photos()["coffee"]).resize((32, 32)))
    (told,) = classifier.classify([small])
    np.testing.assert_allclose(told, np.asarray(model(small[None] / 255))[0], atol=1e-4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["yours", "new"], "yours: expected a file that `diamond export` wrote, a network or a st"),
        (
            ["mine", "nowhere"],
            "nowhere: expected a folder, a zip, a tar or a CSV of photos, got no",
        ),
        (["mine", "new", "--cut", "top"], "no cut 'top', expected one of"),
        (["mine", "new", "--model", "lenet"], "no model 'lenet', expected one of"),
        (["mine", "new", "-o", "new"], "new: expected a file that can be written, got: Is a direc"),
        (
            ["mine", "new", "-o", "notes.txt/a.csv"],
            "notes.txt/a.csv: expected a file that can be w",
        ),
        (["mine", "new", "--table", "a.csv"], "new: expected the CSV 'a.csv' in it, which table"),
        (["notes.txt", "new"], "notes.txt"),
    ],
)
def test_mistakes_are_told_in_a_line(
    address: str,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(labelled.parent)
    Path("notes.txt").write_text("dear diary", encoding="utf-8")
    assert main(["predict", *given, "--store", address]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert said in lines[-1]
    assert lines[-1].startswith("diamond: ")
