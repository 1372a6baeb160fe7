"""The application: which address is answered with what. GET and HEAD everywhere, PUT for a position."""

import asyncio
import json
import re
import time
from pathlib import Path

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from narrate.errors import NarrateError
from narrate.publish import feed
from narrate.publish.player.assets import FILES_SCRIPT, files_script, player_files
from narrate.publish.player.data import DATA
from narrate.serve import files
from narrate.serve.access import Access, Guard
from narrate.serve.books import Books
from narrate.serve.positions import Position, Positions
from narrate.serve.texts import Text

_LARGEST_BODY = 4096
_BODY_WAIT_S = 10
_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,64}\](:\d{1,5})?")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


def make_app(books: Books, positions: Positions | None, access: Access) -> ASGIApp:
    """The application for `books`; without `positions` none are kept."""
    rooms = _Rooms(books, positions, access)
    routes = [
        Route("/positions", rooms.positions, methods=["GET"]),
        Route("/positions/{key}", rooms.keep_position, methods=["PUT"]),
        Route(f"/{DATA}/{{name:path}}.js", rooms.data, methods=["GET"]),
        Route(f"/{feed.FILE}", rooms.feed, methods=["GET"]),
        Route(f"/{feed.FOLDER}/{{name:path}}", rooms.companion, methods=["GET"]),
        Route("/{name:path}", rooms.file, methods=["GET"]),
    ]
    return Guard(Starlette(routes=routes), access)


class _Rooms:
    def __init__(self, books: Books, positions: Positions | None, access: Access) -> None:
        self._books = books
        self._access = access
        self._positions = positions
        self._pages = {name: _page(path) for name, path in player_files().items()}
        self._pages[FILES_SCRIPT] = Text.of(files_script().encode(), _TYPES[".js"])
        self._pages[""] = self._pages["index.html"]

    async def file(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        if name in self._pages:
            return self._pages[name].answer(request)
        found = await to_thread.run_sync(files.found, self._books, name)
        if found is None:
            return _missing()
        try:
            return await to_thread.run_sync(files.answer, request, *found)
        except OSError:
            return _missing()

    async def data(self, request: Request) -> Response:
        text = await to_thread.run_sync(self._books.script, request.path_params["name"])
        return text.answer(request) if text else _missing()

    async def feed(self, request: Request) -> Response:
        # Programs that read feeds keep no cookies: every address in it carries the token.
        room = f"~{self._access.token}/" if self._access.token else ""
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            return PlainTextResponse("No such host.\n", status_code=400)
        text = await to_thread.run_sync(self._books.feed, f"http://{host}/{room}")
        return text.answer(request) if text else _missing()

    async def companion(self, request: Request) -> Response:
        name = f"{feed.FOLDER}/{request.path_params['name']}"
        text = await to_thread.run_sync(self._books.companion, name)
        return text.answer(request) if text else _missing()

    async def positions(self, request: Request) -> Response:  # noqa: ARG002
        if self._positions is None:
            return _missing()
        try:
            found = await to_thread.run_sync(self._positions.all)
        except NarrateError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        known = {key: each.to_json() for key, each in found.items() if key in self._books}
        return _position_answer(known)

    async def keep_position(self, request: Request) -> Response:
        key: str = request.path_params["key"]
        if self._positions is None or key not in self._books:
            return _missing()
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return PlainTextResponse("A position is JSON.\n", status_code=415)
        try:
            async with asyncio.timeout(_BODY_WAIT_S):
                position = Position.read(json.loads(await _body(request)))
        except TimeoutError:
            return PlainTextResponse("That took too long.\n", status_code=408)
        except (ValueError, RecursionError, ClientDisconnect) as error:
            return PlainTextResponse(f"No position: {error}\n", status_code=400)
        try:
            stands = await to_thread.run_sync(self._positions.keep, key, position)
        except NarrateError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        return _position_answer(stands.to_json())


def _position_answer(content: object) -> Response:
    # What time it is, in ms since 1970: the newest position wins, and devices' clocks may differ.
    now = str(round(time.time() * 1000))
    return JSONResponse(content, headers={"cache-control": "no-store", "narrate-now": now})


async def _body(request: Request) -> bytes:
    data = b""
    async for block in request.stream():
        data += block
        if len(data) > _LARGEST_BODY:
            raise ValueError("too long")
    return data


def _page(path: Path) -> Text:
    return Text.of(path.read_bytes(), _TYPES[path.suffix])


def _missing() -> Response:
    return PlainTextResponse("Nothing here.\n", status_code=404)
