"""Lists: how their items are marked, and which of them are only tables of contents. Pure."""

from dataclasses import dataclass
from typing import Self

from narrate.source.notes import target
from narrate.source.tree import Element, attributes, content, few_words, local_name

_LEAST_LINKS = 4
_MOST_TEXT = 60_000
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")


@dataclass(kw_only=True, slots=True)
class List:
    """An open list: its depth, the number of its next item (None with bullets), and the open item's unused marker."""

    level: int
    number: int | None = None
    step: int = 1
    style: str = "1"
    marker: str = ""

    @classmethod
    def opened(cls, name: str, attrs: dict[str, str], element: Element, outer: "List | None") -> Self:
        """The list that an element of that name begins."""
        level = outer.level + 1 if outer else 1
        if name != "ol":
            return cls(level=level)
        is_reversed = "reversed" in attrs
        first = sum(1 for child in element if local_name(child) == "li") if is_reversed else 1
        return cls(
            level=level,
            number=_number(attrs.get("start"), first),
            step=-1 if is_reversed else 1,
            style=attrs.get("type", "1"),
        )

    def next_item(self, attrs: dict[str, str]) -> None:
        """An item begins."""
        if self.number is None:
            self.marker = ""
            return
        self.number = _number(attrs.get("value"), self.number)
        self.marker = numeral(self.number, self.style)
        self.number += self.step

    def taken_marker(self) -> str:
        """The open item's marker the first time, then ""."""
        marker, self.marker = self.marker, ""
        return marker

    def peeked_marker(self, item: Element) -> str:
        """The marker of an item that is a note, as if it had begun."""
        if local_name(item) != "li":
            return ""
        self.next_item(attributes(item))
        return self.taken_marker()


def is_contents(element: Element, file: str) -> bool:
    """Whether a list or a table is made of nothing but links to places in the work: a table of contents.

    The text that is no link (page numbers, dots) may be a quarter of it.
    """
    links = linked = 0
    for link in element.iter("*"):
        if local_name(link) != "a":
            continue
        if "href" not in (attrs := attributes(link)):
            continue
        href = attrs["href"]
        another = "://" not in href and href.lower().endswith((".xhtml", ".html", ".htm"))
        if not (target(href, file) or (file and another)):  # a page alone is no work of several files
            return False
        links += 1
        linked += len(few_words(link))
    if links < _LEAST_LINKS:
        return False
    text = content(element)
    letters = sum(map(str.isalpha, text))
    return len(text) < _MOST_TEXT and linked >= 3 * links and letters * 3 < linked * 4


def _number(value: str | None, otherwise: int) -> int:
    value = (value or "").strip()
    return int(value) if value.lstrip("-").isdecimal() and len(value) < 8 else otherwise


def numeral(number: int, style: str) -> str:
    """A number as a list of that style ("1", "a", "A", "i", "I") writes it."""
    if style in ("a", "A") and number > 0:
        letters = ""
        while number > 0:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(style) + rest) + letters
        return letters
    if style in ("i", "I") and 0 < number < 4000:
        written = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            written += sign * count
        written += _ROMAN_UNITS[number]
        return written.upper() if style == "I" else written
    return str(number)
