"""A PDF page's lines in, in the order in which one reads them: columns one after the other, tables as tables. Pure.

What stands on a page is drawn in any order. A page program that goes row by row through two columns of prose, or draws
the signs of a list after its words, is put right here; and rows whose cells stand in columns are a table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from narrate.document import Table
from narrate.source.pdf_page import Cell, Line, Picture, page_origin

_SIGN = re.compile(r"(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]|[•◦▪‣●○■□–—·*-]")
_SIGN_AWAY = 60.0
"""Points between a list's sign and its words, at most."""
_SAME_LINE = 2.0
_LEAST_ROWS = 3
_LEAST_COLUMN_LINES = 6
_PROSE = 20
"""Characters of a line in a column of prose, on average, at least; what is in a table's cell is shorter."""


def in_reading_order(items: Sequence[Line | Picture]) -> list[Line | Picture]:
    """The page with its list signs before their words, columns one after the other, and what stands alone on its
    height in the order of height."""
    items = _with_signs(items)
    items = list(_uncolumned(items))
    heights = sorted(item.y for item in items if isinstance(item, Line))
    if any(above - below <= _SAME_LINE for below, above in pairwise(heights)):
        return items  # side by side: the page's own order is the better guess
    return sorted(items, key=lambda item: -item.y)


def _with_signs(items: Sequence[Line | Picture]) -> list[Line | Picture]:
    """Signs of lists that were drawn apart from their words, put before them."""
    signs = [item for item in items if isinstance(item, Line) and _SIGN.fullmatch(item.text)]
    if not signs:
        return list(items)
    taken: set[int] = set()
    found: dict[int, Line] = {}
    for sign in signs:
        words = min(
            (each for each in items if isinstance(each, Line) and _is_before(sign, each) and id(each) not in found),
            key=lambda each: each.x,
            default=None,
        )
        if words is not None and not _SIGN.fullmatch(words.text):
            found[id(words)] = replace(words, x=sign.x, text=f"{sign.text} {words.text}", cells=())
            taken.add(id(sign))
    return [found.get(id(item), item) if isinstance(item, Line) else item for item in items if id(item) not in taken]


def _is_before(sign: Line, words: Line) -> bool:
    return abs(sign.y - words.y) <= _SAME_LINE and 0 < words.x - sign.x <= _SIGN_AWAY


def _uncolumned(items: Sequence[Line | Picture]) -> Iterator[Line | Picture]:
    """Two columns of prose that were set row by row, one after the other."""
    rows = [item for item in items if isinstance(item, Line) and len(item.cells) == 2]
    if len(rows) < _LEAST_COLUMN_LINES:
        yield from items
        return
    gutter = sorted(row.cells[1].x for row in rows)[len(rows) // 2]
    rows = [row for row in rows if abs(row.cells[1].x - gutter) < row.size]
    prose = sum(len(cell.text) for row in rows for cell in row.cells)
    if len(rows) < _LEAST_COLUMN_LINES or prose < 2 * _PROSE * len(rows):
        yield from items
        return
    first, last = items.index(rows[0]), len(items) - 1 - list(reversed(items)).index(rows[-1])
    left: list[Line | Picture] = []
    right: list[Line | Picture] = []
    for item in items[first : last + 1]:
        if isinstance(item, Picture):
            left.append(item)
            continue
        for cell in item.cells or (Cell(x=item.x, text=item.text),):
            column = right if cell.x > gutter - item.size else left
            column.append(replace(item, x=cell.x, text=cell.text, cells=()))
    yield from (*items[:first], *left, *right, *items[last + 1 :])


def with_tables(page: Sequence[Line | Picture]) -> list[Line | Picture | Table]:
    """The page with its tables: three rows or more whose cells stand in the same columns."""
    found: list[Line | Picture | Table] = []
    rows: list[Line] = []
    for item in (*page, None):
        if isinstance(item, Line) and len(item.cells) > 1 and (not rows or _is_row_below(rows[-1], item)):
            rows.append(item)
            continue
        if len(rows) >= _LEAST_ROWS:
            head = _head(found[-1], rows) if found and isinstance(found[-1], Line) else None
            if head:
                found.pop()
                rows.insert(0, head)
            found.append(_table(rows))
        else:
            found += rows
        rows = []
        if isinstance(item, Line) and len(item.cells) > 1:
            rows.append(item)
        elif item is not None:
            found.append(item)
    return found


def _is_row_below(above: Line, row: Line) -> bool:
    """Whether every cell of `row` stands under one of the row above: flush with its left, its right or its middle."""
    if len(above.cells) != len(row.cells) or not 0 < above.y - row.y < 4 * row.size:
        return False
    return all(_is_under(one, other, row.size) for one, other in zip(above.cells, row.cells, strict=True))


def _head(above: Line, rows: Sequence[Line]) -> Line | None:
    """The line over a table's rows if it heads them: it has a cell over each column, wherever in its width; or, where
    the spaces in it are too narrow to tell, a word for each."""
    columns = [[row.cells[at] for row in rows] for at in range(len(rows[0].cells))]
    words = above.text.split()
    if not 0 < above.y - rows[0].y < 4 * rows[0].size or any(map(str.isdigit, above.text)):
        return None
    if len(above.cells) != len(columns):
        cells = tuple(Cell(x=column[0].x, text=word) for column, word in zip(columns, words, strict=False))
        return replace(above, cells=cells) if len(above.cells) > 1 and len(words) == len(columns) else None
    over = zip(above.cells, columns, strict=True)
    return above if all(_is_over(cell, column, above.size) for cell, column in over) else None


def _is_over(head: Cell, column: Sequence[Cell], size: float) -> bool:
    end = max(cell.x + len(cell.text) * size / 2 for cell in column)
    return min(cell.x for cell in column) - size <= head.x <= end


def _is_under(above: Cell, cell: Cell, size: float) -> bool:
    wider = (len(above.text) - len(cell.text)) * size / 2
    shift = cell.x - above.x
    return any(abs(shift - wider * share) <= 0.75 * size for share in (0.0, 0.5, 1.0))


def _table(rows: Sequence[Line]) -> Table:
    """The first row heads the columns where it has no number, and another has."""
    texts = [tuple(cell.text for cell in row.cells) for row in rows]
    numbered = [any(char.isdigit() for text in row for char in text) for row in texts]
    heads = int(not numbered[0] and any(numbered))
    header = texts[0] if heads else ()
    return Table(header=header, rows=tuple(texts[heads:]), origin=page_origin(rows[0].page))
