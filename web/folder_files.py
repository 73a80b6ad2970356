"""The files of a folder as answers: nothing hidden, nothing outside of it."""

import re
from pathlib import Path
from urllib.parse import quote

from flask import abort, redirect, request, send_file
from werkzeug.wrappers import Response

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Content type by the end of a file's name; what the machine's own tables say does not matter."""
_PICTURES = re.compile(rb'<html [^>]*\bdata-pictures="([^"]+)"')
"""Where a page says that its folder's pictures lie, if not beside it."""
_YEAR = 365 * 24 * 60 * 60


def send(folder: Path, path: str) -> Response:
    """The file at `path` of a folder, which is looked up anew each time; 404 if there is none.

    A folder answers with its index. Pages show the pictures of the folder, wherever these will lie
    for others. What lies under `assets/` has its digest in its address and may be kept; all else is
    asked for again each time.
    """
    file = _find(folder, path)
    if file.is_dir():
        if path and not path.endswith("/"):
            query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
            return redirect(f"./{quote(file.name)}/{query}", 308)
        file = _find(folder, f"{path}index.html")
    elif path.endswith("/"):
        abort(404)
    kind = TYPES.get(file.suffix.lower(), "application/octet-stream")
    try:
        answer = send_file(file, mimetype=kind, conditional=True, etag=True)
    except OSError:
        abort(404)
    answer.headers["Content-Type"] = kind
    if file.suffix == ".html" and answer.status_code == 200:
        answer.direct_passthrough = False
        answer.set_data(_with_own_pictures(answer.get_data(), path))
    if path.startswith("assets/"):
        answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    else:
        answer.headers["Cache-Control"] = "no-cache"
    return answer


def _with_own_pictures(page: bytes, path: str) -> bytes:
    """The page at a path of the site as it is where pictures lie beside the pages."""
    found = _PICTURES.search(page)
    if found is None:
        return page
    folder = path[: path.rfind("/") + 1]
    root = "../" * folder.count("/") or "./"
    return page.replace(found[1].removesuffix(folder.encode()), root.encode())


def _find(folder: Path, path: str) -> Path:
    """The file or folder at `path`; 404 for anything hidden, outside or not there."""
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
