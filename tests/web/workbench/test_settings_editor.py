"""What is chosen in the browser, written into a settings file that people keep by hand."""

import tomllib
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from diamond_cutter.command.configuration import load_study
from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.settings_editor import ChangedError, SettingsEditor, as_toml

ROOT = Path(__file__).parents[3]
DIGITS = ("study", "digits")


@pytest.fixture
def editor(tmp_path: Path) -> SettingsEditor:
    path = tmp_path / "diamond.toml"
    path.write_bytes((ROOT / "diamond.toml").read_bytes())
    return SettingsEditor(path, tmp_path / "kept" / "settings.lock")


def changed_lines(editor: SettingsEditor) -> list[str]:
    before = (ROOT / "diamond.toml").read_text().splitlines()
    return [line for line in editor.path.read_text().splitlines() if line not in before]


def test_all_but_the_values_stays(editor: SettingsEditor) -> None:
    editor.edit(
        {DIGITS: {"folds": 10, "cuts": ["top_activation"]}, (*DIGITS, "training"): {"epochs": 7}},
        {},
    )
    assert changed_lines(editor) == [
        'cuts = ["top_activation"]           # "all", or a list of names; `diamond layers MODEL` '
        "lists them",
        "folds = 10                          # parts that the photos are split into, each held out "
        "once",
        "epochs = 7                          # at most",
    ]
    lines = editor.path.read_text().splitlines()
    assert len(lines) == len((ROOT / "diamond.toml").read_text().splitlines())


def test_what_is_the_same_is_not_written(editor: SettingsEditor) -> None:
    editor.edit({DIGITS: {"folds": 5, "seed": 0}}, {})
    assert editor.path.read_bytes() == (ROOT / "diamond.toml").read_bytes()


def test_a_setting_is_taken_out(editor: SettingsEditor) -> None:
    editor.edit({DIGITS: {"folds": None, "views": 3}}, {DIGITS: {"folds": 5}})
    table = editor.table(*DIGITS)
    assert "folds" not in table
    assert table["views"] == 3


def test_the_commands_read_a_study_that_was_added(editor: SettingsEditor) -> None:
    values: dict[str, Any] = {
        "dataset": 'a "b" \\ c\nd',
        "models": [f"m{number}" for number in range(9)],
    }
    assert editor.add_study("trash", values) == "trash"
    assert editor.add_study("Trash", {"dataset": "b"}) == "Trash-2"
    assert editor.add_study("trash", {"dataset": "c"}) == "trash-3"
    study = load_study("trash", Namespace(config=str(editor.path)))
    assert (study.dataset, list(study.models)) == (values["dataset"], values["models"])
    text = editor.path.read_text()
    assert text.startswith((ROOT / "diamond.toml").read_text().rstrip().splitlines()[0])
    assert "\n\n[study.Trash-2]\n" in text


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    editor = SettingsEditor(tmp_path / "new.toml", tmp_path / "lock")
    editor.add_study("a", {"dataset": "photos"})
    editor.edit({("study", "a", "training"): {"head": "keras"}}, {})
    assert tomllib.loads(editor.path.read_text()) == {
        "study": {"a": {"dataset": "photos", "training": {"head": "keras"}}}
    }
    assert editor.path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "text",
    [
        'study.a.dataset = "x"\nstudy.a.folds = 3\n',
        'study = { a = { dataset = "x", folds = 3 } }\n',
        '[study.a]\ndataset = "x"\nfolds = 3\n\n[site]\noutput = "s"\n\n[study.b]\ndataset = "y"\n',
        "[study.a.training]\nepochs = 3\n"
        '[site]\noutput = "s"\n[study.a]\ndataset = "x"\nfolds = 3\n',
        '[study.a]\r\ndataset = "x"\r\nfolds = 3\r\n',
    ],
)
def test_however_a_table_is_written(tmp_path: Path, text: str) -> None:
    editor = SettingsEditor(tmp_path / "diamond.toml", tmp_path / "lock")
    editor.path.write_text(text, newline="")
    before = tomllib.loads(text)
    editor.edit({("study", "a"): {"folds": 4}, ("study", "a", "training"): {"epochs": 9}}, {})
    editor.add_study("c", {"dataset": "z"})
    after = tomllib.loads(editor.path.read_text())
    assert after.pop("site", {}) == before.pop("site", {})
    assert after["study"].pop("c") == {"dataset": "z"}
    assert after["study"].pop("a") == {"dataset": "x", "folds": 4, "training": {"epochs": 9}}
    before["study"].pop("a")
    assert after == before


