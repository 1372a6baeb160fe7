"""What the player loads: the shelf, a book and a chapter's cues, as scripts.

In: a Shelf. Out: JavaScript, each script one call of `narrate.receive(name, value)` whose value is JSON; that is the
one form which a browser also loads from a disk. `static/data.js` says what each holds. Nothing here writes.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from narrate.publish.transcript import HeardCue
from narrate.shelf import Shelf, ShelfBook, ShelfChapter, url_of

FOLDER = "narrate-player"
"""Where everything of the player lies, beside the books, but for `index.html` and `sw.js`."""

DATA = f"{FOLDER}/data"

Fingerprint = Callable[[Path], str]
"""What tells one state of a file from another, in a few URL-safe characters: browsers keep sound by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyedBook:
    """A book of a shelf with the `key` that its addresses and its positions carry, and its `place` on the shelf.

    The key is the same wherever the work is published; of several with one title and author, the later ones' differ.
    """

    key: str
    place: str
    book: ShelfBook

    def url(self, file: Path) -> str:
        """The address of one of its files, seen from the shelf."""
        name = self.book.name_of(file)
        return url_of(name if self.place == "." else f"{self.place}/{name}")


def keyed(shelf: Shelf) -> tuple[KeyedBook, ...]:
    """The books of `shelf`, in order, each with a key of its own."""
    found: dict[str, KeyedBook] = {}
    for book in shelf.books:
        place = shelf.place_of(book)
        key = _digest(book.id)
        if key in found:
            key = _digest(f"{book.id}\n{place}")
        found[key] = KeyedBook(key=key, place=place, book=book)
    return tuple(found.values())


def shelf_script(books: tuple[KeyedBook, ...], fingerprint: Fingerprint, *, sync: bool) -> str:
    """`shelf.js`. `sync` says whether the host keeps positions (`serve.positions`)."""
    entries = [
        {
            "key": each.key,
            "title": each.book.title,
            "author": each.book.author,
            "narrator": each.book.narrator,
            "language": each.book.language,
            "date": each.book.date,
            "duration": each.book.duration_s,
            "cover": _versioned(each, each.book.cover, fingerprint) if each.book.cover else "",
        }
        for each in books
    ]
    return script("shelf", {"sync": sync, "books": entries})


def book_script(each: KeyedBook, fingerprint: Fingerprint) -> str:
    """`KEY/book.js`: the chapters with the addresses of their files."""
    chapters = [
        {
            "title": chapter.title,
            "start": chapter.start_s,
            "duration": chapter.duration_s,
            "url": _versioned(each, chapter.file, fingerprint),
        }
        for chapter in each.book.chapters
    ]
    return script(f"{each.key}/book", {"chapters": chapters})


def cues_script(key: str, chapter: ShelfChapter, cues: tuple[HeardCue, ...]) -> str:
    """`KEY/cues-N.js`: the chapter's words in blocks, paragraph by paragraph."""
    blocks = []
    for role, block in _blocks(cues):
        scene = [block[0].scene] if role == "interlude" else []
        blocks.append([role, [_sentence(cue, chapter.start_s) for cue in block], *scene])
    return script(f"{key}/cues-{chapter.number}", {"blocks": blocks})


def script(name: str, value: object) -> str:
    """A script that hands `value` to the player."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"narrate.receive({json.dumps(name)},{text});\n"


def _blocks(cues: tuple[HeardCue, ...]) -> Iterator[tuple[str, list[HeardCue]]]:
    """Cues in blocks of one role: every pause but that between two sentences ends one, an interlude is one."""
    paragraph = 0
    numbered = []
    for cue in cues:
        if cue.kind == "pause":
            paragraph += cue.reason != "sentence"
        elif cue.text:
            role = "interlude" if cue.kind == "interlude" else cue.role
            paragraph += role == "interlude"
            numbered.append((paragraph, role, cue))
    for (_, role), block in groupby(numbered, key=lambda each: each[:2]):
        yield role, [cue for _, _, cue in block]


def _sentence(cue: HeardCue, chapter_start_s: float) -> list[object]:
    places = _utf16_places(cue.text)
    words = []
    for word in cue.words:
        words += [_ms(word.start_s), _ms(word.duration_s), places[word.text_start], places[word.text_end]]
    other = [each.language for each in cue.tongues if each.start == 0 and each.end == len(cue.text)]
    return [_ms(max(0.0, cue.start_s - chapter_start_s)), _ms(cue.duration_s), cue.text, words, *other]


def _utf16_places(text: str) -> range | list[int]:
    """Where each character begins, and the text ends, as JavaScript counts."""
    if text.isascii() or max(text) <= "\uffff":
        return range(len(text) + 1)
    places = [0]
    for char in text:
        places.append(places[-1] + 1 + (char > "\uffff"))
    return places


def _ms(duration_s: float) -> int:
    return round(1000 * duration_s)


def _versioned(each: KeyedBook, file: Path, fingerprint: Fingerprint) -> str:
    return f"{each.url(file)}?v={fingerprint(file)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
