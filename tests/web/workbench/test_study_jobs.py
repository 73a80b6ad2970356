"""What a page may have run for a study, and what it may not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.queue.job_queue import JobQueue


@pytest.fixture(autouse=True)
def settings(
    write_settings: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A study, and a queue in which nothing runs."""
    write_settings(f'[study.mine]\ndataset = "none"\n[workbench]\nroots = "{tmp_path}/open"\n')
    (tmp_path / "open").mkdir()
    monkeypatch.setattr(JobQueue, "start", lambda _: None)


@pytest.mark.parametrize(
    ("asked", "commands"),
    [
        ({"kind": "study"}, ["diamond study mine", "diamond site"]),
        ({"kind": "pictures"}, ["diamond atlas --for mine", "diamond site"]),
        ({"kind": "site"}, ["diamond site"]),
        (
            {"kind": "export", "model": "m", "cut": "b1", "format": "tflite"},
            ["diamond export mine m b1 -o data/workbench/exports/mine-m-b1.tflite"],
        ),
        (
            {"kind": "export", "model": "m", "cut": "a/b", "format": "savedmodel"},
            ["diamond export mine m a/b -o data/workbench/exports/mine-m-a_b"],
        ),
    ],
)
def test_each_kind_is_a_command(
    workbench: FlaskClient, asked: dict[str, str], commands: list[str]
) -> None:
    answer = workbench.post("/api/studies/mine/jobs", json=asked)
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["number"], answer.json["state"]) == (1, "waiting")
    assert answer.json["commands"] == commands


def test_a_site_is_written_where_that_is_allowed(workbench: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "open/out").symlink_to(tmp_path / "elsewhere")
    inside = {"kind": "publish", "folder": f"{tmp_path}/open/a site"}
    answer = workbench.post("/api/studies/mine/jobs", json=inside).json
    assert answer is not None
    assert answer["commands"] == [f"diamond site --output '{tmp_path}/open/a site'"]
    for folder in (
        "/etc/site",
        "site",
        "",
        f"{tmp_path}/open/../x",
        f"{tmp_path}/open/out/x",
        None,
    ):
        refused = workbench.post(
            "/api/studies/mine/jobs", json={"kind": "publish", "folder": folder}
        )
        assert refused.status_code == 400, folder
        assert refused.json is not None
        assert f"expected one in {tmp_path}/open, got" in refused.json["error"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        [],
        {"kind": "shell"},
        {"kind": ["study"]},
        {"kind": "export", "model": "--config", "cut": "b", "format": "keras"},
        {"kind": "export", "model": "m", "cut": "-o", "format": "keras"},
        {"kind": "export", "model": "m", "cut": "b", "format": "../../x"},
        {"kind": "export", "model": "m\n", "cut": "b", "format": "keras"},
        {"kind": "export", "model": {"a": 1}, "cut": "b", "format": "keras"},
    ],
)
def test_nothing_else_is_run(workbench: FlaskClient, project: Project, asked: Any) -> None:
    answer = workbench.post("/api/studies/mine/jobs", json=asked)
    assert answer.status_code == 400
    assert answer.json is not None
    assert "expected" in answer.json["error"]
    assert JobQueue(project.folder / "queue").jobs() == {}


def test_a_study_without_a_table_is_not_run(workbench: FlaskClient) -> None:
    answer = workbench.post("/api/studies/other/jobs", json={"kind": "study"})
    assert answer.json == {
        "error": "diamond.toml: expected [study.other], got none; choose its photos first"
    }


def test_only_json_is_taken(workbench: FlaskClient) -> None:
    for data in (b"", b"{", b"kind=study"):
        answer = workbench.post(
            "/api/studies/mine/jobs", data=data, content_type="application/json"
        )
        assert answer.status_code == 400
    assert workbench.post("/api/studies/mine/jobs", data={"kind": "study"}).status_code == 415


def test_an_export_is_downloaded_a_folder_as_a_zip(workbench: FlaskClient) -> None:
    exports = Path("data/workbench/exports")
    (exports / "mine-m-b").mkdir(parents=True)
    (exports / "mine-m-b/saved_model.pb").write_bytes(b"network")
    (exports / "mine-m-b.keras").write_bytes(b"keras file")
    whole = workbench.get("/api/studies/mine/export?model=m&cut=b&format=keras")
    assert whole.data == b"keras file"
    assert whole.headers["Content-Disposition"] == "attachment; filename=mine-m-b.keras"
    zipped = workbench.get("/api/studies/mine/export?model=m&cut=b&format=savedmodel")
    assert zipped.data.startswith(b"PK")
    assert b"mine-m-b/saved_model.pb" in zipped.data
    missing = workbench.get("/api/studies/mine/export?model=m&cut=b&format=tflite")
    assert missing.status_code == 400
    for cut in ("..", "../../../diamond.toml", "%00"):
        hostile = workbench.get(f"/api/studies/mine/export?model=m&cut={cut}&format=keras")
        assert hostile.status_code == 400
