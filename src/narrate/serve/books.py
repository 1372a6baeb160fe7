"""What is on the shelf right now, and what the player asks of it; made on request and kept for a while in memory.

Reading and decoding happen in threads, waveforms only a few at a time. A book that is built while the server runs
appears with the next look at the shelf.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from narrate.errors import NarrateError
from narrate.process import cores
from narrate.publish import feed
from narrate.publish.player import data
from narrate.publish.player.peaks import peaks
from narrate.publish.transcript import read_cues_of
from narrate.serve.texts import Text, Texts
from narrate.shelf import Shelf, read_shelf

_FRESH_S = 5


class Books:
    """The books below `folder`. `sync` tells the player whether positions are kept.

    Methods may be called from any thread. Raises SourceError when there is no such folder.
    """

    def __init__(self, folder: Path, *, sync: bool) -> None:
        self.folder = folder
        self._sync = sync
        self._lock = threading.Lock()
        self._decoding = threading.BoundedSemaphore(cores())
        self._texts = Texts()
        self._shelf = Shelf(folder=folder, books=(), warnings=())
        self._books: dict[str, data.KeyedBook] = {}
        self._looked_at = 0.0
        self._look()

    def look(self) -> None:
        """Look at the shelf again, if the last look is a few seconds old."""
        with self._lock:
            if time.monotonic() - self._looked_at > _FRESH_S:
                try:
                    self._look()
                except NarrateError:
                    # The folder is gone; it may come back.
                    self._shelf, self._books = Shelf(folder=self.folder, books=(), warnings=()), {}

    def _look(self) -> None:
        self._shelf = read_shelf(self.folder)
        self._books = {each.key: each for each in data.keyed(self._shelf)}
        self._looked_at = time.monotonic()

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each book that cannot be used."""
        return self._shelf.warnings

    def __len__(self) -> int:
        return len(self._books)

    def __contains__(self, key: object) -> bool:
        return key in self._books

    def holds(self, name: str) -> bool:
        """Whether `name`, a path seen from the shelf with `/`, lies in the folder of a book."""
        places = {each.place for each in self._books.values()}
        parts = name.split("/")
        return "." in places or any("/".join(parts[:count]) in places for count in range(1, len(parts)))

    def script(self, name: str) -> Text | None:
        """A script of the player's data (`static/data.js`): `shelf`, `KEY/book`, `KEY/cues-3`; or None."""
        if name == "shelf":
            self.look()
            return _javascript(data.shelf_script(tuple(self._books.values()), fingerprint, sync=self._sync))
        key, _, what = name.partition("/")
        each = self._books.get(key)
        if each is None:
            return None
        try:
            if what == "book":
                return _javascript(data.book_script(each, fingerprint))
            return self._of_chapter(each, what)
        except OSError:  # it is being built anew, or gone
            return None

    def feed(self, base_url: str) -> Text | None:
        """The podcast feed, for who reaches this server at `base_url`; None without books, or at no such address."""
        self.look()
        shelf = self._shelf
        try:
            found = feed.feed(shelf.books, base_url, place_of=shelf.place_of) if shelf.books else None
        except (NarrateError, OSError):
            return None
        return Text.of(found, "application/rss+xml; charset=utf-8") if found else None

    def companion(self, name: str) -> Text | None:
        """Chapters or a transcript that the feed names; None when there is none, or its book is damaged."""
        shelf = self._shelf
        try:
            found = feed.companion(name, shelf.books, shelf.place_of)
        except NarrateError:
            return None
        return Text.of(*found) if found else None

    def _of_chapter(self, each: data.KeyedBook, what: str) -> Text | None:
        kind, _, digits = what.partition("-")
        number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 8 else 0
        if not 1 <= number <= len(each.book.chapters):
            return None
        chapter = each.book.chapters[number - 1]
        name = f"{each.key}/{what}"
        if kind == "cues":
            source = each.book.timeline
            return self._kept(name, source, lambda: data.cues_script(each.key, chapter, read_cues_of(source, number)))
        if kind == "peaks":
            return self._kept(name, chapter.file, lambda: self._peaks(name, chapter.file, chapter.duration_s))
        return None

    def _kept(self, name: str, source: Path, make: Callable[[], str]) -> Text | None:
        try:
            return self._texts.get((name, fingerprint(source)), lambda: _javascript(make()))
        except NarrateError:
            return None

    def _peaks(self, name: str, file: Path, duration_s: float) -> str:
        with self._decoding:
            return data.script(name, peaks(file, duration_s))


def fingerprint(file: Path) -> str:
    """A file's state by its size and time: a server cannot read a whole library to tell. Raises OSError."""
    found = file.stat()
    return f"{found.st_size:x}-{found.st_mtime_ns:x}"


def _javascript(source: str) -> Text:
    return Text.of(source.encode(), "text/javascript; charset=utf-8")
