"""What has no file (standard input, an https address): had whole, and recognised, so that a reader can take it."""

import codecs
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from narrate.document import Document
from narrate.errors import SourceError
from narrate.source.decode import decode
from narrate.source.html import declared_encoding, read_html_text
from narrate.source.limits import STREAM_BYTES
from narrate.source.location import Location
from narrate.source.name import readable
from narrate.source.recognise import recognise
from narrate.source.web import Fetched, fetch

_SUFFIX_OF_TYPE = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_NO_TYPE = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/zip", "application/download"})


def received(location: Location) -> tuple[Path, str, bytes]:
    """A name for messages and the title, the suffix that a file of it would have, and its bytes.

    Raises SourceError when it cannot be had, is too large, or is of no kind that narrate reads.
    """
    if location.is_standard_input:
        data = _all_of(sys.stdin.buffer)
        return location.name, recognise(data), data
    found = fetch(str(location))
    name = Location(found.address).name
    return name, suffix_of(found, name), _in_unicode(found)


def read_article(path: Path, data: bytes) -> Document:
    """The article of a page that came without a file: its menus, comments and advertisements are left out."""
    text, remarks = decode(data, path, declared=declared_encoding(data))
    document = read_html_text(text, name=readable(path), main_content=True)
    return replace(document, warnings=(*remarks, *document.warnings))


def suffix_of(found: Fetched, name: Path) -> str:
    """Which kind of document was fetched: by the type that the server says, else by its content.

    A plain text whose name ends as Markdown does is Markdown: few servers know its type.
    """
    if found.media_type == "text/plain" and name.suffix.lower() in (".md", ".markdown"):
        return ".md"
    if suffix := _SUFFIX_OF_TYPE.get(found.media_type):
        return suffix
    if found.media_type in _NO_TYPE:
        return recognise(found.data)
    kind = "".join(char for char in found.media_type if char.isprintable())[:60]
    raise SourceError(f"{name}: {kind}, which is not read", hint="give a page, a text, a PDF, an EPUB or a DOCX file")


def _in_unicode(found: Fetched) -> bytes:
    """The text in UTF-8 with its mark, where the server says which encoding it is in; a mark is above what a page says
    of itself. Anything else as it came."""
    if not found.charset or found.media_type not in ("text/html", "text/plain", "text/markdown", "text/x-markdown"):
        return found.data
    if found.data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return found.data
    try:
        return codecs.BOM_UTF8 + found.data.decode(found.charset).encode()
    except (LookupError, UnicodeError):
        return found.data


def _all_of(stream: BinaryIO) -> bytes:
    try:
        data = stream.read(STREAM_BYTES + 1)
    except OSError as error:
        raise SourceError(f"standard input: cannot be read: {error.strerror}") from error
    if len(data) > STREAM_BYTES:
        raise SourceError(f"standard input: more than {STREAM_BYTES >> 20} MB", hint="save it as a file and divide it")
    return data
