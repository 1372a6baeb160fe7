"""Where the article is on a saved web page, and what around it is left out: menus, comments, advertisements.

readability finds the paragraphs of the article; the page itself is then read with all that stands among them, so that
tables, captions and formulas are not lost. Pure.
"""

import contextlib
import logging
import re
from collections.abc import Iterator

from narrate.source.elements import IGNORED
from narrate.source.notes import types
from narrate.source.tree import Element, attributes, local_name

_NUMBER = "x"  # the attribute that readability itself uses to find its way back
_MOST_ELEMENTS = 60_000
"""readability looks at every element several times; a page of more is a book and has no menus."""
_LEAST_SHARE = 0.5
_LEAST_GAIN = 0.08
_PROSE_SHARE = 0.8
_UNLIKELY = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|promo\w*|sponsor\w*|share|sharing|social\w*|related\w*|recommend\w*|newsletter\w*"
    r"|subscri\w+|comments?|disqus\w*|respond|breadcrumbs?|pagination|pager|sidebar|menu|cookies?|popup|modal|toolbar"
    r"|outbrain\w*|taboola\w*|navbar|masthead|paywall|most-?read|trending|skip-?link|noprint|mw-editsection|toc"
    r"|catlinks|navbox|byline-actions|print-?only)(?:[\s_-]|$)",
    re.I,
)
_BOILERPLATE = re.compile(
    r"(?:^|[\s_-])(?:jp-relatedposts|related-?(?:posts|articles|stories)|sharedaddy|mw-editsection|noprint|hatnote"
    r"|printfooter|catlinks|navbox\w*|mw-jump-link|mw-portlet|interlanguage-link|vector-(?:dropdown|menu|page-toolbar)"
    r"|ambox|sistersitebox|post-ufi|subscription-widget\w*|digest-?post-?embed|button-wrapper|wp-block-buttons?"
    r"|speechify-ignore|ad-(?:slot|container|wrapper|unit)|adsbygoogle|comment-?list|comments-area|disqus_thread)(?:[\s_-]|$)",
    re.I,
)
"""What the programs that make pages call such things; unlike a word such as "share", nobody calls prose by these."""
_UNLIKELY_TAGS = frozenset({"nav", "aside", "footer", "form"})
_PAGE_TAGS = frozenset({"nav", "aside", "footer", "header", "main", "article"})
_KEPT_TYPES = frozenset({"footnote", "doc-footnote", "endnote", "note", "doc-endnotes", "doc-footnotes", "footnotes"})

LeftOut = dict[Element, tuple[str, str]]


def is_web_page(root: Element) -> bool:
    """Whether HTML was written for a web site, which puts menus and more around what one came to read."""
    kinds: set[str] = set()
    for element in root.iter("*"):
        name = local_name(element)
        if name in _PAGE_TAGS:
            kinds.add(name)
        elif name in ("meta", "link") and _is_for_the_web(attributes(element)):
            return True
    return len(kinds) >= 2


def _is_for_the_web(attrs: dict[str, str]) -> bool:
    return attrs.get("property", "").startswith("og:") or attrs.get("rel") == "canonical"


def around_the_article(root: Element) -> LeftOut:
    """The elements that are not part of the article, with a kind and a reason for each.

    Empty when no article is found, or when what would be kept is the smaller part of all prose on the page.
    """
    elements = list(root.iter("*"))
    body = next((element for element in elements if local_name(element) == "body"), None)
    if body is None or len(elements) > _MOST_ELEMENTS:
        return {}
    found = _paragraphs(root, elements)
    if not found:
        return {}
    unlikely = _unlikely(body, found)
    article = _grown(_framed(_common(found), body), body, unlikely)
    kept = [article, *_title(article, body)]
    left_out: LeftOut = dict.fromkeys(_beside(kept, body), ("outside", "outside the article"))
    for element in unlikely:
        left_out.setdefault(element, ("outside", "beside the article: a menu, an advertisement, comments or the like"))
    return left_out


