"""A block's text and marks in, one line of Markdown (or of HTML) out that is read as the same text and marks. Pure."""

import re
from collections.abc import Callable, Sequence
from html import escape

from narrate.document import Mark, MarkKind
from narrate.source.inline import MARK_ALONE

Escaped = Callable[[str], str]

_DEEPEST = 40
_ODD = re.compile(r"[\\`*_\[\]<]|&(?=#?\w+;)|~(?=~)|(?<=~)~|\$(?!\d)")
_SIGNS_IN_HTML = re.compile(r"[\\`*_\[\]~$]")  # between tags, where entities are already written
_AT_START = re.compile(r"(?:#{1,6}|[-+])(?=\s|$)|>|=+\s*$|-{2,}|:::|~~~")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_HREF = re.compile(r"(?:https?://|mailto:|[\w./#])[A-Za-z0-9:/._~%?#=&+,;@-]*")
_LABEL = re.compile(r"[^\s\[\]^`\\<&~]{1,40}")
_TAGS = {
    MarkKind.EMPHASIS: ("<em>", "</em>"),
    MarkKind.STRONG: ("<strong>", "</strong>"),
    MarkKind.SMALL_CAPS: ('<span class="smallcaps">', "</span>"),
    MarkKind.SUPERSCRIPT: ("<sup>", "</sup>"),
    MarkKind.SUBSCRIPT: ("<sub>", "</sub>"),
    MarkKind.DELETION: ("<del>", "</del>"),
    MarkKind.CODE: ("<code>", "</code>"),
}
_SIGNS = {MarkKind.EMPHASIS: "*", MarkKind.STRONG: "**"}


def markdown_text(text: str) -> str:
    """Words that Markdown does not read as anything but words. For the middle of a line: see `line_start`."""
    return _ODD.sub(lambda found: f"\\{found[0]}", text)


def line_start(line: str) -> str:
    """A line of Markdown that begins no heading, list, quotation or rule."""
    if found := _NUMBERED.match(line):
        return f"{found[1]}\\{line[found.end(1) :]}"
    return f"\\{line}" if _AT_START.match(line) else line


def attribute(text: str) -> str:
    """A value of an HTML attribute, in quotes, on one line."""
    return f'"{escape(" ".join(text.split()))}"'


def note_label(label: str) -> str:
    """A label as it stands in `[^label]`: `~` for a space; "" where none can be written."""
    written = "~".join(label.split())
    return written if _LABEL.fullmatch(written.replace("~", "")) else ""


def _address(link: str) -> str:
    """An address as it is written. One inside the work loses its "#": it must not be taken for a note's mark, nor a
    list of such for a table of contents."""
    return link if "://" in link else link.replace("#", "%23")


class InlineWriter:
    """Writes texts with their marks. `in_html` for the inside of HTML blocks, where Markdown is not read.

    `labels` are the notes whose texts are in the script.
    """

    def __init__(self, labels: frozenset[str], *, in_html: bool = False) -> None:
        self._labels = labels
        self._in_html = in_html
        self._escaped: Escaped = (lambda text: escape(text, quote=False)) if in_html else markdown_text

    def written(self, text: str, marks: Sequence[Mark] = ()) -> str:
        """The text with its marks; marks that overlap others without lying in them end where those end."""
        return self._stretch(text, 0, len(text), marks, 0)

    def _stretch(self, text: str, start: int, end: int, marks: Sequence[Mark], depth: int) -> str:
        pieces = []
        at, index = start, 0
        while index < len(marks):
            mark = marks[index]
            first, last = max(mark.start, at), min(mark.end, end)
            pieces.append(self._escaped(text[at:first]))
            inner_count = 0
            if mark.kind is not MarkKind.NOTE:
                inner_count = next(
                    (n for n, other in enumerate(marks[index + 1 :]) if other.start >= last), len(marks) - index - 1
                )
            inner = marks[index + 1 : index + 1 + inner_count] if depth < _DEEPEST else ()
            words = self._stretch(text, first, max(first, last), inner, depth + 1)
            around = (text[first - 1 : first], text[last : last + 1])
            pieces.append(self._marked(mark, text[first:last], words, is_plain=not inner, around=around))
            at = max(first, last)
            index += 1 + inner_count
        pieces.append(self._escaped(text[at:end]))
        return "".join(pieces)

    def _marked(self, mark: Mark, text: str, words: str, *, is_plain: bool, around: tuple[str, str]) -> str:
        match mark.kind:
            case MarkKind.NOTE:
                return self._note(mark.value)
            case MarkKind.EMPHASIS | MarkKind.STRONG if self._is_simple(text, around) and is_plain:
                return f"{_SIGNS[mark.kind]}{words}{_SIGNS[mark.kind]}"
            case MarkKind.CODE if is_plain and not self._in_html and text.strip() == text != "" and "`" not in text:
                return f"`{text}`"
            case MarkKind.LANGUAGE:
                return f"<span lang={attribute(mark.value)}>{words}</span>"
            case MarkKind.ABBREVIATION:
                return f"<abbr title={attribute(mark.value)}>{words}</abbr>"
            case MarkKind.RUBY:
                return f"<ruby>{words}<rt>{self._escaped(mark.value)}</rt></ruby>"
            case MarkKind.LINK if is_plain and text and not self._in_html and _HREF.fullmatch(_address(mark.value)):
                return f"[{words}]({_address(mark.value)})"
            case MarkKind.LINK:
                return f"<a href={attribute(_address(mark.value))}>{words}</a>"
            case MarkKind.FORMULA:
                return self._formula(mark.value, words)
            case _:
                opening, closing = _TAGS[mark.kind]
                return f"{opening}{words}{closing}"

    def _is_simple(self, text: str, around: tuple[str, str]) -> bool:
        """Whether asterisks around it are sure to be read as emphasis."""
        before, after = around
        inside = bool(text) and text[0].isalnum() and text[-1].isalnum()
        return not self._in_html and inside and not before.strip(" (“‘—") and not after.strip(" ,.;:!?)”’—")

    def _note(self, label: str) -> str:
        written = note_label(label)
        if written in self._labels and not self._in_html:
            return f"[^{written}]"
        return f'<a role="doc-noteref" href="#{MARK_ALONE}">{self._escaped(label)}</a>'

    def _formula(self, source: str, words: str) -> str:
        if not source.startswith("<"):
            return f'<img class="tex" alt={attribute(source)}>'
        mathml = " ".join(source.split())
        if self._in_html:
            return mathml
        return (
            re.sub(r"(?<=>)[^<>]+", lambda found: _SIGNS_IN_HTML.sub(r"\\\g<0>", found[0]), mathml) if words else mathml
        )
