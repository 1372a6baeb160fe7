"""What the rules of normalisation are made of: a pattern, and what is said where it is found. Pure.

Rules are tried in order over what the author wrote, never over what another rule made of it; the first that takes a
stretch keeps it. So what is said can be laid beside what is shown, and no rule can set off another.

Every pattern here is linear in the text: what repeats is bounded, and what could be long begins at an edge.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from narrate.script import Span, Stress
from narrate.text.languages import Language

_NEXT_WORD = re.compile(r"\s+(?=\S)")

_FIRST_WORD = re.compile(r"(?=\w)")

Say = Callable[[re.Match[str]], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """`say` gives the words for a match; the match itself to leave it as it is and keep later rules from it; or None
    where the rule does not hold after all."""

    pattern: re.Pattern[str]
    say: Say


@dataclass(frozen=True, slots=True)
class Change:
    """`text[start:end]` is said as `words`."""

    start: int
    end: int
    words: str


class Changes:
    """The changes to one text as they are found; no two of them overlap."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._taken = bytearray(len(text))
        self._found: list[Change] = []

    def apply(self, rules: Iterable[Rule]) -> None:
        """Try `rules` in order on whatever no earlier one has taken."""
        for rule in rules:
            for found in rule.pattern.finditer(self._text):
                start, end = found.span()
                if start < end and self._taken.find(1, start, end) < 0:
                    words = rule.say(found)
                    if words is not None:
                        self._taken[start:end] = b"\1" * (end - start)
                        if words != found[0]:
                            self._found.append(Change(start, end, words))

    def put(self, start: int, end: int, words: str) -> None:
        """Say `words` for `text[start:end]`, which may be of no length, whatever the rules would say."""
        if self._taken.find(1, start, end) < 0:
            self._taken[start:end] = b"\1" * (end - start)
            self._found.append(Change(start, end, words))

    def stress(self, start: int, end: int, stress: Stress) -> None:
        """Stress `text[start:end]`; what is said as a whole is not divided."""
        first = min((each.start for each in self._found if each.start < start < each.end), default=start)
        last = max((each.end for each in self._found if each.start < end < each.end), default=end)
        self._found.append(Change(first, first, stress))
        for number, each in enumerate(self._found):
            if each.start == each.end == last and each.words[-1:].strip():  # a note's mark: "note 3" is not stressed
                self._found[number] = Change(last, last, _FIRST_WORD.sub(Stress.END, each.words, count=1))
                return
        if following := _NEXT_WORD.search(self._text, last):
            self._found.append(Change(following.end(), following.end(), Stress.END))

    def aligned(self, plain: Callable[[str], str]) -> tuple[str, tuple[Span, ...]]:
        """What is said, and its spans; `plain` maps what lies between the changes sign for sign."""
        pieces: list[str] = []
        spans: list[Span] = []
        at = length = 0
        for change in sorted(self._found, key=lambda each: (each.start, each.end, each.words != Stress.END)):
            # One of no length, a note's mark, may lie inside what is said as a whole: then it comes after it.
            start, end = max(at, change.start), max(at, change.end)
            same = plain(self._text[at:start])
            pieces += (same, change.words)
            length += len(same)
            spoken_end = length + len(change.words)
            spans.append(Span(spoken_start=length, spoken_end=spoken_end, text_start=start, text_end=end))
            length, at = spoken_end, end
        pieces.append(plain(self._text[at:]))
        return "".join(pieces), tuple(spans)


def before(found: re.Match[str], length: int = 24) -> str:
    """The few characters before a match."""
    return found.string[max(0, found.start() - length) : found.start()]


def after(found: re.Match[str], length: int = 24) -> str:
    """The few characters after a match."""
    return found.string[found.end() : found.end() + length]


def apart(found: re.Match[str], word: str) -> str:
    """`word` with a space on each side where a letter or digit would touch it."""
    text, start, end = found.string, found.start(), found.end()
    before = " " if word and start and not text[start - 1].isspace() else ""
    after = " " if word and re.match(r"\.?\w", text[end : end + 2]) else ""
    return before + word + after


def any_of(words: Iterable[str]) -> str:
    """A pattern's alternatives for literal `words`, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


LAKHS = r"\d{1,2}(?:,\d\d){1,4},\d{3}"
"""1,00,000: a number grouped as in India."""


def western(number: str) -> str:
    """`number` without its groups where they are India's, which no engine reads."""
    return number.replace(",", "") if re.match(LAKHS, number) else number


EDGE = r"(?=[0-9])(?<![\w.,:/$£€¥₹#−–])(?<!\d-)"
"""Where a number may begin: not inside another, and not behind a sign that says what it is. Looking for the digit first
halves the time."""


def amount(language: Language, *, whole: bool = False) -> str:
    """A pattern for a number as `language` writes it, with its groups of thousands and, unless `whole`, decimals."""
    groups = "".join(map(re.escape, language.thousands))
    lakhs = rf"{LAKHS}(?!\d)|" if language.thousands == "," else ""
    integer = rf"(?:{lakhs}\d{{1,3}}(?:[{groups}]\d{{3}}){{1,5}}(?!\d)|\d{{1,15}})"
    return integer if whole else rf"{integer}(?:{re.escape(language.decimal)}\d{{1,9}})?"
