"""The server of a built site: for looking at it on this machine, never outside its folder."""

from pathlib import Path

from flask import Flask, Response
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.web.folder_files import send

_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""Pages may be embedded in those of others, as they may on any other host."""
_MISSING_POLICY = "base-uri 'none'; frame-ancestors 'none'"  # the page itself carries the rest


def create_app(folder: Path, *, any_origin: bool = False) -> Flask:
    """A WSGI application that serves the files of `folder`, and nothing else.

    `folder` is looked up at each request, so that a site that is swapped is served at once. Only
    a browser that asks for this machine by name is answered (no DNS rebinding). What lies under
    `assets/` has its digest in its address and may be kept; all else is asked for again each time.
    `any_origin`: whether pages of other sites may read the files, as on most public hosts.
    """
    app = Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.url_map.merge_slashes = False

    @app.get("/")
    @app.get("/<path:path>")
    def serve(path: str = "") -> BaseResponse:
        return send(folder, path)

    @app.errorhandler(404)
    def missing(_: NotFound) -> tuple[Response, int]:
        page = folder / "404.html"
        text = page.read_text(encoding="utf-8") if page.is_file() else "Nothing at this address\n"
        answer = Response(text, mimetype="text/html" if page.is_file() else "text/plain")
        answer.headers["Content-Security-Policy"] = _MISSING_POLICY
        answer.headers["Cache-Control"] = "no-cache"
        return answer, 404

    @app.after_request
    def guard(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", _POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        if any_origin:
            answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    return app
