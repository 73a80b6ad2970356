"""New photos tried on a study: what is said of them is what the head and the gradient say."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sample_export import CLASSES, HIDDEN, LINEAR, MODEL, expected, photos, write_study

from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.study.trial.trial_files import AGAINST, FOR, overlay


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    address = str(tmp_path_factory.mktemp("studies") / "study.zarr")
    write_study(address, "mine", "average", "photos")
    return address


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photos, and a file that is none."""
    monkeypatch.chdir(tmp_path)
    for name in ("chelsea", "rocket"):
        Image.fromarray(photos()[name]).save(f"{name}.png")
    Path("cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return tmp_path


def attributed(address: str, photo: str, label: int) -> NDArray[np.float64]:
    """What each place and channel of the linear cut gives to a class's logit, (H, W, C)."""
    network = truncate(catalogue.load(MODEL), LINEAR, pre_activation=False)
    (activation,) = np.asarray(network(prepare(photos()[photo], 224)[None]), np.float64)
    group = study_reader.study_group(study_reader.open_studies(address), "mine")
    [(weight, _)] = study_reader.read_head(study_reader.cut_group(group, MODEL, LINEAR))
    return activation * weight[:, label] / activation.shape[0] / activation.shape[1]


def test_a_photo_gets_its_class_its_places_and_its_channels(
    address: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["try", "mine", "chelsea.png", "rocket.png", "--store", address]
    assert main([*arguments, "--json", "-o", "seen"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["model"], document["cut"], document["classes"]) == (MODEL, LINEAR, CLASSES)
    assert document["layers"][-1] == LINEAR
    for photo in document["photos"]:
        name = Path(photo["photo"]).stem
        chances = expected(address, "mine", LINEAR, name)
        best = int(chances.argmax())
        assert photo["class"] == photo["probabilities"][0]["class"] == CLASSES[best]
        told = {each["class"]: each["probability"] for each in photo["probabilities"]}
        np.testing.assert_allclose([told[each] for each in CLASSES], chances, atol=1e-4)
        given = attributed(address, name, best)
        by_channel = given.sum((0, 1))
        first = np.argsort(-np.abs(by_channel))[:8]
        at_cut = [each for each in photo["channels"] if each["layer"] == LINEAR]
        assert [each["channel"] for each in at_cut] == first.tolist()
        np.testing.assert_allclose(
            [each["contribution"] for each in at_cut], by_channel[first], rtol=1e-3
        )
        heat = photo["heatmaps"][-1]
        assert (heat["layer"], heat["class"]) == (LINEAR, CLASSES[best])
        assert heat["total"] == pytest.approx(given.sum(), rel=1e-3)
        cells = given.sum(2)
        assert heat["strongest"] == pytest.approx(np.abs(cells).max(), rel=1e-3)
        with Image.open(here / heat["file"]) as laid, Image.open(here / photo["picture"]) as seen:
            assert laid.size == seen.size == (448, 448)
            pixels = np.asarray(laid.convert("RGBA"))
        row, column = np.unravel_index(np.abs(cells).argmax(), cells.shape)
        side = 448 // cells.shape[0]
        red, green, blue, alpha = pixels[row * side + side // 2, column * side + side // 2]
        assert (red, green, blue) == (FOR if cells[row, column] > 0 else AGAINST)
        assert alpha == pixels[..., 3].max()


def test_a_heatmap_of_nothing_is_clear() -> None:
    laid = np.asarray(overlay(np.zeros((2, 3), np.float32), 12))
    assert laid.shape == (12, 12, 4)
    assert not laid[..., 3].any()


def test_what_is_no_photo_is_told_and_the_others_are_tried(
    address: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["try", "mine", "cut.jpg", "chelsea.png", "gone.png", "--store", address]
    assert main([*given, "--json"]) == 2
    captured = capsys.readouterr()
    broken, chelsea, gone = json.loads(captured.out)["photos"]
    assert broken["error"].startswith("cut.jpg: expected a photo, got: Damaged or cut off")
    assert gone["error"] == (
        "gone.png: expected a photo, got: Can't be opened (No such file or directory): mend that. "
        "Name another one"
    )
    assert (chelsea["picture"], chelsea["heatmaps"][0]["file"]) == (None, None)
    assert captured.err.splitlines() == [f"diamond: {each['error']}" for each in (broken, gone)]
    assert {path.name for path in here.iterdir()} == {"chelsea.png", "rocket.png", "cut.jpg"}
    assert main(["try", "mine", "--store", address]) == 2
    assert "try: expected photos or --listen, got neither" in capsys.readouterr().err
    assert main([*given[:3], "--store", address, "--cut", "block9"]) == 2
    assert "no cut 'block9', expected one of" in capsys.readouterr().err


def test_a_line_is_answered_with_a_line(
    address: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        json.dumps({"photo": str(here / "chelsea.png"), "id": 7}),
        "",
        "what?",
        json.dumps({"photo": 3}),
        json.dumps({"photo": "cut.jpg", "id": "b"}),
        json.dumps({"photo": "rocket.png"}),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(asked)))
    assert main(["try", "mine", "--listen", "--store", address, "--cut", HIDDEN, "-o", "out"]) == 0
    ready, first, what, three, broken, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ready["ready"], ready["cut"], ready["classes"]) == (True, HIDDEN, CLASSES)
    assert first["id"] == 7
    told = {each["class"]: each["probability"] for each in first["probabilities"]}
    chances = expected(address, "mine", HIDDEN, "chelsea")
    np.testing.assert_allclose([told[each] for each in CLASSES], chances, atol=1e-4)
    assert "got 'what?'" in what["error"]
    assert "got '{" in three["error"]
    assert (broken["id"], "Damaged" in broken["error"]) == ("b", True)
    assert "id" not in last
    assert Path(last["picture"]).is_file()


def test_a_study_that_is_made_anew_is_loaded_again(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = str(tmp_path / "study.zarr")
    write_study(address, "mine", "average", "photos")

    class Lines:
        def __iter__(self) -> object:
            line = json.dumps({"photo": str(here / "chelsea.png")})
            yield line
            write_study(address, "mine", "maximum", "photos")
            yield line

    monkeypatch.setattr("sys.stdin", Lines())
    assert main(["try", "mine", "--listen", "--store", address]) == 0
    _, before, after = map(json.loads, capsys.readouterr().out.splitlines())
    write_study(address, "maximum", "maximum", "photos")
    for told, study in ((before, None), (after, "maximum")):
        shares = {each["class"]: each["probability"] for each in told["probabilities"]}
        if study:
            chances = expected(address, study, LINEAR, "chelsea")
            np.testing.assert_allclose([shares[each] for each in CLASSES], chances, atol=1e-4)
    assert before["probabilities"] != after["probabilities"]
