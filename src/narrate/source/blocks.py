"""What HTML's block elements mean: headings, lists, quotations, figures, tables, notes. Pure."""

import itertools
import re
from dataclasses import replace

from narrate.document import Code, Figure, MarkKind, Note, Paragraph, SceneBreak, Table
from narrate.source import elements, tables
from narrate.source.divide import same_words
from narrate.source.flow import cut_front, joined, with_raised_figures
from narrate.source.lists import List, is_contents
from narrate.source.notes import leading_label, types
from narrate.source.page import Leave, Line, Page, Sink
from narrate.source.stream import Body, Item
from narrate.source.tables import TableBuilder
from narrate.source.tree import Element, attributes, content, local_name

LABEL = "data-narrate-label"
"""The attribute by which another reader of ours says what a note is called; then its text does not repeat it."""

_MOST_IN_FIGURE = 200
"""Elements of one figure among which its caption is looked for."""
_LABELS_REST = re.compile(r"\s*(?:[\])][.:]?|[.:])(?:\s+|$)")
_DEEPEST_LOOK = 4
"""How many figures or tables in each other are looked through before they are read; more would cost their product."""


def open_block(page: Page, element: Element, name: str, attrs: dict[str, str]) -> Leave | None:
    """Into a block element. What is returned is done at its end, before the last block in it is ended."""
    role = types(attrs)
    place = page.place
    if (level := elements.heading_level(name, attrs)) and not place.table:
        page.place = replace(place, heading=level, list=None)
    elif name == "blockquote" or role & elements.QUOTED:
        page.place = replace(place, quoted=True)
    elif name in ("ul", "ol", "menu", "dir", "dl"):
        if not place.list and not place.muted and not place.in_note and is_contents(element, page.file):
            return page.mute("contents", "a table of contents: links to places in this text")
        page.place = replace(place, list=List.opened(name, attrs, element, place.list))
    elif name in ("li", "dt", "dd"):
        _item(page, name, attrs)
    elif name == "hr":
        _rule(page)
    elif name == "pre":
        _code(page, element, attrs)
    elif elements.is_figure(element, name, attrs):
        return _figure(page, element)
    elif place.figure_depth and not place.in_caption and elements.is_caption(name, attrs):
        return open_caption(page)
    elif name in ("table", "thead", "tfoot", "tbody", "tr", "td", "th", "caption"):
        return _table_part(page, element, name, attrs)
    return None


def _item(page: Page, name: str, attrs: dict[str, str]) -> None:
    current = page.place.list
    if current is None:  # an item of no list
        current = List(level=1)
        page.place = replace(page.place, list=current)
    if name == "li":
        current.next_item(attrs)
    elif name == "dd":
        page.place = replace(page.place, list=List(level=current.level + 1))


def _rule(page: Page) -> None:
    page.skip_inside = True
    if page.place.quoted or page.place.list or page.sinks[-1].merges:
        page.skip("rule", "a rule inside a quotation, a list, a table or a note is no break between sections")
    else:
        page.emit(SceneBreak(origin=page.here()))


def _code(page: Page, element: Element, attrs: dict[str, str]) -> None:
    page.skip_inside = True
    text, language = elements.listing(element, attrs)
    if text.strip():
        page.emit(Code(text=text, language=language, origin=page.here()))


def _figure(page: Page, element: Element) -> Leave:
    depth = page.place.figure_depth + 1
    inner = itertools.islice(element.iter("*"), _MOST_IN_FIGURE) if depth < _DEEPEST_LOOK else ()
    captions = [node for node in inner if elements.is_caption(local_name(node), attributes(node))]
    captioned = any(content(caption) for caption in captions[:_DEEPEST_LOOK])
    page.place = replace(page.place, captioned=captioned, figure_depth=depth)
    sink = Sink()
    page.sinks.append(sink)

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        page.sinks[-1].items += _with_caption(page, sink)
        page.sinks[-1].references += sink.references

    return leave


def _with_caption(page: Page, sink: Sink) -> list[Item]:
    """A figure's items, its caption given to the picture or the table that it belongs to."""
    if not sink.texts and not sink.credit:
        return sink.items
    text, marks = joined(sink.texts)
    references = tuple(sink.references)
    for at in range(len(sink.items) - 1, -1, -1):
        block = sink.items[at].block
        if isinstance(block, Figure):
            told = [block.caption, text] if not same_words(block.caption, text) else [text]
            caption = block.caption if same_words(text, block.alt) else ". ".join(filter(None, told))
            block = replace(block, caption=caption, credit=sink.credit)
        elif isinstance(block, Table) and not block.caption:
            block = replace(block, caption=". ".join(filter(None, [text, sink.credit])))
        else:
            continue
        sink.items[at] = Item(block=block, references=sink.items[at].references + references)
        return sink.items
    text = " ".join(filter(None, [text, sink.credit]))
    if text:
        page.stream.seen += 1
        caption_block = Paragraph(text=text, marks=marks, origin=page.here())
        sink.items.append(Item(block=caption_block, references=references))
    return sink.items


def open_caption(page: Page) -> Leave:
    """Into a figure's caption: its texts become the figure's."""
    inner = Sink(merges=True)
    page.sinks.append(inner)
    page.place = replace(page.place, in_caption=True)

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        page.sinks[-1].credit = "; ".join(filter(None, [page.sinks[-1].credit, inner.credit]))
        page.sinks[-1].items += inner.items
        page.sinks[-1].texts += inner.texts
        page.sinks[-1].references += inner.references

    return leave


