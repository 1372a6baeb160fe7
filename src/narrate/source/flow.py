"""Words in, one block's text out: white space collapsed as they come, with the marks that lie on them. Pure."""

from dataclasses import dataclass

from narrate.document import Mark, MarkKind

_MOST_OPEN = 12
"""Marks that are open at once. Tags that nobody closed go on and on, and each would lie on every later block."""
_UNUSED = -2
_GROUPED = frozenset({MarkKind.RUBY})


@dataclass(kw_only=True, slots=True, eq=False)
class Opened:
    """A mark whose end is still to come. It starts with the first word after it was opened."""

    kind: MarkKind
    value: str
    start: int = -1

    @property
    def is_unused(self) -> bool:
        """Whether the mark will not be made, since one like it or too many are open."""
        return self.start == _UNUSED


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Flow:
    """The text of a block in the making.

    Marks stay open over the end of a block, as `<i>` around two paragraphs does, and are begun anew in the next.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._space = False
        self._open: list[Opened] = []
        self._waiting: list[Opened] = []
        self._marks: list[Mark] = []

    @property
    def is_empty(self) -> bool:
        """Whether no word has come since the last block ended."""
        return not self._length

    def words(self, text: str) -> None:
        """Add text; any run of white space in it, and between it and what came before, is one space."""
        inner = " ".join(text.split())
        if not inner:
            self._space = self._space or bool(text)
            return
        if self._length and (self._space or text[0].isspace()):
            self._parts.append(" ")
            self._length += 1
        for mark in self._waiting:
            mark.start = self._length
        self._waiting.clear()
        self._parts.append(inner)
        self._length += len(inner)
        self._space = text[-1].isspace()

    def space(self) -> None:
        """White space, if words stand on both sides of it."""
        self._space = True

    def opened(self, kind: MarkKind, value: str = "") -> Opened:
        """Begin a mark."""
        mark = Opened(kind=kind, value=value)
        if len(self._open) >= _MOST_OPEN or any((m.kind, m.value) == (kind, value) for m in self._open):
            mark.start = _UNUSED
            return mark
        self._open.append(mark)
        self._waiting.append(mark)
        return mark

    def close(self, mark: Opened) -> bool:
        """End a mark; one without any words leaves no trace. Whether there were words in this block."""
        if mark.is_unused:
            return True
        self._open.remove(mark)
        if mark.start < 0:
            self._waiting.remove(mark)
            return False
        if mark.value or mark.kind not in _GROUPED:
            self._marks.append(Mark(start=mark.start, end=self._length, kind=mark.kind, value=mark.value))
        return True

    def point(self, kind: MarkKind, value: str) -> None:
        """A mark of no length, right after the last word."""
        self._marks.append(Mark(start=self._length, end=self._length, kind=kind, value=value))

    def extend_last(self, kind: MarkKind, value: str) -> None:
        """Add to the value of the mark that was closed last, if it is of this kind."""
        if self._marks and self._marks[-1].kind is kind:
            last = self._marks[-1]
            self._marks[-1] = Mark(start=last.start, end=last.end, kind=kind, value=last.value + value)

    def take(self) -> tuple[str, tuple[Mark, ...]]:
        """The block's text and marks; the next block begins."""
        for mark in self._open:
            if mark.start >= 0:
                if mark.value or mark.kind not in _GROUPED:
                    self._marks.append(Mark(start=mark.start, end=self._length, kind=mark.kind, value=mark.value))
                mark.start = -1
                self._waiting.append(mark)
        text = "".join(self._parts)
        marks = tuple(sorted(self._marks, key=lambda mark: (mark.start, -mark.end)))
        self._parts, self._marks, self._length, self._space = [], [], 0, False
        return text, marks


def joined(pieces: list[tuple[str, tuple[Mark, ...]]], between: str = " ") -> tuple[str, tuple[Mark, ...]]:
    """Several texts with their marks as one."""
    texts: list[str] = []
    marks: list[Mark] = []
    at = 0
    for text, own in pieces:
        if texts:
            texts.append(between)
            at += len(between)
        marks += (Mark(start=m.start + at, end=m.end + at, kind=m.kind, value=m.value) for m in own)
        texts.append(text)
        at += len(text)
    return "".join(texts), tuple(marks)


def cut_front(text: str, marks: tuple[Mark, ...], count: int) -> tuple[str, tuple[Mark, ...]]:
    """`text` without its first `count` characters and the white space after them; marks that lay on them are gone."""
    rest = text[count:].lstrip()
    shift = len(text) - len(rest)
    kept = (
        Mark(start=max(0, m.start - shift), end=m.end - shift, kind=m.kind, value=m.value)
        for m in marks
        if m.end > shift or (m.start == m.end and m.end >= shift)
    )
    return rest, tuple(kept)


def with_raised_figures(text: str, marks: tuple[Mark, ...]) -> str:
    """`text` that can carry no marks, with the figures that they raise written as raised ones: "3 km²"."""
    for mark in marks:
        figures = text[mark.start : mark.end]
        if mark.kind is MarkKind.SUPERSCRIPT and figures.isascii() and figures.isdigit():
            text = text[: mark.start] + figures.translate(_RAISED) + text[mark.end :]
    return text
