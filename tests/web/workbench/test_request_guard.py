"""Who is answered: attacks by foreign names, foreign pages and without the token."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.request_guard import TOKEN, kept_token

PAGES = ("/", "/studies/mine/photos/", "/api/nothing", "/site/", "/assets/css/site.css")
"""One of each kind that there is."""


@pytest.fixture
def browser(project: Project, open_browser: Callable[..., FlaskClient]) -> FlaskClient:
    """A browser that knows no token."""
    return open_browser(project)


@pytest.fixture
def open_to_others(project: Project, open_browser: Callable[..., FlaskClient]) -> FlaskClient:
    """The workbench as it listens on all addresses, asked by one of them."""
    client = open_browser(project, "0.0.0.0")  # noqa: S104
    client.environ_base["HTTP_HOST"] = "192.168.1.5:8001"
    return client


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "host", ["rebound.example:8001", "192.168.1.5", "127.0.0.1.rebound.example", "[::2]", "[", ""]
)
def test_a_foreign_name_that_leads_here_reads_nothing(
    browser: FlaskClient, path: str, host: str
) -> None:
    answer = browser.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert b"secret" not in answer.data


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "LOCALHOST", "[::1]:8001"])
def test_the_names_of_this_machine_are_answered(browser: FlaskClient, host: str) -> None:
    assert browser.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/api/commands"])
@pytest.mark.parametrize("token", [None, "", "secre", "secret2", "sécret"])
def test_nothing_is_changed_without_the_token(
    browser: FlaskClient, method: str, path: str, token: str | None
) -> None:
    headers = {} if token is None else {TOKEN: token}
    assert browser.open(path, method=method, headers=headers).status_code == 403


def test_a_form_of_another_site_is_refused(browser: FlaskClient) -> None:
    sent = browser.post(
        "/api/commands",
        data={"kind": "study"},
        headers={
            "Origin": "https://rebound.example",
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            TOKEN: "secret",
        },
    )
    assert sent.status_code == 403


@pytest.mark.parametrize("origin", ["https://rebound.example", "null", "http://localhost:9999"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_fetch_of_another_origin_is_refused_even_with_the_token(
    browser: FlaskClient, origin: str, method: str
) -> None:
    answer = browser.open("/", method=method, headers={"Origin": origin, TOKEN: "secret"})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("mode", "destination"),
    [("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe"), ("cors", "empty")],
)
def test_other_sites_embed_nothing_of_it(
    browser: FlaskClient, site: str, mode: str, destination: str
) -> None:
    sent = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
    assert browser.get("/", headers=sent).status_code == 403


def test_a_link_of_another_site_may_lead_here(browser: FlaskClient) -> None:
    sent = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert browser.get("/", headers=sent).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_for_its_own_pages_alone(browser: FlaskClient, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_where_others_may_come_in_nobody_does_without_the_token(
    open_to_others: FlaskClient, path: str
) -> None:
    for address in (path, f"{path}?token=wrong"):
        answer = open_to_others.get(address)
        assert answer.status_code == 403
        assert b"secret" not in answer.data


def test_the_token_in_the_address_lets_a_browser_in_and_leaves_the_address(
    open_to_others: FlaskClient,
) -> None:
    answer = open_to_others.get("/?token=secret")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert open_to_others.get("/").status_code == 200
    assert open_to_others.post("/api/commands").status_code == 403  # the cookie changes nothing


def test_where_others_may_come_in_they_ask_by_number_or_by_the_name_that_was_given(
    project: Project, open_browser: Callable[..., FlaskClient]
) -> None:
    client = open_browser(project, "desk.example")
    for host, code in (
        ("desk.example:8001", 303),
        ("10.0.0.7:8001", 303),
        ("localhost", 303),
        ("rebound.example", 400),
    ):
        answer = client.get("/?token=secret", headers={"Host": host})
        assert answer.status_code == code, host


def test_the_token_is_kept_and_for_its_user_alone(tmp_path: Path) -> None:
    token = kept_token(tmp_path / "workbench")
    assert len(token) > 40
    assert kept_token(tmp_path / "workbench") == token
    file = tmp_path / "workbench/token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_that_a_full_disk_left_empty_is_made_anew(tmp_path: Path) -> None:
    """Nobody is to come in by none, and a workbench that starts beside this one has the same."""
    (tmp_path / "token").touch(mode=0o600)
    with ThreadPoolExecutor(8) as starts:
        tokens = set(starts.map(kept_token, [tmp_path] * 8))
    assert [len(token) > 40 for token in tokens] == [True]
