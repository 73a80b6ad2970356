"""A project of its own in an empty folder, and a workbench on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.request_guard import TOKEN
from diamond_cutter.web.workbench.workbench_app import create_workbench


class Client(FlaskClient):
    """Reads every answer to its end, as a browser does, so that its file is closed."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        return super().open(*arguments, **{"buffered": True, **options})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty folder, which is where commands are given."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return Project()


@pytest.fixture
def write_settings(project: Project) -> Callable[[str], None]:
    """Writes the settings file."""

    def write(text: str) -> None:
        project.file.write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def open_browser() -> Callable[..., FlaskClient]:
    """Gives a browser that knows no token, for a workbench on a project that listens on a host."""

    def make(project: Project, host: str = "127.0.0.1") -> FlaskClient:
        app = create_workbench(project, "secret", host)
        app.test_client_class = Client
        return app.test_client()

    return make


@pytest.fixture
def workbench(project: Project, open_browser: Callable[..., FlaskClient]) -> FlaskClient:
    """The workbench, asked as its own pages ask it."""
    client = open_browser(project)
    client.environ_base[f"HTTP_{TOKEN.upper().replace('-', '_')}"] = "secret"
    return client
