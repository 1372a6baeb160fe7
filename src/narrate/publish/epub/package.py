"""The EPUB's container and package document. Nothing in it is compressed or dated: the same book is the same bytes."""

import shutil
import zipfile
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from narrate.document import Metadata
from narrate.publish.edition import Edition
from narrate.publish.epub.overlay import clock, duration_ms, overlay
from narrate.publish.epub.page import Part, direction, escaped, page, parts_of
from narrate.publish.files import output_error
from narrate.publish.transcript import HeardChapter, read_chapters
from narrate.release import TIMELINE_FILE, identifier

_ACTIVE = "-epub-media-overlay-active"
_PLAYING = "-epub-media-overlay-playing"
_SUMMARY = "Text and narration throughout, in step sentence by sentence. Descriptions, tables and notes can be skipped."
_CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_STYLE = f"""body {{ line-height: 1.5; margin: 0 5%; }}
aside {{ border-left: 0.2em solid; padding-left: 1em; margin: 1em 0; font-size: 0.95em; }}
.title {{ font-weight: bold; }}
.sound {{ font-style: italic; text-align: center; }}
.{_ACTIVE} {{ background-color: #ffe08a; color: #000; }}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A chapter in the package: its id, its title, how long its sound is in ms, and the headings inside it."""

    id: str
    title: str
    duration_ms: int
    headings: tuple[Part, ...]


def write(path: Path, edition: Edition) -> list[str]:
    """Write `path`; see `formats.Format`. Raises OutputError, SourceError."""
    metadata = edition.release.metadata
    language = metadata.language or "und"
    entries, told = [], set[str]()
    try:
        with zipfile.ZipFile(path, "w") as book:
            _put(book, "mimetype", b"application/epub+zip")
            _put(book, "META-INF/container.xml", _CONTAINER.encode())
            _put(book, "EPUB/style.css", _STYLE.encode())
            _put(book, "EPUB/cover.jpg", edition.cover)
            for chapter in read_chapters(edition.folder / TIMELINE_FILE):
                name = f"c{chapter.number:04d}"
                parts = parts_of(chapter)
                told |= {part.cues[0].about for part in parts if part.is_aside}
                text = page(chapter, parts, language=language)
                _put(book, f"EPUB/text/{name}.xhtml", text.encode())
                synchronised = overlay(chapter, parts, page=f"../text/{name}.xhtml", audio=f"../audio/{name}.mp3")
                _put(book, f"EPUB/text/{name}.smil", synchronised.encode())
                _copy(book, f"EPUB/audio/{name}.mp3", edition.folder / chapter.file)
                entries.append(
                    _Entry(
                        id=name, title=chapter.title, duration_ms=duration_ms(chapter), headings=_inner(chapter, parts)
                    )
                )
            _put(book, "EPUB/nav.xhtml", _navigation(metadata.title, entries, language).encode())
            _put(book, "EPUB/package.opf", _package(metadata, entries, language, told).encode())
    except OSError as error:
        raise output_error(error, path) from error
    return [path.relative_to(edition.folder).as_posix()]


def _put(book: zipfile.ZipFile, name: str, data: bytes) -> None:
    book.writestr(_undated(name), data)


