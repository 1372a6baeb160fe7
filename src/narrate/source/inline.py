"""Markdown's inline tokens in, HTML out, with the pictures that stood among the words told apart. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST = 16_384
"""Characters parsed at once. A paragraph of a megabyte is parsed in pieces: the cost of one is not linear."""
_LONGEST_BRACKETED = 1024
_MANY_BRACKETS = 200
"""Open brackets are searched to the end, each from its own place; hundreds of them are no prose."""
_ALERT = re.compile(r"\[!([A-Za-z]{2,16})\][+-]?[ \t]*([^\n]{0,200})(?:\n|$)")
"""What GitHub shows as a word above a quotation; other programs, with a title of the author's after it."""
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
"""What GitHub shows as a box, at the head of a list's item."""
_SIGN_OF_MATHS = re.compile(r"[\\^_=<>{}|+*]")
_SHORT_FORMULA = re.compile(r"[^\W\d_]\w?'*|\w\([\w, ]{1,12}\)|\d{1,6}")
_IMG = re.compile(r"<img\b", re.IGNORECASE)
_SWALLOWS = re.compile(
    r"</?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext|select)\b", re.IGNORECASE
)
"""Tags that hide what follows them; inside a sentence they are spoken of, not used (GitHub's Markdown, 6.11)."""


@dataclass(kw_only=True, slots=True)
class Inline:
    """A stretch of inline Markdown as HTML; `words` is the same without its `pictures`.

    `notes` are the numbers of the notes that its marks point to, in order. `alone` holds when there are pictures, and
    no words but one emphasised stretch after them.
    """

    html: str = ""
    words: str = ""
    pictures: list[str] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    alone: bool = False


MARK_ALONE = "narrate-mark"
"""The id that a note's mark points to in a script when its text is not there."""


def shown_label(label: str) -> str:
    """What a script's `[^label]` is called: no label may have a space in it, so `~` stands for one."""
    return " ".join(label.replace("~", " ").split())


def note_id(number: int) -> str:
    """The id of the note that a mark of that number points to."""
    return f"narrate-note-{number}"


def formula(tex: str, *, displayed: bool = False) -> str:
    """TeX as HTML."""
    tex = " ".join(tex.split())
    if displayed and "</" not in tex:
        return f'<script type="math/tex; mode=display">{tex}</script>'
    return f'<img class="tex" alt="{escape(tex)}">'


def _alert(found: "re.Match[str]") -> str:
    title = found[2].strip()
    return f"**{found[1].capitalize()}:** {title}{'. ' if title[-1:].isalnum() else ' '}"


def _between_dollars(tex: str, sign: str) -> str:
    """A formula, where it looks like one; "$HOME/$PATH" does not."""
    is_formula = _SIGN_OF_MATHS.search(tex) or _SHORT_FORMULA.fullmatch(tex)
    return formula(tex) if is_formula else escape(f"{sign}{tex}{sign}")


def read_inline(content: str, md: "MarkdownIt", env: Any, *, by_label: bool = False, item: bool = False) -> Inline:
    """`content` as HTML, the first of an `item` of a list. `env` is the parse's own table of links and notes.

    `by_label`: notes are called what they are called in the file, instead of being counted.
    """
    result = Inline()
    content = _ALERT.sub(_alert, content, count=1) if content[:2] == "[!" else content
    if item and (task := _TASK.match(content)):
        content = ("☐ " if task[1] == " " else "☑ ") + content[task.end() :]
    writer = _Writer(result, by_label=by_label)
    for piece in _pieces(content):
        tokens: list[Token] = []
        md.inline.parse(piece, md, env, tokens)
        writer.write(tokens)
    result.html, result.words = "".join(writer.html), "".join(writer.words)
    shape = "".join(writer.shapes)
    result.alone = bool(result.pictures) and bool(re.fullmatch(r"[pl]*(?:e[wk]*E)?", shape))
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


class _Writer:
    """Writes tokens as HTML.

    `shapes` gets a letter a token: p(icture), e/E emphasis, w(ords), l(ink or space); `k` stands inside an emphasis.
    """

    def __init__(self, into: Inline, *, by_label: bool) -> None:
        self._by_label = by_label
        self.html: list[str] = []
        self.words: list[str] = []
        self.shapes: list[str] = []
        self._into = into
        self._depth = 0

    def write(self, tokens: "Sequence[Token]") -> None:
        for token in tokens:
            match token.type:
                case "text" | "text_special":
                    self._put(escape(token.content), "w" if token.content.strip() else "")
                case "code_inline":
                    self._put(f"<code>{escape(token.content)}</code>", "w")
                case "softbreak":
                    self._put("\n", "k" if self._depth else "l")
                case "hardbreak":
                    self._put("<br>\n", "k" if self._depth else "l")
                case "math_inline" | "math_inline_double":
                    self._put(_between_dollars(token.content, "$" if token.type == "math_inline" else "$$"), "w")
                case "s_open" | "s_close":
                    self._put(f"<{'/' * (token.nesting < 0)}del>", "k" if self._depth else "w")
                case "em_open" | "strong_open":
                    self._depth += 1
                    self._put(f"<{token.tag}>", "e" if self._depth == 1 else "k")
                case "em_close" | "strong_close":
                    self._depth -= 1
                    self._put(f"</{token.tag}>", "E" if self._depth == 0 else "k")
                case "link_open":
                    href = escape(str(token.attrs.get("href", "")))
                    self._put(f'<a href="{href}">', "k" if self._depth else "l")
                case "link_close":
                    self._put("</a>", "k" if self._depth else "l")
                case "image":
                    self._picture(token)
                case "footnote_ref":
                    self._note(int(token.meta["id"]), str(token.meta.get("label", "")))
                case "html_inline":
                    self._raw(token.content)

    def _put(self, html: str, shape: str) -> None:
        self.html.append(html)
        self.words.append(html)
        self.shapes.append(shape)

    def _picture(self, token: "Token") -> None:
        alt = escape(" ".join(_plain(token.children or []).split()))
        title = escape(" ".join(str(token.attrs.get("title", "")).split()))
        source = escape(str(token.attrs.get("src", ""))[:500])
        title = f' title="{title}"' if title else ""
        picture = f'<img alt="{alt}" src="{source}"{title}>'
        self._into.pictures.append(picture)
        self.html.append(picture)
        self.shapes.append("p")

    def _note(self, number: int, label: str) -> None:
        self._into.notes.append(number)
        shown = escape(shown_label(label)) if self._by_label and label else str(number + 1)
        self._put(f'<a role="doc-noteref" href="#{note_id(number)}">{shown}</a>', "w")

    def _raw(self, tag: str) -> None:
        if _IMG.match(tag) and 'class="tex"' not in tag:
            self._into.pictures.append(tag)
            self.html.append(tag)
            self.shapes.append("p")
        elif not _SWALLOWS.match(tag):
            self._put(tag, "")


def _plain(tokens: "Sequence[Token]") -> str:
    """The words of tokens, as a picture's alt has them."""
    words = []
    for token in tokens:
        words.append(_plain(token.children) if token.children else token.content if token.type != "html_inline" else "")
        if token.type in ("softbreak", "hardbreak"):
            words.append(" ")
    return "".join(words)
