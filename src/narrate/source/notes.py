"""Which links are marks of notes, and which elements are the notes. Pure.

Marks are known by `epub:type="noteref"` or `role="doc-noteref"`, or by how they look: a raised or bracketed number or
sign that links to a place further on. A link back is never one, since what it points to has been passed.
"""

import itertools
import posixpath
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from narrate.source.tree import Element, attributes, few_words, local_name

_LABEL = re.compile(
    r"[\[(]?\s*(?:note\s+|fn\.?\s*)?(\d{1,4}[a-z]?|[*†‡§¶‖#]{1,4}|[ivxlc]{1,7}|[a-z])\s*[\])]?[.:]?", re.I
)
_BRACKETED = re.compile(r"\s*[\[(].{1,12}[\])]\s*")
_BACK = re.compile(r"[\s\[(]*(?:[↩↵⏎⮐↑⇑←^▲\ufe0e\ufe0f]+\s*\d{0,4}|back|return|zurück|retour)[\s\])]*", re.I)
_NOTE_NAME = re.compile(r"note|(?:^|[^a-z])f[tn]n?[^a-z]|ftn|cite|endn", re.I)
_NOTE_TYPES = frozenset(
    {"footnote", "endnote", "rearnote", "note", "doc-footnote", "doc-endnote"}  # the last for `role`
)
_NONE: frozenset[str] = frozenset()
_REFERENCE_TYPES = frozenset({"noteref", "doc-noteref"})
_BLOCKS = frozenset({"p", "div", "li", "aside", "dd", "section", "td", "blockquote", "tr"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MOST_NODES = 2000
"""Elements in one note; what holds more is none."""
_WRAPPERS = frozenset({"li", "aside", "dd"})


@dataclass(kw_only=True, slots=True)
class NoteIndex:
    """The notes of a whole work: the label of each by the key (`file#id`) that its mark points to.

    Filled file by file, in order.

    `loose` are those whose text cannot be told from what is around it, and stays where it stands.
    """

    targets: dict[str, str] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    _passed: set[str] = field(default_factory=set)

    def scan(self, root: Element, file: str) -> None:
        """Take note of the marks in one file."""
        for element in root.iter("*"):
            attrs = attributes(element) if element.attrib else {}
            for name in filter(None, (attrs.get("id"), attrs.get("name") if local_name(element) == "a" else None)):
                self._passed.add(f"{file}#{name}")
            if local_name(element) != "a" or "href" not in attrs:
                continue
            key = target(attrs["href"], file)
            if not key or key in self.targets or not (label := label_of(element, attrs)):
                continue
            if types(attrs) & _REFERENCE_TYPES or key not in self._passed:
                self.targets[key] = label

    def reference(self, element: Element, attrs: dict[str, str], file: str) -> tuple[str, str]:
        """The key and the label of a link that marks a note; "" and "" of any other."""
        key = target(attrs.get("href", ""), file)
        label = label_of(element, attrs) if key in self.targets else ""
        return (key, label) if label else ("", "")

    def bodies(self, root: Element, file: str) -> dict[Element, str]:
        """The elements of one file that are notes, and their keys; "" for one that nothing marks.

        Where two marks point into one paragraph, it is left where it stands.
        """
        found: dict[Element, str] = {}
        headed: dict[Element, bool] = {}
        shared: set[Element] = set()
        for element in root.iter("*"):
            if not element.attrib:
                continue
            attrs = attributes(element)
            names = (attrs.get("id"), attrs.get("name"))
            key = next((k for name in names if name and (k := f"{file}#{name}") in self.targets), "")
            body = _body(element, headed) if key else None
            if body is not None and found.setdefault(body, key) != key:
                shared.add(body)
                self.loose.add(key)
        for body in shared:
            self.loose.add(found.pop(body))
        for body in list(found):
            wider = _wrapper(body, found)
            if wider is not None:
                found[wider] = found.pop(body)
        for element in root.iter("*"):
            if element.attrib and types(attributes(element)) & _NOTE_TYPES and local_name(element) in _BLOCKS:
                inner = itertools.islice(element.iter("*"), _MOST_NODES)
                if not any(other in found for other in inner):
                    found[element] = ""
        return found


def types(attrs: dict[str, str]) -> frozenset[str]:
    """What `epub:type` and `role` say of an element."""
    if "role" not in attrs and "epub:type" not in attrs:
        return _NONE
    return frozenset(f"{attrs.get('epub:type', '')} {attrs.get('role', '')}".lower().split())


def target(href: str, file: str) -> str:
    """The key of the place inside the work that a link in `file` points to; "" when it points elsewhere."""
    path, hash_sign, fragment = href.strip().partition("#")
    if not hash_sign or not fragment or "://" in path or path.startswith(("//", "mailto:", "javascript:")):
        return ""
    if not path:
        return f"{file}#{unquote(fragment)}"
    return f"{within(path, file)}#{unquote(fragment)}"


def within(path: str, file: str) -> str:
    """A relative path in `file` as a path from the archive's root; it may begin with `../`, which is nowhere."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(path)))


def label_of(element: Element, attrs: dict[str, str]) -> str:
    """The label that a link shows if it may be a note's mark, else ""."""
    text = few_words(element)
    if not 0 < len(text) <= 16:
        return ""
    found = _LABEL.fullmatch(text)
    if types(attrs) & _REFERENCE_TYPES:
        return found[1] if found else text
    if not found:
        return ""
    raised = any(local_name(node) == "sup" for node in (element.getparent(), *element) if node is not None)
    told = _NOTE_NAME.search(" ".join((attrs.get("class", ""), attrs.get("id", ""), attrs.get("href", ""))))
    return found[1] if raised or _BRACKETED.fullmatch(text) or told else ""


def is_way_back(element: Element, attrs: dict[str, str]) -> bool:
    """Whether a link inside a note leads back to its mark, and is no part of what the note says."""
    if types(attrs) & {"backlink", "doc-backlink", "referrer"}:
        return True
    text = few_words(element)
    return "#" in attrs.get("href", "") and bool(_BACK.fullmatch(text) or _LABEL.fullmatch(text))


def leading_label(text: str, label: str, *, raised: int = 0) -> int:
    """How many characters at the front of a note's text only repeat its label: "3. ", "[3] ", or `raised` ones."""
    if raised and _LABEL.fullmatch(text[:raised]):
        return raised
    if label:
        found = re.match(rf"[\[(]?\s*{re.escape(label)}\s*[\])]?[.:]?(?=\s|$)", text)
    else:
        found = re.match(r"(?:[\[(]\s*\d{1,4}\s*[\])]|\d{1,4}[.:]|[*†‡§]{1,3})(?=\s)", text)
    return found.end() if found else 0


def _body(element: Element, headed: dict[Element, bool]) -> Element | None:
    """The block that a note's target is, or stands in; None when that is too much to be a note.

    `headed` remembers which blocks hold headings: many targets may stand in one.
    """
    while element is not None and local_name(element) not in _BLOCKS:
        if local_name(element) in _HEADINGS or local_name(element) in ("body", "html", "table", "figure"):
            return None
        element = element.getparent()
    if element is None:
        return None
    if local_name(element) == "td":
        element = element.getparent()
    if element not in headed:
        names = [local_name(node) for node in itertools.islice(element.iter("*"), _MOST_NODES)]
        headed[element] = len(names) == _MOST_NODES or not _HEADINGS.isdisjoint(names)
    return None if headed[element] else element


def _wrapper(body: Element, bodies: dict[Element, str]) -> Element | None:
    """The element around a note's first paragraph, if it is that note's alone."""
    parent = body.getparent()
    if parent is None or local_name(body) in ("li", "aside", "tr") or body.getprevious() is not None:
        return None
    if parent.text and parent.text.strip():
        return None
    attrs = attributes(parent)
    named = local_name(parent) == "div" and _NOTE_NAME.search(f"{attrs.get('class', '')} {attrs.get('id', '')}")
    if local_name(parent) not in _WRAPPERS and not named:
        return None
    nodes = list(itertools.islice(parent.iter("*"), _MOST_NODES))
    alone = not any(node in bodies for node in nodes if node is not body)
    return parent if alone and len(nodes) < _MOST_NODES else None