def _copy(book: zipfile.ZipFile, name: str, file: Path) -> None:
    info = _undated(name)
    info.file_size = file.stat().st_size
    with file.open("rb") as source, book.open(info, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _undated(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system = 3  # whatever the system is
    info.external_attr = 0o644 << 16
    return info


def _package(metadata: Metadata, entries: Sequence[_Entry], language: str, told: Set[str]) -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{escaped(language)}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
{_lines(_metadata(metadata, language))}
{_lines(_accessibility(told))}
{_lines(_timing(entries))}
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
<item id="cover" href="cover.jpg" media-type="image/jpeg" properties="cover-image"/>
{_lines(line for each in entries for line in _items(each))}
</manifest>
<spine page-progression-direction="{direction(language)}">
{_lines(f'<itemref idref="{each.id}"/>' for each in entries)}
</spine>
</package>
"""


def _metadata(metadata: Metadata, language: str) -> Iterable[str]:
    yield f'<dc:identifier id="id">{identifier(metadata.title, metadata.author)}</dc:identifier>'
    yield f"<dc:title>{escaped(metadata.title)}</dc:title>"
    yield f"<dc:language>{escaped(language)}</dc:language>"
    if metadata.author.strip():
        yield f'<dc:creator id="author">{escaped(metadata.author)}</dc:creator>'
        yield '<meta refines="#author" property="role" scheme="marc:relators">aut</meta>'
    if metadata.narrator.strip():
        yield f'<dc:contributor id="narrator">{escaped(metadata.narrator)}</dc:contributor>'
        yield '<meta refines="#narrator" property="role" scheme="marc:relators">nrt</meta>'
        yield f'<meta property="media:narrator">{escaped(metadata.narrator)}</meta>'
    day = _day(metadata.date)
    if day:
        yield f"<dc:date>{day}</dc:date>"
    # When it was made would make every build another one.
    yield f'<meta property="dcterms:modified">{day or "2000-01-01"}T00:00:00Z</meta>'


def _accessibility(told: Set[str]) -> Iterable[str]:
    """How the book can be read, where asides are about what is `told`."""
    for property_, values in _ACCESSIBILITY.items():
        for value in values:
            if value not in _ONLY_WITH or told & _ONLY_WITH[value]:
                yield f'<meta property="schema:{property_}">{value}</meta>'


def _day(text: str) -> str:
    """`text` where it is a day that there is, as 2026-03-01; else ""."""
    try:
        return text if date.fromisoformat(text).isoformat() == text else ""
    except ValueError:
        return ""


_ACCESSIBILITY = {
    "accessMode": ("textual", "auditory"),
    "accessModeSufficient": ("textual", "auditory", "textual,auditory"),
    "accessibilityFeature": (
        "synchronizedAudioText",
        "structuralNavigation",
        "tableOfContents",
        "readingOrder",
        "displayTransformability",
        "describedMath",
        "longDescription",
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (_SUMMARY,),
}
"""In the terms of the Schema.org Accessibility Properties for Discoverability Vocabulary."""

_ONLY_WITH = {"describedMath": {"formula"}, "longDescription": {"image", "table"}}


def _timing(entries: Sequence[_Entry]) -> Iterable[str]:
    for each in entries:
        yield f'<meta property="media:duration" refines="#{each.id}-smil">{clock(each.duration_ms)}</meta>'
    yield f'<meta property="media:duration">{clock(sum(each.duration_ms for each in entries))}</meta>'
    yield f'<meta property="media:active-class">{_ACTIVE}</meta>'
    yield f'<meta property="media:playback-active-class">{_PLAYING}</meta>'


def _items(each: _Entry) -> Iterable[str]:
    text = f'<item id="{each.id}" href="text/{each.id}.xhtml" media-type="application/xhtml+xml"'
    yield f'{text} media-overlay="{each.id}-smil"/>'
    yield f'<item id="{each.id}-smil" href="text/{each.id}.smil" media-type="application/smil+xml"/>'
    yield f'<item id="{each.id}-mp3" href="audio/{each.id}.mp3" media-type="audio/mpeg"/>'


def _navigation(title: str, entries: Sequence[_Entry], language: str) -> str:
    tongue = escaped(language)
    items = _lines(
        f'<li><a href="text/{each.id}.xhtml">{escaped(each.title)}</a>{_below(each)}</li>' for each in entries
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="{tongue}" xml:lang="{tongue}" dir="{direction(language)}">
<head>
<title>{escaped(title)}</title>
<link rel="stylesheet" type="text/css" href="style.css"/>
</head>
<body>
<nav epub:type="toc" role="doc-toc" aria-labelledby="contents">
<h1 id="contents">{escaped(title)}</h1>
<ol>
{items}
</ol>
</nav>
</body>
</html>
"""


def _inner(chapter: HeardChapter, parts: Sequence[Part]) -> tuple[Part, ...]:
    """The headings of a chapter but for its own, which names the chapter itself."""
    headings = [part for part in parts if part.rank]
    own = headings[:1] if headings and headings[0].shown == chapter.title else []
    return tuple(headings[len(own) :])


def _below(entry: _Entry) -> str:
    """The headings of a chapter as lists in lists."""
    text, ranks = "", list[int]()
    for each in entry.headings:
        if not ranks or each.rank > ranks[-1]:
            text += "\n<ol>\n"
            ranks.append(each.rank)
        else:
            text += "</li>\n"
            while ranks[1:] and each.rank <= ranks[-2]:
                text += "</ol>\n</li>\n"
                ranks.pop()
        text += f'<li><a href="text/{entry.id}.xhtml#{each.id}">{escaped(each.shown)}</a>'
    return text + "</li>\n</ol>\n" * len(ranks)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)
