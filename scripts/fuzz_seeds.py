"""What is fuzzed: small whole documents of every format, and the ways in which they are damaged. Deterministic."""

import io
import random
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
KINDS = ("txt", "md", "html", "epub", "docx", "pdf")

_PAGE = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en"><head><title>The
Bridge</title></head><body><h1 id="a">One</h1><p>It <em>rained</em>.<a epub:type="noteref" href="#n">1</a></p><figure><img
src="b.png" alt="A bridge"/><figcaption>The bridge</figcaption></figure><table><caption>Rain</caption><tr><th>Day</th><th
colspan="2">mm</th></tr><tr><td rowspan="2">Monday</td><td>3</td></tr></table><ul><li>bread<ol><li>lamp</li></ol></li></ul>
<p><abbr title="millimetre">mm</abbr> <ruby>雨<rt>ame</rt></ruby> <math><msup><mi>x</mi><mn>2</mn></msup></math></p>
<span epub:type="pagebreak" title="4"/><aside id="n" epub:type="footnote"><p>In May.</p></aside><pre>code</pre><hr/>
<dl><dt>rain</dt><dd>water</dd></dl><blockquote lang="de">Regen</blockquote></body></html>"""
_OPF = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Bridge</dc:title><dc:creator>Ada</dc:creator><dc:language>en</dc:language>
</metadata><manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="c"
href="c.xhtml" media-type="application/xhtml+xml"/><item id="x" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>
<spine toc="x"><itemref idref="c"/></spine></package>"""
_NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc"><ol><li><a
href="c.xhtml#a">One</a><ol><li><a href="c.xhtml#n">Two</a></li></ol></li></ol></nav></body></html>"""
_NCX = """<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>One</text></navLabel><content
src="c.xhtml#a"/></navPoint></navMap></ncx>"""
_CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="o/p.opf"
media-type="application/oebps-package+xml"/></rootfiles></container>"""
_EPUB = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": _CONTAINER,
    "o/p.opf": _OPF,
    "o/nav.xhtml": _NAV,
    "o/toc.ncx": _NCX,
    "o/c.xhtml": _PAGE,
}
_TOKENS = {
    "txt": ["\n\n\n", "Chapter I\n\n", "* * *\n", "\x00", "\ufeff", "\u202e", "\r", "[1]", "a" * 300, "-" * 300],
    "md": [
        "---\n",
        "> " * 40,
        "- " * 40,
        "[^1]",
        "[^1]: ",
        "![](",
        "](",
        "|a|b|\n|-|-|\n",
        "```",
        "<table>",
        "&#x110000;",
        "[" * 90,
    ],
    "html": [
        "<table>",
        "</p>",
        "<a href='#a'>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<svg>",
        "&#0;",
        "&#x110000;",
        "<div>" * 300,
        "<math>",
    ],
    "epub": [
        "<!DOCTYPE x [<!ENTITY a 'b'>]>",
        "&a;",
        "../../",
        "%2e%2e/",
        "c.xhtml",
        "#a",
        "<ol><li>",
        "<navPoint>",
        "\x00",
    ],
    "docx": [
        "<w:p>",
        "</w:r>",
        "<w:tbl>",
        "<w:tr>",
        '<w:gridSpan w:val="999999"/>',
        "<m:oMath>",
        "r:embed='x'",
        "w:id='2'",
        "\ue0001\ue001",
    ],
    "pdf": [
        " 1 0 R",
        "<<",
        ">>",
        "[",
        "endobj",
        "stream\n",
        "999999999999",
        "-1",
        "/Kids",
        "/Parent 2 0 R",
        "(",
        "Do",
        "BT",
        "1e999",
        "/Next",
    ],
}


def seeds(kind: str) -> list[bytes]:
    """Whole documents of a kind: the golden cases' inputs, and for HTML and EPUB one that has a bit of everything."""
    found = [_made(path) for path in sorted((TESTS / "golden").glob("*/in.*")) if _kind(path) == kind]
    if kind == "html":
        found.append(_PAGE.encode())
    if kind == "epub":
        found.append(_packed({name: text.encode() for name, text in _EPUB.items()}))
    return found


