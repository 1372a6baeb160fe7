"""What a line of plain text is: a mark, a title, a heading, a by-line, a caption, a glued drop cap. Pure.

Each question is asked of one line and answered by its form alone. Patterns are anchored and bounded, so that a line
of a megabyte costs no more than its length.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARK = re.compile(r"[*⁂•·∙~§#—–―\-_=+✽✻✿❦❧☙◆◇◊○●■□☆★※\s]{1,200}")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]{0,4}$")
_QUOTED = re.compile(r"[“\"«‘][^“”\"«»]{1,120}[”\"»’]")
_BYLINE = re.compile(r"[Bb][Yy]:?\s+(\S[^!?;:]{0,60})")
_PARTICLES = frozenset(
    ("and", "with", "&", "von", "van", "der", "den", "de", "da", "di", "du", "la", "le", "el", "the")
)
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", re.IGNORECASE)
_ATX = re.compile(r"(#{1,6})\s+(\S.{0,300}?)(?:\s+#+)?")
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|"
    "seven|eight|nine|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))?|hundred|"
    "(?:the )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|last)|"
    "eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|un|deux|trois|quatre|cinq|uno|dos|tres|cuatro|cinco|"
    "premier|première|deuxième|primero|primera|segundo|segunda"
)
_UNIT = (
    "chapter|part|book|volume|section|canto|act|scene|letter|stave|lesson|day|night|"
    "kapitel|teil|buch|chapitre|partie|livre|tome|capítulo|parte|libro"
)
_PARTS = frozenset({"part", "book", "volume", "act", "teil", "buch", "partie", "livre", "tome", "parte", "libro"})
_UNIT_HEADING = re.compile(
    rf"({_UNIT})\s+(the\s+)?(\d{{1,4}}|[IVXLCDM]{{1,12}}|{_NUMBER_WORDS}|[A-Z])(?![\w’'-])(.{{0,120}})", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:prologue|epilogue|preface|foreword|introduction|afterword|conclusion|acknowledge?ments?|dedication|interlude|"
    r"coda|postscript|appendix(?:\s+(?:[A-Z]|\d{1,3}|[IVX]{1,6}))?|prolog|epilog|vorwort|einleitung|nachwort|"
    r"préface|avant-propos|prólogo|epílogo)(?:\s?[.:—–-]\s*(?P<rest>\S.{0,100})|\.)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"([IVXLC]{1,8})\.?(?:\s+(\S.{0,80}))?")
_CLOSING = frozenset({"THE END", "END", "FIN", "FINIS", "ENDE", "FINE"})
_SMALL_WORDS = "a an the of in on at to for from by with and or but nor as der die das und le la les de du"
_SMALL = frozenset(_SMALL_WORDS.split())

_LONGEST_TITLE = 120
_LONGEST_CAPTION = 80


def is_mark(line: str) -> bool:
    """Whether a line says nothing but "here a section ends": `* * *`, `⁂`, `---`, `#`."""
    return bool(_MARK.fullmatch(line))


def ends_sentence(line: str) -> bool:
    """Whether a line ends as a sentence (or a clause before a list) does, closing quotes aside."""
    return bool(_SENTENCE_END.search(line[-8:]))


def is_title(line: str) -> bool:
    """Whether a first line reads like a title: short, with words, and no sentence unless it is quoted or asks."""
    line = title_text(line)
    if not 2 <= len(line) <= _LONGEST_TITLE or len(line.split()) > 18 or not any(map(str.isalnum, line)):
        return False
    if Headings().find((line,), ()):
        return False
    if line.endswith((",", ":", ";", "-")) or _starts_list(line):
        return False
    return bool(_QUOTED.fullmatch(line)) or not line.endswith((".", "…", ".”", '."', ".’", ".)"))


def title_text(line: str) -> str:
    """A title without the `#` that Markdown puts before it, white space collapsed."""
    line = " ".join(line[:400].split())
    return found[2] if (found := _ATX.fullmatch(line)) and found[1] == "#" else line


def author_of(line: str) -> str:
    """The name in a by-line, "by Jane Roe"; "" when the line is none."""
    found = _BYLINE.fullmatch(line.strip()) if len(line) < 80 else None
    if not found:
        return ""
    name = " ".join(found[1].split())
    words = [word for word in name.split() if word not in _PARTICLES]
    named = all(not word[0].islower() for word in words)
    return name if words and named and len(words) <= 8 else ""


def is_caption(line: str) -> bool:
    """Whether a line above the prose is short enough, and too little of a sentence, to be anything but a caption."""
    return (
        len(line) <= _LONGEST_CAPTION
        and any(map(str.isalnum, line))
        and len(line) > 1
        and not line.endswith((",", "-"))
        and not ends_sentence(line)
        and not _starts_list(line)
        and not Headings().find((line,), ())
    )


def is_prose(lines: Sequence[str]) -> bool:
    """Whether a paragraph is running text: several lines, a long one, or one that ends as a sentence does."""
    return len(lines) > 1 or len(lines[0]) > _LONGEST_CAPTION or ends_sentence(lines[0])


def _starts_list(line: str) -> bool:
    return bool(re.match(r"(?:[-*•–]|\d{1,3}[.)])\s", line))


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A heading that was found; `took_next` is 1 when the paragraph after it is its second half, else 0."""

    text: str
    level: int
    took_next: int = 0


