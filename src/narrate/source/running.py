"""Running heads, running feet and page numbers: found because they come back from page to page. Pure.

A line at a page's edge is one of them when the same words stand at the same height of another page, when its number
counts as the pages do, or when it is what browsers print there. On a page that has hardly more than that, words are
never taken for one: they may be all that it says.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from narrate.source.pdf_page import Line, Picture

_EDGE = 2
"""Lines at the top of a page, and as many at its bottom, that may be running ones."""
_SAME_HEIGHT = 6.0
_NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,4}|[ivxl]{1,8})(?![\w,]|\.\d)")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
_BARE = re.compile(r"[\s\W]*(?:(?:page|seite|página|pagina|p)\b\.?)?[\s\W]*(\d{1,4}|[ivxl]{1,8})[\s\W]*", re.IGNORECASE)
_OF = re.compile(
    r"[\s\W]*(?:page|seite|página|pagina)?\s*(\d{1,4})\s*(?:of|/|von|de|sur)\s*\d{1,4}[\s\W]*", re.IGNORECASE
)
_PRINTED = re.compile(
    r"(?:https?|file)://\S{1,2000} \d{1,4}/\d{1,4}"
    r"|\d{1,4}[./]\d{1,2}[./]\d{2,4}, \d{1,2}:\d{2}(?: [AP]M)?(?: .{1,300})?"
)
"""What browsers print above and below a page: the date and the title, the address and the page's number."""
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,8})$|…{2,}\s*\d{1,4}$")
CONTENTS = re.compile(r"(?i:(?:table of )?contents|inhalt(?:sverzeichnis)?|table des matières|sommaire|índice)")

Page = list[Line | Picture]


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A line that was taken for a running one, and the page's number in it, "" without one."""

    line: Line
    number: str


def without_running(pages: Sequence[Page], labels: Mapping[int, str]) -> tuple[list[Page], list[Running]]:
    """The pages without their running lines, and these. `labels` are the pages' numbers where the file gives them."""
    edges = [line for page in pages for line in _edges(page)]
    full = [sum(isinstance(item, Line) for item in page) > 2 * _EDGE for page in pages]
    seen: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in edges:
        for key in _keys(line):
            seen[key].append(line)
    running: dict[int, Running] = {}
    for line in edges:
        back = any(_comes_back(line, seen[key]) for key in _keys(line) if full[line.page] or _is_bare(line))
        number = _page_number(line)
        if (
            back
            or _PRINTED.fullmatch(line.words)
            or (_is_bare(line) and number in (str(line.page + 1), labels.get(line.page)))
        ):
            running[id(line)] = Running(line=line, number=number)
    kept = [[item for item in page if id(item) not in running] for page in pages]
    return kept, list(running.values())


def _edges(page: Page) -> list[Line]:
    by_height = sorted((item for item in page if isinstance(item, Line)), key=lambda line: -line.y)
    return by_height if len(by_height) <= 2 * _EDGE else by_height[:_EDGE] + by_height[-_EDGE:]


def _keys(line: Line) -> Iterator[tuple[str, str]]:
    """What must be the same on another page: the words, or the words and by how much the number leads the page's."""
    words = line.words.casefold()
    yield "words", words
    for number in _NUMBER.finditer(words):
        if re.fullmatch(r"[^\W\d_]+\W*", words[: number.start()]) and not _is_bare(line):
            continue  # "Chapter 1", "Chapter 2", each on a page of its own
        rest = words[: number.start()] + "#" + words[number.end() :]
        yield f"number {_value(number[0]) - line.page}", rest


def _comes_back(line: Line, others: Sequence[Line]) -> bool:
    return any(
        other.page != line.page and abs(other.y - line.y) < _SAME_HEIGHT and abs(other.size - line.size) < 1
        for other in others
    )


def _is_bare(line: Line) -> bool:
    """Whether it is a page's number and nothing else."""
    return bool(_BARE.fullmatch(line.words) or _OF.fullmatch(line.words))


def _page_number(line: Line) -> str:
    if found := _BARE.fullmatch(line.words) or _OF.fullmatch(line.words):
        return found[1]
    numbers = [number for number in _NUMBER.finditer(line.words) if number[0].isdecimal()]
    at_an_end = [n for n in numbers if n.start() == 0 or n.end() == len(line.words)]
    return at_an_end[-1][0] if len(at_an_end) == 1 else ""


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [_ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[at:], default=0) else value for at, value in enumerate(values))


def without_contents(pages: Sequence[Page]) -> tuple[list[Page], list[Line]]:
    """The pages without the lines of a table of contents, known by the dots that lead to a page's number, and these;
    with them the line "Contents" above the first."""
    kept: list[Page] = []
    left: list[Line] = []
    for page in pages:
        leading = [item for item in page if isinstance(item, Line) and _LEADERS.search(item.words)]
        if leading:
            leading += [item for item in page if isinstance(item, Line) and CONTENTS.fullmatch(item.words)]
        left += leading
        kept.append([item for item in page if item not in leading])
    return kept, left
