"""Sentences of our own as the bundled espeak-ng speaks them: 16-bit samples, trimmed, a sentence each."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from narrate.speech import ENGINES, Delivery, SpeechOptions

RATE = 22050
SENTENCES = (
    "The road was empty when we left the harbour behind us.",
    "She drove.",
    "Nobody had said a word since the ferry, and the rain kept time on the roof.",
    "There are long stretches of that coast where nothing is lit, neither a house nor a sign.",
    "Why here?",
    "In the morning the engine would not start, so we walked up to the farm.",
    "It was cold.",
    "The first cassette was a play; the second, somebody's letters, read by a man with a slow voice.",
)


@cache
def spoken(voice: str = "gmw/en-US") -> tuple[NDArray[np.int16], ...]:
    """The sentences, shape (frames,) each, at RATE Hz."""
    real = ENGINES["pyttsx3"](SpeechOptions())
    takes = [real.speak(sentence, Delivery(voice=voice)) for sentence in SENTENCES]
    assert {take.info.sample_rate for take in takes} == {RATE}
    return tuple(np.rint(take.pcm[:, 0] * 32768).astype(np.int16) for take in takes)
