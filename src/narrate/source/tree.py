"""Markup in, an lxml tree out, without harm: no entity is expanded, nothing is fetched, nothing nests without end.

Pure. XHTML is read as XML when it is well formed and as HTML when it is not, as a browser would have shown it.
"""

import html.entities
import itertools
import re
from functools import lru_cache
from typing import Any

from narrate.errors import SourceError
from narrate.source.limits import MARKUP_BYTES, NESTING

Element = Any
"""lxml.etree._Element; lxml has no types of its own."""

_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_VOID = "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
_CLOSED = re.compile(rf"<(?!(?:{_VOID})\b)([A-Za-z][\w:.-]{{0,60}})((?:\s[^<>]{{0,2000}})?)/>")
_INLINE_TAGS = re.compile(r"</?(?:a|b|i|u|em|font|big|small|span|strong|tt|s|strike|nobr)\b[^<>]{0,2000}>", re.I)
_BLOCK_TAGS = re.compile(r"</?(?:div|section|article|center|blockquote|ul|ol|dl|table)\b[^<>]{0,2000}>", re.I)
_OF_HEAD = frozenset({"title", "meta", "link", "style", "script", "base", "noscript", "template", ""})  # "": comments
_PREFIXES = {
    "http://www.idpf.org/2007/ops": "epub:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/1999/xlink": "xlink:",
}
_XHTML = "http://www.w3.org/1999/xhtml"


def parse_html(text: str, name: str) -> tuple[Element, tuple[str, ...]]:
    """The root of HTML or XHTML (an `<html>` element), and remarks for the person.

    Raises SourceError, with `name` in its message, when it is too large or nested too deeply.
    """
    check_size(len(text), name)
    remarks: tuple[str, ...] = ()
    head = text[:2000]
    if head.lstrip("\ufeff \n").startswith("<?xml") or _XHTML in head:
        root = _strict(text)
        if root is not None and local_name(root) == "html":
            return root, remarks
        text = _CLOSED.sub(r"<\1\2></\1>", _without_doctype(text))
    root, is_whole = _html(text)
    if not is_whole:
        root, is_whole = _html(_BLOCK_TAGS.sub("<br><br>", _INLINE_TAGS.sub("", text)))
        remarks = (f"{name}: nested more than {NESTING} deep, read without its formatting",)
    if not is_whole:
        raise SourceError(f"{name}: elements nested more than {NESTING} deep", hint="no browser could show it whole")
    return root, remarks


def parse_xml(data: bytes, name: str) -> Element:
    """The root of a package's own XML (OPF, NCX, container). Raises SourceError when it is not XML, even mended."""
    from lxml import etree

    check_size(len(data), name)
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        declared = re.match(rb"<\?xml[^>]{0,200}encoding=[\"']([\w-]{1,40})", data)
        try:
            text = data.decode(declared[1].decode() if declared else "utf-8", "replace")
        except LookupError:
            text = data.decode("utf-8", "replace")
        data = _prepared(text)
    for recover in (False, True):
        try:
            root = etree.fromstring(data, _xml_parser(recover=recover))
        except (etree.XMLSyntaxError, ValueError):
            continue
        if root is not None:
            return root
    raise SourceError(f"{name}: not XML that can be read", hint="the file is damaged: get it again")


def check_size(size: int, name: str) -> None:
    """Raise SourceError for markup of more bytes or characters than are read."""
    if size > MARKUP_BYTES:
        raise SourceError(
            f"{name}: {size >> 20} MB of markup in one file; narrate reads {MARKUP_BYTES >> 20} MB",
            hint="divide it into several files",
        )


def local_name(element: Element) -> str:
    """The element's name in lower case without its namespace; "" for comments and the like."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def attributes(element: Element) -> dict[str, str]:
    """The element's attributes by their names in lower case, with the prefixes `epub:`, `xml:` and `xlink:`."""
    return {_prefixed(name): value for name, value in element.attrib.items()}


@lru_cache(maxsize=1024)
def _prefixed(name: str) -> str:
    space, closing, plain = name[1:].partition("}") if name.startswith("{") else ("", "", name)
    return (_PREFIXES.get(space, "") + plain).lower() if closing else name.lower()


def few_words(element: Element) -> str:
    """All text of an element that holds next to nothing, such as a note's mark; "" of one that holds more.

    Bounded, since it may be asked of every one of many elements that stand in each other.
    """
    nodes = list(itertools.islice(element.iter("*"), 12))
    if len(nodes) == 12 or sum(len(node.text or "") + len(node.tail or "") for node in nodes[1:]) > 400:
        return ""
    return content(element) if len(element.text or "") < 400 else ""


def content(element: Element) -> str:
    """All text in an element, white space collapsed; what scripts, styles and comments hold is no text."""
    pieces: list[str] = []
    for node in element.iter():
        readable = isinstance(node.tag, str) and local_name(node) not in ("script", "style", "annotation")
        if readable and node.text:
            pieces.append(node.text)
        if node is not element and node.tail:
            pieces.append(node.tail)
    return " ".join("".join(pieces).split())


def _html(text: str) -> tuple[Element, bool]:
    from lxml import etree

    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_pis=True, remove_comments=False
    )
    # Surrogates and NUL cannot be in a tree; neither can they be said.
    data = text.replace("\0", "").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        root = etree.Element("html")
    _end_head(root)
    return root, not any("depth" in entry.message for entry in parser.error_log)


def _end_head(root: Element) -> None:
    """Put into the body what begins it: where a page leaves out `<body>`, libxml2 takes the elements of HTML 5
    (`<main>`, `<article>`, `<section>`) for a part of the head, in which nothing is read."""
    from lxml import etree

    head = next((child for child in root if local_name(child) == "head"), None)
    at = (
        next((at for at, child in enumerate(head) if local_name(child) not in _OF_HEAD), -1) if head is not None else -1
    )
    if head is None or at < 0:
        return
    body = next((child for child in root if local_name(child) == "body"), None)
    if body is None:
        body = etree.SubElement(root, "body")
    moved = head[at:]
    moved[-1].tail = (moved[-1].tail or "") + (body.text or "")
    body.text = ""
    for node in reversed(moved):
        body.insert(0, node)


def _strict(text: str) -> Element | None:
    from lxml import etree

    try:
        return etree.fromstring(_prepared(text), _xml_parser(recover=False))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _xml_parser(*, recover: bool) -> Any:
    from lxml import etree

    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
        remove_pis=True,
    )


def _prepared(text: str) -> bytes:
    """XML without a document type, and with the names of HTML's characters replaced by the characters."""
    text = _without_doctype(text).replace("\0", "").lstrip("\ufeff \r\t")
    return _NAMED.sub(_character, text).encode("utf-8", "replace")


def _character(found: "re.Match[str]") -> str:
    if found[1] in _XML_NAMES:
        return found[0]
    return html.entities.html5.get(f"{found[1]};", found[0])


def _without_doctype(text: str) -> str:
    """`text` without its document type, in which entities would be declared."""
    found = _DOCTYPE.search(text, 0, 4000)
    if not found:
        return text
    end = text.find(">", found.start())
    bracket = text.find("[", found.start(), max(end, 0))
    if bracket >= 0:
        close = re.compile(r"\]\s{0,100}>").search(text, bracket)
        end = close.end() - 1 if close else -1
    end = end + 1 if end >= 0 else len(text)
    lines = text.count("\n", found.start(), end)  # kept, so that places are still right
    return text[: found.start()] + "\n" * lines + text[end:]
