"""The words of an utterance as espeak-ng can be given them without harm, and the way back to where they stood."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from narrate.script import PRONOUNCED, Stress
from narrate.speech.ipa import to_espeak

# Control characters: espeak-ng takes U+0001 for the start of a command in the text, U+0000 for its end. Lone
# surrogates have no UTF-8; espeak-ng reads private-use characters as letters of its own.
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]")

# A word longer than espeak-ng's phoneme buffer loses its end without a word, and in Danish and Romanian overruns the
# stack. Measured with espeak-ng 1.52 over its 141 voices: 120 Latin letters are safe (a consonant cluster is spelled
# and fades out after 40), 60 Japanese characters are, 64 Korean ones are not. 63 letters is the longest word of German
# law. Thai, Lao, Burmese and Khmer put no spaces between words and need none here.
_LONG = re.compile(r"\w{41,}")
_LATIN = "[^\\W_\u0e00-\u1fff\u2e80-\uffff\U00020000-\U0003ffff]{65,}"
_CJK = "[\u3040-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]{41,}"
_LATIN_LIMIT = 64
_STRESS = re.compile(f"[{''.join(Stress)}]")
_COMMAND = "\x01"
_COMMANDS: dict[str, str] = {Stress.EMPHASIS: "3F", Stress.STRONG: "4F", Stress.END: "0F"}
"""espeak-ng's levels of emphasis, as its own SSML has them: moderate (longer and 5 dB louder), strong (7 dB), none.
`test_what_the_author_stressed_is_longer_and_louder` measures them."""
_CJK_LIMIT = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Sayable:
    """`text` may be spoken; `inserted` are the places in it of spaces and the like that the author did not write.

    `phonemes`: there are words in it between [[ and ]] that are phonemes, all of them the lexicon's. `shifts` then say
    where the rest begins again: (character of `text`, character of the utterance's `spoken`).
    """

    text: str
    inserted: tuple[int, ...]
    phonemes: bool = False
    shifts: tuple[tuple[int, int], ...] = ()

    def place(self, position: int) -> int:
        """The character of the author's words that character `position` of `text` stands for."""
        position -= bisect_left(self.inserted, position)
        index = bisect_right(self.shifts, (position, len(self.text) + position)) - 1
        if index < 0:
            return position
        start, stands_for = self.shifts[index]
        limit = self.shifts[index + 1][1] if index + 1 < len(self.shifts) else None
        place = stands_for + position - start
        return place if limit is None else min(place, limit - 1)


def sayable(spoken: str, *, language: str = "") -> Sayable:
    """`spoken` with what cannot be spoken blanked out, character for character, and endless words divided.

    Words that carry phonemes become them, where `language` (a primary subtag) has names for them, else themselves.
    Stress becomes espeak-ng's commands; a voice without a `language` is another engine's, which has none.
    """
    text, shifts, phonemes = _pronounced(spoken, language)
    text = _UNSPEAKABLE.sub(" ", text)
    if not language:
        text = _STRESS.sub("", text)
    insertions = [(found.end(), _COMMANDS[found[0]]) for found in _STRESS.finditer(text)]
    insertions += ((cut, " ") for cut in (_cuts(text) if _LONG.search(text) else []))
    text, inserted = _with(_STRESS.sub(_COMMAND, text), sorted(insertions))
    return Sayable(text=text, inserted=inserted, phonemes=phonemes, shifts=shifts)


def _with(text: str, insertions: list[tuple[int, str]]) -> tuple[str, tuple[int, ...]]:
    """`text` with the `insertions` at their places, and where their characters stand in the result."""
    pieces: list[str] = []
    inserted: list[int] = []
    at = length = 0
    for place, added in insertions:
        length += place - at
        pieces += (text[at:place], added)
        inserted += range(length, length + len(added))
        length, at = length + len(added), place
    return "".join((*pieces, text[at:])), tuple(inserted)


def _pronounced(spoken: str, language: str) -> tuple[str, tuple[tuple[int, int], ...], bool]:
    """The text with phonemes, where its parts stand in `spoken`, and whether it has any."""
    pieces: list[str] = []
    shifts: list[tuple[int, int]] = []
    at = length = 0
    phonemes = False
    for found in PRONOUNCED.finditer(spoken):
        said = _phonemes(found[2], language)
        phonemes = phonemes or said is not None
        before = spoken[at : found.start()]
        # espeak-ng drops phonemes that touch a bracket or a quotation mark before them.
        gap = " " if said and before[-1:].strip() else ""
        word = f"[[{said}]]" if said else found[1]
        pieces += (before + gap, word)
        shifts += (
            (length + len(before) + len(gap), found.start() + 1),
            (length + len(before) + len(gap) + len(word), found.end()),
        )
        length, at = shifts[-1]
    if not shifts:
        return spoken, (), False
    pieces.append(spoken[at:])
    if phonemes:  # the author's own brackets are none of the lexicon's
        pieces[::2] = [piece.replace("[[", "  ").replace("]]", "  ") for piece in pieces[::2]]
    return "".join(pieces), tuple(shifts), phonemes


def _phonemes(written: str, language: str) -> str | None:
    if not language:  # no voice of espeak-ng
        return None
    if written.startswith("[["):
        return written[2:-2]
    return to_espeak(written, language)


def _cuts(text: str) -> list[int]:
    """Where a space must go. Compiled on need: long words are rare, and these patterns take 5 ms."""
    return sorted(
        cut
        for pattern, limit in ((_LATIN, _LATIN_LIMIT), (_CJK, _CJK_LIMIT))
        for run in re.finditer(pattern, text)
        for cut in range(run.start() + limit, run.end(), limit)
    )
