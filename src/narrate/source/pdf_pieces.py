"""A PDF page's program, changed so that pypdf tells the cells of a row one by one. Touches nothing else.

pypdf gives as one text what is set on one line inside one text object (`BT … ET`), and only where it begins. WeasyPrint
sets whole tables so, each cell moved to its place (`Tm`). Before a move along the line that leaves a wide space, the
text object is ended and begun anew: nothing looks different, and the cells come apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject

_ADVANCE_EM = 0.5
"""A letter's width on average."""
_GAP_EM = 1.0
_SAME_LINE_EM = 0.1

_Operation = tuple[Any, bytes]


@contextmanager
def pieces_apart(page: "PageObject") -> Iterator[None]:
    """The page with its program changed so, as long as it is read."""
    from pypdf.generic import ContentStream, NameObject

    name = NameObject("/Contents")
    if name not in page:
        yield
        return
    before = page.raw_get(name)
    contents = ContentStream(before.get_object(), page.pdf, "bytes")
    contents.operations = list(_apart(contents.operations, _composite_fonts(page)))
    page[name] = contents
    try:
        yield
    finally:
        page[name] = before  # a parsed program is large, and the file keeps its pages


def _composite_fonts(page: "PageObject") -> frozenset[str]:
    """The names of the page's fonts that have two bytes to a letter."""
    resources = page.get("/Resources")
    fonts = resources.get_object().get("/Font") if resources else None
    found = fonts.get_object().items() if fonts else ()
    return frozenset(str(name) for name, font in found if font.get_object().get("/Subtype") == "/Type0")


def _apart(operations: list[_Operation], composite: frozenset[str]) -> Iterator[_Operation]:
    at: list[float] | None = None  # where the last piece begins: its text matrix
    letters = 0.0
    size, bytes_each = 1.0, 1
    for operands, operator in operations:
        if operator == b"Tf" and len(operands) == 2:
            bytes_each = 2 if str(operands[0]) in composite else 1
            size = abs(float(operands[1])) or 1.0
        elif operator in (b"Tj", b"TJ") and operands:
            letters += _length(operands[0]) / bytes_each
        elif operator == b"Tm" and len(operands) == 6:
            matrix = [float(each) for each in operands]
            if at and letters and _leaves_a_gap(at, matrix, letters, size):
                yield [], b"ET"
                yield [], b"BT"
            at, letters = matrix, 0.0
        elif operator in (b"BT", b"Td", b"TD", b"T*", b"'", b'"'):
            at = None
        yield operands, operator


def _length(shown: Any) -> int:
    if isinstance(shown, list):
        return sum(len(each) for each in shown if isinstance(each, str | bytes))
    return len(shown) if isinstance(shown, str | bytes) else 0


def _leaves_a_gap(at: list[float], to: list[float], letters: float, size: float) -> bool:
    """Whether the move from one text matrix to another goes along the line, and further than the letters between."""
    a, b, c, d, x, y = at
    area = a * d - b * c
    if not area or to[:4] != at[:4]:
        return False
    along = ((to[4] - x) * d - (to[5] - y) * c) / area
    across = ((to[5] - y) * a - (to[4] - x) * b) / area
    return abs(across) <= _SAME_LINE_EM * size and along > (letters * _ADVANCE_EM + _GAP_EM) * size
