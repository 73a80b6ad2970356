"""Settings: defaults, the file, the options; what is not known is refused in one line."""

from argparse import ArgumentParser, Namespace
from dataclasses import fields
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import (
    TABLES,
    AtlasSettings,
    SiteSettings,
    add_options,
    load,
)

DEMO = Path(__file__).parents[2] / "diamond.toml"


def options(*arguments: str) -> Namespace:
    parser = ArgumentParser()
    add_options(parser, AtlasSettings, SiteSettings)
    return parser.parse_args(arguments)


def written(folder: Path, text: str) -> Namespace:
    path = folder / "diamond.toml"
    path.write_text(text, encoding="utf-8")
    return options("--config", str(path))


@pytest.mark.parametrize("table", TABLES)
def test_the_demo_has_every_setting_with_its_default_and_says_what_it_is(table: str) -> None:
    assert load(TABLES[table], options("--config", str(DEMO))) == TABLES[table]()
    section = DEMO.read_text(encoding="utf-8").split(f"[{table}]")[1].split("\n[")[0]
    for item in fields(TABLES[table]):
        line = next(line for line in section.splitlines() if line.startswith(f"{item.name} = "))
        assert line.count("#") == 1, f"{item.name} is not explained"


def test_options_come_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    given = written(tmp_path, '[atlas]\nrecipe = "standard"\nseed = 4\nmodels = ["a", "b"]\n')
    assert load(AtlasSettings, given) == AtlasSettings(recipe="standard", seed=4, models=("a", "b"))
    given.seed, given.layers = "5", "stem_activation, block1a_project_bn"
    loaded = load(AtlasSettings, given)
    assert (loaded.seed, loaded.recipe) == (5, "standard")
    assert loaded.layers == ("stem_activation", "block1a_project_bn")


def test_a_single_text_and_a_count_are_taken_as_meant(tmp_path: Path) -> None:
    loaded = load(AtlasSettings, written(tmp_path, '[atlas]\nlayers = "all"\nchannels = 16\n'))
    assert loaded.layers == ("all",)
    assert loaded.channels == "16"


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(SiteSettings, options()) == SiteSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[atlas", "expected a readable TOML file"),
        ("[altas]\nseed = 1", r"expected the tables 'atlas', 'site', got 'altas'"),
        ("[atlas]\nsede = 1", r"\[atlas\] has 'sede', expected one of 'store', .*'seed'"),
        ('[atlas]\nseed = "1"', r"\[atlas\] seed: expected a whole number, got '1'"),
        ("[atlas]\nseed = true", r"\[atlas\] seed: expected a whole number, got True"),
        ("[atlas]\nmodels = [1]", r"\[atlas\] models: expected a text or a list of texts"),
        ("[atlas]\nmodels = []", r"\[atlas\] models: expected a text or a list of texts"),
        ("[site]\noutput = 3", r"\[site\] output: expected a text, got 3"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(AtlasSettings, written(tmp_path, text))


def test_wrong_options_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--seed: expected a whole number, got 'x'"):
        load(AtlasSettings, options("--seed", "x"))
    with pytest.raises(UserError, match="no such settings file"):
        load(AtlasSettings, options("--config", str(tmp_path / "none.toml")))
