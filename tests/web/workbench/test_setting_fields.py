"""Settings as fields of forms, and forms written into the settings file."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from diamond_cutter.command.settings import StudySettings, TrainingSettings
from diamond_cutter.web.workbench.setting_fields import TABLES, setting_fields
from diamond_cutter.web.workbench.steps.models_step import CHOSEN
from diamond_cutter.web.workbench.steps.photos_step import READING
from diamond_cutter.web.workbench.steps.training_step import GROUPS

ADDRESS = "/api/studies/mine/settings"


def test_choices_are_the_words_of_the_line() -> None:
    found = {field.name: field for field in setting_fields(TrainingSettings(), ("head", "epochs"))}
    assert found["head"].choices == ("logistic", "keras", "own")
    assert (found["head"].value, found["head"].default) == ("logistic", "logistic")
    assert (found["epochs"].choices, found["epochs"].value) == ((), "200")
    assert found["epochs"].help == "Passes over the training photos, at most."
    names = ("near_duplicates", "augment", "optimizer")
    others = setting_fields(StudySettings(), names[:2])
    assert others[0].choices == ("group", "report", "ignore")
    assert (others[1].choices, others[1].value) == ((), "flip,crop,colour")


def test_every_setting_of_a_study_has_its_place_in_a_step() -> None:
    there = {("", name) for name in ("dataset", "rename", "leave_out", *READING, *CHOSEN)}
    there |= {(table, name) for _, table, names in GROUPS for name in names}
    known = {
        (table, item.name)
        for table, kind in TABLES.items()
        for item in fields(kind)
        if "help" in item.metadata
    }
    assert known <= there
    assert len(there) == 3 + sum(
        len(names) for names in (READING, CHOSEN, *(each[2] for each in GROUPS))
    )


def test_forms_are_written_together_and_no_more_than_changed(workbench: FlaskClient) -> None:
    Path("diamond.toml").write_text('[study.mine]\ndataset = "x"\nfolds = 5  # five\n')
    forms = {
        "": {"values": {"folds": "4", "seed": "0", "models": "a, b"}, "seen": {"folds": 5}},
        "training": {"values": {"head": "keras", "dropout": "0.5"}, "seen": {}},
        "attribution": {"values": {"photos": "all", "steps": "16"}, "seen": {}},
    }
    assert workbench.post(ADDRESS, json=forms).status_code == 200
    assert tomllib.loads(Path("diamond.toml").read_text())["study"]["mine"] == {
        "dataset": "x",
        "folds": 4,
        "models": ["a", "b"],
        "training": {"head": "keras", "dropout": 0.5},
        "attribution": {"photos": "all"},
    }
    assert "# five" in Path("diamond.toml").read_text()


@pytest.mark.parametrize(
    ("forms", "said"),
    [
        ({"": {"values": {"folds": "x"}, "seen": {}}}, "--folds: expected a whole number"),
        ({"": {"values": {"folds": ""}, "seen": {}}}, "--folds: expected a whole number"),
        ({"": {"values": {"nothing": "1"}, "seen": {}}}, "expected one of a study"),
        ({"": {"values": {"training": "1"}, "seen": {}}}, "expected one of a study"),
        ({"atlas": {"values": {"store": "/x"}, "seen": {}}}, "expected one of a study"),
        ({"": {"values": {"folds": 3}, "seen": {}}}, "reload the page"),
        ({"": {"values": {}}}, "reload the page"),
        ([], "reload the page"),
    ],
)
def test_what_is_no_setting_is_refused(workbench: FlaskClient, forms: object, said: str) -> None:
    text = '[study.mine]\ndataset = "x"\n'
    Path("diamond.toml").write_text(text)
    answer = workbench.post(ADDRESS, json=forms)
    assert answer.status_code == 400
    assert said in answer.json["error"]
    assert Path("diamond.toml").read_text() == text


def test_of_two_windows_the_later_one_is_told(workbench: FlaskClient) -> None:
    Path("diamond.toml").write_text('[study.mine]\ndataset = "x"\n')

    def save(folds: str) -> int:
        forms = {"": {"values": {"folds": folds}, "seen": {"folds": None}}}
        return workbench.post(ADDRESS, json=forms).status_code

    assert [save("7"), save("8")] == [200, 400]
    assert "folds = 7" in Path("diamond.toml").read_text()


@pytest.mark.parametrize("step", ["models", "training"])
def test_a_study_without_photos_is_led_to_them(workbench: FlaskClient, step: str) -> None:
    text = workbench.get(f"/studies/mine/{step}/").text
    assert '<a class="main" href="/studies/mine/photos/">' in text
    assert "<form" not in text


def test_the_training_page_shows_what_the_file_says(workbench: FlaskClient) -> None:
    Path("diamond.toml").write_text(
        '[study.mine]\ndataset = "x"\n[study.mine.training]\noptimizer = "<b>\\"x"\nepochs = 7\n'
    )
    text = workbench.get("/studies/mine/training/").text
    assert 'name="epochs" value="7"' in text
    assert 'value="&lt;b&gt;&#34;x"' in text
    assert "<b>" not in text
    assert text.index('name="head"') < text.index('name="optimizer"') < text.index('name="workers"')
