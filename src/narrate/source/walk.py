"""An lxml tree in, the stream of its blocks out: what each element of HTML means, in one pass and without recursion.

The rule for every element: what a reader of the page would see becomes a block or words in one; what he would not
see, or what only steers the page, is skipped with a reason. Both are counted when they are come upon.
"""

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from narrate.document import (
    Block,
    Code,
    Figure,
    Formula,
    Heading,
    ListItem,
    Mark,
    MarkKind,
    Note,
    Origin,
    PageBreak,
    Paragraph,
    Quotation,
    SceneBreak,
    Table,
)
from narrate.source import elements, figures, tables
from narrate.source.divide import same_words
from narrate.source.flow import Flow, Opened, cut_front, joined
from narrate.source.lines import is_mark
from narrate.source.lists import List, is_contents
from narrate.source.notes import NoteIndex, is_way_back, leading_label, types
from narrate.source.stream import Body, Item, Reference, Stream
from narrate.source.tables import TableBuilder
from narrate.source.tree import Element, attributes, content, few_words, local_name

LINE = "data-narrate-line"
"""The attribute by which another reader of ours says on which line of its own source an element stands."""

LABEL = "data-narrate-label"
"""The attribute by which it says what a note is called; then the label is no part of the note's text."""

_DEEPEST_LOOK = 4
"""How many figures or tables in each other are looked through before they are read; more would cost their product."""

_Leave = Callable[[], None]
_Texts = list[tuple[str, tuple[Mark, ...]]]
_Marked = Heading | Paragraph | Quotation | ListItem


@dataclass(kw_only=True, slots=True)
class _Muted:
    """A part that is left out as a whole: how many blocks were in it, and how it began."""

    kind: str
    reason: str
    origin: Origin
    count: int = 0
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """Where the walk stands: what the elements that are open mean for the words inside them."""

    quoted: bool = False
    heading: int = 0
    list: List | None = None
    language: str = ""
    muted: _Muted | None = None
    in_note: bool = False
    captioned: bool = False
    figure_depth: int = 0
    table_depth: int = 0
    table: TableBuilder | None = None
    in_head: bool = False
    in_foot: bool = False


@dataclass(kw_only=True, slots=True)
class _Line:
    """The block in the making, the notes marked in it, and what comes after it because it stood inside it."""

    flow: Flow = field(default_factory=Flow)
    references: list[Reference] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)
    origin: Origin = field(default_factory=Origin)


@dataclass(kw_only=True, slots=True)
class _Sink:
    """Where blocks go. In one that `merges` (a caption, a note, a cell), texts are gathered to be one text."""

    items: list[Item] = field(default_factory=list)
    merges: bool = False
    texts: _Texts = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


