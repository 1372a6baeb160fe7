"""What lies on the words besides letters, said: note marks, readings above the line, raised figures. Pure."""

import re

from narrate.document import Mark, MarkKind
from narrate.text.words import Words


def within(marks: tuple[Mark, ...], start: int, end: int, *, shift: int = 0) -> tuple[Mark, ...]:
    """The marks on `text[start:end]`, counted from its start plus `shift`.

    One of no length belongs to the words before it: at the seam of two sentences, to the first.
    """
    found = []
    for mark in marks:
        if mark.start == mark.end:
            if start < mark.start <= end or mark.start == start == 0:
                at = mark.start - start + shift
                found.append(Mark(start=at, end=at, kind=mark.kind, value=mark.value))
        elif mark.start < end and mark.end > start:
            first, last = max(mark.start, start) - start + shift, min(mark.end, end) - start + shift
            found.append(Mark(start=first, end=last, kind=mark.kind, value=mark.value))
    return tuple(found)


def language_of(marks: tuple[Mark, ...], length: int) -> str:
    """The language that a whole text of `length` characters is marked as being in; "" for none."""
    tags = [mark.value for mark in marks if mark.kind is MarkKind.LANGUAGE and mark.end - mark.start == length]
    return tags[-1] if tags else ""


def said(mark: Mark, text: str, words: Words, code: str) -> str | None:
    """What is said for the stretch that `mark` lies on, or in its place; None to leave it as it is."""
    match mark.kind:
        case MarkKind.NOTE:
            return note(mark.value, text[: mark.start], text[mark.end :], words)
        case MarkKind.RUBY:
            return mark.value or None
        case MarkKind.SUPERSCRIPT:
            raised = text[mark.start : mark.end]
            if raised.isdigit() and text[mark.start - 1 : mark.start].isdigit():
                return f" to the {raised}" if code == "en" else f" {raised}"
    return None


def note(label: str, lead: str, rest: str, words: Words) -> str:
    """ "note 3" where its mark stands: in a sentence between commas, behind one as a sentence of its own."""
    if re.search("[.!?…][”\"'’»)]{0,2}$", lead[-3:]):
        return f" {words.note} {label}."
    word = words.note.lower() if words.note == "Note" else words.note
    return f", {word} {label}" + ("," if re.match(r"\s\w", rest[:2]) else "")
