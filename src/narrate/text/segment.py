"""A paragraph in, the places of its sentences out. sentencex finds them; quotations and very long ones are cut here.

Pure, and linear in the text's length: sentencex is not (an opening quotation mark that is never closed makes it
search to the end), so it is shown a few thousand characters at a time.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from narrate.text.languages import Language, language_for
from narrate.text.languages.german import ARTICLE, GERMAN, NUMBERED
from narrate.text.rules import any_of

LONGEST = 400
"""Characters. No sentence is this long: it is cut at a clause."""

_WINDOW = 4000
_SHORTEST_CUT = 120
_QUOTED = re.compile(r"“[^“”]{2,}”|\"[^\"]{2,}\"|«[^«»]{2,}»|„[^„“”]{2,}[“”]")
_END_INSIDE = re.compile(r"[.!?…][’'›]?\s")
_ENDED = re.compile(r"[.!?…]+[’'”\"»“]*$")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LISTED = re.compile(r"\(?(?:\d{1,4}|[a-z]|[ivx]{1,6})[.)]")
_WORDS_AFTER_ALL = {  # words in small letters that sentencex 1.0 takes for abbreviations (of Maine, number, article …)
    "en": "me|no|art|ok|may|ill|miss|arc|con",
    "de": "mag|ok|miss",
    "fr": "art|etc",
    "it": "ecc|etc",
    "es": "no|auto|extra|para|pro|vice|micro|macro",
}
_AFTER_ALL = {
    code: re.compile(rf"(?<![\w.])(?:{words})\.[\"”’)»]*\s+(?=[\"“‘(«¿¡]?[A-ZÀ-ÖØ-Þ])")
    for code, words in _WORDS_AFTER_ALL.items()
}
_NOTE_MARK = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|\[\d{1,3}\]")
_LOST_MARK = re.compile(r"(?:(?<=[a-zß-öø-ÿ]{2}[.!?])|(?<=[a-zß-öø-ÿ][.!?][”\"’)]))\d{1,3}\s+(?=[“\"‘'«„]?[A-ZÀ-ÖØ-Þ])")
_MARK_AFTER_STOP = re.compile(r"[.!?][”\"’)]?\d")
_AFTER_ORDINAL = re.compile(rf"(?:{NUMBERED}|{any_of(GERMAN.months)})\b")
_ROMAN = re.compile(r"(?:[IVX]{2,7}|[VX])(?!\w)")
_ABBREVIATED = re.compile(r"(?<!\w)[^\W\d_][^\W\d_a-zß-ÿ]?[a-zß-ÿ]{0,4}\.(?:\s?\[[\d, –-]{1,9}\])?$")
_ZONE = re.compile(r"(?:GMT|UTC|[BCEMP][DES]?T|CES?T|AES?T|IST|JST)\b")
_LETTER_OR_DOT = re.compile(r"(?:^|\s|(?<!\w)\w|[A-Z]{2})\.$")
_INITIAL = re.compile(r"(?<!\w)(?:[A-ZÀ-Þ]|([A-Z])\1)\.$")
_BEFORE_NOUNS = frozenset(
    ["inkl.", "exkl.", "zzgl.", "abzgl.", "bzgl.", "sog.", "ehem.", "geb.", "ggf.", "evtl.", "insb.", "bzw."]
)
_EXCLAIMED = re.compile(r"[!?…][”\"»’']{0,2}$")
_SMALL = re.compile(r"[—–-]?\s?[a-zß-ÿ](?![A-ZÀ-Þ])")
_SMALL_WORD = re.compile(r"[a-zß-ÿ]{2}|[ayoe]\s")
_CLAUSES = (re.compile(r"[;:]\s|[。！？；]"), re.compile(r"[—–]|,\s|[，、：]"), re.compile(r"\s"))
_CRIED = re.compile(r"[!?…][”\"»’']{1,2}$")
_SAYS = re.compile(
    r"\W{0,3}(?:[\w’'.-]+\s){0,3}(?:said|says|asked|asks|replied|replies|cried|cries|answered|answers|shouted|shouts|"
    r"whispered|whispers|called|calls|added|adds|murmured|muttered|yelled|exclaimed|continued|went on|thought|thinks)\b"
)


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """The (start, end) of each sentence of `text`, in order, white space around it left out.

    `language` is a BCP 47 tag. Every character but white space is in exactly one of them; none is longer than 399
    characters. A stretch without a letter or digit belongs to the sentence before it.
    """
    code = language.split("-")[0].lower() or "en"
    found: list[tuple[int, int]] = []
    for start, end in _trimmed(text, _quotations_cut(text, code)):
        if found and end - found[-1][0] < LONGEST and _belongs(text, found[-1], (start, end), code):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return [piece for start, end in found for piece in _short_enough(text, start, end)]


def _belongs(text: str, before: tuple[int, int], piece: tuple[int, int], code: str) -> bool:
    """Whether `piece` is no sentence without the one before it.

    One of the two has no word, or the first is a list's number or ends in an abbreviation that the second goes on
    from ("vol. 2", "M. Holm"), or the second says who asked or cried the first.
    """
    first, second = text[slice(*before)], text[slice(*piece)]
    if before[1] == piece[0] and _LETTER_OR_DOT.search(first[-4:]) and text[piece[0]] not in '“"«„(':
        return True  # D-N.Y., ./configure
    if _goes_on(first[-12:], text[piece[0] : piece[0] + 20], code):
        return True
    if _EXCLAIMED.search(first[-4:]) and _SMALL.match(second):  # —¿Quién? —preguntó. « Viens ! » dit-il.
        return True
    if _LISTED.fullmatch(first) or not any(map(str.isalnum, first)) or not any(map(str.isalnum, second)):
        return True
    return bool(_CRIED.search(first[-4:]) and _SAYS.match(second[:80]))


def _goes_on(first: str, second: str, code: str) -> bool:
    language = language_for(code)
    if second[0] in ",;:)]" or (language and _inside_abbreviation(first, second, language)):
        return True
    if not language:
        return False
    # "Tues. and Wed. are": an abbreviation that nobody listed, for a sentence begins with a capital.
    if _ABBREVIATED.search(first) and _SMALL_WORD.match(second):
        return True
    if not first.endswith("."):
        return False
    token, opening = first.split()[-1], second[0]
    if token in ("a.m.", "p.m.") and _ZONE.match(second):
        return True
    word = token[:-1].lstrip('(“"„«[')
    if opening.isupper():
        if word[-1:].isdigit():
            return code == "de" and bool(_AFTER_ORDINAL.match(second) or ARTICLE.search(first[: -len(token)]))
        if code == "de" and token in _BEFORE_NOUNS:
            return True
        if token in language.magnitudes or (code != "en" and _INITIAL.search(first)):
            return True  # 500 Tsd. Autos; trad. J. Doe; CC. OO.
        return word in language.before_name or (word in language.before_number and bool(_ROMAN.match(second)))
    if opening.isdigit() or opening in "$£€(":
        return word in language.before_number or word in language.short_months
    return opening in "ºª" or token in language.anywhere


def _inside_abbreviation(first: str, second: str, language: Language) -> bool:
    """Whether two pieces come from the middle of one abbreviation: "100 av. J." and "-C."."""
    for gap in (" ", ""):
        joined = f"{first}{gap}{second}"
        if any(each.start() < len(first) < each.end() for each in _abbreviations(language.code).finditer(joined)):
            return True
    return False


@cache
def _abbreviations(code: str) -> re.Pattern[str]:
    """Those with a full stop inside."""
    language = language_for(code)
    inner = [each for each in language.anywhere if "." in each[:-1]] if language else []
    return re.compile(rf"(?<!\w)(?:{any_of(inner) or '(?!)'})")


def _trimmed(text: str, ends: Iterator[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in ends:
        while start < end and text[start].isspace():
            start += 1
        last = end
        while last > start and text[last - 1].isspace():
            last -= 1
        if last > start:
            yield start, last
        start = end


def _boundaries(text: str, code: str) -> list[int]:
    """Where sentencex ends its sentences in `text`, which is short; the last is the text's length."""
    from sentencex import segment

    ends: list[int] = []
    at = 0
    # A lone surrogate cannot be handed to Rust; any other sign of the same length will do for finding sentences.
    for piece in segment(code, _SURROGATES.sub("\ufffd", text)):
        at += len(piece)
        ends.append(min(at, len(text)))
    if not ends or ends[-1] != len(text):
        ends.append(len(text))
    return ends


