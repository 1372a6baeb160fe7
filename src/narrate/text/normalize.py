"""What is shown in, what is said out, and how the two lie side by side. Pure.

Only what an engine would stumble over, or read as markup, is changed; what people write stays as it is. The text that
is displayed is never touched.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

from narrate.script import Span
from narrate.text.words import Words, words_for

_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\U0001f000-\U0001faff"
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff"
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\ud800-\udfff\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u0655\u0900-\u0903\u093a-\u094d\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
_RULES = re.compile(
    rf"(?P<address>(?:https?://|www\.)[^\s<>\"“”«»]+)"
    rf"|(?P<emoji>[{_EMOJI}][{_EMOJI}{_JOINERS}]*)"
    rf"|(?P<tag></?[A-Za-z][A-Za-z0-9-]{{0,20}}(?:\s[^<>=\n]{{1,60}}=[^<>\n]{{0,400}})?\s?/?>|<!--|-->)"
    rf"|(?P<ampersand>&(?:amp;)?)"
    rf"|(?P<phonemes>\[\[+|\]\]+)"
    rf"|(?P<less><+)|(?P<greater>>+)"
    rf"|(?P<run>[_*=~#|\\^+-]{{3,}}|\.{{4,}}|[_*`]+)"
    rf"|(?P<marked>[^\W_][{_MARKS}]+)"
    rf"|(?P<form>[\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]+)"
    rf"|(?P<invisible>[{_INVISIBLE}]+)"
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼ‚‹›", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u3000\t\n\r\v\f\x85\u2028\u2029", " "),
        "‐": "-",
        "‑": "-",
    }
)
_ODD = re.compile("[^ a-zA-Z0-9.,;:!?'\"()’‘“”—–\u00c0-\u024f-]|---|\\.{4}|www\\.")
"""Nine sentences in ten have nothing of this, and the rules need not be tried on them."""
_MOST_MARKS = 3
_NAMES = {"❤": "red heart", "♥": "heart", "☕": "cup of coffee", "✓": "check mark", "⭐": "star"}
_UNSAID = "♀♂\u200d\ufe0e\ufe0f\u20e3"


Rules = dict[str, Callable[[re.Match[str]], str]]


def spoken(text: str, language: str) -> tuple[str, tuple[Span, ...]]:
    """What the engine is given for `text`, and the spans where the two differ.

    Characters outside every span correspond one to one. The result is "" (without spans) when nothing in the text
    can be said: there is neither a letter nor a digit nor a sign with a name.
    """
    said, spans = _replaced(text, _rules(language))
    return (said, spans) if any(map(str.isalnum, said)) else ("", ())


def _replaced(text: str, rules: Rules) -> tuple[str, tuple[Span, ...]]:
    if not _ODD.search(text):
        return text.translate(_PLAIN), ()
    pieces: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for found in _RULES.finditer(text):
        name = found.lastgroup or ""
        piece = rules[name](found)
        if piece == found[0]:
            continue
        same = text[at : found.start()].translate(_PLAIN)
        pieces += (same, piece)
        length += len(same)
        end = found.end()
        spans.append(Span(spoken_start=length, spoken_end=length + len(piece), text_start=found.start(), text_end=end))
        length += len(piece)
        at = end
    pieces.append(text[at:].translate(_PLAIN))
    return "".join(pieces), tuple(spans)


@cache
def _rules(language: str) -> Rules:
    words = words_for(language)

    def apart(word: str) -> Callable[[re.Match[str]], str]:
        return lambda found: _apart(found, word)

    return {
        "address": lambda found: _address(found[0], words),
        "emoji": lambda found: _apart(found, _emoji(found[0], words)),
        "tag": lambda found: " " * (not _at_edge(found)),
        "ampersand": apart(words.ampersand),
        "phonemes": lambda _: " ",
        "less": lambda found: _apart(found, words.less) if _compares(found) else " ",
        "greater": lambda found: _apart(found, words.greater) if _compares(found) else " ",
        "run": lambda found: " " if len(found[0]) > 1 or _inside_word(found) else "",
        "marked": lambda found: _marked(found[0]),
        "form": lambda found: unicodedata.normalize("NFKC", found[0]),
        "invisible": lambda _: "",
    }


def _at_edge(found: re.Match[str]) -> bool:
    return found.start() == 0 or found.end() == len(found.string)


def _apart(found: re.Match[str], word: str) -> str:
    """`word` with a space on each side where a letter or digit would touch it."""
    text, start, end = found.string, found.start(), found.end()
    before = " " if word and start and not text[start - 1].isspace() else ""
    after = " " if word and end < len(text) and text[end].isalnum() else ""
    return before + word + after


def _compares(found: re.Match[str]) -> bool:
    """Whether a "<" stands between two numbers or words, apart from them, as in "3 < 4"."""
    text, start, end = found.string, found.start(), found.end()
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return len(found[0]) == 1 and len(around) == 2 and (around.isspace() or around.isdigit())


def _inside_word(found: re.Match[str]) -> bool:
    text, start, end = found.string, found.start(), found.end()
    return start > 0 and end < len(text) and text[start - 1].isalnum() and text[end].isalnum()


def _address(address: str, words: Words) -> str:
    """A web address by its host, "example dot org"; what ends the sentence after it stays."""
    bare = address.rstrip(".,;:!?)]}'’")
    tail = address[len(bare) :]
    host = re.split(r"[/?#]", bare.split("://", 1)[-1], maxsplit=1)[0].rsplit("@", 1)[-1]
    name = host.removeprefix("www.").split(":", 1)[0][:100]
    return f" {words.dot} ".join(filter(None, name.split("."))) + tail


def _marked(letter: str) -> str:
    """A letter and its accents in one sign where there is one; of a heap of accents only the first few."""
    return unicodedata.normalize("NFC", letter[: 1 + _MOST_MARKS])


def _emoji(run: str, words: Words) -> str:
    names: list[tuple[str, int]] = []
    for name in _emoji_names(run):
        if names and names[-1][0] == name:
            names[-1] = (name, names[-1][1] + 1)
        else:
            names.append((name, 1))
    return ", ".join(name if count == 1 else words.times(name, count) for name, count in names)


def _emoji_names(run: str) -> Iterator[str]:
    """The names of the signs in a run; signs joined to one picture make one name, two letters of a flag a flag."""
    joined: list[str] = []
    flag = ""
    held = False
    for char in run:
        if char == "\u200d":
            held = True
            continue
        if "\U0001f1e6" <= char <= "\U0001f1ff":
            flag += chr(ord(char) - 0x1F1E6 + ord("A"))
            if len(flag) == 2:
                yield from _one(joined)
                yield f"flag {flag[0]} {flag[1]}"
                joined, flag = [], ""
            continue
        if char in _UNSAID or "\U0001f3fb" <= char <= "\U0001f3ff":
            held = held and char not in "♀♂"
            continue
        if not held:
            yield from _one(joined)
            joined = []
        held = False
        if name := _NAMES.get(char) or unicodedata.name(char, "").lower():
            joined.append(name)
    yield from _one(joined)


def _one(names: list[str]) -> Iterator[str]:
    if len(names) > 1:
        yield f"{', '.join(names[:-1])} and {names[-1]}"
    elif names:
        yield names[0]
