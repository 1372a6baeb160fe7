"""Which kind of document some bytes are, by their content alone: for what comes without a file's name. Pure."""

import codecs
import io
import re
import zipfile

_HTML = re.compile(
    rb"(?>\s+|<!--.*?-->|<\?xml[^>]{0,200}>)*+<(?:!doctype\s+html|html|head|body|article)\b", re.IGNORECASE | re.DOTALL
)
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.{0,500}\n){0,200}?(?:---|\.\.\.)[ \t]*\n")
_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)
_SETEXT = re.compile(r"^\S.{0,200}\n(?:={3,}|-{3,})[ \t]*\n", re.MULTILINE)
_SAMPLE = 65536


def recognise(data: bytes) -> str:
    """The suffix that a file of these bytes would have: .pdf, .epub, .docx, .html, .md, or .txt for all else."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return ".pdf"
    if data.startswith(b"PK\x03\x04"):
        return _of_archive(data)
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(mark, "utf-8")
            data = data[len(mark) : _SAMPLE].decode(encoding, "ignore").encode()
    if _HTML.match(data[:_SAMPLE]):
        return ".html"
    text = data[:_SAMPLE].decode("utf-8", "replace").replace("\r\n", "\n")
    headed = _HEADING.search(text) or _SETEXT.search(text)
    return ".md" if headed or _FRONT_MATTER.match(text) else ".txt"


def _of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        names = set()
    if "META-INF/container.xml" in names or b"mimetypeapplication/epub+zip" in data[:200]:
        return ".epub"
    return ".docx" if "[Content_Types].xml" in names else ".txt"
