"""An lxml tree in, the stream of its blocks out, in one pass and without recursion. Pure.

The rule for every element: what a reader of the page would see becomes a block or words in one; what he would not
see, or what only steers the page, is skipped with a reason. Both are counted when they are come upon.
"""

from collections.abc import Collection
from dataclasses import replace

from narrate.document import MarkKind, PageBreak
from narrate.source import elements
from narrate.source.article import LeftOut
from narrate.source.blocks import LABEL, open_block, open_credit, open_note
from narrate.source.divide import letters
from narrate.source.notes import NoteIndex
from narrate.source.page import Leave, Line, Page, Place
from narrate.source.phrasing import open_phrasing
from narrate.source.stream import Stream
from narrate.source.tree import Element, attributes, content, local_name

__all__ = ["LABEL", "LINE", "Walker"]

LINE = "data-narrate-line"
"""The attribute by which another reader of ours says on which line of its own source an element stands."""

_MOST_PULL_QUOTES = 100
"""Each is looked for in the whole text."""


class Walker:
    """Walks one file after the other into one stream."""

    def __init__(self, stream: Stream, notes: NoteIndex) -> None:
        self._page = Page(stream, notes)
        self._left_out: LeftOut = {}

    def walk(
        self,
        root: Element,
        *,
        file: str = "",
        shown_file: str = "",
        language: str = "",
        lines: bool = False,
        wanted: Collection[str] = (),
        left_out: LeftOut | None = None,
    ) -> None:
        """Add the blocks of a tree to the stream.

        `file` begins the keys of places in it, `shown_file` their origins. `wanted` are keys that become anchors in the
        stream. `left_out` names elements that are to be skipped, with a kind and a reason for each. With `lines`,
        places are the lines that elements themselves name (`LINE`).
        """
        from lxml import etree

        page = self._page
        page.file, page.shown_file, page.wanted, page.nearest_id = file, shown_file, wanted, ""
        page.bodies = page.notes.bodies(root, file)
        page.place, page.line = Place(language=language), Line()
        page.at_line = 0 if lines else -1
        self._left_out = dict(left_out or {})
        page.descriptions = self._descriptions(root)
        self._leave_out_pull_quotes(root)
        page.anchor(f"{file}#")
        opened: list[tuple[Place, Leave | None]] = []
        walker = etree.iterwalk(root, events=("start", "end", "comment"))
        for event, element in walker:
            if event == "start":
                before = page.place
                page.skip_inside = False
                leave = self._enter(element)
                opened.append((before, leave))
                if page.skip_inside:
                    walker.skip_subtree()
                elif element.text:
                    page.words(element.text)
                continue
            if event == "end":
                before, leave = opened.pop()
                if leave:
                    leave()
                page.place = before
            if element.tail and element is not root:
                page.words(element.tail)
        page.flush()
        page.bodies, self._left_out = {}, {}

    def _descriptions(self, root: Element) -> dict[str, str]:
        """What hidden elements say of pictures that name them. They are read there, and left out where they stand."""
        wanted: set[str] = set()
        for element in root.xpath("//*[@aria-describedby or @aria-details or @longdesc]"):
            wanted |= set(elements.description_ids(attributes(element)))
        found: dict[str, str] = {}
        for element in root.xpath("//*[@id]") if wanted else ():
            attrs = attributes(element)
            if attrs["id"] in wanted and elements.reason_to_skip(element, local_name(element), attrs):
                found[attrs["id"]] = content(element)
                self._left_out[element] = ("description", "read with the picture that it describes")
        return found

    def _leave_out_pull_quotes(self, root: Element) -> None:
        """Those whose words stand elsewhere in the text, too: heard, they would only be said twice."""
        named = root.xpath("//*[contains(translate(@class, 'PUL', 'pul'), 'pull') or contains(@role, 'pull')]")
        found = [each for each in named if elements.is_pull_quote(attributes(each))]
        if not found:
            return
        whole = letters(content(root))
        for element in found[:_MOST_PULL_QUOTES]:
            pulled = letters(content(element))
            if pulled and whole.count(pulled) > 1:
                self._left_out.setdefault(element, ("quotation", "a pull quote: the text says the same"))

    def _enter(self, element: Element) -> Leave | None:
        """Into an element. What is returned is done at its end."""
        page = self._page
        name = local_name(element)
        attrs = attributes(element) if element.attrib else {}
        is_block = name in elements.BLOCKS
        if page.at_line >= 0 and LINE in attrs:
            page.next_line(attrs[LINE], is_block=is_block)
        if is_block:
            page.flush()
        if is_block or page.line.flow.is_empty:
            page.line.origin = page.here(element, attrs)
        page.name(name, attrs)
        body = page.bodies.get(element) if page.bodies else None
        out = page.place.muted or element in self._left_out
        if body is not None and not page.place.in_note and (body or not out):
            return open_note(page, element, body)
        if name in elements.IGNORED and not (name == "script" and elements.tex_script(attrs)):
            page.skip_inside = True
            return None
        if not page.place.muted:
            mute = self._left_out.get(element) or elements.reason_to_skip(element, name, attrs)
            if mute:
                return page.mute(*mute)
        if elements.is_page_break(element, attrs):
            page.skip_inside = True
            page.emit_beside(PageBreak(label=elements.page_label(element, attrs), origin=page.here()))
            return None
        if page.place.in_caption and not page.place.muted and elements.is_credit(attrs):
            return open_credit(page)
        return self._open(element, name, attrs, is_block=is_block)

    def _open(self, element: Element, name: str, attrs: dict[str, str], *, is_block: bool) -> Leave | None:
        page = self._page
        leaves: list[Leave] = [page.flush] if is_block else []
        tag = attrs.get("lang") or attrs.get("xml:lang")
        if tag and name not in ("html", "body") and tag.lower() != page.place.language.lower():
            page.place = replace(page.place, language=tag)
            leaves.insert(0, page.marked(MarkKind.LANGUAGE, tag.replace("_", "-")))
        if leave := (open_block if is_block else open_phrasing)(page, element, name, attrs):
            leaves.insert(len(leaves) - is_block, leave)

        def done() -> None:
            for each in reversed(leaves):
                each()

        return done if leaves else None
