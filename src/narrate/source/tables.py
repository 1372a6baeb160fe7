"""A table's cells in as they come, a Table out: what spans is filled, what heads the columns is told from the rows.

Pure.
"""

from dataclasses import dataclass, field

from narrate.document import Origin, Table
from narrate.source.limits import TABLE_CELLS, TABLE_COLUMNS
from narrate.source.notes import types
from narrate.source.tree import Element, local_name

_BLOCKS_OF_PAGES = frozenset(
    {"table", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "hr", "form", "article", "section", "blockquote", "pre"}
)
_LONG_CELL = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell as written: its words and what it spans."""

    text: str
    is_header: bool
    columns: int
    rows: int


@dataclass(kw_only=True, slots=True)
class _Row:
    cells: list[Cell] = field(default_factory=list)
    in_head: bool = False
    in_foot: bool = False


class TableBuilder:
    """Collects a table's rows, and lays them out when all are there."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.caption = ""
        self._rows: list[_Row] = []

    def row(self, *, in_head: bool, in_foot: bool) -> None:
        """A row begins."""
        self._rows.append(_Row(in_head=in_head, in_foot=in_foot))

    def cell(self, cell: Cell) -> None:
        """The next cell of the row."""
        if not self._rows:
            self.row(in_head=False, in_foot=False)
        self._rows[-1].cells.append(cell)

    def built(self) -> Table | None:
        """The table; None when no cell has words in it."""
        written = [row for row in self._rows if row.cells]
        written.sort(key=lambda row: row.in_foot)
        grid = _grid(written)
        width = max(map(len, grid), default=0)
        rows = [tuple(row + [""] * (width - len(row))) for row in grid]
        if not any(any(row) for row in rows):
            return None
        heads = _head_count(written)
        if heads and not self.caption and width > 1 and _fills(written[0], width):  # a name for the whole
            self.caption = rows.pop(0)[0]
            written.pop(0)
            heads = _head_count(written)
        header = _merged(rows[:heads]) if heads else ()
        body = [
            (row[0], *[""] * (width - 1)) if _fills(one, width) else row  # a name for the rows below: said once
            for row, one in zip(rows[heads:], written[heads:], strict=True)
            if any(row)
        ]
        named = [row.cells[0].is_header for row in written[heads:]]
        return Table(
            caption=self.caption,
            header=header,
            rows=tuple(body),
            row_headers=bool(named) and width > 1 and sum(named) * 2 > len(named),
            origin=self.origin,
        )


def is_layout(table: Element, attrs: dict[str, str]) -> bool:
    """Whether a `<table>` only places things on the page: then what it holds is read as if it were not there."""
    if types(attrs) & {"presentation", "none"}:
        return True
    told = widest = in_row = 0
    longest = 0
    for element in table.iter("*"):
        name = local_name(element)
        if name in _BLOCKS_OF_PAGES and element is not table:
            return True
        if name == "math" and element.get("display") == "block":  # an equation beside its number
            return True
        told += name in ("th", "caption", "thead")
        if name == "tr":
            in_row = 0
        elif name in ("td", "th"):
            in_row += 1
            widest = max(widest, in_row)
        longest = max(longest, len(element.text or ""), len(element.tail or ""))
    return not told and (widest < 2 or longest > _LONG_CELL)


def span(value: str, most: int) -> int:
    """A `colspan` or `rowspan`: at least 1, at most `most`."""
    value = value.strip()
    return min(most, max(1, int(value))) if value.isdecimal() and len(value) < 7 else 1


def _grid(rows: list[_Row]) -> list[list[str]]:
    """The texts by row and column, every spanning cell in each place that it covers."""
    grid: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column: rows still to come, text
    filled = 0
    for row in rows:
        line: list[str] = []
        for cell in row.cells:
            _hang(line, hanging)
            copies = cell.columns if filled < TABLE_CELLS else 1
            for _ in range(min(copies, max(1, TABLE_COLUMNS - len(line)))):
                if cell.rows > 1 and filled < TABLE_CELLS:
                    hanging[len(line)] = (cell.rows - 1, cell.text)
                line.append(cell.text)
        _hang(line, hanging)
        filled += len(line)
        grid.append(line)
    return grid


def _hang(line: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """Fill the next columns of a row from cells of the rows above that reach down into it."""
    while len(line) in hanging:
        column = len(line)
        left, text = hanging.pop(column)
        if left > 1:
            hanging[column] = (left - 1, text)
        line.append(text)


def _head_count(rows: list[_Row]) -> int:
    """How many rows head the columns: those in `<thead>`, or else the first ones, if all their cells are headers."""
    count = 0
    for row in rows:
        if not (row.in_head or all(cell.is_header for cell in row.cells)):
            break
        count += 1
    return count if count < len(rows) else min(count, 1)


def _fills(row: _Row, width: int) -> bool:
    """Whether a row is one cell from edge to edge."""
    return len(row.cells) == 1 and row.cells[0].columns >= width


def _merged(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(", ".join(dict.fromkeys(filter(None, column))) for column in zip(*rows, strict=True))
