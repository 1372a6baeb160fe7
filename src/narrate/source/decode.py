"""Bytes in, clean text out: which encoding a file is in, and what in it is no text.

Touches nothing but its arguments. Lines of the result end in `\\n` alone; control characters are gone.
"""

import codecs
import re
from pathlib import Path

from narrate.errors import SourceError
from narrate.source.name import shown

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a ZIP archive (or an EPUB or DOCX)"),
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"OggS", "an Ogg sound file"),
    (b"fLaC", "a FLAC sound file"),
    (b"ID3\x02", "an MP3 file"),
    (b"ID3\x03", "an MP3 file"),
    (b"ID3\x04", "an MP3 file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word document"),
    (b"{\\rtf", "an RTF document"),
)
_CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ENDS = re.compile("\r\n|[\r\x85\u2028]")
_SIGN_IN_WORD = re.compile(r"[^\W\d_][¹²³¼½¾¿¡¢£¤¥¦§©¬®¯°±¶¸×÷][^\W\d_]")
_SAMPLE = 32768
_CHARSETS = [
    *("cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("mac_roman", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]


def decode(data: bytes, path: Path, *, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """The text in `data`, and remarks for the person about what had to be mended.

    Valid UTF-8 is never taken for anything else. What is neither Unicode nor valid UTF-8 is in the encoding that it
    says itself (`declared`), if there is one of that name; else charset-normalizer decides.
    `path` is for messages. Raises SourceError when it is binary, or holds nothing but white space.
    """
    name = path.name
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise SourceError(f"{shown(name)}: this is {kind}, not text", hint="export it as text or Markdown first")
    text, remarks = _unicode(data) or _declared(data, declared) or _other(data, name)
    text, removed = _clean(text)
    if removed * 20 > len(text) and removed > 8:
        raise _binary(name)
    if removed:
        remarks.append(f"{removed} control character{'s' * (removed > 1)} left out")
    if not text.strip().strip("\ufeff\u200b\u200c\u200d\u2060"):
        raise SourceError(f"{shown(name)}: nothing but white space in it", hint="give a file that has text in it")
    return text, tuple(remarks)


def _unicode(data: bytes) -> tuple[str, list[str]] | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            text = data[len(bom) :].decode(encoding, "replace")
            bad = text.count("\ufffd")
            if bad * 20 <= len(text):
                return text, [_bad(bad, encoding.upper())] if bad else []
            break
    encoding = _utf16_without_mark(data)
    try:
        return data.decode(encoding or "utf-8"), []
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    # Damaged UTF-8 still has far more whole sequences than broken ones; another encoding has next to none whole.
    whole = len(text) - bad - len(data.translate(None, bytes(range(128, 256))))
    return (text, [_bad(bad, "UTF-8")]) if whole >= 4 * bad else None


def _bad(count: int, encoding: str) -> str:
    return f"{count} byte sequence{'s' * (count > 1)} that {'are' if count > 1 else 'is'} not {encoding} left out"


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if len(data) % 2 or max(even, odd) < 0.4 * half or min(even, odd) > 0.02 * half:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _declared(data: bytes, encoding: str) -> tuple[str, list[str]] | None:
    """The text in an encoding that it names. Latin-1 is what browsers take it for: Windows-1252."""
    if not encoding or encoding.startswith(("utf", "ucs")):
        return None
    if encoding in ("iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"):
        encoding = "cp1252"
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, UnicodeError):
        return None
    bad = text.count("\ufffd")
    return text, [_bad(bad, encoding.upper())] if bad else []


def _other(data: bytes, name: str) -> tuple[str, list[str]]:
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if controls * 50 > len(data):
        raise _binary(name)
    encoding = _guess(_telling(data))
    if not encoding:
        raise _binary(name)
    return data.decode(encoding, "replace"), [f"read as {encoding}, since it is not UTF-8"]


def _telling(data: bytes) -> bytes:
    """The stretches around bytes above 127, which alone tell one encoding from another, 32 KB at most."""
    parts: list[bytes] = []
    at = size = 0
    high = re.compile(rb"[\x80-\xff]")
    while size < _SAMPLE and (found := high.search(data, at)):
        start, end = max(at, found.start() - 64), found.end() + 192
        parts.append(data[start:end])
        size += end - start
        at = end
    return b" ".join(parts)


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=_CHARSETS, threshold=0.35)
    found = [match for match in matches if not _SIGN_IN_WORD.search(str(match))] or list(matches)
    if not found:
        return ""
    best = found[0]
    # Short Western texts leave many candidates equally good; cp1252 is what such a file nearly always is.
    for match in found:
        close = match.chaos <= best.chaos + 0.02 and match.coherence >= best.coherence - 0.02
        if match.encoding == "cp1252" and (close or str(match) == str(best)):
            return "cp1252"
    return best.encoding


def _binary(name: str) -> SourceError:
    return SourceError(f"{shown(name)}: binary data, not text", hint="what a file holds must be what its suffix says")


def _clean(text: str) -> tuple[str, int]:
    """Every line end a `\\n`, form feeds and tabs a space, control characters removed and counted."""
    text = text.removeprefix("\ufeff")
    if _ENDS.search(text):
        text = _ENDS.sub("\n", text)
    if "\u2029" in text:
        text = text.replace("\u2029", "\n\n")
    if "\f" in text or "\v" in text:
        text = text.replace("\f", " ").replace("\v", " ")
    cleaned, removed = _CONTROLS.subn("", text)
    return cleaned, removed
