"""Is a take what its engine's contract says? A Take comes in, a sentence about what is wrong with it goes out. Whether
it sounds as its words should is for `judge` and `doubts`: this is what would break everything behind it."""

from itertools import pairwise

import numpy as np

from narrate.take import Take

_SAMPLE_RATES = (8_000, 192_000)


def flaw(take: Take) -> str:
    """What is wrong with the samples, counts and times of `take`; "" for nothing."""
    pcm, info = take.pcm, take.info
    if pcm.dtype != np.float32:
        return f"samples of {pcm.dtype}, not float32"
    if pcm.shape != (info.frame_count, 1) or not info.frame_count:
        return f"samples of the shape {pcm.shape}, where it told {info.frame_count} frames of one channel"
    if not _SAMPLE_RATES[0] <= info.sample_rate <= _SAMPLE_RATES[1]:
        return f"a sample rate of {info.sample_rate} Hz"
    if not np.isfinite(pcm).all():
        return "samples that are no numbers"
    peak = float(max(pcm.max(), -pcm.min()))
    if not 0.0 < peak <= 1.0:
        return "samples beyond full scale" if peak else "nothing but silence"
    for word in info.words:
        if not 0 <= word.start < word.start + word.length <= info.frame_count:
            return f"times of words beyond its end: {word}"
    for one, two in pairwise(info.words):
        if one.start + one.length > two.start:
            return f"times of words that overlap: {one} and {two}"
    return ""