def open_credit(page: Page) -> Leave:
    """Into the part of a caption that says whose the picture is."""
    line, page.line = page.line, Line(origin=page.line.origin)
    inner = Sink(merges=True)
    page.sinks.append(inner)
    page.place = replace(page.place, in_caption=False)

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        page.line = line
        told, _ = joined(inner.texts)
        page.sinks[-1].credit = "; ".join(filter(None, [page.sinks[-1].credit, told]))
        page.sinks[-1].items += inner.items
        page.sinks[-1].references += inner.references

    return leave


def open_note(page: Page, element: Element, key: str) -> Leave:
    """Into the note of that key; "" for one that nothing marks, which is read where it stands."""
    page.flush()
    sink = Sink(merges=True)
    page.sinks.append(sink)
    origin, before = page.here(), page.place
    page.place = replace(before, in_note=True, quoted=False, heading=0, list=None, table=None, muted=None)
    marker = before.list.peeked_marker(element) if before.list else attributes(element).get(LABEL, "")

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        text, marks = joined(sink.texts)
        label = marker or page.notes.targets.get(key, "")
        raised = next((m.end for m in marks if m.start == 0 and m.kind is MarkKind.SUPERSCRIPT), 0)
        if not marker and (used := leading_label(text, label, raised=raised)):
            label = label or text[:used].strip("[]() .:")
            text, marks = cut_front(text, marks, used)
        elif not marker and (rest := _LABELS_REST.match(text)):  # its label was a link back to its mark
            text, marks = cut_front(text, marks, rest.end())
        if not text and not sink.items:
            return
        note = Item(block=Note(label=label, text=text, marks=marks, origin=origin), references=tuple(sink.references))
        if text:
            page.stream.seen += 1
        _put_note(page, key, note if text else Item(references=note.references), sink.items)

    return leave


def open_aside(page: Page, *, numbered: bool) -> Leave:
    """Into a note that stands inside its sentence: it is read after the paragraph, and marked where it stood."""
    line, page.line = page.line, Line(origin=page.line.origin)
    inner = Sink(merges=True)
    page.sinks.append(inner)
    before = page.place
    page.place = replace(before, in_note=True, quoted=False, heading=0, list=None, table=None)
    label = ""
    if numbered and not before.muted:
        page.asides += 1
        label = str(page.asides)

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        page.line = line
        text, marks = joined(inner.texts)
        others = [item for item in inner.items if item.block]
        page.stream.seen -= len(others)  # counted anew when the paragraph ends
        if text:
            if label:
                line.flow.point(MarkKind.NOTE, label)
            line.after.append(Item(block=Note(label=label, text=text, marks=marks, origin=line.origin)))
        line.after += others
        line.references += inner.references

    return leave


def _put_note(page: Page, key: str, note: Item, others: list[Item]) -> None:
    target = page.sinks[-1].items
    if key and key not in page.stream.bodies:
        anchors = [item for item in others if item.anchor]
        others = [item for item in others if not item.anchor]
        page.stream.bodies[key] = Body(note=note, others=others)
        target += [Item(gone="notes that are read where they are marked"), *anchors]
    else:
        target += [note, *others]


def _table_part(page: Page, element: Element, name: str, attrs: dict[str, str]) -> Leave | None:
    builder = page.place.table
    if name == "table":
        return _table(page, element, attrs)
    if builder is None:
        return None
    if name in ("thead", "tfoot"):
        page.place = replace(page.place, in_head=name == "thead", in_foot=name == "tfoot")
    elif name == "tr":
        builder.row(in_head=page.place.in_head, in_foot=page.place.in_foot)
    elif name in ("td", "th", "caption"):
        return _cell(page, builder, name, attrs)
    return None


def _table(page: Page, element: Element, attrs: dict[str, str]) -> Leave | None:
    depth = page.place.table_depth + 1
    page.place = replace(page.place, table_depth=depth)
    if depth >= _DEEPEST_LOOK:
        return None
    if not page.place.muted and not page.place.in_note and is_contents(element, page.file):
        return page.mute("contents", "a table of contents: links to places in this text")
    holds_notes = any(node in page.bodies for node in element.iter("{*}tr")) if page.bodies else False
    if holds_notes or page.place.table or tables.is_layout(element, attrs):
        page.place = replace(page.place, table=None)
        return None
    builder = TableBuilder(page.here())
    sink = Sink()
    page.sinks.append(sink)
    page.place = replace(page.place, table=builder, in_head=False, in_foot=False, list=None, quoted=False)

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        if table := builder.built():
            page.emit(table, tuple(sink.references))
        elif builder.caption:
            page.emit(Paragraph(text=builder.caption, origin=builder.origin), tuple(sink.references))
        page.sinks[-1].items += sink.items

    return leave


def _cell(page: Page, builder: TableBuilder, name: str, attrs: dict[str, str]) -> Leave:
    inner = Sink(merges=True)
    page.sinks.append(inner)

    def leave() -> None:
        page.flush()
        page.sinks.pop()
        text = with_raised_figures(*joined(inner.texts))
        pictures = [item.block for item in inner.items if isinstance(item.block, Figure) and item.block.alt]
        page.stream.seen -= len(pictures)  # in a cell they are its words
        text = " ".join(filter(None, [text, *(picture.alt for picture in pictures)]))
        if name == "caption":
            builder.caption = text
        else:
            columns, rows = tables.span(attrs.get("colspan", ""), 200), tables.span(attrs.get("rowspan", ""), 5000)
            builder.cell(tables.Cell(text=text, is_header=name == "th", columns=columns, rows=rows))
        page.sinks[-1].items += [item for item in inner.items if item.block not in pictures]
        page.sinks[-1].references += inner.references

    return leave
