"""Is it speech? From an engine's raw sound to a Take: trimmed, checked for plausible length and level, words placed.

Pure arithmetic on samples; a doubtful sound raises AttemptError, which the caller turns into another attempt or an
error that names the sentence.
"""

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import numpy as np

from narrate.speech.guard import AttemptError
from narrate.take import Remarks, Take, TakeInfo, Word, full_scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_FADE_IN_S = 0.003
_FADE_OUT_S = 0.008
_LEAD_S, _TAIL_S = _FADE_IN_S, _FADE_OUT_S  # no more: what a take keeps of silence makes the pause beside it longer
_FLOOR = 16  # of 32768, −66 dBFS: espeak-ng's silence is exact, an operating system's voice dithers
_BELOW_PEAK = 500  # −54 dB under the loudest sample counts as silence
_QUIETEST_RMS = 100.0  # of 32768, −50 dBFS; the quietest of espeak-ng's 245 voices and variants is 20 dB above
_CLIPPED = 32760
_MOST_CLIPPED = 0.25

# Measured at 175 words a minute over all voices of espeak-ng 1.52: prose 0.05–0.09 s a character, spelled-out
# consonants 0.39, long numbers 0.57, names of foreign letters up to 1.7, names of emoji up to 2.
_SHORTEST_S_PER_CHARACTER = 0.015
_LONGEST_S_PER_LETTER = 0.6
_LONGEST_S_PER_OTHER = 2.0
_LONGEST_EXTRA_S = 4.0
_SHORTEST_S = 0.02
_USUAL_WPM = 175

_TOKEN = re.compile(r"[^\s—–…]+")
_EDGES = "\"'“”‘’‚„«»‹›()[]{}.,;:!?。、，！？؟،"
# Scripts that put no spaces between words: there the engine's own marks divide a token.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def judge(
    pcm: bytes | bytearray | memoryview,
    marks: "Iterable[tuple[int, int]]",
    *,
    sample_rate: int,
    spoken: str,
    rate_wpm: int,
) -> Take:
    """A Take of `pcm` (16-bit mono), without its silent ends but for 3 ms before and 8 ms after, which are faded.

    `marks` are (character of `spoken`, milliseconds) where words begin; without any, words are placed by their letters.
    Samples are n/32768 exactly, so that `take.to_bytes` loses nothing. Raises AttemptError when this is silence,
    clipped all over, or of a length that `spoken` cannot have at `rate_wpm` words a minute.
    """
    samples = np.frombuffer(pcm, np.int16)
    start, end = _sounding(samples)
    if start == end:
        raise AttemptError("the engine gave no sound")
    _check(samples[start:end], sample_rate=sample_rate, spoken=spoken, rate_wpm=rate_wpm)
    first = max(0, start - round(_LEAD_S * sample_rate))
    last = min(len(samples), end + round(_TAIL_S * sample_rate))
    trimmed = _faded(samples[first:last], sample_rate)
    words = place_words(
        ((character, round(ms * sample_rate / 1000) - first) for character, ms in marks), spoken, len(trimmed)
    )
    remarks = Remarks()
    if not words:  # an engine that says nothing of when
        words, remarks = place_words([(0, start - first)], spoken, len(trimmed)), Remarks(estimated=True)
    info = TakeInfo(frame_count=len(trimmed), sample_rate=sample_rate, words=words, remarks=remarks)
    return Take(pcm=full_scale(trimmed), info=info)


def plausible_s(spoken: str, rate_wpm: int) -> tuple[float, float]:
    """The shortest and the longest time, in seconds, that saying `spoken` can take. Generous on both sides."""
    scale = _USUAL_WPM / max(1, rate_wpm)
    letters = sum(character.isascii() and (character.isalpha() or character == " ") for character in spoken)
    sounding = sum(map(str.isalnum, spoken))
    longest = _LONGEST_EXTRA_S + _LONGEST_S_PER_LETTER * letters + _LONGEST_S_PER_OTHER * (len(spoken) - letters)
    return max(_SHORTEST_S, _SHORTEST_S_PER_CHARACTER * sounding * scale), longest * max(0.4, scale)


