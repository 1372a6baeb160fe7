"""What lies on the words besides letters, said: note marks, readings above the line, raised figures, stress. Pure."""

import re
from collections.abc import Iterator

from narrate.document import Mark, MarkKind
from narrate.script import Stress, without_signs
from narrate.text.words import Words

_STRESSES = {MarkKind.EMPHASIS: Stress.EMPHASIS, MarkKind.STRONG: Stress.STRONG}
_MOST_STRESSED = 4
"""Words. A longer stretch in italics or bold is a title, a quotation or a lead: nobody stresses each of its words."""
_IS_BASE = re.compile(r"(?:(?<![^\W_])[^\W_]|\d|\))$")
_FIGURES = re.compile("[-−]?[0-9]{1,4}")
_CAN_BE_RAISED = re.compile(r"(?:[\da-zß-öø-ÿ.,;:!?”\"’)]|(?<!\w)\w)$")
_RAISED = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


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


def said(mark: Mark, text: str, words: Words, power: str) -> str | None:
    """What is said for the stretch that `mark` lies on, or in its place; None to leave it as it is.

    `power` is the language's way to say one, "to the power of {}".
    """
    match mark.kind:
        case MarkKind.NOTE:
            return note(without_signs(mark.value), text[: mark.start], text[mark.end :], words)
        case MarkKind.RUBY:
            return without_signs(mark.value) or None
        case MarkKind.SUPERSCRIPT:
            exponent = text[mark.start : mark.end]
            if len(exponent) == 1 and exponent.isalpha() and _IS_BASE.search(text[: mark.start][-2:]):
                return f" {power.format(exponent)}"
        case MarkKind.SUBSCRIPT:
            index = text[mark.start : mark.end]
            if index[:1].isalpha() and text[: mark.start][-1:].isalpha():
                return f" {index}"  # "x max", not "xmax"
    return None


def raised(text: str, marks: tuple[Mark, ...]) -> str:
    """`text` with the figures that are marked as raised written as raised figures (`²`), sign for sign: these are what
    rules know. Not those of "<sup>1</sup>/<sub>2</sub>" and "<sup>14</sup>C"."""
    for mark in marks:
        figures = text[mark.start : mark.end]
        if mark.kind is not MarkKind.SUPERSCRIPT or not _FIGURES.fullmatch(figures):
            continue
        if _CAN_BE_RAISED.search(text[: mark.start][-2:]) and text[mark.end : mark.end + 1] not in ("/", "⁄"):
            text = text[: mark.start] + figures.translate(_RAISED) + text[mark.end :]
    return text


def note(label: str, lead: str, rest: str, words: Words) -> str:
    """ "note 3" where its mark stands: in a sentence between commas, behind one as a sentence of its own."""
    if re.search("[.!?…][”\"'’»)]{0,2}$", lead[-3:]):
        return f" {words.note} {label}."
    word = words.note if words.note == "Anmerkung" else words.note.lower()
    lead = " " if lead.rstrip().endswith((",", ";", ":", "—", "–")) else ", "
    return f"{lead}{word} {label}" + ("," if re.match(r"\s\w", rest[:2]) else "")


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
