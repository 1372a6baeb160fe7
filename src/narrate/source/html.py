"""HTML in, a Document out: the one reader by way of which every format but plain text is read. Pure."""

import re
from pathlib import Path

from narrate.document import (
    Block,
    Document,
    Figure,
    Heading,
    Metadata,
    Origin,
    PageBreak,
    Paragraph,
    Quotation,
    SceneBreak,
    Silence,
    VoiceChange,
    language_tag,
)
from narrate.source.account import assembled
from narrate.source.article import LeftOut, around_the_article, is_web_page
from narrate.source.decode import decode
from narrate.source.divide import is_line, same_words
from narrate.source.name import plain, readable
from narrate.source.notes import NoteIndex
from narrate.source.stream import Stream, woven
from narrate.source.tree import Element, attributes, content, local_name, parse_html
from narrate.source.walk import Walker

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w-]{1,40})", re.I)
_DECLARED = re.compile(rb"^<\?xml[^>]{0,200}encoding\s{0,5}=\s{0,5}[\"']([\w-]{1,40})")
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_SITE = re.compile(r"\s+[|–—·»-]\s+")
_AUTHOR_META = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "citation_author")
_DATE_META = ("article:published_time", "dc.date", "dcterms.date", "date", "citation_date")


def read_html(path: Path, data: bytes) -> Document:
    """The Document of an HTML or XHTML file. Of a saved web page the article alone is read.

    Raises SourceError when it is no text, is too large or nests too deeply.
    """
    text, remarks = decode(data, path, declared=declared_encoding(data))
    return _document(text, name=path.name, title=readable(path), remarks=remarks, main_content=None)


def read_html_text(html: str, *, name: str, origin_href: str = "", main_content: bool = False) -> Document:
    """The Document that `html` says.

    `name` stands in messages and is the title where there is none. `origin_href` begins every block's `origin.href`
    (its id follows, after a "#"); without it blocks carry the line where they stand. `main_content` leaves out the
    menus, comments and advertisements of a saved web page. Raises SourceError when it is too large or nests too deeply;
    without any text the Document has no chapters.
    """
    return _document(html, name=name, title=name, origin_href=origin_href, main_content=main_content)


def declared_encoding(data: bytes) -> str:
    """The encoding that HTML or XML says it is in; "" when it says none."""
    found = _DECLARED.match(data) or _CHARSET.search(data[:4096])
    return found[1].decode("ascii").lower() if found else ""


def first_title(blocks: list[Block], told: str) -> tuple[Heading | None, list[Block]]:
    """The work's title as a heading, and the blocks without it.

    It is the first heading if that is of level 1 and says what was told (by metadata), or is the only one of level 1.
    """
    aside = Figure | Quotation | SceneBreak | PageBreak | Silence | VoiceChange
    at = next((i for i, block in enumerate(blocks) if not isinstance(block, aside)), None)
    if at is not None and isinstance(blocks[at], Paragraph):  # "Long read", above the title
        above = blocks[at]
        after = blocks[at + 1] if at + 1 < len(blocks) else None
        if is_line(above) and isinstance(after, Heading) and same_words(after.text, told):
            at += 1
    first = blocks[at] if at is not None else None
    if isinstance(first, Heading) and first.level == 1 and at is not None:
        only = not any(isinstance(block, Heading) and block.level == 1 for block in blocks[at + 1 :])
        if only or same_words(first.text, told):
            return first, blocks[:at] + blocks[at + 1 :]
    return None, blocks


def _document(
    html: str,
    *,
    name: str,
    title: str,
    origin_href: str = "",
    remarks: tuple[str, ...] = (),
    main_content: bool | None = False,
) -> Document:
    root, more = parse_html(html, name)
    del html
    left_out: LeftOut = {}
    if main_content or (main_content is None and is_web_page(root)):
        left_out = around_the_article(root)
    stream = Stream()
    notes = NoteIndex()
    notes.scan(root, "")
    head = _Head(root)
    Walker(stream, notes).walk(root, shown_file=origin_href, language=head.language, left_out=left_out)
    stream.loose |= notes.loose
    del root
    blocks = [item.block for item in woven(stream) if item.block]
    told = head.title
    heading, blocks = first_title(blocks, told)
    seen = stream.seen
    if heading is None and told and blocks and not _is_said(told, blocks):
        heading, blocks = _from_paragraph(told, blocks)
        seen += heading is None
        heading = heading or Heading(text=told, level=1, origin=Origin(line=1, href=origin_href))
    return assembled(
        Metadata(
            title=plain(told or (heading.text if heading else title)),
            author=head.author,
            language=head.language,
            date=head.date,
        ),
        blocks,
        opening=(heading,) if heading else (),
        warnings=(*remarks, *more, *stream.warnings),
        skipped=stream.skipped,
        seen=seen,
    )


def _is_said(title: str, blocks: list[Block]) -> bool:
    """Whether one of the first headings says the title."""
    headings = [block.text for block in blocks[:12] if isinstance(block, Heading)]
    return any(same_words(text, title) for text in headings)


def _from_paragraph(title: str, blocks: list[Block]) -> tuple[Heading | None, list[Block]]:
    """The paragraph that says the title before any other prose, as a heading, and the blocks without it."""
    at = next((i for i, block in enumerate(blocks) if isinstance(block, Paragraph | Heading)), None)
    said = blocks[at] if at is not None else None
    if not isinstance(said, Paragraph) or not same_words(said.text, title):
        return None, blocks
    heading = Heading(text=said.text, level=1, marks=said.marks, origin=said.origin)
    return heading, [block for block in blocks if block is not said]


class _Head:
    """What a page says of itself in its head: title, author, language, date."""

    def __init__(self, root: Element) -> None:
        self.language = _tag(attributes(root))
        self.author = self.date = ""
        told = titled = ""
        self._h1 = ""
        for element in root.iter("*"):
            name = local_name(element)
            if name == "title" and not titled and local_name(element.getparent()) in ("head", "html"):
                titled = content(element)
            elif name == "meta":
                told = self._meta(attributes(element)) or told
            elif name == "h1" and not self._h1:
                self._h1 = content(element)
            elif name == "body":
                self.language = self.language or _tag(attributes(element))
        self.title = self._chosen(told, titled)

    def _meta(self, attrs: dict[str, str]) -> str:
        key = (attrs.get("property") or attrs.get("name") or attrs.get("itemprop") or "").lower()
        value = " ".join(attrs.get("content", "").split())
        if key in _AUTHOR_META and value and not value.startswith("http"):
            names = self.author.split(", ") if self.author else []
            self.author = ", ".join(dict.fromkeys([*names, value]))
        elif key in _DATE_META and not self.date and (found := _DATE.match(value)):
            self.date = found[0]
        elif attrs.get("http-equiv", "").lower() == "content-language" and language_tag(value):
            self.language = self.language or value
        return value if key in ("og:title", "dc.title", "dcterms.title") else ""

    def _chosen(self, told: str, titled: str) -> str:
        """The title without the name of the site: what the page's first heading says, where they agree."""
        for candidate in (told, titled):
            parts = _SITE.split(candidate) if candidate else []
            if self._h1 and any(same_words(part, self._h1) for part in (candidate, *parts)):
                return self._h1
        return told or titled


def _tag(attrs: dict[str, str]) -> str:
    tag = (attrs.get("lang") or attrs.get("xml:lang") or "").strip()
    return language_tag(tag) or ""
