import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from diamond_cutter.command.main import main


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("home")
    return tmp_path / "site"


def test_without_a_site_it_says_what_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--output", str(tmp_path / "none")]) == 2
    assert "run `diamond site` first" in capsys.readouterr().err


def test_a_taken_port_is_said(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--output", str(site), "--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert f"--port: expected a free port, got {port}" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none_is_said(
    site: Path, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert main(["serve", "--output", str(site), "--port", port]) == 2
    assert f"got {port}" in capsys.readouterr().err


def test_it_prints_its_address_and_answers_there_and_only_there(site: Path) -> None:
    command = [sys.executable, "-c", "from diamond_cutter.command.main import main; main()"]
    options = ["serve", "--output", str(site), "--port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            address = line.split()[0]
            assert address.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310
                assert answer.read() == b"home"
            port = int(address.rstrip("/").rpartition(":")[2])
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.2", port), timeout=5)
        finally:
            server.terminate()
