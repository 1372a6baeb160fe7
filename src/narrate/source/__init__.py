"""source: a file in, a Document out. One module a format; which one reads a file is decided by its suffix, here.

Reads the one file, stream or address that it is given (and looks whether a cover named in it is there); writes nothing.
What has no suffix of its own is recognised (`unfiled.py`). To add a reader: a function `(path, data) -> Document` in a
module of its own, and its suffixes in `READERS`. Another package adds one by an entry point in the group
`narrate.readers`, named by the suffix without its dot.
"""

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.errors import SourceError
from narrate.source.limits import SOURCE_BYTES
from narrate.source.location import Location, located
from narrate.source.name import shown

if TYPE_CHECKING:
    from narrate.document import Document

__all__ = ["READERS", "Location", "located", "read"]

Reader = Callable[[Path, bytes], "Document"]


def _text(path: Path, data: bytes) -> "Document":
    from narrate.source.text import read_text

    return read_text(path, data)


def _markdown(path: Path, data: bytes) -> "Document":
    from narrate.source.markdown import read_markdown

    return read_markdown(path, data)


def _pdf(path: Path, data: bytes) -> "Document":
    from narrate.source.pdf import read_pdf

    return read_pdf(path, data)


def _docx(path: Path, data: bytes) -> "Document":
    from narrate.source.docx import read_docx

    return read_docx(path, data)


def _html(path: Path, data: bytes) -> "Document":
    from narrate.source.html import read_html

    return read_html(path, data)


def _epub(path: Path, data: bytes) -> "Document":
    from narrate.source.epub import read_epub

    return read_epub(path, data)


READERS: dict[str, Reader] = {
    ".txt": _text,
    ".text": _text,
    ".md": _markdown,
    ".markdown": _markdown,
    ".docx": _docx,
    ".pdf": _pdf,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".epub": _epub,
}
"""Which reader takes which suffix (lower case). Each imports its module when it is called."""

NOT_YET = frozenset({".doc", ".odt", ".rtf", ".mobi", ".azw", ".azw3", ".kfx", ".fb2", ".pages"})
"""Documents, but of kinds that nothing here reads."""


def read(source: Path | Location) -> "Document":
    """The Document that the file at `source` holds, or what comes from standard input or an address.

    Raises SourceError when there is no such file, it is no regular file, of an unknown type, unreadable, binary or
    without text, or cannot be fetched; ConfigError when its front matter is wrong.
    """
    if isinstance(source, Location):
        from narrate.source.unfiled import read_article, received

        path, suffix, data = received(source)
        reader = read_article if suffix == ".html" else _reader(Path(f"-{suffix}"))
    else:
        path, data = source, _contents(source)
        reader = _reader(path)
    if not data:
        raise SourceError(f"{shown(path)}: the file is empty", hint="give a file that has text in it")
    document = reader(path, data)
    if not document.chapters:
        raise SourceError(f"{shown(path)}: no text in it", hint="give a file that has words in it")
    return _counted(_in_a_language(document))


def _in_a_language(document: "Document") -> "Document":
    """The document with the language that it says, else the one that its words tell, else English."""
    if document.metadata.language:
        return document
    from narrate.source.language import language_of

    return replace(document, metadata=replace(document.metadata, language=language_of(document) or "en"))


def _counted(document: "Document") -> "Document":
    """The document with the number of its blocks, where its reader (another package's, perhaps) does not count them."""
    if document.seen:
        return document
    kept = sum(len(chapter.blocks) for chapter in document.chapters)
    return replace(document, seen=kept + sum(each.count for each in document.skipped))


def _contents(path: Path) -> bytes:
    _check_kind(path)
    _reader(path)
    try:
        return path.read_bytes()
    except PermissionError as error:
        raise SourceError(f"{shown(path)}: no permission to read it", hint=f"try: chmod u+r '{shown(path)}'") from error
    except OSError as error:
        raise SourceError(f"{shown(path)}: cannot be read: {error.strerror}") from error


def _check_kind(path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise SourceError(f"{shown(path)}: no such file", hint="check the name and the folder") from error
    except PermissionError as error:
        raise SourceError(f"{shown(path)}: no permission to look into its folder") from error
    except OSError as error:
        raise SourceError(f"{shown(path)}: cannot be opened: {error.strerror}") from error
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        unpacked = "an unpacked EPUB: zip what is in it" if path.suffix.lower() == ".epub" else "name a file inside it"
        raise SourceError(f"{shown(path)}: a folder, not a document", hint=unpacked)
    if not stat.S_ISREG(mode):
        raise SourceError(f"{shown(path)}: a device or a pipe, not a regular file", hint="save it as a file first")
    if status.st_size > SOURCE_BYTES:
        raise SourceError(f"{shown(path)}: larger than {SOURCE_BYTES >> 20} MB", hint="divide it into several files")


def _reader(path: Path) -> Reader:
    suffix = path.suffix.lower()
    if suffix in READERS:
        return READERS[suffix]
    from importlib.metadata import entry_points

    for entry in entry_points(group="narrate.readers", name=suffix.removeprefix(".")) if suffix else ():
        reader: Reader = entry.load()
        return reader
    hint = f"narrate reads {', '.join(READERS)}"
    if suffix in NOT_YET:
        raise SourceError(f"{shown(path)}: {suffix} files cannot be read yet", hint=f"{hint}; save it as one of these")
    kind = f"the type {shown(suffix)} is not known" if suffix else "its type is not known, it has no suffix"
    raise SourceError(f"{shown(path)}: {kind}", hint=hint)
