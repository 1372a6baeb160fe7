"""A block of raw HTML inside Markdown: its words and pictures, tags and comments dropped. Pure, in linear time.

This is no HTML reader: it keeps what a person would read and forgets the rest.
"""

import html
import re
from collections.abc import Iterator

from narrate.source.inline import Picture, alt_of

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]{0,30})(?:[^<>\"']++|\"[^\"<>]*+\"|'[^'<>]*+')*+>")
_PHRASES = "a abbr b bdi bdo cite code data dfn em i kbd mark q s samp small span strong sub sup time u"
_INLINE = frozenset(_PHRASES.split())
_MUTE = ("script", "style", "template")


def words_and_pictures(markup: str) -> Iterator[str | Picture]:
    """The paragraphs and pictures of `markup`, in order."""
    words: list[str] = []
    for piece in _pieces(markup):
        if isinstance(piece, str):
            words.append(piece)
            continue
        if text := " ".join("".join(words).split()):
            yield text
        words = []
        if piece.alt:
            yield piece
    if text := " ".join("".join(words).split()):
        yield text


def _pieces(markup: str) -> Iterator[str | Picture]:
    at = 0
    comments = True
    while (start := markup.find("<", at)) >= 0:
        yield html.unescape(markup[at:start])
        if comments and markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            if end < 0:
                # An open comment hides the rest, as it does in a browser; an author did not mean to have it read.
                return
            at = end + 3
            continue
        tag = _TAG.match(markup, start)
        if not tag:
            yield "<"
            at = start + 1
            continue
        at = tag.end()
        name = tag[1].lower()
        if name in _MUTE and not tag[0].startswith("</"):
            close = re.compile(rf"</{name}\b[^<>]{{0,100}}>", re.IGNORECASE).search(markup, at)
            at = close.end() if close else len(markup)
        elif name == "img":
            yield Picture(alt=alt_of(tag[0]))
        elif name == "br":
            yield " "
        elif name not in _INLINE:
            yield Picture(alt="")
    yield html.unescape(markup[at:])
