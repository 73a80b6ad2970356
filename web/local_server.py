"""The server of a built site: for looking at it on this machine, never outside its folder."""

from pathlib import Path
from urllib.parse import quote

from flask import Flask, Response, abort, redirect, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Content type by the end of a file's name; what the machine's own tables say does not matter."""
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MISSING_POLICY = "base-uri 'none'; frame-ancestors 'none'"  # the page itself carries the rest
_YEAR = 365 * 24 * 60 * 60


def create_app(folder: Path) -> Flask:
    """A WSGI application that serves the files of `folder`, and nothing else.

    `folder` is looked up at each request, so that a site that is swapped is served at once. Only
    a browser that asks for this machine by name is answered (no DNS rebinding). What lies under
    `assets/` has its digest in its address and may be kept; all else is asked for again each time.
    """
    app = Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.url_map.merge_slashes = False

    @app.get("/")
    @app.get("/<path:path>")
    def serve(path: str = "") -> BaseResponse:
        file = _find(folder, path)
        if file.is_dir():
            if path and not path.endswith("/"):
                query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
                return redirect(f"./{quote(file.name)}/{query}", 308)
            file = _find(folder, f"{path}index.html")
        elif path.endswith("/"):
            abort(404)
        return _answer(file, path)

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
        return answer

    return app


def _find(folder: Path, path: str) -> Path:
    """The file or folder at `path` of the site; 404 for anything hidden, outside or not there."""
    root = folder.resolve()
    parts = path.removesuffix("/").split("/") if path else []
    if any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        abort(404)
    try:
        found = root.joinpath(*parts).resolve(strict=True)
    except OSError:
        abort(404)
    inside = found.relative_to(root).parts if found.is_relative_to(root) else (".",)
    if any(part.startswith(".") for part in inside):
        abort(404)
    return found


def _answer(file: Path, path: str) -> BaseResponse:
    kind = TYPES.get(file.suffix.lower(), "application/octet-stream")
    try:
        answer = send_file(file, mimetype=kind, conditional=True, etag=True)
    except OSError:
        abort(404)
    answer.headers["Content-Type"] = kind
    if path.startswith("assets/"):
        answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    else:
        answer.headers["Cache-Control"] = "no-cache"
    return answer
