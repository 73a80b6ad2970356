"""What an atlas would take: told from what is there and how fast this machine was."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import fake_pictures
import pytest

from diamond_cutter.command.main import main
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas import atlas_forecast, atlas_run
from diamond_cutter.precompute.atlas.atlas_forecast import (
    MEASURING,
    START,
    TRACED,
    forecast_atlas,
    reached_levels,
    stage_gflop,
)
from diamond_cutter.precompute.atlas.atlas_plan import make_plan
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.jobs import kept_speeds
from diamond_cutter.precompute.jobs.kept_speeds import keep_speed, kind_of, read_speeds
from diamond_cutter.precompute.jobs.machine_speed import MachineSpeed
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side

MODEL = "efficientnet-lite0"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AtlasSettings:
    """An atlas of the fake, of which nothing is there; a core makes 50 GFLOP a second."""
    monkeypatch.setattr(
        atlas_forecast,
        "machine_speed",
        lambda cache, _: MachineSpeed(read_speeds(cache), 2, lambda: 50.0),
    )
    return AtlasSettings(
        store=str(tmp_path / "atlas.zarr"), cache=str(tmp_path / "cache"), workers=2
    )


def gflop(recipe: str, *, begun: bool) -> float:
    """Of all pictures of the cuts: two passes of every pixel, up to the layer."""
    total = 0.0
    for layer in fake_pictures.LAYERS:
        side = canvas_side(layer.receptive_field)
        pixels = RECIPES[recipe].pixels(side)
        if begun:
            pixels -= RECIPES["preview"].pixels(side)
        if layer.is_cut:
            total += layer.channels * pixels * 2 * 0.1 * (layer.index + 1) / 4 / 64**2
    return total


def test_of_an_atlas_that_is_not_there_all_is_to_be_made(settings: AtlasSettings) -> None:
    keep_speed(Path(settings.cache), [kind_of("atlas, preview", MODEL)], 10.0, 20.0)
    found = forecast_atlas(settings, ["preview"], fake_pictures.load)
    assert (found.pictures, found.there) == (79, 0)
    measuring, preview = found.steps
    assert (measuring.step, measuring.pictures) == (MEASURING, 0)
    taken = START + 3 * TRACED / 2 + gflop("preview", begun=False) / 0.5
    assert (preview.step, preview.pictures) == ("preview", 79)
    assert preview.seconds == pytest.approx(taken, abs=0.06)
    assert found.seconds == pytest.approx(measuring.seconds + preview.seconds, abs=0.1)
    assert found.disk_bytes > 79 * 32 * 32 * 3
    assert not Path(settings.store).exists()


def test_what_is_there_is_not_made_and_is_what_better_pictures_begin_with(
    settings: AtlasSettings, undisturbed: Path
) -> None:
    shutil.copytree(undisturbed, settings.store)
    there = forecast_atlas(settings, ["preview"], fake_pictures.load)
    assert (there.pictures, there.there, there.seconds) == (0, 79, 0.0)
    better = replace(settings, recipe="standard")
    plan = make_plan(better, fake_pictures.load)
    [stage] = plan.stages
    missing = {(entry.model.name, entry.layer.name): entry.channels for entry in stage.selections}
    for atlas, begun in ((plan.store_address.find(), True), (None, False)):
        found = stage_gflop(plan, stage, missing, reached_levels(plan, atlas))
        assert found == pytest.approx({MODEL: gflop("standard", begun=begun)})


def test_of_a_study_whole_chunks_are_made_and_then_better(settings: AtlasSettings) -> None:
    used = {(MODEL, "block"): (3, 5, 9)}
    found = forecast_atlas(settings, ["preview", "standard"], fake_pictures.load, used)
    assert [(step.step, step.pictures) for step in found.steps[1:]] == [
        *(("preview", 3), ("standard", 3))
    ]
    plan = make_plan(settings, fake_pictures.load, used)
    levels = reached_levels(plan, None)
    chosen = {(MODEL, "block"): (3, 5)}
    one = stage_gflop(plan, plan.stages[0], chosen, levels)[MODEL]
    two = stage_gflop(plan, plan.stages[0], {(MODEL, "block"): (3, 5, 9)}, levels)[MODEL]
    assert two == pytest.approx(2 * one)


def test_a_budget_is_the_most_that_it_takes(settings: AtlasSettings) -> None:
    found = forecast_atlas(replace(settings, budget="5s"), ["preview"], fake_pictures.load)
    assert found.seconds == 5.0
    assert found.pictures == 2 * 79


def test_a_run_keeps_how_fast_it_was(
    settings: AtlasSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_speeds, "LEAST", 0.0)
    render_atlas(
        settings,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure,
    )
    kept = read_speeds(Path(settings.cache))[kind_of("atlas, preview", MODEL)]
    assert kept.gflop == pytest.approx(gflop("preview", begun=False))


def test_the_command_tells_what_would_be_made(
    settings: AtlasSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(atlas_run, "load_backbone", fake_pictures.load)
    given = ["atlas", "--store", settings.store, "--cache", settings.cache]
    assert main([*given, "--plan", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["pictures"], document["there"]) == (79, 0)
    assert [step["step"] for step in document["steps"]] == [MEASURING, "preview"]
    assert main([*given, "--plan"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("79 pictures would be made, 0 are there. Nothing was rendered.\n")
    assert main([*given, "--json"]) == 2
    assert "--json: expected --plan with it" in capsys.readouterr().err
    assert not Path(settings.store).exists()