def _ends(text: str, code: str) -> Iterator[int]:
    """Sentence ends over the whole text, found a window at a time; a window's last sentence may go on in the next."""
    start = 0
    while start < len(text):
        window = text[start : start + _WINDOW]
        ends = _boundaries(window, code)
        if start + len(window) < len(text):
            ends = ends[:-1] or [_last_gap(window)]
        for end in ends:
            yield start + end
        start += ends[-1]


def _last_gap(window: str) -> int:
    """Where to cut a sentence that fills all of `window`: before its last word, which may go on."""
    gap = re.search(r"\s\S*$", window)
    return gap.start() + 1 if gap else _between_letters(window, 0, len(window) - 1)


def _quotations_cut(text: str, code: str) -> Iterator[int]:
    """Sentence ends, also those inside quotation marks and right after them, where sentencex keeps all in one."""
    start = 0
    for end in _ends(text, code):
        if end < len(text) and (mark := _NOTE_MARK.match(text, end)):
            end = mark.end()
        piece = text[start:end]
        inside = set(_quotations(piece, code))
        if _MARK_AFTER_STOP.search(piece):
            inside.update(found.end() for found in _LOST_MARK.finditer(piece))
        if code in _AFTER_ALL:
            inside.update(found.end() for found in _AFTER_ALL[code].finditer(piece))
        for place in sorted(inside):
            yield start + place
        yield end
        start = end