def _kind(path: Path) -> str:
    return {"in.layout": "pdf", "in.docx.txt": "docx"}.get(path.name, path.suffix[1:])


def _made(path: Path) -> bytes:
    """The document that a golden case's input is, or is made into."""
    if path.name not in ("in.layout", "in.docx.txt"):
        return path.read_bytes()
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    import docx_writer
    import pdf_writer

    text = path.read_text("utf-8")
    made: bytes = pdf_writer.from_layout(text) if path.name == "in.layout" else eval(text, vars(docx_writer))
    return made


def mutated(originals: list[bytes], seed: int, number: int) -> bytes:
    """Input `number` of a run: one of the originals, damaged one to six times."""
    rng = random.Random(f"{seed}/{number}")
    data = rng.choice(originals)
    kind = _kind_of(data, originals)
    if data.startswith(b"PK") and rng.random() < 0.8:
        parts = _unpacked(data)
        name = rng.choice(sorted(parts))
        parts[name] = _damaged(parts[name], rng, originals, kind)
        return _packed(parts)
    return _damaged(data, rng, originals, kind)


def _kind_of(data: bytes, originals: list[bytes]) -> str:
    if data.startswith(b"PK"):
        return "epub" if b"mimetypeapplication" in data else "docx"
    if data.startswith(b"%PDF"):
        return "pdf"
    return "html" if any(b"<html" in each for each in originals) else "md"


def _damaged(data: bytes, rng: random.Random, originals: list[bytes], kind: str) -> bytes:
    for _ in range(rng.randint(1, 6)):
        data = rng.choice(_WAYS)(data, rng, kind)
    if rng.random() < 0.05:
        other = rng.choice(originals)
        data = data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]
    return data[: 4 << 20]


def _place(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + int(rng.paretovariate(0.6)))


def _flip(data: bytes, rng: random.Random, _: str) -> bytes:
    if not data:
        return b"x"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, rng: random.Random, _: str) -> bytes:
    start, end = _place(data, rng)
    return data[:start] + data[end:]


def _end(data: bytes, rng: random.Random, _: str) -> bytes:
    return data[: rng.randint(0, len(data))]


def _noise(data: bytes, rng: random.Random, _: str) -> bytes:
    start, end = _place(data, rng)
    return data[:start] + rng.randbytes(min(end - start, 64) or 1) + data[end:]


def _again(data: bytes, rng: random.Random, _: str) -> bytes:
    """A stretch many times over: nesting without end, tables without end."""
    start, end = _place(data, rng)
    return data[:start] + data[start:end] * rng.choice((2, 3, 10, 100, 3000)) + data[end:]


def _move(data: bytes, rng: random.Random, _: str) -> bytes:
    start, end = _place(data, rng)
    rest = data[:start] + data[end:]
    at = rng.randint(0, len(rest))
    return rest[:at] + data[start:end] + rest[at:]


def _token(data: bytes, rng: random.Random, kind: str) -> bytes:
    at = rng.randint(0, len(data))
    token = rng.choice(_TOKENS[kind]).encode("utf-8", "surrogatepass")
    return data[:at] + token * rng.choice((1, 1, 1, 5, 200)) + data[at:]


def _number(data: bytes, rng: random.Random, _: str) -> bytes:
    numbers = list(re.finditer(rb"\d+", data))
    if not numbers:
        return data
    found = rng.choice(numbers)
    return (
        data[: found.start()]
        + rng.choice((b"0", b"-1", b"1", b"65536", b"4294967296", b"9" * 40))
        + data[found.end() :]
    )


_WAYS: list[Callable[[bytes, random.Random, str], bytes]] = [
    _flip,
    _cut,
    _end,
    _noise,
    _again,
    _move,
    _token,
    _token,
    _number,
]


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def _packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, data, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return out.getvalue()
