"""The words of an utterance as espeak-ng can be given them without harm, and the way back to where they stood."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

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
_CJK_LIMIT = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Sayable:
    """`text` may be spoken; `inserted` are the places in it of the spaces that the author did not write."""

    text: str
    inserted: tuple[int, ...]

    def place(self, position: int) -> int:
        """The character of the author's words that character `position` of `text` stands for."""
        return position - bisect_left(self.inserted, position)


def sayable(spoken: str) -> Sayable:
    """`spoken` with what cannot be spoken blanked out, character for character, and endless words divided."""
    text = _UNSPEAKABLE.sub(" ", spoken)
    cuts = _cuts(text) if _LONG.search(text) else []
    if not cuts:
        return Sayable(text=text, inserted=())
    edges = [0, *cuts, len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    return Sayable(text=" ".join(pieces), inserted=tuple(cut + index for index, cut in enumerate(cuts)))


def _cuts(text: str) -> list[int]:
    """Where a space must go. Compiled on need: long words are rare, and these patterns take 5 ms."""
    return sorted(
        cut
        for pattern, limit in ((_LATIN, _LATIN_LIMIT), (_CJK, _CJK_LIMIT))
        for run in re.finditer(pattern, text)
        for cut in range(run.start() + limit, run.end(), limit)
    )
