"""Settings: defaults, the file, the options; what is not known is refused in one line."""

from argparse import ArgumentParser, Namespace
from dataclasses import fields
from pathlib import Path

import pytest

from diamond_cutter.command.configuration import add_options, load, load_studies, load_study
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import (
    STUDY_TABLES,
    TABLES,
    ActivationAtlasSettings,
    AtlasSettings,
    AttributionSettings,
    SiteSettings,
    StudySettings,
    TrainingSettings,
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


def test_the_demo_has_every_setting_of_a_study_with_its_default() -> None:
    given = options("--config", str(DEMO))
    quick = AttributionSettings(photos="40", groups=3, pictures=1)
    assert load_studies(given) == {
        "digits": StudySettings(
            dataset="data/digits",
            attribution=quick,
            activation_atlas=ActivationAtlasSettings(layers=("cut",)),
        ),
        "scenes": StudySettings(
            dataset="data/scenes",
            training=TrainingSettings(head="own"),
            attribution=AttributionSettings(pictures=1),
            activation_atlas=ActivationAtlasSettings(layers=("block5c_add",), parts=8),
        ),
    }
    text = DEMO.read_text(encoding="utf-8").split("[study.digits]")[1].split("[study.scenes]")[0]
    named = {line.split(" = ")[0] for line in text.splitlines() if " = " in line}
    tables = (StudySettings, *STUDY_TABLES.values())
    assert named == {item.name for table in tables for item in fields(table)} - {*STUDY_TABLES}


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
        (
            "[altas]\nseed = 1",
            "expected the tables 'atlas', 'site', 'workbench', 'study.NAME' and .*, got 'altas'",
        ),
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


STUDY = """
[study.one]
dataset = "photos"
models = "a"
[study.one.training]
learning_rate = 1
epochs = 7
[study.two]
dataset = "more"
"""


def test_a_study_is_its_table_with_its_training_and_the_options(tmp_path: Path) -> None:
    given = written(tmp_path, STUDY)
    training = TrainingSettings(learning_rate=1.0, epochs=7)
    assert load_study("one", given) == StudySettings(
        dataset="photos", models=("a",), training=training
    )
    given.dropout, given.views, given.augment = "0.25", "3", "flip,crop"
    given.cuts, given.attribution_cuts = "here,there", "here"
    loaded = load_study("one", given)
    assert (loaded.cuts, loaded.attribution.cuts) == (("here", "there"), ("here",))
    assert (loaded.views, loaded.augment) == (3, ("flip", "crop"))
    assert (loaded.training.dropout, loaded.training.epochs) == (0.25, 7)
    assert list(load_studies(given)) == ["one", "two"]
    assert load_studies(given)["one"].views == 0


def test_a_study_that_is_not_in_the_file_needs_a_dataset(tmp_path: Path) -> None:
    given = written(tmp_path, STUDY)
    with pytest.raises(UserError, match=r"\[study.three\] with a dataset.*'one', 'two'.*--dataset"):
        load_study("three", given)
    given.dataset = "here"
    assert load_study("three", given) == StudySettings(dataset="here")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[study."a/b"]\ndataset = "x"', "'a/b': expected a name of letters"),
        ("[study.a]\nfold = 3", r"\[study.a\] has 'fold', expected one of 'dataset'"),
        (
            "[study.a.trainig]\nepochs = 3",
            r"'trainig', expected one of .*'training'.* \(did you mean 'training'\?\); rename",
        ),
        ('[study.a]\nfolds = "3"', r"\[study.a\] folds: expected a whole number, got '3'"),
        ("[study.a.training]\nepoch = 3", r"\[study.a.training\] has 'epoch', expected one of"),
        ("[study.a.training]\ndropout = true", r"dropout: expected a number, got True"),
        ("[study.a]\ntraining = 3", r"expected a table \[study.a.training\], got 3"),
        ("study = 3", r"expected a table \[study\], got 3"),
    ],
)
def test_what_is_wrong_with_a_study_is_said(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        load(AtlasSettings, written(tmp_path, text))


def test_numbers_given_as_options_are_checked(tmp_path: Path) -> None:
    given = written(tmp_path, STUDY)
    given.dropout = "much"
    with pytest.raises(UserError, match="--dropout: expected a number, got 'much'"):
        load_study("one", given)
