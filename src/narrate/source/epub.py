"""EPUB 2 and 3 in, a Document out. Pure: nothing is unpacked to disk, no picture is decoded, nothing is fetched.

Every text file is parsed twice: once to learn which links are marks of notes, wherever their notes stand, and once to
be read. So only one file's tree is in memory at a time.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from narrate.document import Block, Chapter, Document, Heading, Metadata, Origin, language_tag
from narrate.errors import SourceError
from narrate.source.account import left_over, told
from narrate.source.archive import Archive
from narrate.source.article import LeftOut
from narrate.source.contents import by_contents
from narrate.source.decode import decode
from narrate.source.divide import same_words
from narrate.source.figures import is_no_description
from narrate.source.html import declared_encoding
from narrate.source.limits import COVER_BYTES, MARKUP_BYTES
from narrate.source.name import plain, readable
from narrate.source.notes import NoteIndex, types, within
from narrate.source.package import Package, read_package
from narrate.source.stream import Stream, woven
from narrate.source.tree import Element, attributes, content, local_name, parse_html
from narrate.source.walk import Walker

_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")
_FRONT = frozenset({"cover", "titlepage", "halftitlepage", "toc"})
_COVER_WORDS = re.compile(
    r"(?:the\s+)?(?:front\s+)?cover(?:\s+(?:image|page|picture))?|couverture|umschlag|cubierta", re.I
)


def read_epub(path: Path, data: bytes) -> Document:
    """The Document of an EPUB.

    Raises SourceError in one line when it is protected, damaged beyond reading, or larger than its limits.
    """
    archive = Archive(data, path.name)
    package = read_package(archive, path.name)
    archive.check_sizes(package.spine)
    stream = Stream(warnings=package.warnings)
    notes = NoteIndex()
    for file, root in _texts(archive, package, Stream()):
        notes.scan(root, file)
    language = language_tag(package.language) or ""
    walker = Walker(stream, notes)
    wanted = {entry.key for entry in package.contents}
    front = {file for file, role in package.roles.items() if role in _FRONT} | {package.contents_file}
    for file, root in _texts(archive, package, stream):
        left_out = _left_out(root, file, package, front)
        walker.walk(root, file=file, shown_file=file, language=language, wanted=wanted, left_out=left_out)
    stream.loose |= notes.loose
    return _document(path, archive, package, stream, language, front)


def _texts(archive: Archive, package: Package, stream: Stream) -> Iterator[tuple[str, Element]]:
    """The text files in their order, parsed, one at a time; what cannot be read becomes a warning."""
    for file in package.spine:
        if file in package.pictures:
            yield file, parse_html("<body><img></body>", file)[0]  # the picture is the page
            continue
        data = archive.read(file, MARKUP_BYTES)
        if data is None:
            stream.warnings.append(f"{file}: damaged, and left out")
            continue
        try:
            text, remarks = decode(data, Path(file), declared=declared_encoding(data))
        except SourceError as error:
            if data.strip():
                stream.warnings.append(f"{file}: left out: {str(error).partition(': ')[2]}")
            continue
        del data
        root, more = parse_html(text, file)
        del text
        stream.warnings += [f"{file}: {remark}" for remark in remarks] + list(more)
        yield file, root


def _left_out(root: Element, file: str, package: Package, front: set[str]) -> LeftOut:
    """The body of a file that only shows the cover, or the table of contents."""
    body = next((element for element in root.iter("*") if local_name(element) == "body"), None)
    if body is None:
        return {}
    role = package.roles.get(file, "")
    named = types(attributes(body))
    if file == package.contents_file or role == "toc":
        # Some books have their first chapter in the same file.
        links = sum(1 for _ in body.iter("{*}a"))
        if sum(1 for _ in body.iter("{*}p")) <= links:
            return {body: ("contents", "the table of contents")}
        return {}
    for child in body[:3]:
        named |= types(attributes(child))
    for kind in {"titlepage", "halftitlepage", "cover"} & named:
        front.add(file)
        role = role or kind
    if len(content(body)) > 40 or not (role == "cover" or _shows(body, file, package.cover)):
        return {}
    front.add(file)
    alts = [attributes(image).get("alt", "") for image in body.iter("{*}img")]
    said = [alt for alt in alts if not (is_no_description(alt) or _COVER_WORDS.fullmatch(alt.strip()))]
    if any(not same_words(alt, package.title) for alt in said):
        return {}
    return {body: ("cover", "the book's cover, which the audiobook has too")}


def _shows(body: Element, file: str, cover: str) -> bool:
    sources = []
    for image in body.iter("{*}img", "{*}image"):
        attrs = attributes(image)
        sources.append(attrs.get("src") or attrs.get("xlink:href") or attrs.get("href") or "")
    return len(sources) == 1 and bool(cover) and within(sources[0], file) == cover


def _document(
    path: Path, archive: Archive, package: Package, stream: Stream, language: str, front: set[str]
) -> Document:
    items = woven(stream)
    title = plain(package.title) if package.title else readable(path)
    division = by_contents(items, package.contents, front)
    chapters = division.chapters
    seen = stream.seen + division.made
    blocks: list[Block] = [item.block for item in items if item.block]
    if chapters and package.title and not _says_title(chapters[0], title):
        opening = Heading(text=package.title, level=1, origin=Origin(href=package.spine[0]))
        first = chapters[0]
        chapters[0] = Chapter(title=first.title, titled=first.titled, blocks=(opening, *first.blocks))
        seen += 1
    date = _DATE.match(package.date)
    return Document(
        metadata=Metadata(
            title=title,
            author=", ".join(package.authors),
            language=language,
            date=date[0] if date else "",
            cover=_cover(archive, package, stream),
        ),
        chapters=tuple(chapters),
        warnings=told([*stream.warnings, *division.warnings]),
        skipped=(*stream.skipped, *division.skipped, *left_over(blocks, chapters)),
        seen=seen,
    )


def _says_title(chapter: Chapter, title: str) -> bool:
    """Whether the book's title is among the first things that are read."""
    return any(same_words(getattr(block, "text", ""), title) for block in chapter.blocks[:8])


def _cover(archive: Archive, package: Package, stream: Stream) -> bytes | None:
    """The cover's bytes, if they begin as those of a picture do. It is not decoded here."""
    if not package.cover:
        return None
    try:
        data = archive.read(package.cover, COVER_BYTES)
    except SourceError as error:
        stream.warnings.append(f"{package.cover}: the cover is not used: {str(error).partition(': ')[2]}")
        return None
    if data is None or not data.startswith(_PICTURES):
        stream.warnings.append(f"{package.cover}: the cover is no JPEG, PNG, GIF or WebP, and is not used")
        return None
    return data
