"""Effects on a voice: the samples of one take in, as many samples out.

An effect is one function in EFFECTS; a person names it for a role (`[effects]` in narrate.toml). It sees one take at a
time, needs nothing of those before, and gives the same samples for the same take, so that takes are still kept,
encoded and joined one by one. It runs before the take is mastered and measured, which makes up for what it does to
loudness.
"""

import hashlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOW_HZ, _HIGH_HZ = 120.0, 5500.0
"""What is left by a cheap recorder of 1985, its small microphone and its small loudspeaker."""
_WOW, _FLUTTER = (0.7, 0.0035), (9.0, 0.0012)
"""How often a second the speed sways, and by what share of itself at most. Chosen by these numbers, not by ear."""
_HISS_BELOW_DB = 38.0
"""Under the speech's own level, unweighted: worse than a new tape, so that it is heard for what it is."""
_HISS_FROM_HZ = 800.0
_FADE_S = 0.02


def cassette(samples: "NDArray[np.int16]", sample_rate: int, seed: str) -> "NDArray[np.int16]":
    """As played from an old tape: band-limited, with wow and flutter, and hiss under it.

    Mono, shape (frames,), and as many frames come out; the speed sways, but the first and the last frame stay where
    they are. `seed` decides how it sways and hisses.
    """
    import numpy as np

    if samples.size < 2:
        return samples
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    played = _swayed(samples.astype(np.float64), sample_rate, rng)
    size = 1 << (samples.size + sample_rate // 4).bit_length()
    hz = np.fft.rfftfreq(size, 1 / sample_rate)
    band = 1 / np.sqrt((1 + (_LOW_HZ / np.maximum(hz, 1e-3)) ** 6) * (1 + (hz / _HIGH_HZ) ** 8))
    played = np.fft.irfft(np.fft.rfft(played, size) * band, size)[: samples.size]
    loud = np.abs(played) > np.abs(played).max() * 0.03
    level = math.sqrt(float(np.mean(played[loud] ** 2))) if loud.any() else 0.0
    hiss = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * band * hz / (hz + _HISS_FROM_HZ), size)[: samples.size]
    hiss *= level * 10 ** (-_HISS_BELOW_DB / 20) / max(float(hiss.std()), 1e-9)
    heard = np.clip(np.rint(played + hiss * _fades(samples.size, sample_rate)), -32768, 32767)
    return heard.astype(np.int16)


EFFECTS: "dict[str, Callable[[NDArray[np.int16], int, str], NDArray[np.int16]]]" = {"cassette": cassette}
"""Every effect by its name: samples, their rate in Hz and a seed in, as many samples out."""


def _swayed(pcm: "NDArray[np.float64]", sample_rate: int, rng: "np.random.Generator") -> "NDArray[np.float64]":
    """The sound at a speed that sways about 1, read between its samples in straight lines (the band is limited after
    it, so that what these add is mostly gone)."""
    import numpy as np

    at = np.arange(pcm.size, dtype=np.float64)
    moved = np.zeros(pcm.size)
    for hz, deviation in (_WOW, _FLUTTER):
        turn = 2 * math.pi * hz / sample_rate
        moved += deviation / turn * np.sin(turn * at + rng.uniform(0, 2 * math.pi))
    moved -= np.linspace(moved[0], moved[-1], pcm.size)
    return np.interp(at + moved, at, pcm)


def _fades(size: int, sample_rate: int) -> "NDArray[np.float64]":
    """1, but for a rise and a fall at the ends: a take's own ends are silent, and hiss must not begin with a click."""
    import numpy as np

    at = np.arange(size)
    fade: NDArray[np.float64] = np.minimum(1.0, np.minimum(at, size - 1 - at) / max(1.0, _FADE_S * sample_rate))
    return fade
