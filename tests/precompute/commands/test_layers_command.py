import json
import subprocess
import sys

import pytest

from diamond_cutter.command.main import main


def test_json_is_all_there_is_on_the_terminal() -> None:
    code = "import sys; from diamond_cutter.command.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "layers", "efficientnet-lite0", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    layers = json.loads(done.stdout)
    assert len(layers) == 58
    assert layers[9] == {
        "name": "block2b_add",
        "index": 9,
        "channels": 24,
        "stride": 4,
        "receptive_field": 19,
        "is_cut": True,
    }
    assert [layer["index"] for layer in layers] == list(range(58))
    assert sum(layer["is_cut"] for layer in layers) == 18


def test_table_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "efficientnet-lite0"]) == 0
    table, sketch = capsys.readouterr().out.split("\n\n")
    header, *rows = table.splitlines()
    assert header.split() == ["layer", "channels", "stride", "receptive", "field", "cut"]
    assert rows[0].split() == ["0", "stem_activation", "32", "2", "px", "3", "px", "cut"]
    assert rows[1].split() == ["1", "block1a_activation", "32", "2", "px", "7", "px"]
    assert len(rows) == 58
    signs = [line.split()[-1] for line in sketch.splitlines()[1:]]
    assert [line.split()[0] for line in sketch.splitlines()[1:]] == ["2", "4", "8", "16", "32"]
    assert sum(len(line) for line in signs) == 58
    assert sum(line.count("#") for line in signs) == 18


def test_unknown_model_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "efficientnet-lite9", "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "no backbone 'efficientnet-lite9': expected one of efficientnet-lite0" in printed.err


def test_model_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers"]) == 2
    assert "MODEL" in capsys.readouterr().err
