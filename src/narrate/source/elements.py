"""What HTML's elements and attributes mean: which make blocks, which mark words, which are not for reading. Pure."""

import itertools
import re

from narrate.document import MarkKind
from narrate.source.notes import types
from narrate.source.tree import Element, attributes, content, few_words, local_name

_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol optgroup p pre search "
    "section summary table tbody td tfoot th thead tr ul frameset noframes marquee option template video audio iframe"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
"""Elements that begin and end a block."""

IGNORED = frozenset({"head", "script", "style", "meta", "link", "base", "param", "area", "title"})
"""Elements without anything to read in them. Not `<source>` and `<track>`: libxml2 does not know that they are empty,
and puts what follows, the `<img>` of a `<picture>`, inside them."""

QUOTED = frozenset({"epigraph", "dedication", "doc-epigraph", "doc-dedication", "doc-pullquote", "z3998:letter"})
"""Types of what is set apart as a quotation is."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MARKS = {
    "em": MarkKind.EMPHASIS,
    "i": MarkKind.EMPHASIS,
    "cite": MarkKind.EMPHASIS,
    "dfn": MarkKind.EMPHASIS,
    "var": MarkKind.EMPHASIS,
    "strong": MarkKind.STRONG,
    "b": MarkKind.STRONG,
    "sub": MarkKind.SUBSCRIPT,
    "del": MarkKind.DELETION,
    "s": MarkKind.DELETION,
    "strike": MarkKind.DELETION,
    "code": MarkKind.CODE,
    "kbd": MarkKind.CODE,
    "samp": MarkKind.CODE,
    "tt": MarkKind.CODE,
    "abbr": MarkKind.ABBREVIATION,
    "acronym": MarkKind.ABBREVIATION,
}
_CONTROLS = frozenset({"button", "select", "textarea", "datalist", "progress", "meter", "output"})
_MEDIA = frozenset({"video", "audio", "iframe", "embed", "object", "applet", "canvas"})
_CONTENTS = {"toc", "doc-toc", "landmarks", "page-list", "doc-pagelist", "loi", "lot", "loa", "lov"}
_STEERING = {"navigation", "search", "toolbar", "menu", "menubar", "tablist", "banner-ad"}
_BACK_CLASS = re.compile(r"(?:^|[\s_-])(?:cite-?)?back-?(?:links?|refs?)(?:$|[\s_-])", re.I)
_PULLED_CLASS = re.compile(r"(?:^|[\s_-])pull-?quotes?(?:$|[\s_-])", re.I)
_FIGURE_CLASS = re.compile(
    r"(?:^|\s)(?:fig(?:ure|center|left|right|-?block)?|illus\w*|wp-caption|captioned-\w+|float)(?:\s|$)", re.I
)
_CAPTION_CLASS = re.compile(r"(?:^|\s)(?:(?:fig-?)?caption|wp-caption-text|image-caption)(?:\s|$)", re.I)
_HALF_TITLES = frozenset({"halftitlepage", "halftitle", "doc-halftitle"})
_GUTENBERG = re.compile(
    r"(?:^|\s)(?:pg-?header|pg-?footer|pg-boilerplate|pg-machine-header|pg-(?:start|end)-separator)(?:\s|$)"
)
NOTICE = "Project Gutenberg's notice about the file, and its licence"
_ASIDE_CLASS = re.compile(r"(?:^|\s)(sidenote|marginnote|ltx_note)(?:\s|$)")
_ASIDE_NUMBER_CLASS = re.compile(r"(?:^|\s)(?:ltx_note_mark|ltx_tag_note)(?:\s|$)")
_LONGEST_CONTROL = 80
_PICTURES = frozenset({"img", "svg", "picture", "figure"})
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
_SMALL_CAPS_STYLE = re.compile(r"font-variant(?:-caps)?\s*:\s*(?:all-)?small-caps", re.I)
_SMALL_CAPS_CLASS = re.compile(r"(?:^|\s)(?:small-?caps?|smcap|sc)(?:\s|$)", re.I)
_CREDIT_CLASS = re.compile(r"(?:^|[\s_-])(?:credits?|attribution|photographer|copyright)(?:$|[\s_-])", re.I)
_PAGE_CLASS = re.compile(r"(?:^|\s)(?:page-?num(?:ber)?|pageno|pagebreak)(?:\s|$)", re.I)
_PAGE = re.compile(r"[\[({]?\s*(?:p(?:g|age)?\.?\s*)?(\d{1,5}|[ivxlcdm]{1,9})\s*[\])}]?", re.I)
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|highlight-source-|brush:\s*|sourceCode )([\w+#-]{1,30})", re.I)


def heading_level(name: str, attrs: dict[str, str]) -> int:
    """The level of a heading; 0 for anything else."""
    if name in _HEADINGS:
        return _HEADINGS[name]
    if attrs.get("role") == "heading":
        level = attrs.get("aria-level", "2")
        return min(6, max(1, int(level))) if level.isdecimal() and len(level) < 3 else 2
    return 0


def mark_kind(name: str, attrs: dict[str, str]) -> MarkKind | None:
    """What an inline element says of its words."""
    kind = _MARKS.get(name)
    if kind is MarkKind.ABBREVIATION and not attrs.get("title", "").strip():
        return None
    if kind:
        return kind
    if _SMALL_CAPS_STYLE.search(attrs.get("style", "")) or _SMALL_CAPS_CLASS.search(attrs.get("class", "")):
        return MarkKind.SMALL_CAPS
    return None


def reason_to_skip(element: Element, name: str, attrs: dict[str, str]) -> tuple[str, str] | None:
    """The kind and the reason when all that an element holds is left out."""
    if name in _CONTROLS or (name == "input" and not _is_task(element, attrs)):
        return "control", "a control of the page"
    if name in _MEDIA and not (name == "object" and len(element)):
        return "media", f"<{name}>: moving pictures and sounds are not part of an audiobook"
    if name == "noscript":
        return "hidden", "shown only where scripts do not run"
    if name in ("template", "option") or (name == "dialog" and "open" not in attrs):
        return "hidden", f"<{name}>: not shown on the page"
    if name in ("a", "div", "span") and _is_button(element, attrs):
        return "control", "a control of the page"
    if not attrs:
        return ("navigation", "a menu of the page") if name == "nav" else None
    role = types(attrs)
    if role & _CONTENTS:
        return "contents", "a table of contents"
    if name == "nav" or role & _STEERING:
        return "navigation", "a menu of the page"
    if role & _HALF_TITLES:
        return "heading", "a half title: the work's title once more"
    if _GUTENBERG.search(attrs.get("id", "")) or _GUTENBERG.search(attrs.get("class", "")):
        return "notice", NOTICE
    if "hidden" in attrs and attrs["hidden"] != "until-found":
        return None if _is_only_formula(element) else ("hidden", "hidden")
    if attrs.get("aria-hidden", "").lower() == "true" and name != "hr" and not is_page_break(element, attrs):
        return "hidden", "hidden from screen readers (aria-hidden)"
    if _HIDDEN_STYLE.search(attrs.get("style", "")) and not _is_only_formula(element):
        return "hidden", "not shown on the page (display: none)"
    return None


def _is_task(element: Element, attrs: dict[str, str]) -> bool:
    """Whether a box is not to be ticked, but says what is done of a list."""
    return attrs.get("type", "").lower() == "checkbox" and any(
        local_name(each) == "li" for each in element.iterancestors()
    )


def _is_button(element: Element, attrs: dict[str, str]) -> bool:
    """Whether an element is a button of a script's making, or its label: not where it is a picture to be clicked on."""
    parent = element.getparent()
    if "button" not in types(attrs) and (parent is None or parent.get("role") != "button"):
        return False
    held = itertools.islice(element.iter("*"), 20)
    return len(few_words(element)) < _LONGEST_CONTROL and not any(local_name(node) in _PICTURES for node in held)


