"""The names and odd words of a book, found without a dictionary: by capitals inside sentences, by foreign letters.

A word is a name when it has a capital where no sentence begins, and is never written small. Odd is a word with letters
that its language does not use, or with capitals inside it. Pure.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from narrate.script import Role, Utterance
from narrate.text.languages import language_for

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_OPENING = "“\"‘'«„(—–-*_ \u00a0"
_LETTERS = {
    "en": "",
    "de": "äöüß",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "es": "áéíñóúü",
    "it": "àèéìíîòóùú",
}
_NO_NAMES = {
    "en": "i i'm i'd i'll i've monday tuesday wednesday thursday friday saturday sunday god mr mrs ms dr ok",
    "fr": "m mm mme mlle",
    "es": "dios",
    "it": "dio",
}
_SHORTENED = frozenset(
    [
        "it",
        "that",
        "this",
        "he",
        "she",
        "what",
        "there",
        "here",
        "who",
        "where",
        "when",
        "why",
        "how",
        "let",
        "one",
        "everyone",
        "everybody",
        "someone",
        "somebody",
        "something",
        "everything",
        "nobody",
        "nothing",
        "anyone",
        "today",
        "tomorrow",
        "yesterday",
        "life",
    ]
)
_DETERMINER_WORDS = (
    "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine sein seine "
    "ihr ihre unser unsere im am zum zur vom beim ins ans dieser diese dieses jeder jede jedes viele alle und oder "
    "mit ohne für durch gegen um aus bei nach seit zu auf in an über unter vor neben zwischen wie als pro sich"
)
_DETERMINERS = frozenset(_DETERMINER_WORDS.split())


class Kind(StrEnum):
    """Why a word is listed."""

    NAME = "name"
    FOREIGN = "foreign letters"
    CAPITALS = "capitals"


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """A word as it is mostly written, how often it occurs, and the chapter and the utterance where it does first."""

    word: str
    kind: Kind
    count: int
    chapter: int
    first: Utterance


@dataclass(slots=True)
class _Seen:
    chapter: int
    first: Utterance
    written: Counter[str]
    inside: int = 0
    small: int = 0


class NameFinder:
    """Reads utterances in order, and then says what was found."""

    def __init__(self, language: str) -> None:
        self._code = language.split("-")[0].lower()
        self._seen: dict[str, _Seen] = {}
        known = language_for(language)
        months = [month.lower() for month in known.months] if known else []
        self._no_names = frozenset((*_NO_NAMES.get(self._code, "").split(), *months))

    def read(self, utterance: Utterance, *, chapter: int) -> None:
        """Count the words of an utterance. In a heading capitals say nothing."""
        text = utterance.text
        if text.isupper():
            return
        heading = utterance.role is Role.HEADING
        for found in _WORD.finditer(text):
            word = _POSSESSIVE.sub("", found[0]).replace("’", "'")
            key = word.lower()
            seen = self._seen.get(key)
            if seen is None:
                seen = _Seen(chapter=chapter, first=utterance, written=Counter())
                self._seen[key] = seen
            seen.written[word] += 1
            if word[0].islower():
                seen.small += 1
            elif not heading and (self._is_inside(text, found.start()) or self._owns(found[0], key)):
                seen.inside += 1

    def _owns(self, written: str, key: str) -> bool:
        """Whether "Kafuku’s" opens a sentence: few words but names do, besides those that shorten "is"."""
        return self._code == "en" and written[-2:] in ("'s", "’s") and key not in _SHORTENED

    def found(self) -> Iterator[Name]:
        """The names and odd words, the most frequent first, then in the order of the book."""
        for key, seen in sorted(self._seen.items(), key=lambda item: -item[1].written.total()):
            kind = self._kind(key, seen)
            if kind:
                yield Name(
                    word=seen.written.most_common(1)[0][0],
                    kind=kind,
                    count=seen.written.total(),
                    chapter=seen.chapter,
                    first=seen.first,
                )

    def _kind(self, key: str, seen: _Seen) -> Kind | None:
        word = seen.written.most_common(1)[0][0]
        if key in self._no_names:
            return None
        letters = _LETTERS.get(self._code)
        if letters is not None and any(char.isalpha() and not char.isascii() and char not in letters for char in key):
            return Kind.FOREIGN
        if word.isupper() and len(word) > 1 and not seen.small:
            return Kind.CAPITALS
        if seen.inside and not seen.small:
            return Kind.NAME if len(word) > 1 else None
        if any(map(str.isupper, word[1:])) and any(map(str.islower, word)) and "-" not in word and "'" not in word:
            return Kind.CAPITALS
        return None

    def _is_inside(self, text: str, start: int) -> bool:
        """Whether a capital at `start` is no sentence's, quotation's or (in German) noun's."""
        before = text[:start].rstrip(_OPENING)
        if not before or before[-1] in ".!?…:;|" or before != text[:start].rstrip(" \u00a0"):
            return False
        if self._code != "de":
            return True
        last = re.search(r"[^\W\d_]+$", before)
        word = last[0] if last else "der"
        return word.lower() not in _DETERMINERS and not word.endswith(("e", "en", "er", "es", "em"))
