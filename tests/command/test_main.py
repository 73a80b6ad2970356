"""The entry point: what it lists, and how it ends."""

import pytest

from diamond_cutter.command.main import COMMANDS, main


def test_the_commands_are_these() -> None:
    assert list(COMMANDS) == [
        "models",
        "layers",
        "atlas",
        "render",
        "check-data",
        "study",
        "export",
        "predict",
        "try",
        "save",
        "publish",
        "site",
        "serve",
        "workbench",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert f"diamond {command}" in printed
    assert COMMANDS[command][1] in " ".join(printed.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["polish"], "invalid choice: 'polish'"),
        (["models", "--sort"], "unrecognized arguments: --sort"),
        (["layers", "lenet", "--json"], "no backbone 'lenet'"),
        (["atlas", "--config", "none.toml"], "none.toml: no such settings file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("diamond: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "models", ("no_such_module", "list the backbones"))
    with pytest.raises(ModuleNotFoundError):
        main(["models"])