def leads_back(attrs: dict[str, str]) -> bool:
    """Whether a part of a note holds nothing but links back to its marks ("^ a b c")."""
    return bool(_BACK_CLASS.search(attrs.get("class", "")))


def is_figure(element: Element, name: str, attrs: dict[str, str]) -> bool:
    """Whether an element puts a picture and its caption together: `<figure>`, or what its class calls one."""
    if name != "div" or not _FIGURE_CLASS.search(attrs.get("class", "")):
        return name == "figure"
    held = [(local_name(node), attributes(node)) for node in itertools.islice(element.iter("*"), 1, 20)]
    pictures = sum(inner in ("img", "svg") for inner, _ in held)
    return pictures == 1 and any(is_caption(*each) for each in held)


def is_caption(name: str, attrs: dict[str, str]) -> bool:
    """Whether an element inside a figure is its caption: `<figcaption>`, or what its class calls one."""
    return name == "figcaption" or (
        name in ("p", "div", "span") and bool(_CAPTION_CLASS.search(attrs.get("class", "")))
    )


def aside_kind(name: str, attrs: dict[str, str]) -> str:
    """What a note inside its sentence is called by its class, as LaTeXML and Tufte CSS do; "" of anything else."""
    found = _ASIDE_CLASS.search(attrs.get("class", "")) if name in ("span", "small") else None
    return found[1] if found else ""


