"""The files of the books: which may be asked for, and how they are sent: with Range, ETag, and gzip for texts.

A path is taken apart before the file system sees it, must lie in a book's folder under a name of a kind that a book
has, and must, with every link followed, still be in the shelf's folder.
"""

import os
import stat
import unicodedata
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from narrate.release import RECORD_FILE
from narrate.serve.books import Books
from narrate.serve.texts import Text, has_it

_SOUND = {
    ".mp3": "audio/mpeg",
    ".m4b": "audio/mp4",
    ".m4a": "audio/mp4",
    ".opus": "audio/ogg",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".epub": "application/epub+zip",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
}
_TEXT = {
    ".json": "application/json",
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
}
_LARGEST_PACKED = 8 << 20  # a longer text is sent as it is: packing it for each request would hold up all others
_LONGEST_PATH = 2000
_VERSIONED = "private, max-age=31536000, immutable"


def found(books: Books, name: str) -> tuple[Path, os.stat_result] | None:
    """The file that `name`, a path below the shelf with `/`, may be answered with; None for all others."""
    parts = name.split("/")
    if len(name) > _LONGEST_PATH or not all(map(_is_harmless, parts)) or not books.holds(name):
        return None
    if Path(parts[-1]).suffix.lower() not in (*_SOUND, *_TEXT) or parts[-1] == RECORD_FILE:
        return None
    try:
        path = books.folder.joinpath(*parts).resolve(strict=True)
        if not path.is_relative_to(books.folder.resolve(strict=True)):
            return None
        status = path.stat()
    except (OSError, ValueError, RuntimeError):
        return None
    return (path, status) if stat.S_ISREG(status.st_mode) else None


def _is_harmless(part: str) -> bool:
    """Whether a part of a path is a plain, visible name; a drive, a stream or a way up is none."""
    if not part or part.startswith(".") or "\\" in part or ":" in part:
        return False
    # Persian joins by a sign that is not printed, Japanese has a space of its own: only what controls is refused.
    return not any(unicodedata.category(char) in ("Cc", "Cs") for char in part)


def answer(request: Request, path: Path, status: os.stat_result) -> Response:
    """The file, whole or the ranges that `request` asks for."""
    suffix = path.suffix.lower()
    media_type = _SOUND.get(suffix) or _TEXT[suffix]
    if suffix in _TEXT and status.st_size <= _LARGEST_PACKED and "range" not in request.headers:
        return Text.of(path.read_bytes(), media_type).answer(request)
    # RFC 9110, clause 14.2: ranges are GET's alone, and one in another unit than bytes is as if it were not there.
    if request.method != "GET" or not request.headers.get("range", "").lower().startswith("bytes="):
        request.scope["headers"] = [each for each in request.scope["headers"] if each[0] != b"range"]
    cache = _VERSIONED if "v" in request.query_params else "no-cache"
    response = FileResponse(path, media_type=media_type, stat_result=status, headers={"cache-control": cache})
    if has_it(request, response.headers["etag"]):
        kept = {name: response.headers[name] for name in ("etag", "cache-control", "last-modified")}
        return Response(status_code=304, headers=kept)
    return response
