"""Does a take sound as its sentence should? What neural voices do wrong, told by arithmetic on samples alone: they
skip, babble, fall silent, clip, and say the end again. Pure; nothing here knows words, so `verify` may listen as well.

Limits were set so that no sentence of the example and of another essay is doubted as espeak-ng and the tests' tiny
Piper voice say it, at 80, 175 and 450 words a minute, and each fault that tests put into a take is noticed; an end
that is said twice is missed now and then, at high tempos most of all. On real neural voices they were never measured,
for want of one.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from narrate.script import plain
from narrate.take import Take

if TYPE_CHECKING:
    from numpy.typing import NDArray

CALIBRATION = {
    "en": "The road is dark and the engine hums, while rain falls softly on the roof of the car.",
    "de": "Die Straße ist dunkel und der Motor summt, während Regen leise auf das Dach des Wagens fällt.",
    "fr": "La route est sombre et le moteur ronronne, tandis que la pluie tombe doucement sur le toit.",
    "es": "La carretera está oscura y el motor zumba, mientras la lluvia cae suavemente sobre el techo.",
    "it": "La strada è buia e il motore ronza, mentre la pioggia cade piano sul tetto della macchina.",
    "pt": "A estrada está escura e o motor zumbe, enquanto a chuva cai devagar no telhado do carro.",
    "nl": "De weg is donker en de motor bromt, terwijl de regen zachtjes op het dak van de auto valt.",
}
"""A sentence by whose length a voice's own pace is known, by primary language. Others have no norm of pace."""

_SLOWEST_PACE, _FASTEST_PACE = 1.7, 0.55  # times the voice's own
_USUAL_WPM = 175
_LONGER_S, _SHORTER_S = 0.8, 0.3  # and what short sentences may differ by besides, at the usual rate
_LONGEST_PAUSE_S = 1.5
_BELOW_PEAK = 0.003  # −50 dB
_CLIPPED = 32760 / 32768
_MOST_CLIPPED = 0.002
_LETTERS_OF_DIGIT, _LETTERS_OF_CAPITAL, _LETTERS_OF_SIGN = 4.0, 2.5, 5.0
_CAPITALS = re.compile(r"\b[^\W\d_a-z]{2,5}\b")
_SIGNS = frozenset("%&@#+=$€£¥§°/")
_FRAME_S, _HOP_S = 0.025, 0.0125
_BANDS = 20
_TAILS_S = (0.4, 4.0)
_ALIKE = 0.93
_MORE_THAN_USUAL = 1.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """What is odd about a take, in a few words, and how odd: 1 is the limit."""

    what: str
    weight: float


def doubts(take: Take, spoken: str, *, pace: float | None, rate_wpm: int) -> tuple[Doubt, ...]:
    """What is odd about `take`; `pace` is the voice's own seconds a letter (`pace_of`), None where it is not known."""
    samples, slowness = take.pcm[:, 0], _USUAL_WPM / max(1, rate_wpm)
    found: list[Doubt | None] = [_pause(samples, take.info.sample_rate, slowness), _clipping(samples)]
    more = 1.0
    if pace:
        length_s, usual_s = take.info.frame_count / take.info.sample_rate, pace * letters(spoken)
        more = length_s / max(usual_s, 1e-6)
        found.append(_pace(length_s, usual_s, slowness))
    if more >= _MORE_THAN_USUAL or not pace:
        found.append(_repeated_tail(samples, take.info.sample_rate, spoken, slowness))
    return tuple(each for each in found if each)


def letters(spoken: str) -> float:
    """How much there is to say, in letters: a digit, a capital of an abbreviation and a sign count for several."""
    text = plain(spoken)
    total = sum(
        _LETTERS_OF_DIGIT if each.isdigit() else _LETTERS_OF_SIGN if each in _SIGNS else float(each.isalpha())
        for each in text
    )
    return total + (_LETTERS_OF_CAPITAL - 1) * sum(len(each) for each in _CAPITALS.findall(text))


def pace_of(take: Take, spoken: str) -> float:
    """Seconds a letter."""
    return take.info.frame_count / take.info.sample_rate / max(1.0, letters(spoken))


def _pace(length_s: float, usual_s: float, slowness: float) -> Doubt | None:
    longest = _SLOWEST_PACE * usual_s + _LONGER_S * slowness
    shortest = _FASTEST_PACE * usual_s - _SHORTER_S * slowness
    if length_s > longest:
        return Doubt(what=f"{length_s / usual_s:.1f} times as long as this voice takes", weight=length_s / longest)
    if length_s < shortest:
        return Doubt(
            what=f"only {length_s / usual_s:.1f} times as long as this voice takes", weight=shortest / length_s
        )
    return None


def _pause(samples: "NDArray[np.float32]", sample_rate: int, slowness: float) -> Doubt | None:
    """The longest silence inside."""
    loud = np.flatnonzero(np.abs(samples) > _BELOW_PEAK * float(np.abs(samples).max(initial=0.0)))
    longest_s = float(np.diff(loud).max(initial=0)) / sample_rate
    limit = _LONGEST_PAUSE_S * max(1.0, slowness)
    return Doubt(what=f"{longest_s:.1f} s of silence inside", weight=longest_s / limit) if longest_s > limit else None


def _clipping(samples: "NDArray[np.float32]") -> Doubt | None:
    share = np.count_nonzero(np.abs(samples) >= _CLIPPED) / max(1, len(samples))
    return Doubt(what=f"{share:.1%} of it clipped", weight=share / _MOST_CLIPPED) if share > _MOST_CLIPPED else None


def _repeated_tail(samples: "NDArray[np.float32]", sample_rate: int, spoken: str, slowness: float) -> Doubt | None:
    """Whether its end is what was before it, once more, where the words are not."""
    if _ends_alike(spoken):
        return None
    spectra = _spectra(samples, sample_rate)
    best = (0.0, 0)
    shortest, longest = (round(limit_s * slowness / _HOP_S) for limit_s in _TAILS_S)
    for lag in range(shortest, min(longest, len(spectra) // 2) + 1):
        last, before = spectra[-lag:].ravel(), spectra[-2 * lag : -lag].ravel()
        likeness = float(last @ before) / max(1e-9, float(np.linalg.norm(last) * np.linalg.norm(before)))
        best = max(best, (likeness, lag))
    likeness, lag = best
    if likeness < _ALIKE:
        return None
    return Doubt(what=f"its last {lag * _HOP_S:.1f} s sound like those before", weight=likeness / _ALIKE)


def _spectra(samples: "NDArray[np.float32]", sample_rate: int) -> "NDArray[np.float32]":
    """Levels in bands, about their mean over the take: (frames, bands)."""
    size, hop = round(_FRAME_S * sample_rate), round(_HOP_S * sample_rate)
    if len(samples) < 2 * size:
        return np.zeros((0, _BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=1)) ** 2
    edges = np.unique(np.geomspace(2, power.shape[1] * min(1.0, 8000 / sample_rate), _BANDS + 1).astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    levels = np.log10(bands + 1e-4 * bands.max(initial=1e-12))
    about_mean: NDArray[np.float32] = (levels - levels.mean(axis=0)).astype(np.float32)
    return about_mean


def _ends_alike(spoken: str) -> bool:
    """Whether the words themselves end in a repetition ("no, no")."""
    words = re.findall(r"\w+", plain(spoken).casefold())[-12:]
    return any(words[-size:] == words[-2 * size : -size] for size in range(1, len(words) // 2 + 1))