def place_words(marks: "Iterable[tuple[int, int]]", spoken: str, frame_count: int) -> tuple[Word, ...]:
    """Words of `spoken` by the engine's `marks` (character, frame): in order, not overlapping, inside the take.

    A word is what stands between white space or dashes, without its punctuation, because engines mark parts of
    numbers and abbreviations several times and not always where they are; it starts with its first mark and lasts
    until the next word. Words said in one breath with the one before them ("of the" has one mark) share its time by
    their letters. Words before the first mark, or with no time, are left out.
    """
    tokens = [match.span() for match in _TOKEN.finditer(spoken)]
    marked = _marked(marks, tokens, spoken, frame_count)
    words: list[Word] = []
    for index, (frame, opening, closing) in enumerate(marked):
        until, limit = marked[index + 1][:2] if index + 1 < len(marked) else (frame_count, len(spoken))
        behind = tokens[bisect_left(tokens, (closing, 0)) : bisect_left(tokens, (limit, 0))]
        said = [(opening, closing), *behind]
        spans = [_bare(spoken, *span) for span in said if any(map(str.isalnum, spoken[slice(*span)]))]
        words += _shared(spans or [_bare(spoken, opening, closing)], frame, until)
    return tuple(words)


def _marked(
    marks: "Iterable[tuple[int, int]]", tokens: list[tuple[int, int]], spoken: str, frame_count: int
) -> list[tuple[int, int, int]]:
    """The tokens that have marks, as (frame, first and last character), ascending in all three."""
    ends = [end for _, end in tokens]
    found: list[tuple[int, int, int]] = []
    reached = -1
    for character, frame in marks:
        index = bisect_right(ends, max(0, character))
        if index == len(tokens):
            continue
        start, end = tokens[index]
        frame = max(0, min(frame, frame_count), found[-1][0] if found else 0)
        if index > reached:
            found.append((frame, start, end))
            reached = index
        elif index == reached and character > found[-1][1] and _UNSPACED.match(spoken[character]):
            found[-1] = (*found[-1][:2], character)
            found.append((frame, character, end))
    return found


def _shared(spans: list[tuple[int, int]], start: int, until: int) -> "Iterator[Word]":
    """The words of `spans` from frame `start` to `until`, each with time by its length."""
    total = sum(end - begin for begin, end in spans)
    done = 0
    for begin, end in spans:
        frame = start + (until - start) * done // total
        done += end - begin
        length = start + (until - start) * done // total - frame
        if length > 0:
            yield Word(start=frame, length=length, spoken_start=begin, spoken_end=end)


def _bare(spoken: str, start: int, end: int) -> tuple[int, int]:
    token = spoken[start:end]
    if not token.strip(_EDGES):
        return start, end
    return start + len(token) - len(token.lstrip(_EDGES)), end - len(token) + len(token.rstrip(_EDGES))


def _sounding(samples: "NDArray[np.int16]") -> tuple[int, int]:
    """From the first sample that is not silence to behind the last; (0, 0) when there is none."""
    if not len(samples):
        return 0, 0
    floor = max(_FLOOR, int(max(samples.max(), -int(samples.min()))) // _BELOW_PEAK)
    loud = (samples > floor) | (samples < -floor)
    start = int(loud.argmax())
    if not loud[start]:
        return 0, 0
    return start, len(samples) - int(loud[::-1].argmax())


def _check(voiced: "NDArray[np.int16]", *, sample_rate: int, spoken: str, rate_wpm: int) -> None:
    shortest, longest = plausible_s(spoken, rate_wpm)
    duration_s = len(voiced) / sample_rate
    if duration_s < shortest:
        raise AttemptError(f"{duration_s:.2f} s of sound for {len(spoken)} characters is too short")
    if duration_s > longest:
        raise AttemptError(f"{duration_s:.1f} s of sound for {len(spoken)} characters is too long")
    sound = voiced.astype(np.float32)
    # einsum, not dot: for that BLAS would wake a thread for every core.
    if float(np.sqrt(np.einsum("i,i", sound, sound) / len(sound))) < _QUIETEST_RMS:
        raise AttemptError("the engine gave next to no sound")
    if np.count_nonzero((voiced >= _CLIPPED) | (voiced <= -_CLIPPED)) > _MOST_CLIPPED * len(voiced):
        raise AttemptError("the sound is clipped all over")


def _faded(samples: "NDArray[np.int16]", sample_rate: int) -> "NDArray[np.int16]":
    """A copy that rises from and falls to nothing, still in whole numbers."""
    faded = samples.copy()
    rise = min(round(_FADE_IN_S * sample_rate), len(faded) // 2)
    fall = min(round(_FADE_OUT_S * sample_rate), len(faded) // 2)
    faded[:rise] = np.rint(faded[:rise] * _ramp(rise))
    faded[len(faded) - fall :] = np.rint(faded[len(faded) - fall :] * _ramp(fall)[::-1])
    return faded


def _ramp(length: int) -> "NDArray[np.float64]":
    """A raised cosine from 0 to 1."""
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))
