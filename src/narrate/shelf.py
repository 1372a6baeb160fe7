"""The Shelf: the books that lie in a folder, as whoever plays, serves, exports or announces them needs them.

In: a folder that anybody may have filled. Out: a `Shelf` of books, and a line for each that cannot be used. Reads
`publication.json` alone, and looks whether the files that it names are there; nothing that it names is ever taken from
outside the book's own folder, whatever it says.
"""

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from narrate.errors import SourceError
from narrate.release import COVER_FILE, MANIFEST_FILE, RECORD_FILE, TIMELINE_FILE

_DEEPEST = 5  # folders below the shelf: Author/Title, and what people put around that
_MOST_FOLDERS = 200_000
_MOST_CHAPTERS = 20_000
_LARGEST_MANIFEST = 64 << 20
_LONGEST_TEXT = 2000
_JOINERS = "\u200c\u200d"  # Persian and Indian words are spelt with them, and emoji made of several
# ISO 8601-1:2019 clause 5.5.2.2, of which publication.json uses hours, minutes and seconds.
_DURATION = re.compile(r"PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShelfChapter:
    """A chapter of a published book. `file` exists; `start_s` counts from the start of the book; seconds, to the ms."""

    number: int
    title: str
    file: Path
    start_s: float
    duration_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ShelfBook:
    """A published book. Every path is below `folder` and was there when it was looked for; chapters are at least one.

    `id` is the same for the same title and author on every machine. `book` is the whole book in one file, None where
    there is none; so is `cover`. `language` is a BCP 47 tag or "und"; other texts are "" where nothing is known.
    """

    folder: Path
    id: str
    title: str
    author: str
    narrator: str
    language: str
    date: str
    duration_s: float
    cover: Path | None
    book: Path | None
    timeline: Path
    chapters: tuple[ShelfChapter, ...]

    def name_of(self, file: Path) -> str:
        """The name of one of its files inside `folder`, with `/`."""
        return file.relative_to(self.folder).as_posix()


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """The books below `folder` in the order of their paths, and a line for each one that was passed over."""

    folder: Path
    books: tuple[ShelfBook, ...]
    warnings: tuple[str, ...]

    def place_of(self, book: ShelfBook) -> str:
        """Where a book lies: its folder's path inside the shelf's, with `/`; "." for the shelf's own folder."""
        return book.folder.relative_to(self.folder).as_posix()


def read_shelf(folder: Path) -> Shelf:
    """The books in `folder` and in the folders below it (`Author/Title`); `folder` may be a book itself.

    Links to folders are not followed, hidden folders not entered. Raises SourceError when there is no such folder.
    """
    if not folder.is_dir():
        hint = "give the folder that books were built into, or one book's"
        raise SourceError(f"{folder}: no such folder", hint=hint)
    books, warnings = [], []
    for place in _places(folder):
        try:
            books.append(read_book(place))
        except SourceError as error:
            warnings.append(str(error))
    return Shelf(folder=folder, books=tuple(books), warnings=tuple(warnings))


def read_book(folder: Path) -> ShelfBook:
    """The book in `folder`. Raises SourceError, with the reason, when what is there cannot be played as one."""
    try:
        return _book(folder, _manifest(folder))
    except _BrokenError as error:
        raise SourceError(f"{folder}: no book that can be played: {error}", hint="build it again") from error


class _BrokenError(Exception):
    """Says what is wrong with a book, in a few words."""


def _places(shelf: Path) -> Iterator[Path]:
    """The folders that hold a manifest, in the order of their paths' parts."""
    left = _MOST_FOLDERS
    waiting = [(shelf, 0)]
    while waiting and left:
        folder, depth = waiting.pop()
        left -= 1
        try:
            with os.scandir(folder) as entries:
                names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError:
            continue
        if any(name == MANIFEST_FILE for name, _ in names):
            yield folder
        below = sorted((name for name, is_folder in names if is_folder and not name.startswith(".")), reverse=True)
        if depth < _DEEPEST:
            waiting += [(folder / name, depth + 1) for name in below]


def _manifest(folder: Path) -> dict[str, Any]:
    for name in (MANIFEST_FILE, TIMELINE_FILE, RECORD_FILE):
        if _inside(folder, name) is None:
            raise _BrokenError(f"no {name}")
    try:
        with (folder / MANIFEST_FILE).open("rb") as file:
            data = file.read(_LARGEST_MANIFEST + 1)
        if len(data) > _LARGEST_MANIFEST:
            raise _BrokenError(f"{MANIFEST_FILE} is larger than {_LARGEST_MANIFEST >> 20} MB")
        found = json.loads(data)
    except OSError as error:
        raise _BrokenError(f"{MANIFEST_FILE} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _BrokenError(f"{MANIFEST_FILE} is damaged") from error
    if not isinstance(found, dict):
        raise _BrokenError(f"{MANIFEST_FILE} is damaged")
    return found


def _book(folder: Path, manifest: dict[str, Any]) -> ShelfBook:
    title = _text(manifest.get("name"))
    if not title:
        raise _BrokenError(f"{MANIFEST_FILE} names no title")
    chapters = _chapters(folder, manifest.get("readingOrder"))
    last = chapters[-1]
    return ShelfBook(
        folder=folder,
        id=_text(manifest.get("id")) or title,
        title=title,
        author=_text(manifest.get("author")),
        narrator=_text(manifest.get("readBy")),
        language=_text(manifest.get("inLanguage")) or "und",
        date=_text(manifest.get("datePublished")),
        duration_s=round(last.start_s + last.duration_s, 3),
        cover=_inside(folder, COVER_FILE),
        book=_whole_book(folder, manifest.get("resources")),
        timeline=folder / TIMELINE_FILE,
        chapters=chapters,
    )


def _chapters(folder: Path, order: object) -> tuple[ShelfChapter, ...]:
    """The manifest's reading order, whose durations add up to the ms (`publish.manifest.publication`)."""
    if not isinstance(order, list) or not order:
        raise _BrokenError(f"{MANIFEST_FILE} names no chapters")
    if len(order) > _MOST_CHAPTERS:
        raise _BrokenError(f"{MANIFEST_FILE} names more than {_MOST_CHAPTERS} chapters")
    chapters = []
    start_ms = 0
    for number, entry in enumerate(order, start=1):
        if not isinstance(entry, dict):
            raise _BrokenError(f"chapter {number} is damaged in {MANIFEST_FILE}")
        file = _linked(folder, entry.get("url"))
        if file is None:
            raise _BrokenError(f"chapter {number} has no file in this folder")
        length_ms = _milliseconds(entry.get("duration"))
        if not length_ms:
            raise _BrokenError(f"chapter {number} has no duration")
        chapters.append(
            ShelfChapter(
                number=number,
                title=_text(entry.get("name")) or f"{number}",
                file=file,
                start_s=start_ms / 1000,
                duration_s=length_ms / 1000,
            )
        )
        start_ms += length_ms
    return tuple(chapters)


def _whole_book(folder: Path, resources: object) -> Path | None:
    for entry in resources if isinstance(resources, list) else []:
        if isinstance(entry, dict) and entry.get("rel") == "alternate":
            kind = entry.get("encodingFormat")
            if isinstance(kind, str) and kind.startswith("audio/"):
                return _linked(folder, entry.get("url"))
    return None


def _milliseconds(duration: object) -> int:
    """The length of an ISO 8601 duration; 0 for what is none."""
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if match is None:
        return 0
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return round(1000 * (3600 * hours + 60 * minutes + seconds))


def _text(value: object) -> str:
    """A text of the manifest: one line, without what UTF-8 or a terminal could not take; "" for anything else."""
    if not isinstance(value, str):
        return ""
    text = value[:_LONGEST_TEXT].encode("utf-8", "replace").decode()
    return " ".join("".join(char if char.isprintable() or char in _JOINERS else " " for char in text).split())


def _linked(folder: Path, url: object) -> Path | None:
    """The file of `folder` that a relative URL of its manifest names."""
    if not isinstance(url, str) or len(url) > _LONGEST_TEXT:
        return None
    name = unquote(url)
    return _inside(folder, name) or _inside(folder, unicodedata.normalize("NFC", name))


def _inside(folder: Path, name: str) -> Path | None:
    """A regular file by its name in `folder`, with `/`; None when there is none, or it lies outside, by `..`, by a
    root or a drive, or by a link."""
    parts = PurePosixPath(name).parts
    if not parts or any(part in ("..", "/", "//") or "\\" in part or ":" in part or "\0" in part for part in parts):
        return None
    path = folder.joinpath(*parts)
    try:
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path
    except (OSError, ValueError, RuntimeError):
        pass
    return None


def url_of(name: str) -> str:
    """The relative URL of a file by its name: all but `/` and RFC 3986's unreserved characters percent-encoded."""
    return quote(name.encode("utf-8", "surrogateescape"), safe="/")
