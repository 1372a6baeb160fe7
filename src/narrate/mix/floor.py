"""What pauses hold: the voice's own floor where its takes have one, else the profile's room tone, else digital silence.

In: the samples of a take, a Profile. Out: a loop of noise and where it sounds. espeak-ng is silent between its words
to the last bit, and a pause of zeros is then what fits; a voice that breathes a recording's room would seem to be
switched off at every full stop. The noise has the spectrum of the take's quietest moments and random phases, so that it
loops without a seam by construction; the same take gives the same noise.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from narrate.mix.profiles import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME_S = 0.02
_QUIETEST = 5
"""So many moments of 20 ms tell where the floor is: stops and breaths of one sentence. Those up to 6 dB above them are
of it too, or it would come out too low."""
_LEAST_SHARE = 0.03
"""So much of a take must lie within 6 dB of its quietest moment, and ten moments: a floor holds still, while the echo
that some voices of espeak-ng have (`+f4` is one) falls through it. Of long sentences by seven such voices at most 1.3 %
lay there; in white, pink or brown noise at -60 or -72 dBFS at least 3.2 %, of half of them 9 %."""
_LEAST_S = 2.5
"""A shorter take has too few gaps to tell an echo from a floor: in doubt there is none."""
_SILENT_DBFS = -90.0
"""What is softer is the last bit of 16."""
_BELOW_DB = 30.0
"""What is not so far under the take's own level is no floor but soft speech."""
_LOOP_S = 1.5
_SEED = 1985
_SLOPE_DB = -3.0  # an octave: room tone without a recording to take it from is pink
_PINK_FROM_HZ = 60.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Room:
    """Noise that loops, float32 of shape (frames,). `always` says that it lies under speech too, and not in pauses
    alone: where the voice brings none of its own, it must not come and go."""

    loop: "NDArray[np.float32]"
    always: bool

    def at(self, start: int, count: int) -> "NDArray[np.float32]":
        """`count` frames from frame `start` on, shape (count, 1)."""
        here: NDArray[np.float32] = np.take(self.loop, np.arange(start, start + count), mode="wrap")
        return here.reshape(-1, 1)


def room(
    samples: "NDArray[np.int16]", sample_rate: int, *, mix_rate: int, gain: float, profile: Profile
) -> Room | None:
    """The room of a voice at `mix_rate` Hz, by one of its takes (mono, at `sample_rate` Hz) and the linear gain that
    its speech gets; None for digital silence."""
    floor = _floor(samples, sample_rate)
    if floor is not None:
        power, hz = floor
        return Room(loop=_loop(power, hz, mix_rate) * np.float32(gain), always=False)
    if not profile.room_tone_dbfs:
        return None
    hz = np.fft.rfftfreq(2048, 1 / mix_rate).astype(np.float64)
    pink = 10.0 ** (_SLOPE_DB / 10 * np.log2(np.maximum(hz, _PINK_FROM_HZ) / _PINK_FROM_HZ))
    loop = _loop(pink, hz, mix_rate)
    return Room(loop=loop * np.float32(10 ** (profile.room_tone_dbfs / 20) / float(loop.std())), always=True)


def faded(room_tone: "NDArray[np.float32]", start: int, length: int, fade: int) -> "NDArray[np.float32]":
    """`room_tone` (count, 1), which begins at frame `start` of `length`, silent at both ends of the whole: there
    stretches join."""
    at = np.arange(start, start + len(room_tone))
    rise = np.clip((np.minimum(at, length - 1 - at) - fade) / fade, 0.0, 1.0).astype(np.float32)
    return room_tone * rise.reshape(-1, 1)


def _floor(samples: "NDArray[np.int16]", sample_rate: int) -> "tuple[NDArray[np.float64], NDArray[np.float64]] | None":
    """Power and frequencies of the quietest moments of a take, per sample; None where they are silent, or speech."""
    size = round(sample_rate * _FRAME_S)
    count = samples.size // size
    if count * _FRAME_S < _LEAST_S:
        return None
    frames = samples[: count * size].reshape(count, size).astype(np.float64) / 32768
    inner = frames[1:-1]  # the first and the last are faded
    powers = (inner**2).mean(axis=1)
    lowest = np.sort(powers)[:_QUIETEST]
    softest, loudest = 10 ** (_SILENT_DBFS / 10), powers.mean() * 10 ** (-_BELOW_DB / 10)
    if not softest <= lowest.mean() <= loudest or not _holds_still(inner):
        return None
    window = np.hanning(size)
    spectra = np.abs(np.fft.rfft(inner[powers < 4 * lowest.mean()] * window, axis=1)) ** 2
    power = spectra.mean(axis=0) / (window**2).sum()
    return power, np.fft.rfftfreq(size, 1 / sample_rate).astype(np.float64)


def _holds_still(moments: "NDArray[np.float64]") -> bool:
    """Whether the quietest of `moments`, (moments, frames), are many and alike: by the differences between samples,
    whose power strays less than that of dull noise does."""
    powers = np.square(np.diff(moments, axis=1)).mean(axis=1)
    alike = int((powers < 4 * powers.min()).sum())
    return alike >= max(10, _LEAST_SHARE * len(powers))


def _loop(power: "NDArray[np.float64]", hz: "NDArray[np.float64]", mix_rate: int) -> "NDArray[np.float32]":
    """Noise whose power spectrum (a sample's mean square, were it flat) is `power` at `hz`."""
    size = 1 << round(math.log2(mix_rate * _LOOP_S))
    at = np.fft.rfftfreq(size, 1 / mix_rate)
    level = np.sqrt(np.interp(at, hz, power, right=0.0) * size)
    level[0] = 0.0
    turns = np.random.default_rng(_SEED).uniform(0, 2 * math.pi, len(at))
    loop: NDArray[np.float32] = np.fft.irfft(level * np.exp(1j * turns), size).astype(np.float32)
    return loop
