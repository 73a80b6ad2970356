"""The pages and what is served beside them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient


def test_a_new_study_begins_with_its_photos(workbench: FlaskClient) -> None:
    assert 'value="study-1"' in workbench.get("/").text
    answer = workbench.get("/studies/?name=birds")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/studies/birds/photos/")
    assert workbench.get("/studies/birds/photos/").status_code == 200


def test_the_studies_of_the_settings_file_are_listed(
    workbench: FlaskClient, write_settings: Callable[[str], None]
) -> None:
    write_settings('[study.study-1]\ndataset = "photos"\n[study.other]\n')
    text = workbench.get("/").text
    assert 'href="/studies/study-1/models/"' in text
    assert 'href="/studies/other/photos/"' in text
    assert 'value="study-2"' in text


@pytest.mark.parametrize("step", ["photos", "models", "training", "run", "answer"])
def test_each_step_has_its_page_in_a_line_of_five(workbench: FlaskClient, step: str) -> None:
    text = workbench.get(f"/studies/mine/{step}/").text
    assert text.count('aria-current="step"') == 1
    assert f'<a href="/studies/mine/{step}/" aria-current="step">' in text
    assert text.count("/studies/mine/") >= 5


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "a%20b", "%2e%2e", "..%2f..%2fetc", "a%00b", "%22onload=x", "é"],
)
def test_a_name_that_is_none_is_refused_and_never_run(workbench: FlaskClient, name: str) -> None:
    for address in (f"/studies/?name={name}", f"/studies/{name}/photos/"):
        answer = workbench.get(address)
        assert answer.status_code in (400, 404)
        assert "<script>alert" not in answer.text
        assert '"onload' not in answer.text


def test_script_in_the_settings_file_is_text(
    workbench: FlaskClient, write_settings: Callable[[str], None]
) -> None:
    write_settings('[study.a]\ndataset = "<script>alert(1)</script>"\nmodels = ["<img src=x>"]\n')
    for path in ("/", *(f"/studies/a/{s}/" for s in ("photos", "models", "run", "answer"))):
        text = workbench.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x>" not in text


def test_a_settings_file_that_is_wrong_is_told_of(
    workbench: FlaskClient, write_settings: Callable[[str], None]
) -> None:
    write_settings("[study.a]\nmodel = 3\n")
    answer = workbench.get("/")
    assert answer.status_code == 400
    assert "did you mean &#39;models&#39;?" in answer.text


def test_the_built_site_is_served_and_nothing_beside_it(workbench: FlaskClient) -> None:
    Path("site/a").mkdir(parents=True)
    Path("site/a/index.html").write_text("a page")
    Path("site/.hidden").write_text("secret thing")
    Path("secret.txt").write_text("secret thing")
    Path("site/out").symlink_to(Path("secret.txt").resolve())
    assert workbench.get("/site/a/").text == "a page"
    assert "No site yet" in workbench.get("/site/").text
    for path in ("../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", ".hidden", "out", "a"):
        answer = workbench.get(f"/site/{path}")
        assert answer.status_code in (404, 308)
        assert "secret thing" not in answer.text


@pytest.mark.parametrize(
    "path", ["../__init__.py", "..%2flocal_server.py", "%2e%2e/local_server.py"]
)
def test_nothing_beside_the_assets_is_served(workbench: FlaskClient, path: str) -> None:
    assert workbench.get("/assets/css/site.css").status_code == 200
    assert workbench.get(f"/assets/{path}").status_code == 404


def test_pages_of_the_site_get_buttons_and_its_other_files_are_as_they_are(
    workbench: FlaskClient,
) -> None:
    Path("site").mkdir()
    Path("site/index.html").write_text("<head></head><body>&lt;/head></body>")
    Path("site/a.json").write_text('"</head>"')
    text = workbench.get("/site/").text
    assert text.count("js/workbench/site-buttons.js") == 1
    assert text.endswith("</head><body>&lt;/head></body>")
    assert workbench.get("/site/a.json").text == '"</head>"'
