from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from diamond_cutter.web.local_server import create_app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site with a neighbour that nobody may see."""
    files = {
        "site/index.html": "<title>home</title>",
        "site/404.html": "<title>missing</title>",
        "site/index.json": "{}",
        "site/.diamond-site.json": "secret",
        "site/.git/config": "secret",
        "site/assets/ab12/css/site.css": "css",
        "site/assets/ab12/js/grid.js": "js",
        "site/assets/ab12/js/state.mjs": "js",
        "site/a/b/index.html": "<title>b</title>",
        "site/a/b/sheet-0.webp": "webp",
        "site/a/b/channel.jpg": "jpg",
        "site/a/b/channels.jsonl": "{}",
        "site/a/b/font.woff2": "woff2",
        "site/a/b/unknown.xyz": "xyz",
        "site/empty/file.txt": "text",
        "secret.txt": "secret",
        "site-2/index.html": "secret",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    (tmp_path / "site/out").symlink_to(tmp_path / "site-2")
    (tmp_path / "site/out.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "site/marker.json").symlink_to(tmp_path / "site/.diamond-site.json")
    (tmp_path / "site/inside.html").symlink_to(tmp_path / "site/index.html")
    return tmp_path / "site"


class Client(FlaskClient):
    """Reads every answer to its end, as a browser does, so that its file is closed."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        return super().open(*arguments, **{"buffered": True, **options})


@pytest.fixture
def client(folder: Path) -> FlaskClient:
    app = create_app(folder)
    app.test_client_class = Client
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/a/b/", "text/html; charset=utf-8"),
        ("/index.json", "application/json"),
        ("/a/b/channels.jsonl", "application/jsonl"),
        ("/assets/ab12/css/site.css", "text/css; charset=utf-8"),
        ("/assets/ab12/js/grid.js", "text/javascript; charset=utf-8"),
        ("/assets/ab12/js/state.mjs", "text/javascript; charset=utf-8"),
        ("/a/b/sheet-0.webp", "image/webp"),
        ("/a/b/channel.jpg", "image/jpeg"),
        ("/a/b/font.woff2", "font/woff2"),
        ("/a/b/unknown.xyz", "application/octet-stream"),
        ("/inside.html", "text/html; charset=utf-8"),
    ],
)
def test_files_come_with_their_types_and_guards(client: FlaskClient, path: str, kind: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors" not in answer.headers["Content-Security-Policy"]  # to be embedded


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/a/../../secret.txt",
        "/a/%2e%2e/%2e%2e/secret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/a\\..\\..\\secret.txt",
        "/%252e%252e/secret.txt",
        "http://localhost//etc/passwd",
        "/%2fetc%2fpasswd",
        "/a//b/",
        "/./index.html",
        "/a/./b/",
        "/.diamond-site.json",
        "/%2ediamond-site.json",
        "/.git/config",
        "/marker.json",
        "/out/",
        "/out",
        "/out/index.html",
        "/out.txt",
        "/../site-2/index.html",
        "/index.html/",
        "/index.html%00.txt",
        "/nul%00",
        "/" + "a" * 5000,
        "/empty/",
        "/a/",
        "/nothing",
    ],
)
def test_nothing_hidden_and_nothing_outside_the_folder_is_served(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert b"secret" not in answer.data
    assert b"<title>missing</title>" in answer.data


@pytest.mark.parametrize(
    ("path", "target"),
    [("/a/b", "./b/"), ("/a/b?sort=score&show=0-3,5", "./b/?sort=score&show=0-3,5")],
)
def test_a_folder_without_its_slash_is_redirected_wherever_the_site_is_mounted(
    client: FlaskClient, path: str, target: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (308, target)


def test_a_file_is_sent_again_only_if_it_has_changed(client: FlaskClient, folder: Path) -> None:
    tag = client.get("/a/b/").headers["ETag"]
    again = client.get("/a/b/", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    (folder / "a/b/index.html").write_text("<title>changed</title>")
    changed = client.get("/a/b/", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.data) == (200, b"<title>changed</title>")


def test_only_what_has_its_digest_in_its_address_may_be_kept(client: FlaskClient) -> None:
    kept = client.get("/assets/ab12/css/site.css").headers["Cache-Control"]
    assert kept == "public, max-age=31536000, immutable"
    for path in ("/", "/index.json", "/a/b/sheet-0.webp", "/nothing"):
        assert client.get(path).headers["Cache-Control"] == "no-cache"


def test_only_this_machine_is_answered_by_name(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert client.get("/", headers={"Host": "rebound.example:8000"}).status_code == 400


def test_pages_of_other_sites_read_nothing_unless_they_may(folder: Path) -> None:
    name = "Access-Control-Allow-Origin"
    for app, allowed in ((create_app(folder), None), (create_app(folder, any_origin=True), "*")):
        app.test_client_class = Client
        for path in ("/index.json", "/nothing"):
            assert app.test_client().get(path).headers.get(name) == allowed


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_sent(client: FlaskClient, method: str) -> None:
    assert client.open("/index.html", method=method).status_code == 405


def test_head_answers_without_the_file(client: FlaskClient) -> None:
    answer = client.head("/a/b/channel.jpg")
    assert (answer.status_code, answer.data, answer.content_length) == (200, b"", 3)


def test_a_part_of_a_file_can_be_asked_for(client: FlaskClient) -> None:
    answer = client.get("/a/b/sheet-0.webp", headers={"Range": "bytes=1-2"})
    assert (answer.status_code, answer.data) == (206, b"eb")


def test_a_site_that_is_swapped_is_served_at_once(client: FlaskClient, folder: Path) -> None:
    folder.rename(folder.with_name("old"))
    assert client.get("/").status_code == 404
    folder.mkdir()
    (folder / "index.html").write_text("new")
    assert client.get("/").data == b"new"
