"""`feed.xml`: books as a podcast. RSS 2.0 (rssboard.org/rss-specification), iTunes tags (podcasters.apple.com) and the
Podcasting 2.0 namespace (podcastindex.org/namespace/1.0). Books of the shelf in, bytes out.

A chapter is an episode, a book a season. Chapters (`podcast:chapters`, JSON Chapters 1.2) and transcripts are files of
their own, the feed's *companions*: `companions` names them, `companion` makes one. Nothing is dated by today: the same
books have the same feed. Reads the books' files, writes none.
"""

import json
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from narrate import __version__
from narrate.errors import ConfigError
from narrate.publish.captions import CaptionOptions, captions, to_vtt
from narrate.publish.transcript import HeardChapter, HeardCue, read_chapters
from narrate.shelf import ShelfBook, ShelfChapter, url_of

FOLDER = "narrate-podcast"
"""Where the companions lie, beside the feed."""

FILE = "feed.xml"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_PODCAST = "https://podcastindex.org/namespace/1.0"
_ATOM = "http://www.w3.org/2005/Atom"
# What podcast:guid is made in, by the namespace's documentation.
_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
_FIRST = datetime(2000, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - Python 3.11 has both names
_KINDS = {"json": "application/json+chapters", "vtt": "text/vtt"}
_COMPANION = re.compile(rf"{FOLDER}/(?P<place>.*?)/?(?P<number>\d{{4,}})\.(?P<kind>json|vtt)")
_WORDS = 60

PlaceOf = Callable[[ShelfBook], str]
"""Where a book's folder lies below the base URL, with `/`; "." for there (`Shelf.place_of`)."""


def feed(books: Sequence[ShelfBook], base_url: str, *, place_of: PlaceOf, title: str = "Audiobooks") -> bytes:
    """The feed of `books` (at least one), whose files are at `base_url`. `title` names a feed of several books.

    Enclosures state the sizes that the files have now. Raises ConfigError when `base_url` is no web address.
    """
    base = checked_base(base_url)
    for prefix, uri in (("itunes", _ITUNES), ("podcast", _PODCAST), ("atom", _ATOM)):
        ET.register_namespace(prefix, uri)
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _describe(channel, books, base, place_of, title)
    number = 0
    for season, book in enumerate(books, start=1):
        for chapter in book.chapters:
            _episode(channel, book, chapter, base=base, place=place_of(book), season=season, order=number)
            number += 1
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode("utf-8", "replace")


def checked_base(base_url: str) -> str:
    """`base_url` as addresses are written, with a slash at its end. Raises ConfigError when it is none of the web."""
    base_url = base_url.strip()
    try:
        parts = urlsplit(base_url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
        right = right and not re.search(r"\s", parts.netloc)
    except ValueError:
        right = False
    if not right:
        hint = "where the folder will be, for instance https://example.org/books/"
        raise ConfigError(f"not a web address: {base_url!r}", hint=hint)
    # A person types spaces and umlauts; what is encoded already stays. A host's own letters are the browser's to map.
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
    return f"{parts.scheme}://{parts.netloc}{path}/"


def companions(books: Sequence[ShelfBook], place_of: PlaceOf) -> Iterator[tuple[str, bytes]]:
    """All companions: their names as seen from the feed, with `/`, and what they hold. Raises SourceError when a
    timeline is damaged."""
    for book in books:
        for chapter in read_chapters(book.timeline):
            for kind in _KINDS:
                yield _companion_name(place_of(book), chapter.number, kind), _made(chapter, kind, book.language)


def companion(name: str, books: Sequence[ShelfBook], place_of: PlaceOf) -> tuple[bytes, str] | None:
    """The companion called `name`, and its media type; None when the feed of `books` has none of that name.

    Raises SourceError when the book's timeline is damaged.
    """
    found = _COMPANION.fullmatch(name)
    if found is None:
        return None
    number, kind = int(found["number"]), found["kind"]
    for book in books:
        if _companion_name(place_of(book), number, kind) == name:
            for chapter in read_chapters(book.timeline):
                if chapter.number == number:
                    return _made(chapter, kind, book.language), _KINDS[kind]
    return None


def _made(chapter: HeardChapter, kind: str, language: str) -> bytes:
    if kind == "json":
        return chapters_json(chapter).encode()
    options = CaptionOptions(language=language)
    return to_vtt(captions([chapter], options, offset_s=chapter.start_s), options).encode()


def chapters_json(chapter: HeardChapter) -> str:
    """JSON Chapters 1.2 of one episode: its sections, and its interludes, which no table of contents shows."""
    marks: list[dict[str, object]] = [{"startTime": 0, "title": chapter.title}]
    begun = fresh = False
    for cue in chapter.cues:
        start = round(max(0.0, cue.start_s - chapter.start_s), 3)
        if cue.kind == "interlude":
            mark = {"startTime": start, "endTime": round(start + cue.duration_s, 3), "title": cue.text, "toc": False}
            marks.append(mark)
            fresh = True
        elif cue.kind == "utterance":
            # What is announced before the first sentence is the episode's own title.
            if fresh or (begun and cue.role == "heading"):
                marks.append({"startTime": start, "title": _opening(cue)})
            begun, fresh = begun or cue.role != "heading", False
    return json.dumps({"version": "1.2.0", "chapters": marks}, ensure_ascii=False, indent=1) + "\n"


def _opening(cue: HeardCue) -> str:
    text = " ".join(cue.shown.split())
    if cue.role == "heading" or len(text) <= _WORDS:
        return text
    return f"{text[:_WORDS].rsplit(' ', 1)[0].rstrip(' ,;:.')}…"


def _companion_name(place: str, number: int, kind: str) -> str:
    inside = "" if place == "." else f"{place}/"
    return f"{FOLDER}/{inside}{number:04d}.{kind}"


def _describe(channel: ET.Element, books: Sequence[ShelfBook], base: str, place_of: PlaceOf, title: str) -> None:
    """What stands at the head of the channel."""
    first, alone = books[0], len(books) == 1
    named = first.title if alone else title
    authors = list(dict.fromkeys(book.author for book in books if book.author))
    author = ", ".join(authors[:3]) + (" and others" if len(authors) > 3 else "")
    told = f"{first.title}{f' by {first.author}' if first.author else ''}" if alone else f"{len(books)} audiobooks"
    _add(channel, "title", named)
    _add(channel, "link", base)
    _add(channel, "description", f"{told}, read aloud chapter by chapter.")
    languages = {book.language for book in books} - {"und"}
    if len(languages) == 1:
        _add(channel, "language", languages.pop())
    _add(channel, "generator", f"narrate {__version__}")
    link = f"{base}{FILE}"
    ET.SubElement(channel, f"{{{_ATOM}}}link", href=link, rel="self", type="application/rss+xml")
    _add(channel, f"{{{_ITUNES}}}type", "serial")
    _add(channel, f"{{{_ITUNES}}}explicit", "false")
    if author:
        _add(channel, f"{{{_ITUNES}}}author", author)
    category = ET.SubElement(channel, f"{{{_ITUNES}}}category", text="Arts")
    ET.SubElement(category, f"{{{_ITUNES}}}category", text="Books")
    picture = next((book for book in books if book.cover), None)
    if picture and picture.cover:
        url = base + _url(place_of(picture), picture.name_of(picture.cover))
        ET.SubElement(channel, f"{{{_ITUNES}}}image", href=url)
        image = ET.SubElement(channel, "image")
        for name, text in (("url", url), ("title", named), ("link", base)):
            _add(image, name, text)
    # The address without its scheme and last slashes, as the namespace has it.
    _add(channel, f"{{{_PODCAST}}}guid", str(uuid.uuid5(_GUIDS, link.split("://", 1)[1].rstrip("/"))))
    _add(channel, f"{{{_PODCAST}}}medium", "audiobook")
    if alone and first.narrator:
        ET.SubElement(channel, f"{{{_PODCAST}}}person", role="narrator").text = first.narrator


def _episode(
    channel: ET.Element, book: ShelfBook, chapter: ShelfChapter, *, base: str, place: str, season: int, order: int
) -> None:
    """A chapter as an item. Dates rise by a minute, so that apps that sort by date keep the order."""
    item = ET.SubElement(channel, "item")
    _add(item, "title", chapter.title)
    _add(item, "description", f"Chapter {chapter.number} of {len(book.chapters)} of {book.title}.")
    url = base + _url(place, book.name_of(chapter.file))
    ET.SubElement(item, "enclosure", url=url, length=str(chapter.file.stat().st_size), type="audio/mpeg")
    ET.SubElement(item, "guid", isPermaLink="false").text = f"{book.id}:{chapter.number}"
    _add(item, "pubDate", format_datetime(_date(book) + timedelta(minutes=order), usegmt=True))
    _add(item, f"{{{_ITUNES}}}title", chapter.title)
    _add(item, f"{{{_ITUNES}}}duration", str(round(chapter.duration_s)))
    _add(item, f"{{{_ITUNES}}}episodeType", "full")
    _add(item, f"{{{_ITUNES}}}season", str(season))
    _add(item, f"{{{_ITUNES}}}episode", str(chapter.number))
    if book.author:
        _add(item, f"{{{_ITUNES}}}author", book.author)
    if book.cover:
        ET.SubElement(item, f"{{{_ITUNES}}}image", href=base + _url(place, book.name_of(book.cover)))
    ET.SubElement(item, f"{{{_PODCAST}}}season", name=book.title).text = str(season)
    _add(item, f"{{{_PODCAST}}}episode", str(chapter.number))
    marks, words = (base + url_of(_companion_name(place, chapter.number, kind)) for kind in ("json", "vtt"))
    ET.SubElement(item, f"{{{_PODCAST}}}chapters", url=marks, type=_KINDS["json"])
    transcript = ET.SubElement(item, f"{{{_PODCAST}}}transcript", url=words, type=_KINDS["vtt"])
    if book.language != "und":
        transcript.set("language", book.language)


def _date(book: ShelfBook) -> datetime:
    try:
        return datetime.strptime(book.date[:10], "%Y-%m-%d").replace(tzinfo=timezone.utc)  # noqa: UP017
    except ValueError:
        return _FIRST


def _url(place: str, name: str) -> str:
    return url_of(name if place == "." else f"{place}/{name}")


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