def _paragraphs(root: Element, elements: list[Element]) -> set[Element]:
    """The elements with text that readability takes for the article."""
    from lxml import etree, html
    from readability import Document

    for number, element in enumerate(elements):
        element.set(_NUMBER, str(number))
    summary = ""
    # It gives up by raising whatever happened, and says so to the log.
    logging.getLogger("readability").setLevel(logging.CRITICAL)
    with contextlib.suppress(Exception):
        summary = Document(etree.tostring(root, encoding="unicode", method="html")).summary(html_partial=True)
    for element in elements:
        del element.attrib[_NUMBER]
    found: set[Element] = set()
    with contextlib.suppress(etree.ParserError, ValueError, AssertionError):  # lxml asserts that there is a body
        for node in html.fragment_fromstring(summary, create_parent=True).iter("*") if summary else ():
            number = node.get(_NUMBER, "")
            if number.isdecimal() and int(number) < len(elements) and (node.text or "").strip():
                found.add(elements[int(number)])
    return found


def _common(found: set[Element]) -> Element:
    """The innermost element that all of `found` stand in."""
    paths = [[*reversed(list(element.iterancestors())), element] for element in found]
    common = paths[0][0]
    for level in zip(*paths, strict=False):
        if any(element is not level[0] for element in level):
            break
        common = level[0]
    return common


def _framed(article: Element, body: Element) -> Element:
    """The `<article>`, or else the `<main>`, around it: there the title and the first picture are."""
    around = [article, *article.iterancestors()]
    if body not in around:
        return body
    for name in ("article", "main"):
        frames = [element for element in around if local_name(element) == name]
        if frames:
            return frames[-1]
    return article


def _unlikely(body: Element, found: set[Element]) -> set[Element]:
    holding = {ancestor for element in found for ancestor in element.iterancestors()} | found
    unlikely = set()
    for element in body.iter("*"):
        attrs = attributes(element) if element.attrib else {}
        called = f"{attrs.get('class', '')} {attrs.get('id', '')}"
        named = _BOILERPLATE.search(called)
        if element in holding and not (named and sum(node in found for node in element.iter("*")) * 2 < len(found)):
            continue
        named = named or _UNLIKELY.search(called)
        is_note = types(attrs) & _KEPT_TYPES and not _BOILERPLATE.search(called)
        if (named or local_name(element) in _UNLIKELY_TAGS) and not is_note:
            unlikely.add(element)
    return unlikely


def _grown(article: Element, body: Element, unlikely: set[Element]) -> Element:
    """The article, or what stands around it while that holds much more of its prose, and little else.

    It holds at least a part (`_LEAST_SHARE`) of all prose on the page: to read too much is better than too little.
    """
    whole, _ = _weights(body, unlikely)
    prose, text = _weights(article, unlikely)
    around = article
    while around is not body:
        around = around.getparent()
        more_prose, more_text = _weights(around, unlikely)
        gain = more_prose - prose
        belongs = gain > _LEAST_GAIN * prose and gain > _PROSE_SHARE * (more_text - text)
        if belongs or prose < _LEAST_SHARE * whole:
            article, prose, text = around, more_prose, more_text
    return article


def _weights(within: Element, unlikely: set[Element]) -> tuple[int, int]:
    """How many characters of paragraphs (without links) and of any text an element holds; the unlikely aside."""
    from lxml import etree

    prose = text = paragraphs = links = 0
    walker = etree.iterwalk(within, events=("start", "end"))
    for event, element in walker:
        name = local_name(element)
        step = 1 if event == "start" else -1
        paragraphs += step * (name == "p")
        links += step * (name == "a")
        out = event == "start" and (element in unlikely or name in IGNORED or name == "noscript")
        if out:
            walker.skip_subtree()
        written = ("" if out else element.text) if event == "start" else element.tail
        written = written or ""
        if element is within and event == "end":
            break
        text += len(written.strip())
        prose += len(written.strip()) if paragraphs > 0 and not links else 0
    return prose, text


def _title(article: Element, body: Element) -> list[Element]:
    """The page's only `<h1>`, when the article has none."""
    headings = list(body.iter("{*}h1"))
    inside = [heading for heading in headings if article in heading.iterancestors()]
    return headings if len(headings) == 1 and not inside else []


def _beside(kept: list[Element], body: Element) -> Iterator[Element]:
    """The children of everything around `kept` that hold nothing of it."""
    path = {ancestor for element in kept for ancestor in element.iterancestors()}
    for ancestor in path:
        if ancestor is body or body in ancestor.iterancestors():
            yield from (child for child in ancestor if local_name(child) and child not in path | set(kept))
