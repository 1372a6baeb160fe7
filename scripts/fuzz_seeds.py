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

_TOKENS = {
    "txt": ["\n\n\n", "Chapter I\n\n", "* * *\n", "\x00", "\ufeff", "\u202e", "\r", "[1]", "a" * 300, "-" * 300],
    "md": [
        *(
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
        ),
        "[" * 90,
    ],
    "html": [
        *("<table>", "</p>", "<a href='#a'>", "<!--", "-->", "<![CDATA[", "<svg>", "&#0;", "&#x110000;", "<math>"),
        "<div>" * 300,
    ],
    "epub": [
        *(
            "<!DOCTYPE x [<!ENTITY a 'b'>]>",
            "&a;",
            "../../",
            "%2e%2e/",
            "a.xhtml",
            "#a",
            "<ol><li>",
            "<navPoint>",
            "\x00",
        ),
    ],
    "docx": [
        *(
            "<w:p>",
            "</w:r>",
            "<w:tbl>",
            "<w:tr>",
            '<w:gridSpan w:val="999999"/>',
            "<m:oMath>",
            "r:embed='x'",
            "w:id='2'",
        ),
        "\ue0001\ue001",
    ],
    "pdf": [
        *(
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
        ),
        *("1e999", "/Next", "ET"),
    ],
}


def seeds(kind: str) -> list[bytes]:
    """Whole documents of a kind: the inputs of the golden cases, made into files where they are only described."""
    return [_made(path) for path in sorted((TESTS / "golden").glob("*/in.*")) if _kind(path) == kind]


def _kind(path: Path) -> str:
    return {"in.layout": "pdf", "in.docx.txt": "docx"}.get(path.name, path.suffix[1:])


def _made(path: Path) -> bytes:
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    import docx_writer
    import epubs
    import pdf_writer

    match path.name:
        case "in.layout":
            return bytes(pdf_writer.from_layout(path.read_text("utf-8")))
        case "in.docx.txt":
            return bytes(eval(path.read_text("utf-8"), vars(docx_writer)))
        case "in.epub":
            files = {name: text.encode() for name, text in epubs.FIXED.items()}
            within = sorted(file for file in path.rglob("*") if file.is_file())
            return _packed(files | {file.relative_to(path).as_posix(): file.read_bytes() for file in within})
    return path.read_bytes()


def mutated(kind: str, originals: list[bytes], seed: int, number: int) -> bytes:
    """Input `number` of a run: one of the originals, damaged one to six times; of archives mostly a file in them."""
    rng = random.Random(f"{seed}/{kind}/{number}")
    data = rng.choice(originals)
    if data.startswith(b"PK") and rng.random() < 0.8:
        parts = _unpacked(data)
        name = rng.choice(sorted(parts))
        parts[name] = _damaged(parts[name], rng, list(parts.values()), kind)
        return _packed(parts)
    return _damaged(data, rng, originals, kind)


def _damaged(data: bytes, rng: random.Random, originals: list[bytes], kind: str) -> bytes:
    # Most damage to markup only makes it no markup: what is well formed and wrong goes deeper.
    ways = _WAYS_OF_MARKUP if kind in ("docx", "epub", "html") and rng.random() < 0.7 else _WAYS
    for _ in range(rng.randint(1, 6)):
        data = rng.choice(ways)(data, rng, kind)
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
    other = rng.choice((b"0", b"-1", b"1", b"65536", b"4294967296", b"9" * 40))
    return data[: found.start()] + other + data[found.end() :]


def _element(data: bytes, rng: random.Random, _: str) -> bytes:
    """An element, to the first end of its name, taken out, doubled, emptied, unwrapped or nested in itself."""
    opened = list(re.finditer(rb"<([\w:]+)(?:\s[^<>]*)?(?<!/)>", data))
    if not opened:
        return data
    start = rng.choice(opened)
    end = data.find(b"</" + start[1] + b">", start.end())
    if end < 0:
        return data
    stop = end + len(start[1]) + 3
    whole, inner = data[start.start() : stop], data[start.end() : end]
    tail = b"</" + start[1] + b">"
    deep = rng.choice((2, 20, 900))
    changed = rng.choice(
        (b"", whole * rng.choice((2, 300)), start[0] + tail, start[0] * deep + inner + tail * deep, inner)
    )
    return data[: start.start()] + changed + data[stop:]


def _attribute(data: bytes, rng: random.Random, _: str) -> bytes:
    """One attribute's value put in the place of another's, or something odd there."""
    found = list(re.finditer(rb'="([^"<>]*)"', data))
    if not found:
        return data
    one, other = rng.choice(found), rng.choice(found)
    value = rng.choice((other[1], b"", b"-1", b"99999999", b"../../etc/passwd", b"#", b"a" * 5000, b"%00"))
    return data[: one.start(1)] + value + data[one.end(1) :]


_Way = Callable[[bytes, random.Random, str], bytes]
_WAYS: list[_Way] = [_flip, _cut, _end, _noise, _again, _move, _token, _token, _number]

_WAYS_OF_MARKUP: list[_Way] = [_element, _element, _attribute]


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
