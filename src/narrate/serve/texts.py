"""Texts as they are sent: whole or gzipped, each with its ETag; the last ones are kept in memory."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

_WORTH_BYTES = 700  # below that gzip saves no packet
_LEVEL = 6
_MOST_KEPT_BYTES = 48 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """`content` in UTF-8; `packed` is the same in gzip, or None where that is not worth it."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "Text":
        """A text to send; the same content has the same bytes and the same ETag at all times."""
        packed = gzip.compress(content, _LEVEL, mtime=0) if len(content) >= _WORTH_BYTES else None
        return cls(
            content=content,
            packed=packed if packed and len(packed) < len(content) else None,
            media_type=media_type,
            etag=hashlib.blake2b(content, digest_size=12).hexdigest(),
        )

    def answer(self, request: Request) -> Response:
        """What `request` gets: 304 if it has it, else the form that it accepts."""
        packed = self.packed if self.packed and _accepts_gzip(request.headers.get("accept-encoding", "")) else None
        etag = f'"{self.etag}-gzip"' if packed else f'"{self.etag}"'
        headers = {"etag": etag, "cache-control": "no-cache", "vary": "accept-encoding"}
        if has_it(request, etag):
            return Response(status_code=304, headers=headers)
        if packed:
            headers["content-encoding"] = "gzip"
        return Response(packed or self.content, media_type=self.media_type, headers=headers)


def has_it(request: Request, etag: str) -> bool:
    """Whether the request says that it has the state `etag` already (RFC 9110, clause 13.1.2: weak comparison)."""
    known = (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(","))
    return any(each in (etag, "*") for each in known)


def _accepts_gzip(header: str) -> bool:
    for each in header.split(","):
        coding, _, weight = each.replace(" ", "").casefold().partition(";q=")
        if coding in ("gzip", "*") and weight not in ("0", "0.0", "0.00", "0.000"):
            return True
    return False


class Texts:
    """Texts by their keys, made once; those asked for longest ago go when they are too many. For any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Text] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Text]) -> Text:
        """The text of `key`, by `make` if it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        text = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = text
                self._bytes += _size(text)
            while self._bytes > _MOST_KEPT_BYTES:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return text


def _size(text: Text) -> int:
    return len(text.content) + len(text.packed or b"")
