"""A PDF's page in, its lines out, in the order in which they were set. Touches nothing.

A line is known by where it begins, how large it is set and what it says. The order is that of the page's own
program, which goes column by column in what typesetters, word processors and browsers write.
"""

import math
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from narrate.document import Origin
from narrate.source.pdf_pieces import pieces_apart

if TYPE_CHECKING:
    from pypdf import PageObject

MARK_OPEN, MARK_CLOSE = "\x02", "\x03"
"""Around the label of a note where it is marked in a line's text. No text has them: control characters are left out."""

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_CLEAN = str.maketrans({"\t": " ", "\xa0": " ", "\n": "", "\r": "", "\ufeff": ""} | _LIGATURES)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]")
"""What a font gives that does not tell which letters it shows."""
_LABEL = re.compile(r"\s*(\d{1,3}|[*†‡§¶]{1,3})\s*")
_RAISED = 0.8
_WORD_GAP_EM = 1.5
_CELL_GAP_EM = 1.0
_ADVANCE_EM = 0.5
"""A letter's width on average; only used to guess whether two pieces of a line have a space between them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A part of a line that stands apart from the one before it, and where it begins in points."""

    x: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of set text: its page (from 0), where it begins in points (y grows upwards), and its size in points.

    `cells` are its parts where wide spaces divide it; empty where none does.
    """

    page: int
    x: float
    y: float
    size: float
    text: str
    cells: tuple[Cell, ...] = ()

    @property
    def words(self) -> str:
        """The text without marks of notes."""
        return re.sub(f"{MARK_OPEN}[^{MARK_CLOSE}]*{MARK_CLOSE}", "", self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture drawn on the page (from 0); `name` tells it from others, `y` is its lower edge, `area` in points²."""

    page: int
    name: int
    y: float
    area: float


class OverBudgetError(Exception):
    """A document asked for more than any book needs; says what."""


class Budget:
    """What one document may cost: seconds, and characters of text."""

    def __init__(self, *, seconds: float, characters: int) -> None:
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._left = self._characters = characters

    def spend(self, characters: int) -> None:
        """Raises OverBudgetError when nothing is left."""
        self._left -= characters
        if self._left < 0:
            raise OverBudgetError(f"more than {self._characters:,} characters of text")
        if time.monotonic() > self._deadline:
            raise OverBudgetError(f"not read after {self._seconds:.0f} seconds")


