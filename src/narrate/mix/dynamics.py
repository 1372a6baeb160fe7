"""How loud a chapter is made: one gain for all of its speech, and a limiter for the peaks that the gain lifts.

In: the block powers of a chapter's takes. Out: a gain, and the ffmpeg filter that every stretch passes on its way to
the encoder. One gain a chapter, never one a sentence: what the voice means to be quiet stays quiet.
"""

import math
from collections.abc import Iterable

import numpy as np

from narrate.mix.loudness import integrated_lufs
from narrate.mix.options import MixOptions

GAIN_STEP_DB = 0.2
"""Gains are rounded to this, at most 0.1 LU off the target, so that a changed word leaves the rest of its chapter as
it was and only one stretch is encoded anew."""

_LARGEST_GAIN_DB = 30.0

_OVERSHOOT_DB = 0.4
"""What the limiter leaves below the ceiling: a decoded MP3 may rise above the samples that were encoded, and a true
peak above its samples. At 44.1 kHz, 96 kbit/s and the 22.05 kHz of espeak-ng both together stay under 0.2 dB."""


def chapter_gain_db(block_powers: Iterable[bytes], *, loudness_lufs: float) -> float:
    """The gain in dB that brings speech with these gating blocks (float64, as bytes) to `loudness_lufs`.

    0 for silence; never more than 30 dB, so that a whisper of noise stays one.
    """
    powers = np.frombuffer(b"".join(block_powers))
    measured = integrated_lufs(powers)
    if math.isinf(measured):
        return 0.0
    gain = round((loudness_lufs - measured) / GAIN_STEP_DB) * GAIN_STEP_DB
    return round(min(gain, _LARGEST_GAIN_DB), 3)


def limiter(options: MixOptions) -> str:
    """The `-af` chain that holds true peaks under `options.ceiling_dbtp` in the decoded MP3.

    ffmpeg's alimiter: 5 ms look-ahead, whose delay it makes up for itself (`latency`), 10 ms release (on espeak-ng
    half the loss of loudness that 50 ms cost), and no make-up gain (`level`).
    """
    limit = 10.0 ** ((options.ceiling_dbtp - _OVERSHOOT_DB) / 20.0)
    return f"alimiter=limit={limit:.6f}:attack=5:release=10:level=0:latency=1"
