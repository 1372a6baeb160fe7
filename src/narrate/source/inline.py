"""Markdown's inline tokens in, plain words out, with the pictures and note marks that stood among them. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST = 16_384
"""Characters parsed at once. A paragraph of a megabyte is parsed in pieces: the cost of one is not linear."""
_LONGEST_BRACKETED = 1024
_MANY_BRACKETS = 200
"""Open brackets are searched to the end, each from its own place; hundreds of them are no prose."""
_BREAK = re.compile(r"</?(?:br|p|div|hr|li|tr|td|th)\b", re.IGNORECASE)
_IMG = re.compile(r"<img\b", re.IGNORECASE)
_ALT = re.compile(r"\balt\s{0,9}=\s{0,9}(?:\"([^\"]{0,4000})\"|'([^']{0,4000})')", re.IGNORECASE)


@dataclass(kw_only=True, slots=True)
class Picture:
    """A picture among words. Without `alt` and `caption` it is decoration."""

    alt: str
    caption: str = ""


@dataclass(kw_only=True, slots=True)
class Inline:
    """What a stretch of inline Markdown says. `notes` are the numbers of the notes that its marks point to, in order.

    `alone` holds when there are pictures and no words but (then in `emphasised`) one emphasised stretch after them.
    """

    text: str = ""
    pictures: list[Picture] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    emphasised: str = ""
    alone: bool = False


def read_inline(content: str, md: "MarkdownIt", env: Any) -> Inline:
    """`content` as words. `env` is the parse's own table of links and notes."""
    result = Inline()
    words: list[str] = []
    shapes: list[str] = []
    for piece in _pieces(content):
        tokens: list[Token] = []
        md.inline.parse(piece, md, env, tokens)
        _walk(tokens, result, words, shapes)
    result.text = " ".join("".join(words).split())
    shape = "".join(shapes)
    result.alone = bool(result.pictures) and bool(re.fullmatch(r"[pl]+", shape))
    if re.fullmatch(r"[pl]*e[wk]*E", shape):
        result.emphasised = result.text
        result.alone = bool(result.pictures)
    return result


def _pieces(content: str) -> list[str]:
    brackets = content.count("[")
    longest = _LONGEST if brackets < _MANY_BRACKETS else _LONGEST_BRACKETED
    longest = longest if brackets * 8 < len(content) else min(longest, _LONGEST_BRACKETED // 4)
    pieces: list[str] = []
    at = 0
    while len(content) - at > longest:
        space = content.rfind(" ", at + longest // 2, at + longest)
        end = space + 1 if space > 0 else at + longest
        pieces.append(content[at:end])
        at = end
    pieces.append(content[at:])
    return pieces


def _walk(tokens: "Sequence[Token]", into: Inline, words: list[str], shapes: list[str]) -> None:
    """Append the words of `tokens`; `shapes` gets a letter a token: p(icture), e/E emphasis, w(ords), l(ink or space).

    `k` is a nested emphasis, which may stand inside another one.
    """
    depth = 0
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "code_inline":
                words.append(token.content)
                if token.content.strip():
                    shapes.append("w")
            case "softbreak" | "hardbreak":
                words.append(" ")
                shapes.append("k" if depth else "l")
            case "em_open" | "strong_open":
                depth += 1
                shapes.append("e" if depth == 1 else "k")
            case "em_close" | "strong_close":
                depth -= 1
                shapes.append("E" if depth == 0 else "k")
            case "link_open" | "link_close":
                shapes.append("k" if depth else "l")
            case "image":
                alt = Inline()
                spoken: list[str] = []
                _walk(token.children or [], alt, spoken, [])
                caption = " ".join(str(token.attrs.get("title", "")).split())
                into.pictures.append(Picture(alt=" ".join("".join(spoken).split()), caption=caption))
                shapes.append("p")
            case "footnote_ref":
                into.notes.append(int(token.meta["id"]))
                shapes.append("w")
            case "html_inline":
                _html(token.content, into, words, shapes)


def _html(tag: str, into: Inline, words: list[str], shapes: list[str]) -> None:
    if _IMG.match(tag):
        into.pictures.append(Picture(alt=alt_of(tag)))
        shapes.append("p")
    elif _BREAK.match(tag):
        words.append(" ")


def alt_of(tag: str) -> str:
    """The `alt` of an HTML image tag, entities decoded; "" when it has none."""
    import html

    found = _ALT.search(tag)
    return " ".join(html.unescape(found[1] or found[2] or "").split()) if found else ""