def read_page(page: "PageObject", number: int, budget: Budget) -> tuple[list[Line | Picture], int]:
    """What stands on `page`, and how many of its characters say nothing because their font does not tell letters."""
    setter = _Setter(number)
    pictures = _pictures(page)
    budget.spend(0)

    def shown(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        budget.spend(len(text))
        setter.add(text, _product(tm, cm), size)

    def drawn(operator: bytes, operands: Any, cm: list[float], _tm: list[float]) -> None:
        if operator == b"Do" and operands and operands[0] in pictures:
            setter.draw(pictures[operands[0]], cm)

    with pieces_apart(page):
        if pictures:
            page.extract_text(visitor_text=shown, visitor_operand_before=drawn)
        else:
            page.extract_text(visitor_text=shown)
    return setter.finished(), setter.unreadable


def _pictures(page: "PageObject") -> dict[str, int]:
    """The page's pictures by their names in its program, each with what tells it from all others in the file."""
    found: dict[str, int] = {}
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources else None
    for name, reference in (objects.get_object() if objects else {}).items():
        if reference.get_object().get("/Subtype") == "/Image":
            found[name] = getattr(reference, "idnum", -len(found) - 1)
    return found


def _product(m: list[float], n: list[float]) -> tuple[float, ...]:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


@dataclass(kw_only=True, slots=True)
class _Open:
    """The line that is being set: where it began, where its last piece began, and its baseline."""

    x: float
    y: float
    size: float
    last_x: float
    last_text: str
    texts: list[str]
    cells: list[tuple[float, int]]
    """Where each part after a wide space begins: in points, and among `texts`."""


@dataclass(slots=True)
class _Setter:
    """Puts pieces of text, as they come, into lines."""

    page: int
    unreadable: int = 0
    _items: list[Line | Picture] = field(default_factory=list)
    _open: _Open | None = None

    def add(self, text: str, matrix: tuple[float, ...], size: float) -> None:
        cleaned, unreadable = _UNREADABLE.subn("", text.translate(_CLEAN))
        self.unreadable += unreadable
        if not cleaned.strip():
            if cleaned and self._open:
                self._open.texts.append(" ")
            return
        x, y, size = _upright(matrix, size)
        if not all(map(math.isfinite, (x, y, size))):
            x = y = 0.0
        line = self._open
        if line and self._goes_on(line, x, y, size):
            self._append(line, cleaned, x, y, size)
        else:
            self._close()
            self._open = _Open(x=x, y=y, size=size, last_x=x, last_text=cleaned, texts=[cleaned], cells=[(x, 0)])

    def draw(self, name: int, cm: list[float]) -> None:
        """A picture: the unit square, as `cm` has it."""
        area = abs(cm[0] * cm[3] - cm[1] * cm[2])
        low = cm[5] + min(0.0, cm[1], cm[3], cm[1] + cm[3])
        if math.isfinite(area) and math.isfinite(low):
            self._close()
            self._items.append(Picture(page=self.page, name=name, y=low, area=area))

    def finished(self) -> list[Line | Picture]:
        self._close()
        return self._items

    def _goes_on(self, line: _Open, x: float, y: float, size: float) -> bool:
        return abs(y - line.y) <= 0.6 * max(size, line.size) and x >= line.last_x - 0.1

    def _append(self, line: _Open, text: str, x: float, y: float, size: float) -> None:
        raised = size < _RAISED * line.size and y > line.y + 0.1 * line.size
        if raised and (label := _LABEL.fullmatch(text)):
            text = f"{MARK_OPEN}{label[1]}{MARK_CLOSE}"
        elif line.size < _RAISED * size and len(line.texts) == 1 and (label := _LABEL.fullmatch(line.texts[0])):
            # The label that a note at the page's foot begins with.
            line.texts[0] = f"{MARK_OPEN}{label[1]}{MARK_CLOSE}"
            line.y, line.size = y, size
        elif x > line.last_x:
            end = line.last_x + len(line.last_text) * _ADVANCE_EM * line.size
            if x - end > _WORD_GAP_EM * line.size:
                line.texts.append(" ")
            if x - end > _CELL_GAP_EM * line.size:
                line.cells.append((x, len(line.texts)))
        line.texts.append(text)
        line.last_x, line.last_text = x, text
        if size > line.size:
            line.y, line.size = y, size

    def _close(self) -> None:
        line, self._open = self._open, None
        if line and (text := " ".join("".join(line.texts).split())):
            size = round(line.size, 1)
            cells = _cells(line) if len(line.cells) > 1 else ()
            self._items.append(Line(page=self.page, x=line.x, y=line.y, size=size, text=text, cells=cells))


def _cells(line: _Open) -> tuple[Cell, ...]:
    ends = [at for _, at in line.cells[1:]] + [len(line.texts)]
    texts = [" ".join("".join(line.texts[at:end]).split()) for (_, at), end in zip(line.cells, ends, strict=True)]
    return tuple(Cell(x=x, text=text) for (x, _), text in zip(line.cells, texts, strict=True) if text)


def page_origin(page: int) -> Origin:
    """Where page `page` (from 0) begins, as RFC 8118 has it in addresses."""
    return Origin(href=f"#page={page + 1}")


def _upright(matrix: tuple[float, ...], size: float) -> tuple[float, float, float]:
    """Where a piece of text begins and how large it is, seen with its own baseline level."""
    a, b, c, d, x, y = matrix
    length = math.hypot(a, b) or 1.0
    along_x, along_y = a / length, b / length
    return x * along_x + y * along_y, y * along_x - x * along_y, abs(size) * (math.hypot(c, d) or 1.0)
