"""What is checked before anything is made."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_pictures
import pytest
import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_plan import (
    Plan,
    make_plan,
    missing_channels,
    parse_budget,
    prepared_atlas,
    render_plans,
    tasks,
)
from diamond_cutter.precompute.atlas.render_task import RenderTask
from diamond_cutter.precompute.rendering.backend.device import Device

Tree = Callable[[Path], dict[str, bytes]]


def plan(folder: Path, **settings: Any) -> Plan:
    return make_plan(replace(AtlasSettings(store=str(folder)), **settings), fake_pictures.load)


def test_a_plan_holds_what_is_asked_for_and_writes_nothing(tmp_path: Path) -> None:
    made = plan(tmp_path / "atlas.zarr", models=("a", "b", "a"), channels="0-1", seed=7)
    assert [model.name for model, _ in made.models] == ["a", "b"]
    assert [(each.model.name, each.layer.name, each.channels) for each in made.selections] == [
        (model, layer, (0, 1)) for model in "ab" for layer in ("stem", "block", "head")
    ]
    assert ([recipe.name for recipe in made.recipes], made.seed) == (["preview"], 7)
    assert list(tmp_path.iterdir()) == []


def test_a_budget_plans_all_recipes_from_the_fastest_up(tmp_path: Path) -> None:
    made = plan(tmp_path, budget="10m", recipe="standard")
    assert [recipe.name for recipe in made.recipes] == ["preview", "standard"]
    assert made.budget == 600


def test_with_a_budget_all_comes_at_preview_then_what_a_study_uses_then_the_rest(
    tmp_path: Path,
) -> None:
    used = {("a", "inner"): (4,), ("a", "block"): (3, 1)}
    settings = AtlasSettings(store=str(tmp_path), channels="0-9", budget="10m")
    made = make_plan(settings, fake_pictures.load, used)
    stages = [
        (stage.recipe.name, {each.layer.name: each.channels for each in stage.selections})
        for stage in made.stages
    ]
    ten = tuple(range(10))
    whole = {"stem": ten, "block": ten, "head": ten, "inner": (4,)}
    assert stages == [
        ("preview", whole),
        ("standard", {"block": ten[:8], "inner": (4,)}),
        ("standard", whole),
    ]
    alone = make_plan(replace(settings, budget=""), fake_pictures.load, used)
    assert [stage.selections for stage in alone.stages] == [alone.selections]
    assert [each.layer.name for each in alone.selections] == ["inner", "block"]


def test_the_units_are_the_missing_chunks_of_each_layer(tmp_path: Path) -> None:
    made = plan(tmp_path, layers=("stem", "block"), channels="0-9")
    [missing] = missing_channels(made, prepared_atlas(made))

    def on(device: Device) -> list[RenderTask]:
        return tasks(made, made.stages[0], missing, render_plans(made, device))

    found = on(Device("CPU", "tensorflow"))
    assert [(task.layer.name, task.chunk.start, len(task.chunk.wanted)) for task in found] == [
        ("stem", 0, 8),
        ("stem", 8, 2),
        ("block", 0, 8),
        ("block", 8, 2),
    ]
    assert found[1].where == "efficientnet-lite0/stem channels 8-9"
    on_gpu = on(fake_pictures.GPU)
    assert [task.plan.batch for task in on_gpu] == [24, 16]
    assert [(task.layer.name, len(task.chunk.wanted), task.chunk.size) for task in on_gpu] == [
        ("stem", 10, 24),
        ("block", 10, 16),
    ]


def test_what_an_earlier_stage_makes_is_not_planned_again(tmp_path: Path) -> None:
    used = {("a", "block"): (3, 1)}
    settings = AtlasSettings(store=str(tmp_path), channels="0-9", layers=("block",), budget="10m")
    made = make_plan(settings, fake_pictures.load, used)
    missing = missing_channels(made, prepared_atlas(made))
    assert [lacks.get(("a", "block"), ()) for lacks in missing] == [
        tuple(range(10)), tuple(range(8)), (8, 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"photos": "nowhere"}, "nowhere: expected a folder, a zip, a tar or a CSV of photos"),
        ({"recipe": "beautiful"}, "recipe: expected one of 'preview', 'standard', got 'beautiful'"),
        ({"budget": "soon"}, "budget: expected a time"),
        ({"workers": -1}, "workers: expected 0 or more, got -1"),
        ({"memory_limit": "much"}, "memory_limit: expected an amount like '4GiB'"),
        ({"memory_limit": "10MB"}, "got '10MB'"),
        ({"layers": ("nowhere",)}, "got 'nowhere'"),
        ({"channels": "9999-9999"}, "numbers up to 42"),
        ({"store": "memory://atlas.zarr"}, "which workers do not share"),
        ({"store": "nothing://atlas.zarr"}, "Protocol not known: nothing"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_written(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        plan(tmp_path, **settings)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def refused(folder: Path, tree: Tree, **settings: Any) -> str:
    """The error of a plan, which must leave the store as it is."""
    before = tree(folder)
    with pytest.raises(UserError) as caught:
        plan(folder, **settings)
    assert tree(folder) == before
    return str(caught.value)


def test_a_store_of_another_format_version_is_refused(tmp_path: Path, tree: Tree) -> None:
    zarr.open_group(str(tmp_path), attributes={"kind": "atlas", "format_version": 99})
    assert "format_version 1, got kind 'atlas', format_version 99" in refused(tmp_path, tree)


def test_a_store_of_another_kind_is_refused(tmp_path: Path, tree: Tree) -> None:
    zarr.open_group(str(tmp_path), attributes={"kind": "study", "format_version": 1})
    assert "got kind 'study'" in refused(tmp_path, tree)


def test_a_damaged_store_is_refused(tmp_path: Path, tree: Tree) -> None:
    (tmp_path / "zarr.json").write_bytes(b"{")
    assert f"{tmp_path}: expected an atlas or nothing yet" in refused(tmp_path, tree)


def test_another_seed_than_the_pictures_have_is_refused(tmp_path: Path, tree: Tree) -> None:
    prepared_atlas(plan(tmp_path))
    assert "seed 0, asked for 1" in refused(tmp_path, tree, seed=1)


def test_a_recipe_that_has_changed_since_is_refused(tmp_path: Path, tree: Tree) -> None:
    prepared_atlas(plan(tmp_path))
    described = tmp_path / "efficientnet-lite0" / "head" / "zarr.json"
    content = json.loads(described.read_text())
    content["attributes"]["recipes"]["preview"]["phases"][0]["steps"] += 1
    described.write_text(json.dumps(content))
    assert "efficientnet-lite0/head was rendered with phases of recipe" in refused(tmp_path, tree)
    plan(tmp_path, layers=("stem", "block"))
    plan(tmp_path, recipe="standard")


def test_too_little_room_for_what_is_missing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Path
) -> None:
    monkeypatch.setattr(
        "diamond_cutter.precompute.stores.local_folder.shutil.disk_usage",
        lambda _: type("Usage", (), {"free": 100})(),
    )
    with pytest.raises(UserError, match="of free disk for the pictures asked for"):
        plan(tmp_path)
    plan(undisturbed)  # holds them all


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("10m", 600), ("1h30m", 5400), ("90s", 90), ("2h 5s", 7205), (" 1m ", 60)],
)
def test_budgets_are_seconds(text: str, seconds: float | None) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["10", "m", "0m", "-5m", "10m1h", "ten minutes", "1.5h"])
def test_a_budget_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected a time like") as caught:
        parse_budget(text)
    assert repr(text) in str(caught.value)
