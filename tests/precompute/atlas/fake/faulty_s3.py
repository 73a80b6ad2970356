"""A way to an S3 server on which things go wrong: errors, throttling, stalls, lost answers.

What goes wrong is drawn with a seed, request by request; it stands between a client and any server.
"""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web
from yarl import URL

_ERROR = "<?xml version='1.0'?><Error><Code>{0}</Code><Message>{0}</Message></Error>"
_HOP_BY_HOP = {
    "connection",
    "expect",
    "transfer-encoding",
    "content-encoding",
    "content-length",
    "host",
}


@dataclass
class Faults:
    """Shares of all requests, 0..1, and what happened: `seen` counts it.

    error: answered with 500. throttling: with 503 SlowDown. stall: answered after `seconds`.
    landed: of those that write, done and answered with 500. torn: of those that read, half of the
    answer, and then the end of the connection.
    away: what becomes of every request for now, "refused" (answered with 503), "cut" (no answer,
    and the end of the connection) or "silent" (the same, when it is over); empty: it is there.
    """

    error: float = 0.0
    throttling: float = 0.0
    stall: float = 0.0
    landed: float = 0.0
    torn: float = 0.0
    seconds: float = 30.0
    away: str = ""
    draws: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311
    seen: Counter[str] = field(default_factory=Counter)

    def draw(self, method: str) -> str:
        """What goes wrong with a request: the name of a share, or nothing."""
        at = self.draws.random()
        for name in (
            "error",
            "throttling",
            "stall",
            "torn" if method in ("GET", "HEAD") else "landed",
        ):
            at -= getattr(self, name)
            if at < 0:
                self.seen[name] += 1
                return name
        self.seen["answered"] += 1
        return ""


@contextmanager
def faulty(server: str, faults: Faults) -> Iterator[str]:
    """The address of a way to the server at an address, "http://host:port", while it is needed."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    found: list[str] = []

    async def serve() -> None:
        app = web.Application(client_max_size=2**30)
        async with ClientSession(
            auto_decompress=False, cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=None)
        ) as session:

            async def answer(request: web.Request) -> web.StreamResponse:
                return await _answer(request, session, server, faults)

            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
            started.set()
            await ended.wait()
            await runner.cleanup()

    ended = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


async def _answer(
    request: web.Request, session: ClientSession, server: str, faults: Faults
) -> web.StreamResponse:
    body = await request.read()
    if faults.away:
        faults.seen["away"] += 1
        if faults.away == "refused":
            return _error(503, "ServiceUnavailable")
        while faults.away == "silent":
            await asyncio.sleep(0.1)
        return _cut(request, web.Response())
    fault = faults.draw(request.method)
    if fault == "error":
        return _error(500, "InternalError")
    if fault == "throttling":
        return _error(503, "SlowDown")
    if fault == "stall":
        await asyncio.sleep(faults.seconds)
    headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
    async with session.request(
        request.method, URL(server + request.raw_path, encoded=True), headers=headers, data=body
    ) as found:
        content = await found.read()
        if fault == "landed":
            return _error(500, "InternalError")
        kept = {k: v for k, v in found.headers.items() if k.lower() not in _HOP_BY_HOP}
        if fault == "torn" and len(content) > 1:
            return await _torn(request, found.status, kept, content)
        if request.method == "HEAD":
            kept["Content-Length"] = found.headers.get("Content-Length", "0")
        return web.Response(status=found.status, headers=kept, body=content)


async def _torn(
    request: web.Request, status: int, headers: dict[str, str], content: bytes
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    return _cut(request, response)


def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return response


def _error(status: int, code: str) -> web.Response:
    return web.Response(status=status, text=_ERROR.format(code), content_type="application/xml")
