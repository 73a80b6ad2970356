"""The web application of `diamond workbench`: the pages, their JSON, the built site."""

from importlib import resources
from pathlib import Path

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.command.configuration import check_name
from diamond_cutter.command.errors import UserError
from diamond_cutter.web.folder_files import send
from diamond_cutter.web.listening_socket import LOOPBACK
from diamond_cutter.web.workbench.photos.photo_routes import photo_routes
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.queue.jobs_pages import jobs_pages
from diamond_cutter.web.workbench.request_guard import install_guard
from diamond_cutter.web.workbench.setting_routes import setting_routes
from diamond_cutter.web.workbench.site_pages import site_pages
from diamond_cutter.web.workbench.steps.answer_step import answer_step
from diamond_cutter.web.workbench.steps.models_step import models_step
from diamond_cutter.web.workbench.steps.photos_step import photos_step
from diamond_cutter.web.workbench.steps.run_step import run_step
from diamond_cutter.web.workbench.steps.training_step import training_step
from diamond_cutter.web.workbench.study_jobs import study_jobs
from diamond_cutter.web.workbench.uploads.upload_routes import upload_routes
from diamond_cutter.web.workbench.workbench_home import workbench_home
from diamond_cutter.web.workbench.workbench_page import page, prepare_pages

STATIC = Path(__file__).parents[1] / "static"
TEMPLATES = resources.files("diamond_cutter.site_templates")


def create_workbench(project: Project, token: str, host: str = LOOPBACK) -> Flask:
    """A WSGI application for the project, which listens on `host`; `token` as the guard has it."""
    app = Flask(__name__, static_folder=None, template_folder=str(TEMPLATES))
    app.url_map.merge_slashes = False
    install_guard(app, token, host)
    prepare_pages(app, token)
    steps = (photos_step, models_step, training_step, run_step, answer_step)
    asked = (upload_routes, photo_routes, setting_routes, jobs_pages, study_jobs)
    for part in (workbench_home, *steps, *asked, site_pages):
        app.register_blueprint(part(project))

    @app.before_request
    def check_study() -> BaseResponse | None:
        name = (request.view_args or {}).get("study")
        if name is not None:
            check_name(name)
        return None

    @app.get("/assets/<path:path>")
    def asset(path: str) -> BaseResponse:
        return send(STATIC, path)

    @app.errorhandler(UserError)
    def mend(error: UserError) -> tuple[Response | str, int]:
        return _told(400, "This can be mended", str(error))

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[Response | str, int]:
        code = error.code or 500
        return _told(
            code, "Nothing at this address" if code == 404 else error.name, error.description
        )

    return app


def _told(code: int, title: str, text: str | None) -> tuple[Response | str, int]:
    """An error as whoever asked can read it: `{error}`, or a page."""
    line = " ".join((text or title).split())
    if request.path.startswith("/api/"):
        return jsonify(error=line), code
    return page("problem.html", title, heading=title, text=line), code
