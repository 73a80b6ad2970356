"""What is found in a file of one's own is kept: the next list need not load it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.catalogue import catalogue, model_cache
from diamond_cutter.precompute.backbones.keras_runtime import keras

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
layers = keras.layers


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that name a small network and a file that holds none; a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    network = keras.Sequential(
        [
            keras.Input((33, 33, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, strides=2, activation="relu", name="conv2d"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5),
        ]
    )
    network.save(tmp_path / "mine.keras")
    (tmp_path / "text.pb").write_text("dear diary")
    path = tmp_path / "diamond.toml"
    path.write_text(
        f'[models.text]\nfile = "{tmp_path}/text.pb"\n'
        f'[models.mine]\nfile = "{tmp_path}/mine.keras"\n'
    )
    return path


def listed(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert main(["models", "--json", "--config", str(config)]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "text.pb: expected a frozen GraphDef" in printed.err
    return {model["name"]: model for model in json.loads(printed.out)}


def test_the_list_has_figures_of_own_files_and_then_tells_what_is_wrong(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = listed(config, capsys)
    mine = models["mine"]
    assert (mine["input_size"], mine["cuts"], mine["channels"]) == (33, 1, 8)
    assert mine["parameters"] == 3 * 3 * 3 * 8 + 8 + 8 * 5 + 5
    assert mine["gflops"] == pytest.approx(2 * (16 * 16 * 216 + 40) / 1e9, abs=1e-3)
    assert models["text"]["parameters"] is None


def test_a_file_is_loaded_once_and_again_when_it_has_changed(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed(config, capsys)
    (config.parent / "text.pb").unlink()
    script = (
        "import sys; from diamond_cutter.command.main import main; "
        f"main(['models', '--json', '--config', {str(config)!r}]); "
        f"main(['layers', 'mine', '--json', '--config', {str(config)!r}]); "
        "assert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert '"parameters": 269' in done.stdout
    assert '"name": "conv2d"' in done.stdout
    network = keras.models.load_model(config.parent / "mine.keras")
    other = keras.Sequential([keras.Input((33, 33, 3)), *network.layers[:-1], layers.Dense(7)])
    other.save(config.parent / "mine.keras")
    assert main(["models", "--json", "--config", str(config)]) == 0
    mine = json.loads(capsys.readouterr().out)[-1]
    assert mine["parameters"] == 224 + 8 * 7 + 7
    for kept in (config.parent / "cache").rglob("*.json"):
        kept.write_text(kept.read_text()[:100])  # cut short
    assert main(["models", "--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)[-1] == mine


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("package", ["keras", "tensorflow"])
def test_another_keras_or_tensorflow_reads_the_file_anew(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = catalogue.describe("efficientnet-lite0")[0]
    model_cache.cache_model("5d" * 32, model, [])
    assert model_cache.cached_model("5d" * 32) == model_cache.CachedModel(model, [])
    version = model_cache.version
    changed = {package: "99.0"}
    monkeypatch.setattr(model_cache, "version", lambda name: changed.get(name) or version(name))
    model_cache._code.cache_clear()
    assert model_cache.cached_model("5d" * 32) is None
    monkeypatch.undo()
    model_cache._code.cache_clear()
