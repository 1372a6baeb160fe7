"""A deterministic Engine for tests of what comes after speech: a tone burst a word, as long as its characters."""

import hashlib
import re
import time
from collections.abc import Collection

import numpy as np

from narrate.errors import SpeechError, VoiceError
from narrate.speech.engine import Delivery, Traits, Voice
from narrate.take import Take, TakeInfo, Word

SAMPLE_RATE = 22050
S_PER_CHARACTER = 0.06  # at 175 words a minute
_AMPLITUDE = 0.25
_FADE_S = 0.002

VOICES = (
    Voice(id="fake/low", name="Low", language="en-US", gender="male", engine="fake"),
    Voice(id="fake/high", name="High", language="en-GB", gender="female", engine="fake"),
    Voice(id="fake/fr", name="Basse", language="fr-FR", gender="male", engine="fake"),
)


class FakeEngine:
    """Meets `narrate.speech.Engine`; instant. Some sentences, by their spoken text, fail, hang for ever or are silent.

    `spoken` lists what was asked for, in order: one entry a call.
    """

    name = "fake"
    traits = Traits()

    def __init__(
        self,
        *,
        failing: Collection[str] = (),
        hanging: Collection[str] = (),
        silent: Collection[str] = (),
        version: str = "1",
    ) -> None:
        self.failing, self.hanging, self.silent, self.version = failing, hanging, silent, version
        self.spoken: list[tuple[str, Delivery]] = []

    def voices(self) -> tuple[Voice, ...]:
        return VOICES

    def resolve(self, wanted: str, language: str) -> Voice:
        for voice in VOICES:
            if wanted.casefold() in (voice.id, voice.name.casefold(), voice.language.casefold()):
                return voice
        if wanted:
            raise VoiceError(f"no voice called “{wanted}”", hint="did you mean fake/low?")
        base = language.partition("-")[0]
        for voice in VOICES:
            if voice.language.partition("-")[0] == base:
                return voice
        raise VoiceError(f"no voice speaks “{language}”")

    def second(self, voice: str) -> str:
        return {"fake/low": "fake/high", "fake/high": "fake/low"}.get(voice, "")

    def fingerprint(self, voice: str) -> str:  # noqa: ARG002
        return f"fake {self.version}"

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> Take:  # noqa: ARG002
        self.spoken.append((spoken, delivery))
        if delivery.voice not in {voice.id for voice in VOICES}:
            raise VoiceError(f"no voice called “{delivery.voice}”")
        if spoken in self.failing or not spoken.strip():
            raise SpeechError(f"cannot speak “{spoken[:60]}”: the fake engine was told to fail")
        while spoken in self.hanging:
            time.sleep(3600)
        pcm, words = _bursts(spoken, delivery)
        if spoken in self.silent:
            pcm = np.zeros_like(pcm)
        info = TakeInfo(frame_count=len(pcm), sample_rate=SAMPLE_RATE, words=words)
        return Take(pcm=pcm.reshape(-1, 1), info=info)


def frame_count(spoken: str, rate_wpm: int = 175) -> int:
    """How many frames the fake engine gives `spoken`."""
    return max(1, round(SAMPLE_RATE * S_PER_CHARACTER * len(spoken) * 175 / rate_wpm))


def _bursts(spoken: str, delivery: Delivery) -> tuple[np.ndarray, tuple[Word, ...]]:
    total = frame_count(spoken, delivery.rate_wpm)
    pcm = np.zeros(total, np.float32)
    words = []
    matches = list(re.finditer(r"\S+", spoken))
    starts = [match.start() * total // len(spoken) for match in matches]
    for match, start, until in zip(matches, starts, [*starts[1:], total], strict=True):
        stop = match.end() * total // len(spoken)
        pcm[start:stop] = _tone(match.group(), stop - start, delivery)
        words.append(Word(start=start, length=until - start, spoken_start=match.start(), spoken_end=match.end()))
    return (np.rint(pcm * 32768) / np.float32(32768)).astype(np.float32), tuple(words)


def _tone(word: str, length: int, delivery: Delivery) -> np.ndarray:
    """A sine between 200 and 1000 Hz that voice, pitch and word decide, with short linear edges."""
    digest = hashlib.sha256(f"{delivery.voice} {delivery.pitch} {word}".encode("utf-8", "replace")).digest()
    frequency_hz = 200 + 800 * digest[0] / 255
    at = np.arange(length)
    edge = np.minimum(1.0, np.minimum(at + 1, length - at) / (_FADE_S * SAMPLE_RATE))
    return (_AMPLITUDE * edge * np.sin(2 * np.pi * frequency_hz * at / SAMPLE_RATE)).astype(np.float32)
