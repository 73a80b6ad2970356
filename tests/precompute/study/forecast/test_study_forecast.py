"""What a study is going to do: told beforehand, from what was measured where something was."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.main import main
from diamond_cutter.command.settings import (
    ActivationAtlasSettings,
    AttributionSettings,
    StudySettings,
)
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.jobs import machine_speed
from diamond_cutter.precompute.jobs.kept_speeds import Speed, keep_speed, kind_of
from diamond_cutter.precompute.jobs.machine_speed import MachineSpeed
from diamond_cutter.precompute.study.forecast import study_forecast
from diamond_cutter.precompute.study.forecast.study_forecast import LOADING, forecast_study
from diamond_cutter.precompute.study.forecast.work_efforts import (
    explanation_efforts,
    map_efforts,
)
from diamond_cutter.precompute.study.study_run import make_study

LITE = "efficientnet-lite0"
CUTS = ("block3b_add", "block5c_add")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudySettings:
    """A study of two colours; weights of Keras are not here, and a core makes 50 GFLOP a second."""
    random = np.random.default_rng(3)
    for name, colour in (("blue", (60, 90, 190)), ("red", (190, 70, 60))):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(8):
            noise = random.normal(0, 60, (7, 7, 3)) + colour
            photo = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
            photo.resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(
        study_forecast,
        "machine_speed",
        lambda cache, _: MachineSpeed(machine_speed.read_speeds(cache), 2, lambda: 50.0),
    )
    return StudySettings(
        dataset=str(tmp_path / "photos"),
        models=(LITE, "ResNet50"),
        store=str(tmp_path / "study.zarr"),
        features=str(tmp_path / "features.zarr"),
        cache=str(tmp_path / "cache"),
        attribution=AttributionSettings(cuts=("none",)),
    )


def test_a_plan_makes_nothing_and_says_what_would_be_made(settings: StudySettings) -> None:
    found = forecast_study("mine", settings)
    assert (found.photos, found.classes, found.problem) == (16, {"blue": 8, "red": 8}, "")
    lite, resnet = found.models
    assert (lite.weights, lite.download_bytes, len(lite.cuts)) == ("here", 0, 18)
    assert (resnet.weights, resnet.download_bytes) == ("absent", 4 * 25_583_592)
    assert resnet.cuts == [layer.name for layer in catalogue.layers("ResNet50") if layer.is_cut]
    assert (resnet.photos_cached, resnet.photos_missing) == (0, 16)
    share = machine_speed.SHARES["features, photos"]
    assert resnet.seconds["features"] == pytest.approx(
        LOADING + 16 * 7.716 / (share * 2 * 50.0), abs=0.06
    )
    assert found.download_bytes == resnet.download_bytes
    assert found.seconds == pytest.approx(
        sum(sum(each.seconds.values()) for each in found.models), abs=0.3
    )
    assert [step.step for step in found.steps] == [
        *("download", "features", "latency", "heads", "attribution", "maps")
    ]
    assert not Path(settings.store).exists()
    assert not Path(settings.features).exists()


def test_earlier_runs_here_tell_how_fast_a_network_is(settings: StudySettings) -> None:
    cache = Path(settings.cache)
    keep_speed(cache, [kind_of("features, photos", LITE)], 30.0, 15.0)
    lite, resnet = forecast_study("mine", settings).models
    assert (lite.known, resnet.known) == ("measured", "estimated")
    assert lite.seconds["features"] == pytest.approx(LOADING + 16 * lite.gflops / 2, abs=0.06)  # type: ignore[operator]
    assert resnet.seconds["features"] == pytest.approx(LOADING + 16 * 7.716 / 2, abs=0.06)


def test_what_is_in_the_store_is_not_made_again(settings: StudySettings) -> None:
    made = StudySettings(**{**vars(settings), "models": (LITE,), "cuts": CUTS})
    make_study("mine", made, stream=io.StringIO())
    [lite] = forecast_study("mine", made).models
    assert (lite.cuts, lite.photos_cached, lite.photos_missing) == (list(CUTS), 16, 0)
    assert (lite.seconds["features"], lite.seconds["latency"]) == (0.0, 0.0)
    (Path(settings.dataset) / "red" / "0.png").rename(Path(settings.dataset) / "red" / "new.png")
    (Path(settings.dataset) / "red" / "1.png").unlink()
    Image.new("RGB", (64, 64), (200, 40, 30)).save(Path(settings.dataset) / "red" / "more.png")
    [changed] = forecast_study("mine", made).models
    assert (changed.photos_cached, changed.photos_missing) == (15, 1)
    more = StudySettings(**{**vars(made), "cuts": (*CUTS, "top_activation")})
    assert forecast_study("mine", more).models[0].photos_missing == 16


def test_what_cuts_look_at_takes_what_its_passes_take() -> None:
    model = catalogue.describe(LITE)[0]
    gflops = model.gflops or 0.0
    asked = AttributionSettings(photos="40", pictures=0, graph=3)
    efforts = explanation_efforts(model, StudySettings(attribution=asked), 450, 5)
    assert efforts == pytest.approx(
        {
            "attribution, photos": 40 * 7 * gflops,
            "attribution graphs, photos": 2 * 40 * 5 * gflops,
        }
    )
    slow = AttributionSettings(photos="all", pictures=0, graph=0, method="integrated", steps=4)
    efforts = explanation_efforts(model, StudySettings(attribution=slow), 450, 5)
    assert efforts == pytest.approx({"attribution, photos": 450 * 25 * gflops})
    assert map_efforts(model, [], ActivationAtlasSettings(), 450) == {}


def test_a_speed_of_other_networks_is_that_of_their_gflops() -> None:
    speeds = {kind_of("heads", "a"): Speed(10.0, 5.0), kind_of("heads", "b"): Speed(30.0, 5.0)}
    speed = MachineSpeed(speeds, 2, lambda: 50.0)
    assert speed.seconds("heads", "a", 10.0) == (5.0, True)
    assert speed.seconds("heads", "c", 10.0) == (2.5, False)
    assert speed.seconds("latency", "c", 10.0) == (0.1, False)
    assert len(speed.sources) == 3


def test_the_command_prints_a_plan_and_what_is_wrong(
    settings: StudySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    places = [f"--{name}={getattr(settings, name)}" for name in ("dataset", "store", "cache")]
    given = ["study", "mine", "--plan", *places, f"--features={settings.features}"]
    assert main([*given, "--json", f"--models={LITE},ResNet50"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [model["model"] for model in document["models"]] == [LITE, "ResNet50"]
    assert document["steps"][0] == {"step": "download", "seconds": None, "bytes": 102_334_368}
    assert main([*given, f"--models={LITE},ResNet50"]) == 0
    said = capsys.readouterr().out
    assert "mine: 16 photos of 2 classes, 2 backbones, 36 cuts. Nothing was run." in said
    assert "To download: about 102 MB" in said
    assert main([*given, "--json", "--leave-out=red"]) == 2
    captured = capsys.readouterr()
    assert "expected photos of two classes or more" in json.loads(captured.out)["problem"]
    assert "expected photos of two classes or more" in captured.err
    assert main([*given, "--head=own"]) == 2
    assert "--plan: expected a study with heads" in capsys.readouterr().err
