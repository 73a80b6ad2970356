"""Who is answered by the workbench: pages of its own, opened on this machine or with its token.

A page of a foreign site in the same browser can send requests here, and read the answers by a name
of its own that it lets lead to this machine (DNS rebinding). So the name by which we are asked has
to be ours, what a foreign page sends is refused by what browsers say of its origin, and nothing is
changed without the token, which stands in our pages alone.
"""

import socket
from ipaddress import ip_address
from pathlib import Path
from secrets import compare_digest, token_urlsafe
from urllib.parse import urlsplit

from filelock import FileLock
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.web.listening_socket import LOOPBACK

TOKEN = "X-Workbench-Token"  # noqa: S105
"""The header of requests that change something."""
COOKIE = "workbench"
"""What tells a browser that came with the token, where not this machine alone is listened to."""
POLICY = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'"
)
"""What every page carries: nothing from elsewhere, nothing inline."""
_HERE = (LOOPBACK, "localhost", "::1")
_READING = ("GET", "HEAD")


def kept_token(folder: Path) -> str:
    """The token of a folder, made once, that only its user may read.

    It is kept so that pages that are open go on with a server that was started anew.
    """
    file = folder / "token"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "token.lock"):
        file.touch(mode=0o600)
        if not file.stat().st_size:  # new, or left so by a full disk: no token at all lets all in
            file.write_text(token_urlsafe(32), encoding="ascii")
    return file.read_text(encoding="ascii")


def install_guard(app: Flask, token: str, host: str) -> None:
    """Have every request to `app`, which listens on `host`, checked before it is answered."""
    local = host in _HERE

    @app.before_request
    def check() -> BaseResponse | None:
        if not _is_ours(request.headers.get("Host", ""), host):
            return _refuse(
                400, "Host: expected the address that `diamond workbench` printed; open that one"
            )
        if _is_foreign():
            return _refuse(
                403, "expected a page of the workbench to ask this, got one of another site"
            )
        if not local and not _equal(request.cookies.get(COOKIE), token):
            return _let_in(token)
        if request.method not in _READING and not _equal(request.headers.get(TOKEN), token):
            return _refuse(403, f"{TOKEN}: expected the token of this workbench; reload the page")
        return None

    @app.after_request
    def protect(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", f"{POLICY}; frame-ancestors 'none'")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _is_ours(header: str, host: str) -> bool:
    """Whether a Host header has a name of ours: what no foreign site can let lead here."""
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    if name in _HERE:
        return True
    if host in _HERE:
        return False
    return name in (host.lower(), socket.gethostname().lower()) or _is_number(name)


def _is_number(name: str) -> bool:
    """Whether an address is a number: no name of anyone's leads anywhere by it."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_foreign() -> bool:
    """Whether a page of another origin sends this; its links may lead here, to be looked at."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return True
    fetched = request.headers
    visit = (fetched.get("Sec-Fetch-Mode"), fetched.get("Sec-Fetch-Dest")) == (
        "navigate",
        "document",
    )
    if request.method in _READING and visit:
        return False
    return fetched.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


def _let_in(token: str) -> BaseResponse:
    """Take a browser in that comes with the token in its address, and take it out of there."""
    if request.method not in _READING or not _equal(request.args.get("token"), token):
        return _refuse(
            403, "token: expected the address with its token that `diamond workbench` printed"
        )
    answer = redirect(request.path, 303)
    answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
    return answer


def _refuse(code: int, reason: str) -> Response:
    """No page of ours, for these carry the token."""
    if request.path.startswith("/api/"):
        answer = jsonify(error=reason)
    else:
        answer = Response(f"{reason}\n", mimetype="text/plain")
    answer.status_code = code
    return answer


def _equal(given: str | None, token: str) -> bool:
    return given is not None and compare_digest(given.encode(), token.encode())