class Walker:
    """Walks one file after the other into one stream."""

    def __init__(self, stream: Stream, notes: NoteIndex) -> None:
        self.stream = stream
        self._notes = notes
        self._file = ""
        self._shown_file = ""
        self._wanted: Collection[str] = ()
        self._bodies: dict[Element, str] = {}
        self._left_out: dict[Element, tuple[str, str]] = {}
        self._place = _Place()
        self._line = _Line()
        self._sinks = [_Sink(items=stream.items)]
        self._skip_inside = False
        self._breaks = 0
        self._id = ""
        self._at_line = -1
        self._bases: list[Opened] = []

    def walk(
        self,
        root: Element,
        *,
        file: str = "",
        shown_file: str = "",
        language: str = "",
        lines: bool = False,
        wanted: Collection[str] = (),
        left_out: dict[Element, tuple[str, str]] | None = None,
    ) -> None:
        """Add the blocks of a tree to the stream.

        `file` begins the keys of places in it, `shown_file` their origins. `wanted` are keys that become anchors in the
        stream. `left_out` names elements that are to be skipped, with a kind and a reason for each. With `lines`,
        places are the lines that elements themselves name (`LINE`).
        """
        from lxml import etree

        self._file, self._shown_file, self._wanted, self._id = file, shown_file, wanted, ""
        self._bodies = self._notes.bodies(root, file)
        self._left_out = left_out or {}
        self._place = _Place(language=language)
        self._line = _Line()
        self._at_line = 0 if lines else -1
        self._anchor(f"{file}#")
        opened: list[tuple[_Place, _Leave | None]] = []
        walker = etree.iterwalk(root, events=("start", "end", "comment"))
        for event, element in walker:
            if event == "start":
                before = self._place
                self._skip_inside = False
                leave = self._enter(element)
                opened.append((before, leave))
                if self._skip_inside:
                    walker.skip_subtree()
                elif element.text:
                    self._words(element.text)
                continue
            if event == "end":
                before, leave = opened.pop()
                if leave:
                    leave()
                self._place = before
            if element.tail and element is not root:
                self._words(element.tail)
        self._flush()
        self._bodies = {}

    # Words

    def _words(self, text: str) -> None:
        if self._breaks and not text.isspace():
            self._breaks = 0
        self._line.flow.words(text)

    def _flush(self) -> None:
        """End the block in the making."""
        line = self._line
        text, marks = line.flow.take()
        references, after = tuple(line.references), line.after
        line.references, line.after = [], []
        self._breaks = 0
        if text:
            self._emit(self._worded(text, marks, line.origin), references)
        elif references:
            self._sinks[-1].references += references
            self._sinks[-1].items.append(Item(references=references))
        for item in after:
            if item.block is None:
                self._sinks[-1].items.append(item)
            else:
                self._emit(item.block)

    def _worded(self, text: str, marks: tuple[Mark, ...], origin: Origin) -> Block:
        place = self._place
        if place.heading:
            return Heading(text=text, level=place.heading, marks=marks, origin=origin)
        marker = place.list.taken_marker() if place.list else ""
        if place.quoted or (place.in_note and marker):
            if marker:
                text, marks = joined([(f"{marker}.", ()), (text, marks)])
            return Quotation(text=text, marks=marks, origin=origin)
        if place.list:
            return ListItem(text=text, marker=marker, level=place.list.level, marks=marks, origin=origin)
        if is_mark(text) and not any(map(str.isalnum, text)):
            return SceneBreak(origin=origin)
        return Paragraph(text=text, marks=marks, origin=origin)

    def _emit(self, block: Block, references: tuple[Reference, ...] = ()) -> None:
        """Put a block where blocks go now, and count it."""
        muted = self._place.muted
        if muted:
            muted.count += 1
            muted.text = muted.text or _excerpt(block)
            return
        sink = self._sinks[-1]
        if sink.merges and isinstance(block, _Marked):
            sink.texts.append((block.text, block.marks))
            sink.references += references
            return
        self.stream.seen += 1
        sink.items.append(Item(block=block, references=references))

    def _beside(self, block: Block) -> None:
        """Put a block that stands among words after the block that they make."""
        if self._line.flow.is_empty:
            self._emit(block)
        else:
            self._line.after.append(Item(block=block))

    def _skipped(self, kind: str, reason: str, text: str = "") -> None:
        """Count one block, and leave it out."""
        if self._place.muted:
            self._place.muted.count += 1
            return
        self.stream.seen += 1
        self.stream.skip(kind, reason, self._here(), text=text)

    def _anchor(self, key: str) -> None:
        item = Item(anchor=key)
        if self._line.flow.is_empty:
            self._sinks[-1].items.append(item)
        else:
            self._line.after.append(item)

    # Elements

    def _enter(self, element: Element) -> _Leave | None:
        """Into an element. What is returned is done at its end."""
        name = local_name(element)
        attrs = attributes(element) if element.attrib else {}
        is_block = name in elements.BLOCKS
        if self._at_line >= 0 and LINE in attrs:
            self._next_line(attrs[LINE], is_block=is_block)
        if is_block:
            self._flush()
            self._line.origin = self._here(element, attrs)
        elif self._line.flow.is_empty:
            self._line.origin = self._here(element, attrs)
        self._name(name, attrs)
        body = self._bodies.get(element) if self._bodies else None
        if body is not None and not self._place.in_note and (body or not self._place.muted):
            return self._note(element, body)
        if not self._place.muted:
            mute = self._left_out.get(element) or elements.reason_to_skip(element, name, attrs)
            if mute:
                return self._mute(*mute)
        if name in elements.IGNORED and not (name == "script" and elements.tex_script(attrs)):
            self._skip_inside = True
            return None
        leaves: list[_Leave] = []
        tag = attrs.get("lang") or attrs.get("xml:lang")
        if tag and name not in ("html", "body") and tag.lower() != self._place.language.lower():
            self._place = replace(self._place, language=tag)
            leaves.append(self._marked(MarkKind.LANGUAGE, tag.replace("_", "-")))
        leave = self._open_block(element, name, attrs) if is_block else self._open_inline(element, name, attrs)
        if leave:
            leaves.append(leave)
        if is_block:
            leaves.append(self._flush)
        return (lambda: _all(reversed(leaves))) if leaves else None

    def _here(self, element: Element | None = None, attrs: dict[str, str] | None = None) -> Origin:
        if element is None:
            return self._line.origin
        own = (attrs or {}).get("id", self._id)
        line = self._at_line if self._at_line >= 0 else element.sourceline or 0
        if not self._shown_file:
            return Origin(line=line)
        return Origin(line=line, href=f"{self._shown_file}#{own}" if own else self._shown_file)

    def _next_line(self, line: str, *, is_block: bool) -> None:
        if is_block:
            self._flush()
        if line.isdecimal() and len(line) < 10:
            self._at_line = int(line)

    def _name(self, name: str, attrs: dict[str, str]) -> None:
        for own in (attrs.get("id"), attrs.get("name") if name == "a" else None):
            if own:
                self._id = own
                if (key := f"{self._file}#{own}") in self._wanted:
                    self._anchor(key)

    def _open_block(self, element: Element, name: str, attrs: dict[str, str]) -> _Leave | None:
        role = types(attrs)
        place = self._place
        if (level := elements.heading_level(name, attrs)) and not place.table:
            self._place = replace(place, heading=level, list=None)
        elif name == "blockquote" or role & elements.QUOTED:
            self._place = replace(place, quoted=True)
        elif name in ("ul", "ol", "menu", "dir", "dl"):
            if not place.list and not place.muted and not place.in_note and is_contents(element, self._file):
                return self._mute("contents", "a table of contents: links to places in this text")
            self._place = replace(place, list=List.opened(name, attrs, element, place.list))
        elif name in ("li", "dt", "dd"):
            self._item(name, attrs)
        elif name == "hr":
            self._rule()
        elif name == "pre":
            self._code(element, attrs)
        elif name == "figure":
            return self._figure(element)
        elif name == "figcaption" and place.figure_depth:
            return self._caption()
        elif name in ("table", "thead", "tfoot", "tbody", "tr", "td", "th", "caption"):
            return self._table_part(element, name, attrs)
        return None

    def _open_inline(self, element: Element, name: str, attrs: dict[str, str]) -> _Leave | None:
        if elements.is_page_break(attrs):
            self._skip_inside = True
            self._beside(PageBreak(label=elements.page_label(element, attrs), origin=self._here()))
        elif name == "br":
            self._breaks += 1
            self._line.flow.space()
            if self._breaks > 1:
                self._flush()
        elif name == "img":
            self._picture(figures.picture(element, attrs, captioned=self._place.captioned))
        elif name == "svg":
            self._skip_inside = True
            self._picture(figures.drawing(element, attrs, captioned=self._place.captioned))
        elif name == "math":
            self._formula(element, attrs)
        elif name == "script":
            self._skip_inside = True
            self._picture(figures.Picture(tex=(element.text or "").strip()), displayed="display" in attrs["type"])
        elif name in ("a", "sup"):
            return self._link(element, name, attrs)
        elif name in ("ruby", "rt", "rp", "rtc"):
            return self._ruby(element, name)
        elif name == "q":
            self._line.flow.words("“")
            return lambda: self._line.flow.words("”")
        elif kind := elements.mark_kind(name, attrs):
            return self._marked(kind, " ".join(attrs.get("title", "").split()) if kind is MarkKind.ABBREVIATION else "")
        return None

    def _marked(self, kind: MarkKind, value: str = "") -> _Leave:
        flow = self._line.flow
        mark = flow.opened(kind, value)
        return lambda: _ignored(flow.close(mark))

    def _mute(self, kind: str, reason: str) -> _Leave:
        """Leave out all that an element holds, and say so once."""
        muted = _Muted(kind=kind, reason=reason, origin=self._here())
        line, self._line = self._line, _Line(origin=self._line.origin)
        self._place = replace(self._place, muted=muted)

        def leave() -> None:
            self._flush()
            self._line = line
            if kind == "media":
                muted.count = muted.count or 1  # it is something even where no words stand in for it
            if muted.count:
                self.stream.seen += muted.count
                self.stream.skip(kind, reason, muted.origin, count=muted.count, text=muted.text)

        return leave

    # Inline

    def _picture(self, picture: figures.Picture, *, displayed: bool = False) -> None:
        if picture.inline:
            self._line.flow.words(picture.inline)
        elif picture.tex and displayed and not self._sinks[-1].merges:
            self._flush()
            self._emit(Formula(tex=picture.tex, origin=self._here()))
        elif picture.tex:
            leave = self._marked(MarkKind.FORMULA, picture.tex)
            self._line.flow.words(picture.tex)
            leave()
        elif picture.skipped:
            self._skipped("figure", picture.skipped)
        else:
            self._beside(Figure(alt=picture.alt, caption=picture.caption, origin=self._here()))

    def _formula(self, element: Element, attrs: dict[str, str]) -> None:
        self._skip_inside = True
        formula, line = figures.formula(element, attrs, self._here())
        if not (formula.alt or formula.tex or line):
            return
        if figures.is_displayed(element, attrs) and not self._sinks[-1].merges:
            self._flush()
            self._emit(formula)
            return
        leave = self._marked(MarkKind.FORMULA, formula.mathml or formula.tex)
        self._line.flow.words(line)
        leave()

    def _link(self, element: Element, name: str, attrs: dict[str, str]) -> _Leave | None:
        inner = list(itertools.islice(element.iter("*"), 12)) if name == "sup" else []
        links = [element] if name == "a" else [node for node in inner if local_name(node) == "a" and len(inner) < 12]
        marks = [(link, *self._notes.reference(link, attributes(link), self._file)) for link in links]
        whole = name == "a" or not elements.has_more(few_words(element), [few_words(link) for link in links])
        if marks and whole and all(key for _, key, _ in marks):
            self._skip_inside = True
            for link, key, label in marks:
                self._name("a", attributes(link))
                self._line.flow.point(MarkKind.NOTE, label)
                self._line.references.append(Reference(key=key, label=label))
            return None
        if self._place.in_note and links and whole and all(is_way_back(link, attributes(link)) for link in links):
            self._skip_inside = True
            return None
        if name == "sup":
            return self._marked(MarkKind.SUPERSCRIPT)
        return self._marked(MarkKind.LINK, attrs["href"]) if attrs.get("href") else None

    def _ruby(self, element: Element, name: str) -> _Leave | None:
        flow = self._line.flow
        if name == "ruby":
            self._bases.append(flow.opened(MarkKind.RUBY))

            def leave() -> None:
                flow.close(self._bases.pop())

            return leave
        self._skip_inside = name != "rtc"
        if name == "rt" and self._bases:
            base = self._bases.pop()
            base.value = content(element)
            if not flow.close(base):
                flow.extend_last(MarkKind.RUBY, base.value)
            self._bases.append(flow.opened(MarkKind.RUBY))
        return None

    # Blocks

    def _item(self, name: str, attrs: dict[str, str]) -> None:
        current = self._place.list
        if current is None:  # an item of no list
            current = List(level=1)
            self._place = replace(self._place, list=current)
        if name == "li":
            current.next_item(attrs)
        elif name == "dd":
            self._place = replace(self._place, list=List(level=current.level + 1))

    def _rule(self) -> None:
        self._skip_inside = True
        if self._place.quoted or self._place.list or self._sinks[-1].merges:
            self._skipped("rule", "a rule inside a quotation, a list, a table or a note is no break between sections")
        else:
            self._emit(SceneBreak(origin=self._here()))

    def _code(self, element: Element, attrs: dict[str, str]) -> None:
        self._skip_inside = True
        text, language = elements.listing(element, attrs)
        if text.strip():
            self._emit(Code(text=text, language=language, origin=self._here()))

    def _figure(self, element: Element) -> _Leave:
        depth = self._place.figure_depth + 1
        captions = element.iter("{*}figcaption") if depth < _DEEPEST_LOOK else ()
        captioned = any(content(caption) for caption in captions)
        self._place = replace(self._place, captioned=captioned, figure_depth=depth)
        sink = _Sink()
        self._sinks.append(sink)

        def leave() -> None:
            self._flush()
            self._sinks.pop()
            self._sinks[-1].items += self._with_caption(sink, captioned=captioned)
            self._sinks[-1].references += sink.references

        return leave

    def _with_caption(self, sink: _Sink, *, captioned: bool) -> list[Item]:
        """A figure's items, its caption given to the picture or the table that it belongs to."""
        if not captioned or self._place.muted:
            return sink.items
        text, marks = joined(sink.texts)
        references = tuple(sink.references)
        for at in range(len(sink.items) - 1, -1, -1):
            block = sink.items[at].block
            if isinstance(block, Figure):
                told = [block.caption, text] if not same_words(block.caption, text) else [text]
                caption = "" if same_words(text, block.alt) else ". ".join(filter(None, told))
                block = replace(block, caption=caption)
            elif isinstance(block, Table) and not block.caption:
                block = replace(block, caption=text)
            else:
                continue
            sink.items[at] = Item(block=block, references=sink.items[at].references + references)
            return sink.items
        if text:
            self.stream.seen += 1
            caption_block = Paragraph(text=text, marks=marks, origin=self._here())
            sink.items.append(Item(block=caption_block, references=references))
        return sink.items

    def _caption(self) -> _Leave:
        """A `<figcaption>`: its texts become the figure's."""
        inner = _Sink(merges=True)
        self._sinks.append(inner)

        def leave() -> None:
            self._flush()
            self._sinks.pop()
            self._sinks[-1].items += inner.items
            self._sinks[-1].texts += inner.texts
            self._sinks[-1].references += inner.references

        return leave

    def _note(self, element: Element, key: str) -> _Leave:
        self._flush()
        sink = _Sink(merges=True)
        self._sinks.append(sink)
        origin, before = self._here(), self._place
        self._place = replace(before, in_note=True, quoted=False, heading=0, list=None, table=None, muted=None)
        marker = before.list.peeked_marker(element) if before.list else attributes(element).get(LABEL, "")

        def leave() -> None:
            self._flush()
            self._sinks.pop()
            text, marks = joined(sink.texts)
            label = marker or self._notes.targets.get(key, "")
            raised = next((m.end for m in marks if m.start == 0 and m.kind is MarkKind.SUPERSCRIPT), 0)
            if not marker and (used := leading_label(text, label, raised=raised)):
                label = label or text[:used].strip("[]() .:")
                text, marks = cut_front(text, marks, used)
            if not text and not sink.items:
                return
            note = Item(
                block=Note(label=label, text=text, marks=marks, origin=origin), references=tuple(sink.references)
            )
            if text:
                self.stream.seen += 1
            self._put_note(key, note if text else Item(references=note.references), sink.items)

        return leave

    def _put_note(self, key: str, note: Item, others: list[Item]) -> None:
        target = self._sinks[-1].items
        if key and key not in self.stream.bodies:
            anchors = [item for item in others if item.anchor]
            others = [item for item in others if not item.anchor]
            self.stream.bodies[key] = Body(note=note, others=others)
            target += [Item(moved=True), *anchors]
        else:
            target += [note, *others]

    # Tables

    def _table_part(self, element: Element, name: str, attrs: dict[str, str]) -> _Leave | None:
        builder = self._place.table
        if name == "table":
            return self._table(element, attrs)
        if builder is None:
            return None
        if name in ("thead", "tfoot"):
            self._place = replace(self._place, in_head=name == "thead", in_foot=name == "tfoot")
        elif name == "tr":
            builder.row(in_head=self._place.in_head, in_foot=self._place.in_foot)
        elif name in ("td", "th", "caption"):
            return self._cell(builder, name, attrs)
        return None

    def _table(self, element: Element, attrs: dict[str, str]) -> _Leave | None:
        depth = self._place.table_depth + 1
        self._place = replace(self._place, table_depth=depth)
        if depth >= _DEEPEST_LOOK:
            return None
        if not self._place.muted and not self._place.in_note and is_contents(element, self._file):
            return self._mute("contents", "a table of contents: links to places in this text")
        holds_notes = any(node in self._bodies for node in element.iter("{*}tr")) if self._bodies else False
        if holds_notes or self._place.table or tables.is_layout(element, attrs):
            self._place = replace(self._place, table=None)
            return None
        builder = TableBuilder(self._here())
        sink = _Sink()
        self._sinks.append(sink)
        self._place = replace(self._place, table=builder, in_head=False, in_foot=False, list=None, quoted=False)

        def leave() -> None:
            self._flush()
            self._sinks.pop()
            if table := builder.built():
                self._emit(table, tuple(sink.references))
            elif builder.caption:
                self._emit(Paragraph(text=builder.caption, origin=builder.origin), tuple(sink.references))
            self._sinks[-1].items += sink.items

        return leave

    def _cell(self, builder: TableBuilder, name: str, attrs: dict[str, str]) -> _Leave:
        inner = _Sink(merges=True)
        self._sinks.append(inner)

        def leave() -> None:
            self._flush()
            self._sinks.pop()
            text, _ = joined(inner.texts)
            pictures = [item.block for item in inner.items if isinstance(item.block, Figure) and item.block.alt]
            self.stream.seen -= len(pictures)  # in a cell they are its words
            text = " ".join(filter(None, [text, *(picture.alt for picture in pictures)]))
            if name == "caption":
                builder.caption = text
            else:
                columns, rows = tables.span(attrs.get("colspan", ""), 200), tables.span(attrs.get("rowspan", ""), 5000)
                builder.cell(tables.Cell(text=text, is_header=name == "th", columns=columns, rows=rows))
            self._sinks[-1].items += [item for item in inner.items if item.block not in pictures]
            self._sinks[-1].references += inner.references

        return leave


def _all(leaves: "reversed[_Leave]") -> None:
    for leave in leaves:
        leave()


def _ignored(_: object) -> None:
    """For callables whose result nobody needs."""


def _excerpt(block: Block) -> str:
    return str(getattr(block, "text", "") or getattr(block, "alt", "") or getattr(block, "caption", ""))[:80]
