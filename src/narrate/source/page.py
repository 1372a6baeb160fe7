"""The page as it is being read: the block in the making, where the walk stands, and where blocks go. Pure."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from narrate.document import (
    Block,
    Heading,
    ListItem,
    Mark,
    MarkKind,
    Origin,
    Paragraph,
    Quotation,
    SceneBreak,
)
from narrate.source.flow import Flow, Opened, joined
from narrate.source.lines import is_mark
from narrate.source.lists import List
from narrate.source.notes import NoteIndex
from narrate.source.stream import Item, Reference, Stream
from narrate.source.tables import TableBuilder
from narrate.source.tree import Element

Leave = Callable[[], None]
"""What is done at an element's end."""

Texts = list[tuple[str, tuple[Mark, ...]]]
_Marked = Heading | Paragraph | Quotation | ListItem


@dataclass(kw_only=True, slots=True)
class Muted:
    """A part that is left out as a whole: how many blocks were in it, and how it began."""

    kind: str
    reason: str
    origin: Origin
    count: int = 0
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the walk stands: what the elements that are open mean for the words inside them."""

    quoted: bool = False
    heading: int = 0
    list: List | None = None
    language: str = ""
    muted: Muted | None = None
    in_note: bool = False
    captioned: bool = False
    in_caption: bool = False
    figure_depth: int = 0
    table_depth: int = 0
    table: TableBuilder | None = None
    in_head: bool = False
    in_foot: bool = False


@dataclass(kw_only=True, slots=True)
class Line:
    """The block in the making, the notes marked in it, and what comes after it because it stood inside it."""

    flow: Flow = field(default_factory=Flow)
    references: list[Reference] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)
    origin: Origin = field(default_factory=Origin)


@dataclass(kw_only=True, slots=True)
class Sink:
    """Where blocks go. In one that `merges` (a caption, a note, a cell), texts are gathered to be one text."""

    items: list[Item] = field(default_factory=list)
    merges: bool = False
    texts: Texts = field(default_factory=list)
    credit: str = ""
    references: list[Reference] = field(default_factory=list)


class Page:
    """One file being read into a stream. What its elements mean is said in `phrasing.py` and `blocks.py`.

    `file` begins the keys of places, `shown_file` their origins; `wanted` are keys that become anchors in the stream.
    `bodies` are the elements that are notes; `descriptions` is what hidden elements say of pictures, by their ids.
    `asides` counts the numbered notes that stood inside their sentences. `at_line` is the line that an element named
    last, or -1 where lines are those of the file. An element that sets `skip_inside` is done with: nothing in it is
    looked at.
    """

    def __init__(self, stream: Stream, notes: NoteIndex) -> None:
        self.stream = stream
        self.notes = notes
        self.file = ""
        self.shown_file = ""
        self.wanted: Collection[str] = ()
        self.bodies: dict[Element, str] = {}
        self.descriptions: dict[str, str] = {}
        self.place = Place()
        self.line = Line()
        self.sinks = [Sink(items=stream.items)]
        self.skip_inside = False
        self.breaks = 0
        self.asides = 0
        self.nearest_id = ""
        self.at_line = -1
        self.bases: list[tuple[Flow, Opened]] = []

    def words(self, text: str) -> None:
        """Words of the block in the making."""
        if self.breaks and not text.isspace():
            self.breaks = 0
        self.line.flow.words(text)

    def flush(self) -> None:
        """End the block in the making."""
        line = self.line
        text, marks = line.flow.take()
        references, after = tuple(line.references), line.after
        line.references, line.after = [], []
        self.breaks = 0
        if text:
            self.emit(self._worded(text, marks, line.origin), references)
        elif references:
            self.sinks[-1].references += references
            self.sinks[-1].items.append(Item(references=references))
        for item in after:
            if item.block is None:
                self.sinks[-1].items.append(item)
            else:
                self.emit(item.block)

    def _worded(self, text: str, marks: tuple[Mark, ...], origin: Origin) -> Block:
        place = self.place
        if place.heading:
            return Heading(text=text, level=place.heading, marks=marks, origin=origin)
        marker = place.list.taken_marker() if place.list else ""
        if place.quoted or (place.in_note and marker):
            if marker:
                text, marks = joined([(f"{marker}.", ()), (text, marks)])
            return Quotation(text=text, marks=marks, origin=origin)
        if place.list:
            return ListItem(text=text, marker=marker, level=place.list.level, marks=marks, origin=origin)
        if is_mark(text) and not any(map(str.isalnum, text)) and not self.sinks[-1].merges:
            return SceneBreak(origin=origin)
        return Paragraph(text=text, marks=marks, origin=origin)

    def emit(self, block: Block, references: tuple[Reference, ...] = ()) -> None:
        """Put a block where blocks go now, and count it."""
        muted = self.place.muted
        if muted:
            muted.count += 1
            muted.text = muted.text or _excerpt(block)
            return
        sink = self.sinks[-1]
        if sink.merges and isinstance(block, _Marked):
            sink.texts.append((block.text, block.marks))
            sink.references += references
            return
        self.stream.seen += 1
        sink.items.append(Item(block=block, references=references))

    def emit_beside(self, block: Block) -> None:
        """Put a block that stands among words after the block that they make."""
        if self.line.flow.is_empty:
            self.emit(block)
        else:
            self.line.after.append(Item(block=block))

    def skip(self, kind: str, reason: str, text: str = "") -> None:
        """Count one block, and leave it out."""
        if self.place.muted:
            self.place.muted.count += 1
            return
        self.stream.seen += 1
        self.stream.skip(kind, reason, self.here(), text=text)

    def anchor(self, key: str) -> None:
        """Remember in the stream where the place of that key is."""
        item = Item(anchor=key)
        if self.line.flow.is_empty:
            self.sinks[-1].items.append(item)
        else:
            self.line.after.append(item)

    def here(self, element: Element | None = None, attrs: dict[str, str] | None = None) -> Origin:
        """Where an element stands; without one, where the block in the making does."""
        if element is None:
            return self.line.origin
        own = (attrs or {}).get("id", self.nearest_id)
        line = self.at_line if self.at_line >= 0 else element.sourceline or 0
        if not self.shown_file:
            return Origin(line=line)
        return Origin(line=line, href=f"{self.shown_file}#{own}" if own else self.shown_file)

    def next_line(self, line: str, *, is_block: bool) -> None:
        """From here on, things stand on the line that an element names."""
        if is_block:
            self.flush()
        if line.isdecimal() and len(line) < 10:
            self.at_line = int(line)

    def name(self, name: str, attrs: dict[str, str]) -> None:
        """Note an element's id: places after it are told by it, and it may be one that is wanted."""
        for own in (attrs.get("id"), attrs.get("name") if name == "a" else None):
            if own:
                self.nearest_id = own
                if (key := f"{self.file}#{own}") in self.wanted:
                    self.anchor(key)

    def marked(self, kind: MarkKind, value: str = "") -> Leave:
        """Begin a mark; what is returned ends it."""
        flow = self.line.flow
        mark = flow.opened(kind, value)

        def leave() -> None:
            flow.close(mark)

        return leave

    def mute(self, kind: str, reason: str) -> Leave:
        """Leave out all that an element holds, and say so once."""
        muted = Muted(kind=kind, reason=reason, origin=self.here())
        line, self.line = self.line, Line(origin=self.line.origin)
        self.place = replace(self.place, muted=muted)

        def leave() -> None:
            self.flush()
            self.line = line
            if kind == "media":
                muted.count = muted.count or 1  # it is something even where no words stand in for it
            if muted.count:
                self.stream.seen += muted.count
                self.stream.skip(kind, reason, muted.origin, count=muted.count, text=muted.text)
            if kind == "contents":
                self.sinks[-1].items.append(Item(gone="a table of contents"))

        return leave


def _excerpt(block: Block) -> str:
    return str(getattr(block, "text", "") or getattr(block, "alt", "") or getattr(block, "caption", ""))[:80]
