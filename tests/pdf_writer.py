"""Small PDFs for tests, out of a layout that a person can read. A layout has a command a line:

info Title The Long Way          the document's information
lang de                          its language
page                             a new page begins, US Letter
72 700 11 It rained.             x, y, size and words of a piece of text
picture 72 400 200 100 3         x, y, width, height, and which picture it is (1 without)
outline 1 2 700 Chapter Two      level, page (from 1), height, title
labels r 2                       the first two pages are numbered i, ii; then 1, 2, …
"""

from dataclasses import dataclass, field


@dataclass
class Layout:
    """What a layout says."""

    info: dict[str, str] = field(default_factory=dict)
    language: str = ""
    pages: list[list[str]] = field(default_factory=list)
    outline: list[tuple[int, int, float, str]] = field(default_factory=list)
    pictures: set[int] = field(default_factory=set)
    roman_pages: int = 0


def from_layout(text: str, *, more: bytes = b"") -> bytes:
    """The PDF of a layout; `more` goes into its catalog."""
    layout = Layout()
    for line in text.strip().splitlines():
        _obey(line.rstrip(), layout)
    return _pdf(layout, more)


def _obey(line: str, layout: Layout) -> None:
    command, _, rest = line.strip().partition(" ")
    if command == "info":
        key, _, value = rest.partition(" ")
        layout.info[key] = value
    elif command == "lang":
        layout.language = rest
    elif command == "page":
        layout.pages.append([])
    elif command == "outline":
        level, page, top, title = rest.split(" ", 3)
        layout.outline.append((int(level), int(page), float(top), title))
    elif command == "labels":
        layout.roman_pages = int(rest.split()[1])
    elif command == "picture":
        x, y, width, height, *which = rest.split()
        number = int(which[0]) if which else 1
        layout.pictures.add(number)
        layout.pages[-1].append(f"q {width} 0 0 {height} {x} {y} cm /P{number} Do Q")
    elif command:
        y, size, words = rest.split(" ", 2)
        layout.pages[-1].append(f"BT /F1 {size} Tf 1 0 0 1 {command} {y} Tm ({escaped(words)}) Tj ET")


def escaped(words: str) -> str:
    """`words` inside the brackets of a PDF string."""
    return words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf(layout: Layout, more: bytes) -> bytes:
    count = len(layout.pages)
    first_page, first_picture = 10, 10 + 2 * count
    first_entry = first_picture + max(layout.pictures, default=0) + 1
    pictures = " ".join(f"/P{n} {first_picture + n} 0 R" for n in layout.pictures)
    resources = f"<< /Font << /F1 4 0 R >> /XObject << {pictures} >> >>"
    kids = " ".join(f"{first_page + 2 * n} 0 R" for n in range(count))
    objects: dict[int, bytes] = {
        2: f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        4: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        5: b"<< " + b" ".join(f"/{k} ({escaped(v)})".encode("cp1252") for k, v in layout.info.items()) + b" >>",
    }
    catalog = b"<< /Type /Catalog /Pages 2 0 R " + more
    if layout.language:
        catalog += f" /Lang ({layout.language})".encode()
    if layout.roman_pages:
        catalog += f" /PageLabels << /Nums [0 << /S /r >> {layout.roman_pages} << /S /D >>] >>".encode()
    if layout.outline:
        catalog += f" /Outlines {first_entry} 0 R".encode()
        objects |= _outline(layout.outline, first_entry, first_page)
    objects[1] = catalog + b" >>"
    for number, page in enumerate(layout.pages):
        at = first_page + 2 * number
        program = "\n".join(page).encode("cp1252")
        objects[at] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources} /Contents {at + 1} 0 R >>"
        ).encode()
        objects[at + 1] = stream(program)
    for number in layout.pictures:
        head = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
        objects[first_picture + number] = stream(b"\x80", head)
    return assembled(objects, info=5)


def _outline(entries: list[tuple[int, int, float, str]], root: int, first_page: int) -> dict[int, bytes]:
    """The outline as a tree of objects: `root`, then one an entry."""
    parents = [0] * len(entries)
    children: dict[int, list[int]] = {0: []}
    path: list[int] = []
    for number, (level, *_) in enumerate(entries, start=1):
        path = path[: level - 1]
        parents[number - 1] = path[-1] if path else 0
        children.setdefault(parents[number - 1], []).append(number)
        children.setdefault(number, [])
        path.append(number)
    objects: dict[int, bytes] = {}
    for number in range(len(entries) + 1):
        own = children[number]
        text = f"/First {root + own[0]} 0 R /Last {root + own[-1]} 0 R /Count {len(own)} " if own else ""
        if number:
            _, page, top, title = entries[number - 1]
            brothers = children[parents[number - 1]]
            after = brothers[brothers.index(number) + 1 :]
            text += f"/Next {root + after[0]} 0 R " if after else ""
            text += f"/Parent {root + parents[number - 1]} 0 R /Title ({escaped(title)}) "
            text += f"/Dest [{first_page + 2 * (page - 1)} 0 R /XYZ 0 {top} 0]"
        objects[root + number] = f"<< {text} >>".encode("cp1252")
    return objects


def stream(data: bytes, head: str = "") -> bytes:
    """A stream object's body."""
    return f"<< {head} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def assembled(objects: dict[int, bytes], *, info: int = 0, trailer: bytes = b"") -> bytes:
    """A file of these objects; object 1 is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places: dict[int, int] = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, objects[number])
    start = len(out)
    size = max(objects) + 1
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    extra = b" /Info %d 0 R" % info if info else b""
    out += b"trailer\n<< /Size %d /Root 1 0 R%b %b >>\nstartxref\n%d\n%%%%EOF\n" % (size, extra, trailer, start)
    return bytes(out)