def _quotations(piece: str, code: str) -> Iterator[int]:
    """Sentence ends inside the quotations of `piece` and right after them."""
    for quoted in _QUOTED.finditer(piece):
        at = quoted.start() + 1
        inner = piece[at : quoted.end() - 1]
        if _END_INSIDE.search(inner):
            yield from (at + inside for inside in _boundaries(inner, code)[:-1])
        if _ends_with_quotation(inner, piece[quoted.end() : quoted.end() + 80]):
            yield quoted.end()


def _ends_with_quotation(inner: str, rest: str) -> bool:
    """Whether the sentence ends with its quotation: it ended inside, and what follows is no "he said"."""
    after = rest.lstrip()
    opening = after.lstrip("“\"‘'(«„")[:1]
    if not _ENDED.search(inner[-8:]) or not rest[:1].isspace() or not (opening.isupper() or opening.isdigit()):
        return False
    return inner.rstrip("’'").endswith(".") or not _SAYS.match(after)


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start >= LONGEST:
        cut = _cut(text, start, end)
        yield from _trimmed_one(text, start, cut)
        start = cut
        while start < end and text[start].isspace():
            start += 1
    yield from _trimmed_one(text, start, end)


def _trimmed_one(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield start, end


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut a long sentence: at the strongest clause mark near the middle of an even division."""
    parts = -(-(end - start) // (LONGEST - 1))
    target = start + (end - start) // parts
    lowest, highest = start + _SHORTEST_CUT, min(end, start + LONGEST - 1)
    for pattern in _CLAUSES:
        places = [found.end() for found in pattern.finditer(text, lowest, highest)]
        if places:
            return min(places, key=lambda place: abs(place - target))
    return _between_letters(text, start, highest)


def _between_letters(text: str, start: int, cut: int) -> int:
    """The nearest place at or before `cut` that does not divide a letter from its accents, or an emoji."""
    lowest = max(start + 1, cut - 64)
    at = cut
    while at > lowest and _joined(text, start, at):
        at -= 1
    return at if at > lowest else cut


def _joined(text: str, start: int, at: int) -> bool:
    char, before = text[at], text[at - 1]
    if (
        before == "\u200d"
        or char in "\u200d\u20e3"
        or "\ufe00" <= char <= "\ufe0f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    ):
        return True
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or "\u1160" <= char <= "\u11ff":
        return True
    if not _is_flag(char) or not _is_flag(before):
        return False
    count = 0
    while at - 1 - count >= start and _is_flag(text[at - 1 - count]):
        count += 1
    return count % 2 == 1


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
