"""An engine as another package would bring it: whistles, two at a time, in a process that must not be forked."""

import hashlib
from collections.abc import Sequence

import numpy as np

from narrate.errors import SpeechError, VoiceError
from narrate.speech import Delivery, SpeechOptions, Traits, Voice
from narrate.take import Take, TakeInfo, Word

RATE = 16_000


class WhistleEngine:
    """Meets `narrate.speech.engine.BatchEngine` with nothing of narrate's but its nouns."""

    name = "whistle"
    traits = Traits(forkable=False, batch=2, longest=500)

    def __init__(self, options: SpeechOptions) -> None:
        self.options = options

    def voices(self) -> tuple[Voice, ...]:
        return (Voice(id="referee", name="Referee", language="en-GB"), Voice(id="kettle", name="Kettle", language="en"))

    def resolve(self, wanted: str, language: str) -> Voice:
        for voice in self.voices():
            if wanted in (voice.id, voice.name) or (not wanted and language.partition("-")[0] == "en"):
                return voice
        raise VoiceError(f"nobody whistles {wanted or language}", hint="referee or kettle")

    def second(self, voice: str) -> str:
        return "kettle" if voice == "referee" else "referee"

    def fingerprint(self, voice: str) -> str:  # noqa: ARG002
        return "whistle 1"

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> Take:  # noqa: ARG002
        if not spoken.strip():
            raise SpeechError("nothing to whistle")
        self.resolve(delivery.voice, "")
        length = max(400, round(RATE * 0.06 * len(spoken) * 175 / delivery.rate_wpm))
        pitch_hz = 300 + 3 * delivery.pitch + 40 * (hashlib.sha256(spoken.encode("utf-8", "replace")).digest()[0] % 9)
        tone = 0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(length) / RATE)
        words, at = [], 0
        for word in spoken.split():
            begin = spoken.index(word, at)
            at = begin + len(word)
            start, end = begin * length // len(spoken), at * length // len(spoken)
            if end > start:
                words.append(Word(start=start, length=end - start, spoken_start=begin, spoken_end=at))
        pcm = (np.rint(tone * 32768) / 32768).astype(np.float32).reshape(-1, 1)
        return Take(pcm=pcm, info=TakeInfo(frame_count=length, sample_rate=RATE, words=tuple(words)))

    def speak_all(self, lines: Sequence[tuple[str, Delivery]]) -> list[Take]:
        assert len(lines) <= 2
        return [self.speak(*line) for line in lines]
