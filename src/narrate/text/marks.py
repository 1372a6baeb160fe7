"""What lies on the words besides letters, said: note marks, readings above the line, raised figures, stress. Pure."""

import re
from collections.abc import Iterator

from narrate.document import Mark, MarkKind
from narrate.script import Stress, without_signs
from narrate.text.indices import note, raised_said
from narrate.text.mathwords import math_words_for
from narrate.text.words import Words

_STRESSES = {MarkKind.EMPHASIS: Stress.EMPHASIS, MarkKind.STRONG: Stress.STRONG}
_MOST_STRESSED = 4
"""Words. A longer stretch in italics or bold is a title, a quotation or a lead: nobody stresses each of its words."""


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


def said(mark: Mark, text: str, words: Words, language: str) -> str | None:
    """What is said for the stretch that `mark` lies on, or in its place; None to leave it as it is."""
    match mark.kind:
        case MarkKind.NOTE:
            return note(without_signs(mark.value), text[: mark.start], text[mark.end :], words)
        case MarkKind.RUBY:
            return without_signs(mark.value) or None
        case MarkKind.SUPERSCRIPT:
            lead, rest = text[max(0, mark.start - 48) : mark.start], text[mark.end : mark.end + 8]
            return raised_said(text[mark.start : mark.end], lead, rest, words, math_words_for(language))
    return None


def stresses(marks: tuple[Mark, ...], text: str) -> Iterator[tuple[int, int, Stress]]:
    """The stretches of a sentence that are stressed, in order, none in another: "I *did* see it".

    A few words, with others beside them. Italics are also for titles, ships and foreign words: words that all begin
    with capitals inside a sentence, or are marked as being in another language, are not stressed.
    """
    foreign = [mark for mark in marks if mark.kind is MarkKind.LANGUAGE]
    at = 0
    until = dict.fromkeys(_STRESSES, 0)
    for mark in marks:
        stress = _STRESSES.get(mark.kind)
        if stress is None or mark.start < until[mark.kind]:  # emphasis within the same says nothing more
            continue
        until[mark.kind] = mark.end
        if mark.start < at or any(each.start <= mark.start < each.end for each in foreign):
            continue
        before, words, after = text[: mark.start], text[mark.start : mark.end], text[mark.end :]
        alone = not any(map(str.isalnum, before + after))
        divided = any(map(str.isalnum, (before[-1:], after[:1])))  # a part of a word
        if alone or divided or not _is_stressed(words, before):
            continue
        at = mark.end
        yield mark.start, mark.end, stress


def _is_stressed(words: str, before: str) -> bool:
    each = [word for word in re.split(r"[\s—–/-]+", words) if any(map(str.isalnum, word))]
    if not 0 < len(each) <= _MOST_STRESSED:
        return False
    is_named = all(word.lstrip("“\"‘'(")[:1].isupper() and len(word) > 1 for word in each) and not words.isupper()
    return not is_named or not re.search(r"\w[^.!?…:]*$", before)