class Headings:
    """Finds headings in the order of the text: bare numbers count only when they count 1, 2, 3."""

    def __init__(self) -> None:
        self._next_number = 1
        self._explicit = False

    def find(self, lines: Sequence[str], after: Sequence[str], *, opens_section: bool = False) -> Found | None:
        """The heading that the paragraph `lines` is, if it is one; `after` is the paragraph that follows at once.

        Levels: 1 for parts and books, 2 for chapters, 3 and deeper inside them.
        """
        if len(lines) > 2 or any(len(line) > 2 * _LONGEST_TITLE for line in lines):
            return None
        line = " ".join(lines[0].split())
        if len(lines) == 2:
            # "Chapter I" and its name, on two lines
            bare = self._level(line, alone=True)
            return Found(text=_joined(line, lines[1]), level=bare) if bare and _is_name(lines[1]) else None
        if found := _ATX.fullmatch(line):
            return Found(text=found[2], level=len(found[1]))
        if level := self._level(line, alone=True):
            if len(after) == 1 and _is_subtitle(after[0]) and not self._level(after[0], alone=False, peek=True):
                return Found(text=_joined(line, after[0]), level=level, took_next=1)
            return Found(text=line, level=level)
        if level := self._level(line, alone=False):
            return Found(text=line, level=level)
        if opens_section and after and _is_capitals(line):
            return Found(text=line, level=3 if self._explicit else 2)
        return None

    def _level(self, line: str, *, alone: bool, peek: bool = False) -> int:
        """The level of a heading by its form; `alone` wants nothing after the number. 0 when it is none."""
        level = _unit_level(line, alone=alone) or _named_level(line, alone=alone) or _numbered_level(line, alone=alone)
        if not level and re.fullmatch(r"\d{1,4}\.?", line):
            number = int(line.rstrip("."))
            if number in (1, self._next_number):
                level = 2
                self._next_number = self._next_number if peek else number + 1
        self._explicit = self._explicit or (level > 0 and not peek)
        return level


def _unit_level(line: str, *, alone: bool) -> int:
    found = _UNIT_HEADING.fullmatch(line)
    if not found:
        return 0
    unit, the, number, rest = found[1].lower(), found[2], found[3], found[4].strip()
    if number.isalpha() and len(number) == 1 and not (number.isupper() and (_is_roman(number) or not rest)):
        return 0
    if unit in {"day", "night", "letter", "lesson", "section"} and not found[1][0].isupper():
        return 0
    if rest not in ("", ".", ":") and (alone or not _is_rest(rest, the is not None)):
        return 0
    return 1 if unit in _PARTS else 2


def _is_rest(rest: str, ordinal: bool) -> bool:
    """Whether what follows "Chapter 4" is its name: after a stop, or in capitals, and never a sentence."""
    if rest[0] in ".:—–-|,(" and not (rest[0] == "," and ordinal):
        name = rest.lstrip(".:—–-|,( ")
        return bool(name) and (not ends_sentence(name) or _is_name(name.rstrip(".")))
    return _is_name(rest) and not ends_sentence(rest)


