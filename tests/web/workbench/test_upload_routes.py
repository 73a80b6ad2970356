"""Uploads as the browser sends them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.request_guard import TOKEN
from diamond_cutter.web.workbench.uploads import upload_folder
from diamond_cutter.web.workbench.uploads.upload_folder import CHUNK

ASKED = {"name": "a b.zip", "size": 10, "mark": "1"}


def test_a_file_in_chunks_becomes_the_photos_of_a_study(workbench: FlaskClient) -> None:
    begun = workbench.post("/api/uploads", json=ASKED).json
    assert begun["chunk"] == CHUNK
    assert (begun["received"], begun["file"]) == (0, None)
    address = f"/api/uploads/{begun['id']}"
    assert workbench.post(f"{address}?at=0", data=b"01234").json["received"] == 5
    part = workbench.post("/api/studies/mine/dataset", json={"upload": begun["id"]})
    assert part.status_code == 400
    assert "drop it again to go on" in part.json["error"]
    assert workbench.post("/api/uploads", json=ASKED).json["received"] == 5
    done = workbench.post(f"{address}?at=5", data=b"56789").json
    assert Path(done["file"]).read_bytes() == b"0123456789"
    assert workbench.post("/api/studies/mine/dataset", json={"upload": begun["id"]}).json == {
        "dataset": done["file"]
    }
    assert Path("diamond.toml").read_text().strip() == (f'[study.mine]\ndataset = "{done["file"]}"')
    refused = workbench.post(f"{address}/remove")
    assert refused.status_code == 400
    assert "got those of mine" in refused.json["error"]
    assert Path(done["file"]).is_file()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"name": "a.zip"},
        {**ASKED, "size": "10"},
        {**ASKED, "size": 1.5},
        {**ASKED, "size": True},
        {**ASKED, "size": -1},
        {**ASKED, "name": 3},
        {**ASKED, "mark": None},
        {**ASKED, "size": 10**13},
        {**ASKED, "name": "x" * 2000 + ".zip"},
        {**ASKED, "mark": "x" * 2000},
    ],
)
def test_what_no_page_asks_is_refused(workbench: FlaskClient, asked: dict[str, object]) -> None:
    answer = workbench.post("/api/uploads", json=asked)
    assert answer.status_code == 400
    assert "expected" in answer.json["error"]
    assert workbench.get("/api/uploads").json == {"uploads": []}


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff"])
def test_what_is_no_json_is_refused(workbench: FlaskClient, body: bytes) -> None:
    answer = workbench.post("/api/uploads", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_a_chunk_is_of_the_size_that_was_told(workbench: FlaskClient) -> None:
    begun = workbench.post("/api/uploads", json={**ASKED, "size": 3 * CHUNK}).json
    answer = workbench.post(f"/api/uploads/{begun['id']}?at=0", data=bytes(CHUNK + 1))
    assert answer.status_code == 400
    assert workbench.post("/api/uploads", json={**ASKED, "size": 3 * CHUNK}).json["received"] == 0


@pytest.mark.parametrize("at", ["", "-1", "x", "1e3", "99999999999999999999999"])
def test_a_chunk_for_nowhere_changes_nothing(workbench: FlaskClient, at: str) -> None:
    begun = workbench.post("/api/uploads", json=ASKED).json
    answer = workbench.post(f"/api/uploads/{begun['id']}?at={at}", data=b"x")
    assert answer.json["received"] == 0


@pytest.mark.parametrize(
    "identity", ["..", "%2e%2e", "..%2f..%2ftoken", "a%00b", "nothing", "A-1", "x" * 300]
)
def test_no_address_leads_out_of_the_uploads(workbench: FlaskClient, identity: str) -> None:
    workbench.post("/api/uploads", json=ASKED)
    for address in (f"/api/uploads/{identity}?at=0", f"/api/uploads/{identity}/remove"):
        assert workbench.post(address, data=b"x").status_code in (400, 404)
    assert len(workbench.get("/api/uploads").json["uploads"]) == 1


def test_nothing_is_received_without_the_token(workbench: FlaskClient) -> None:
    begun = workbench.post("/api/uploads", json=ASKED).json
    for address in ("/api/uploads", f"/api/uploads/{begun['id']}?at=0"):
        answer = workbench.post(address, data=b"0123456789", headers={TOKEN: "wrong"})
        assert answer.status_code == 403
    assert workbench.post("/api/uploads", json=ASKED).json["received"] == 0


def test_a_full_disk_is_told_as_one(
    workbench: FlaskClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 GB where 5 are free; and a disk that fills up in the middle."""
    free = {"bytes": 5 * 10**9}
    usage = upload_folder.shutil.disk_usage("/")
    monkeypatch.setattr(
        upload_folder.shutil, "disk_usage", lambda _: usage._replace(free=free["bytes"])
    )
    answer = workbench.post("/api/uploads", json={**ASKED, "size": 10**10})
    assert answer.status_code == 507
    assert "10 GB of free disk" in answer.json["error"]
    free["bytes"] = 12 * 10**9
    begun = workbench.post("/api/uploads", json={**ASKED, "size": 10**10}).json
    address = f"/api/uploads/{begun['id']}"
    assert workbench.post(f"{address}?at=0", data=bytes(10**6)).json["received"] == 10**6
    free["bytes"] = 10**9
    answer = workbench.post(f"{address}?at={10**6}", data=bytes(10**6))
    assert answer.status_code == 507
    assert "remove uploads" in answer.json["error"]
    assert (project.folder / "uploads" / begun["id"] / "part").stat().st_size == 10**6


def test_a_hundred_windows_at_once(workbench: FlaskClient) -> None:
    def upload(number: int) -> bytes:
        client = workbench.application.test_client()
        client.environ_base.update(workbench.environ_base)
        content = bytes([number]) * 5000
        asked = {"name": f"{number}.tar", "size": len(content), "mark": ""}
        begun = client.post("/api/uploads", json=asked).json
        for at in range(0, len(content), 2000):
            sent = client.post(f"/api/uploads/{begun['id']}?at={at}", data=content[at : at + 2000])
        return Path(sent.json["file"]).read_bytes()

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(upload, range(100)))
    assert found == [bytes([number]) * 5000 for number in range(100)]


def test_names_with_script_are_text(workbench: FlaskClient) -> None:
    name = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e.zip"
    workbench.post("/api/uploads", json={**ASKED, "name": name})
    text = workbench.get("/studies/mine/photos/").text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
