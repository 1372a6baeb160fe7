"""A sentence into lines that can be read at a glance: words, cues of a few lines of about equal length. Pure.

Lines are broken at spaces, in Chinese and Japanese between any two characters where typographers would; a word that is
longer than a line, where nothing else is left.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from narrate.publish.letters import printable
from narrate.publish.transcript import HeardCue, HeardWord
from narrate.release import continues

_CLAUSE = re.compile(r"[,;:.!?…—–)”’、。，；：！？」』）]$")
_IDEOGRAPHS = "\u2e80-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003fffd"
_OPENING = r"「『（〈《【〔［｛“‘(\["
# What may not begin a line: closing signs, small kana and signs of length (JIS X 4051, "kinsoku").
_CLOSING = r"、。，．・：；？！」』）〉》】〕］｝ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ…‥”’,.!?:;)\]%"
_JOINERS = "\u200c\u200d"
_UNIT = re.compile(
    f"[{_OPENING}]*(?:[{_IDEOGRAPHS}]|[^{_IDEOGRAPHS}{_OPENING}]+)[{_CLOSING}]*|[{_OPENING}]+",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A word, or a piece of one, that a line may be broken behind.

    `width` in columns: a Chinese, Japanese or Korean character has two. `joined`: no space before it. `start_s` is when
    it is said, None where nobody knows.
    """

    text: str
    width: int
    joined: bool = False
    start_s: float | None = None


def token(text: str, *, joined: bool = False, start_s: float | None = None) -> Token:
    """A token of `text`."""
    return Token(text=text, width=sum(map(_width, text)), joined=joined, start_s=start_s)


def tokens_of(sentence: HeardCue, longest: int) -> list[Token]:
    """The words of a sentence, or what may stand on a line of its own of them, none of more than `longest` columns."""
    words = list(sentence.words) if sentence.text.strip() else []
    found = []
    for match in re.finditer(r"\S+", printable(sentence.shown)):
        at = match.start()
        for piece in _pieces(match[0], longest):
            joined = at > match.start()
            start = _when(words, at, at + len(piece), inside=joined)
            found.append(token(piece, joined=joined, start_s=None if start is None else sentence.start_s + start))
            at += len(piece)
    return found


def _pieces(word: str, longest: int) -> Iterator[str]:
    units = (match[0] for match in _UNIT.finditer(word)) if not word.isascii() else (word,)
    for unit in units:
        if len(unit) * 2 <= longest or sum(map(_width, unit)) <= longest:
            yield unit
        else:
            yield from _cut(unit, longest)


def _cut(word: str, longest: int) -> Iterator[str]:
    """Pieces of a word that is wider than a line; no mark is parted from its letter where that can be helped."""
    at = 0
    while at < len(word):
        end, room = at, longest
        while end < len(word) and (_width(word[end]) <= room or end == at):
            room -= _width(word[end])
            end += 1
        whole = end
        while end < len(word) and whole > at + 1 and (continues(word[whole]) or word[whole - 1] in _JOINERS):
            whole -= 1
        end = whole if whole > at + 1 else end
        yield word[at:end]
        at = end


def _width(character: str) -> int:
    return 2 if character > "\u10ff" and unicodedata.east_asian_width(character) in "WF" else 1


def _when(words: Sequence[HeardWord], start: int, end: int, *, inside: bool) -> float | None:
    """When what stands from `start` to `end` is said: with the first word that is, or, `inside` a word, that begins
    there."""
    said = (word for word in words if word.text_start < end and word.text_end > start)
    return next((word.start_s for word in said if word.text_start >= start or not inside), None)


def parts_of(tokens: Sequence[Token], characters: int, lines: int) -> Iterator[list[Token]]:
    """Runs of tokens that fit one cue each, about equally long, ended at a comma or the like where one is near."""
    at = 0
    while at < len(tokens):
        fits = _fitting(tokens, at, characters, lines)
        if fits < len(tokens):
            left, rest = 1, fits
            while rest < len(tokens):
                rest, left = _fitting(tokens, rest, characters, lines), left + 1
            ideal = length(tokens[at:]) / left
            fits = min(range(at + 1, fits + 1), key=lambda end: _misfit(tokens[at:end], ideal))
        yield list(tokens[at:fits])
        at = fits


def _fitting(tokens: Sequence[Token], at: int, characters: int, lines: int) -> int:
    """Where the longest run of tokens from `at` on ends that fits one cue."""
    end = at + 1
    while end < len(tokens) and len(_filled(tokens[at : end + 1], characters)) <= lines:
        end += 1
    return end


def _misfit(run: Sequence[Token], ideal: float) -> float:
    """How bad a place the end of `run` is to cut at: a comma is worth a third of the ideal length."""
    return abs(length(run) - ideal) - (ideal / 3 if _CLAUSE.search(run[-1].text) else 0)


def length(run: Sequence[Token]) -> int:
    """The columns that a run takes on one line, with a space before each that is not joined."""
    return sum(each.width + (not each.joined) for each in run)


def lines_of(part: Sequence[Token], characters: int) -> list[list[Token]]:
    """The tokens in as few lines of up to `characters` columns as hold them, of nearly equal length."""
    width = characters
    lines = _filled(part, width)
    while width > 1 and len(narrower := _filled(part, width - 1)) == len(lines) and _widest(narrower) < width:
        lines, width = narrower, width - 1
    return lines


def _filled(tokens: Sequence[Token], width: int) -> list[list[Token]]:
    lines: list[list[Token]] = []
    room = -1
    for each in tokens:
        space = 0 if each.joined else 1
        if each.width + space > room:
            lines.append([])
            room, space = width, 0
        lines[-1].append(each)
        room -= each.width + space
    return lines


def _widest(lines: Sequence[Sequence[Token]]) -> int:
    return max(length(line) - (not line[0].joined) for line in lines)