def _named_level(line: str, *, alone: bool) -> int:
    found = _NAMED.fullmatch(line)
    if not found or not line[0].isupper() or (line.endswith(".") and not line.isupper()):
        return 0
    rest = found["rest"]
    return 0 if rest and (alone or not _is_name(rest)) else 2


def _numbered_level(line: str, *, alone: bool) -> int:
    found = _NUMBERED.fullmatch(line)
    if not found or not _is_roman(found[1]) or found[1] in ("C", "L"):
        return 0
    rest = found[2]
    if rest is None:
        return 2
    stopped = line[len(found[1])] == "."
    initials = bool(re.match(r"\w\.", rest))
    return 2 if not alone and stopped and not initials and _is_name(rest) and len(rest) > 2 else 0


def _is_roman(letters: str) -> bool:
    return bool(letters) and bool(_ROMAN.fullmatch(letters))


def _is_name(text: str) -> bool:
    """Whether words are set as a name: short, no sentence, every word that carries weight begins with a capital."""
    words = text.split()
    if not words or len(text) > _LONGEST_TITLE or len(words) > 14 or text.endswith((".", ",", ";", ":")):
        return False
    weighty = [word.lstrip("“\"‘'(«") for word in words if word.lower() not in _SMALL]
    return all(not word[:1].isalpha() or not word[0].islower() for word in weighty) and any(map(str.isalpha, text))


def _is_capitals(line: str) -> bool:
    letters = sum(map(str.isalpha, line))
    return (
        letters >= 2
        and line.isupper()
        and len(line) <= 60
        and not ends_sentence(line)
        and not line.endswith(",")
        and line not in _CLOSING
    )


def _is_subtitle(line: str) -> bool:
    return _is_capitals(line.removesuffix(".")) or (len(line) <= 60 and len(line.split()) <= 8 and _is_name(line))


def _joined(heading: str, name: str) -> str:
    name = " ".join(name.split())
    return f"{heading} {name}" if heading.endswith((".", ":")) else f"{heading}: {name}"


_VERBS = (
    "have had has was am would could can cannot should shall will may might must did never always often once first "
    "still just only even also know knew think thought remember recall saw see went go goes came come love loved like "
    "liked want wanted used grew met hate hated need needed wish wished hope hoped believe believed feel felt hear "
    "heard began begin learned learnt live lived left lost made make say said spent spend started stood sat took told "
    "tried try turned wake walked watch watched woke work worked write wrote bought drove drive ran read found gave "
    "got keep kept moved passed won wonder wondered suppose suspect arrived became"
)
_AFTER_I = frozenset(_VERBS.split())
"""Verbs and adverbs that follow "I" and do not make a word of their own when it is glued on."""
_NOUNS = (
    "few friend man woman year good great small little young couple week month lesser stranger boy girl hundred "
    "thousand strange certain dozen decade century child colleague person group series story film book car house city "
    "town family neighbor neighbour teacher doctor writer reader phone letter photograph picture bright quiet dark"
)
_AFTER_A = frozenset(_NOUNS.split())


def split_drop_cap(text: str) -> str:
    """ "Ihave appeared" as "I have appeared": an `I` or `A` that a web page glued to the next word, when it is safe."""
    found = re.match(r"([“\"‘']?)([IA])([a-z]+)(?![\w’'])", text[:60])
    if found and found[3] in (_AFTER_I if found[2] == "I" else _AFTER_A):
        return f"{found[1]}{found[2]} {text[found.start(3) :]}"
    return text


def join_drop_cap(letter: str, rest: str) -> str:
    """ "T" and "he road" as "The road"; "" when the two do not belong together."""
    if not (len(letter) == 1 and letter.isupper() and rest[:1].islower()):
        return ""
    word = re.match(r"[^\W\d_]+", rest)
    apart = word is not None and word[0] in {"I": _AFTER_I, "A": _AFTER_A}.get(letter, frozenset())
    return f"{letter} {rest}" if apart else letter + rest