def test_what_was_changed_meanwhile_is_not_overwritten(editor: SettingsEditor) -> None:
    seen = {DIGITS: {"folds": 5}}
    editor.edit({DIGITS: {"folds": 7}}, seen)
    before = editor.path.read_bytes()
    with pytest.raises(ChangedError, match=r"folds of \[study.digits\] to be 5, as it was, got 7"):
        editor.edit({DIGITS: {"folds": 6}}, seen)
    with pytest.raises(ChangedError):
        editor.edit({DIGITS: {"folds": 6}}, {DIGITS: {"folds": None}})
    assert editor.path.read_bytes() == before


def test_other_changes_are_no_hindrance(editor: SettingsEditor) -> None:
    editor.path.write_text(editor.path.read_text() + "\n# a note\n")
    editor.edit({DIGITS: {"folds": 6}}, {DIGITS: {"folds": 5}})
    assert editor.path.read_text().endswith("\n# a note\n")


def test_many_at_once_lose_nothing(editor: SettingsEditor) -> None:
    keys = ["folds", "views", "seed", "workers"]

    def count(key: str) -> None:
        for value in range(1, 6):
            editor.edit({DIGITS: {key: value}}, {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, keys))
        names = list(pool.map(lambda _: editor.add_study("new", {"dataset": "x"}), range(8)))
    assert [editor.table(*DIGITS)[key] for key in keys] == [5, 5, 5, 5]
    assert sorted(names) == sorted(["new", *(f"new-{number}" for number in range(2, 9))])


def test_what_no_command_reads_is_not_written(editor: SettingsEditor) -> None:
    before = editor.path.read_bytes()
    for names, values in (
        (DIGITS, {"folds": "x"}),
        (DIGITS, {"no_such": 1}),
        (("study", "a/../b"), {"dataset": "x"}),
        (("study", "digits", "no_table"), {"a": 1}),
    ):
        with pytest.raises(UserError) as told:
            editor.edit({names: values}, {})
        assert str(editor.path) in str(told.value) or "a/../b" in str(told.value)
    assert editor.path.read_bytes() == before
    assert [path.name for path in editor.path.parent.iterdir()] in (
        ["diamond.toml", "kept"],
        ["kept", "diamond.toml"],
    )


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    editor = SettingsEditor(tmp_path / "diamond.toml", tmp_path / "lock")
    editor.path.write_text("[study.a\n")
    with pytest.raises(UserError, match="expected a readable TOML file"):
        editor.add_study("b", {"dataset": "x"})
    assert editor.path.read_text() == "[study.a\n"


def test_a_link_stays_one(editor: SettingsEditor, tmp_path: Path) -> None:
    link = tmp_path / "linked.toml"
    link.symlink_to(editor.path)
    SettingsEditor(link, editor.lock).edit({DIGITS: {"folds": 6}}, {})
    assert link.is_symlink()
    assert editor.table(*DIGITS)["folds"] == 6


def test_a_table_is_taken_out(editor: SettingsEditor) -> None:
    editor.remove("study", "digits")
    assert editor.table("study").keys() == {"scenes"}


def test_a_table_to_copy() -> None:
    assert as_toml(("study", "a"), {"dataset": "x", "models": ["m", "n"]}) == (
        '[study.a]\ndataset = "x"\nmodels = ["m", "n"]'
    )
