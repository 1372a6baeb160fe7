"""The lexicon: how words are pronounced, as a person wrote it down. Entries in, rules for normalisation out. Pure.

An entry says a word by a respelling ("ka-foo-koo"), in the International Phonetic Alphabet ("/kəˈfuːkuː/") or in the
engine's own phonemes ("[[k@f'u:ku:]]"). It holds for whole words, in its language, in its chapter.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from narrate.script import pronounced
from narrate.text.rules import Rule

LONGEST = 60
"""Signs in a pronunciation; an engine's buffer for one word is not endless."""

_IPA = re.compile(r"/([^/\[\]]+)/")
_ENGINE = re.compile(r"\[\[([!-Z^-~ ]+)\]\]")
_POSSESSIVE = "(?P<possessive>['’][sS](?!\\w))?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """`word` is said `say`. `exact`: only in these very capitals; otherwise "kafuku" finds "Kafuku" and "KAFUKU".

    `language` is a BCP 47 tag or "" for every language, `chapter` a number or a title, or "" for the whole book.
    """

    word: str
    say: str
    language: str = ""
    chapter: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Entries, the later above the earlier. Only itself is equal to it: thousands of entries are not compared often."""

    entries: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    def of_chapter(self, number: int, title: str) -> "Lexicon":
        """The entries that hold in a chapter."""
        if not any(each.chapter for each in self.entries):
            return self
        names = ("", str(number), title.casefold())
        return Lexicon(tuple(each for each in self.entries if each.chapter.casefold() in names))

    def find(self, word: str, language: str) -> Entry | None:
        """The entry for `word` in a text of `language`, if there is one."""
        return next((each for each in reversed(_in_force(self, language)) if _matches(each, word)), None)


_Tree = dict[str, "_Tree"]
_LETTER = {" ": r"[\s\u00a0]", "'": "['’]"}

NO_LEXICON = Lexicon()


def problem(say: str) -> str:
    """What is wrong with a pronunciation, or ""."""
    if not say.strip():
        return "says nothing"
    if len(say) > LONGEST:
        return f"is longer than {LONGEST} signs"
    if say.startswith("[["):
        return "" if _ENGINE.fullmatch(say) else "must be phonemes in ASCII between [[ and ]]"
    if say.startswith("/"):
        found = _IPA.fullmatch(say)
        return "" if found and any(map(str.isalpha, found[1])) else "must be phonetic signs between / and /"
    return "" if any(map(str.isalnum, say)) else "has no letter"


@lru_cache(maxsize=64)
def lexicon_rules(lexicon: Lexicon, language: str) -> tuple[Rule, ...]:
    """One rule that finds every word of the lexicon that holds in `language`, the longest first."""
    entries = _in_force(lexicon, language)
    if not entries:
        return ()
    sayings: dict[str, list[Entry]] = {}
    for each in entries:
        sayings.setdefault(_folded(each.word), []).append(each)

    def say(found: re.Match[str]) -> str | None:
        word = found["word"]
        entry = next((each for each in reversed(sayings.get(_folded(word), [])) if _matches(each, word)), None)
        return _said(entry, found) if entry else None

    words = _tree({_spaced(each.word).lower() for each in entries})
    edge, end = r"(?<![\w])(?<!\w['’])", r"(?!\w)"
    return (Rule(re.compile(f"{edge}(?P<word>{words}){end}{_POSSESSIVE}"), say),)


def _tree(words: set[str]) -> str:
    """A pattern for `words`, the longest first, that looks at each letter once however many words there are."""
    tree: _Tree = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _pattern(tree)


def _pattern(node: _Tree) -> str:
    ways = [_letter(letter) + _pattern(rest) for letter, rest in sorted(node.items()) if letter]
    if not ways:
        return ""
    alternatives = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    return f"(?:{alternatives})?" if "" in node else alternatives


def _letter(letter: str) -> str:
    """A letter in either case: `re.IGNORECASE` would try every way of a branch to its end."""
    upper = letter.upper()
    cased = upper != letter and len(upper) == 1
    return _LETTER.get(letter) or (f"[{letter}{upper}]" if cased else re.escape(letter))


def _in_force(lexicon: Lexicon, language: str) -> list[Entry]:
    tag = language.casefold()
    wanted = [each.language.casefold() for each in lexicon.entries]
    return [
        each
        for each, of in zip(lexicon.entries, wanted, strict=True)
        if not of or tag == of or tag.startswith(f"{of}-")
    ]


def _matches(entry: Entry, word: str) -> bool:
    return _spaced(word) == _spaced(entry.word) if entry.exact else _folded(word) == _folded(entry.word)


def _spaced(word: str) -> str:
    return " ".join(word.replace("’", "'").split())


def _folded(word: str) -> str:
    return _spaced(word).casefold()


def _said(entry: Entry, found: re.Match[str]) -> str:
    word, possessive = found["word"], found["possessive"] or ""
    ipa, engine = _IPA.fullmatch(entry.say), _ENGINE.fullmatch(entry.say)
    if ipa:
        ending = _english_ending(ipa[1]) if possessive else ""
        return pronounced(_spaced(word) + possessive.replace("’", "'"), ipa[1] + ending)
    if engine:
        ending = "z" if possessive else ""
        return pronounced(_spaced(word) + possessive.replace("’", "'"), f"[[{engine[1]}{ending}]]")
    plain = "".join(char if char.isalnum() or char in "-' " else " " for char in entry.say)
    # Engines spell syllables in capitals: "ka-FOO-koo" is said like "ka-foo-koo".
    return " ".join(plain.lower().split()) + possessive.replace("’", "'")


def _english_ending(phonemes: str) -> str:
    """How the s of a possessive sounds: "Oto's", "Jack's", "Grace's"."""
    last = phonemes.rstrip("ːˑ.ˈˌ̩ ")[-1:]
    if last in "szʃʒ":
        return "ɪz"
    return "s" if last in "ptkfθ" else "z"