def is_aside_number(attrs: dict[str, str]) -> bool:
    """Whether an element is the number of such a note."""
    return bool(_ASIDE_NUMBER_CLASS.search(attrs.get("class", "")))


def is_pull_quote(attrs: dict[str, str]) -> bool:
    """Whether an element repeats words of the text in large type."""
    return "doc-pullquote" in types(attrs) or bool(_PULLED_CLASS.search(attrs.get("class", "")))


def is_page_break(element: Element, attrs: dict[str, str]) -> bool:
    """Whether an element says where a page of the printed book begins, and nothing else: some hold the whole page."""
    typed = types(attrs) & {"pagebreak", "doc-pagebreak"}
    if not typed and not _PAGE_CLASS.search(attrs.get("class", "")):
        return False
    held = [local_name(node) for node in itertools.islice(element.iter("*"), 6)]
    text = content(element) if len(held) < 6 and "img" not in held else None
    return text is not None and (not text or bool(_PAGE.fullmatch(text)) or (bool(typed) and len(text) <= 20))


def page_label(element: Element, attrs: dict[str, str]) -> str:
    """The page's number, from its text, label, title or id; "" without one."""
    written = content(element)
    for text in (written, attrs.get("aria-label", ""), attrs.get("title", "")):
        if found := _PAGE.fullmatch(text.strip()):
            return found[1]
    found = re.search(r"(?:^|[^0-9])(\d{1,5})$|(?:page|pg?)[_-]?([ivxlc]{1,9})$", attrs.get("id", ""))
    return (found[1] or found[2]) if found else written[:20]


def is_credit(attrs: dict[str, str]) -> bool:
    """Whether a part of a caption says whose the picture is."""
    return bool(_CREDIT_CLASS.search(attrs.get("class", "")))


def description_ids(attrs: dict[str, str]) -> list[str]:
    """The ids of the elements that describe this one at length."""
    links = attrs.get("longdesc", "")
    named = f"{attrs.get('aria-describedby', '')} {attrs.get('aria-details', '')}".split()
    return [*named, links[1:]] if links.startswith("#") else named


def tex_script(attrs: dict[str, str]) -> bool:
    """Whether a `<script>` holds a formula, as MathJax writes them."""
    return attrs.get("type", "").lower().startswith("math/tex")


def listing(element: Element, attrs: dict[str, str]) -> tuple[str, str]:
    """The text of a `<pre>`, lines kept, and the language it is in."""
    from lxml import etree

    pieces: list[str] = []
    classes = [attrs.get("class", "")]
    walker = etree.iterwalk(element, events=("start", "end", "comment"))
    for event, node in walker:
        name = local_name(node)
        if event == "start":
            written = node.text
            if name in ("script", "style"):
                walker.skip_subtree()
                written = ""
            pieces.append({"br": "\n", "img": node.get("alt")}.get(name, written) or "")
            classes += [attributes(node).get("class", "")] if name == "code" else []
        elif node is not element:
            pieces.append(node.tail or "")
    parent = element.getparent()
    if parent is not None:
        classes.append(attributes(parent).get("class", ""))
    language = next((found[1] for each in classes if (found := _LANGUAGE_CLASS.search(each))), "")
    return "".join(pieces).replace("\r\n", "\n").strip("\n").rstrip(), language


def has_more(whole: str, parts: list[str]) -> bool:
    """Whether there are letters in an element's text besides those of its links."""
    return sum(map(str.isalnum, whole)) > sum(sum(map(str.isalnum, part)) for part in parts)


def _is_only_formula(element: Element) -> bool:
    """Whether a hidden element is the words of a formula that is shown as a picture beside it."""
    held = itertools.islice(element.iter("*"), 20)
    return not (element.text or "").strip() and any(local_name(node) == "math" for node in held)
