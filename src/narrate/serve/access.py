"""Who may come in, and what every answer carries. ASGI around the whole application.

Where there is a token, nothing is served without it: it comes in the query once and is then a cookie, or it is the
first part of the path (`/~TOKEN/feed.xml`), for programs that keep no cookies. Where there is none, the server is this
machine's own, and is asked by its name: another name that leads here is a page elsewhere that tries to read along (DNS
rebinding).
"""

import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "narrate"
_LOOPBACK_NAMES = frozenset(["localhost", "127.0.0.1"])
_LONGEST_QUERY = 4096
_YEAR_S = 365 * 24 * 3600

HEADERS = {
    # The player's own page says the same (static/index.html); this holds for every other answer, too.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-robots-tag": "noindex",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """`token` is what lets a listener in; None for a server that only this machine can reach."""

    token: str | None = None

    @classmethod
    def by_token(cls) -> "Access":
        """Access with a token of 128 random bits."""
        return cls(token=secrets.token_urlsafe(16))

    def knows(self, given: str) -> bool:
        """Whether `given` is the token, compared in a time that tells nothing of it."""
        return self.token is not None and secrets.compare_digest(given.encode(), self.token.encode())


class Guard:
    """Lets requests through to `app`, or answers them itself; and puts HEADERS on every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        headers = Headers(scope=scope)
        answer = self._refused(scope, headers)
        if answer is not None:
            await answer(scope, receive, dressed)
            return
        await self._app(scope, receive, dressed)

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        """An answer that is not the application's; None when the request may pass, its path without a token then."""
        if self._access.token is None:
            name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
            if name.casefold() not in _LOOPBACK_NAMES:
                return PlainTextResponse("This server is asked as localhost or 127.0.0.1.\n", status_code=421)
        elif refused := self._without_token(scope, headers):
            return refused
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "HEAD") and origin and origin.partition("://")[2] != headers.get("host"):
            return PlainTextResponse("Not from another page.\n", status_code=403)
        return None

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        given, slash, rest = scope["path"].removeprefix("/~").partition("/")
        if scope["path"].startswith("/~") and slash and self._access.knows(given):
            scope["path"] = f"/{rest}"
            scope["raw_path"] = quote(scope["path"]).encode()
            return None
        cookie = cookie_parser(headers.get("cookie", "")).get(_COOKIE, "")
        if self._access.knows(cookie):
            return None
        return self._by_query(scope) or PlainTextResponse(
            "Nothing here without the token: scan the code that `narrate serve --lan` shows.\n", status_code=401
        )

    def _by_query(self, scope: Scope) -> Response | None:
        raw = scope["query_string"]
        query = parse_qsl(raw.decode("latin-1"), keep_blank_values=True) if len(raw) <= _LONGEST_QUERY else []
        if not self._access.token or not any(name == "token" and self._access.knows(value) for name, value in query):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # One slash: what begins with two would be an address of somewhere else.
        path = "/" + quote(scope["path"].lstrip("/"))
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        answer.set_cookie(_COOKIE, self._access.token, max_age=_YEAR_S, httponly=True, samesite="lax")
        return answer
