"""pyttsx3 as an Engine: espeak-ng on every system it can be loaded on, else the system's own speech.

On Linux every utterance is spoken by an espeak-ng that has never spoken, in a child forked from a process that has it
loaded, several times over, and never speaks. Elsewhere a worker process holds it.
"""

import sys
from collections.abc import Sequence
from functools import partial

from narrate.errors import SpeechError, VoiceError
from narrate.script import plain
from narrate.speech.engine import Delivery, Traits, Voice
from narrate.speech.guard import ATTEMPTS, AttemptError, Guard, RefusalError, WorkerGuard, insist
from narrate.speech.rendering import JUDGE_VERSION, Description, Rendering, Request, unstrung
from narrate.speech.sayable import Sayable, sayable
from narrate.speech.speaker import ENGINE, EspeakChoir, best_speaker
from narrate.speech.voices import another, pick
from narrate.take import Take

_BATCH = 8
"""Utterances a child. Of 200 sentences, all of whose speaking cost 1.83 s of CPU one by one, it cost 1.42 by fours,
1.34 by eights and 1.31 by sixteens."""
_DEADLINE_S = 10.0
_LISTING_DEADLINE_S = 60.0
_DEADLINE_S_PER_CHARACTER = 0.05  # a thousand times what espeak-ng takes


class Pyttsx3Engine:
    """See `engine.Engine`. Raises VoiceError when there is nothing on this machine that speaks."""

    name = ENGINE

    def __init__(self, guard: Guard | None = None, *, deadline_s: float = _DEADLINE_S) -> None:
        """`deadline_s` is for an empty utterance; every character adds 0.05 s. A `guard` is given one at a time."""
        self.traits = Traits(phonemes=True, batch=1 if guard or sys.platform != "linux" else _BATCH)
        self._guard = guard or _guard()
        self._deadline_s = deadline_s
        self._description: Description | None = None

    def voices(self) -> tuple[Voice, ...]:
        """See `Engine.voices`."""
        return self._described().voices

    def resolve(self, wanted: str, language: str) -> Voice:
        """See `Engine.resolve`. With espeak-ng, `+f3` and the like after a name asks for a variant of the voice."""
        described = self._described()
        return pick(described.voices, wanted, language, variants=described.variants)

    def second(self, voice: str) -> str:
        """See `Engine.second`: with espeak-ng a variant of the same voice, else another voice that is installed."""
        described = self._described()
        return another(described.voices, voice, variants=described.variants)

    def fingerprint(self, voice: str) -> str:  # noqa: ARG002
        """See `Engine.fingerprint`: one for all voices, which come with the library. pyttsx3's own version is no part
        of it: with our driver it only passes words on."""
        return f"{self._described().fingerprint}, judge {JUDGE_VERSION}"

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> Take:  # noqa: ARG002
        """See `Engine.speak`. Another attempt would sound the same."""
        words = _words(spoken, delivery)
        return insist(partial(self._attempt, spoken, words, delivery), sentence=plain(spoken))

    def speak_all(self, lines: Sequence[tuple[str, Delivery]]) -> Sequence[Take]:
        """See `BatchEngine.speak_all`. What comes to nothing in company is spoken alone."""
        words = [_words(*line) for line in lines]
        requests = tuple(_request(each, delivery) for each, (_, delivery) in zip(words, lines, strict=True))
        try:
            answer = self._guard.call(requests, deadline_s=self._patience_s(*requests))
        except (AttemptError, RefusalError):
            return [self.speak(*line) for line in lines]
        takes = []
        for sound, each, (spoken, delivery) in zip(unstrung(answer), words, lines, strict=True):
            try:
                takes.append(_judged(sound, each, spoken, delivery))
            except AttemptError:
                takes.append(self.speak(spoken, delivery))
        return takes

    def _attempt(self, spoken: str, words: Sayable, delivery: Delivery) -> Take:
        request = _request(words, delivery)
        answer = self._guard.call(request, deadline_s=self._patience_s(request))
        return _judged(Rendering.from_bytes(answer), words, spoken, delivery)

    def _patience_s(self, *requests: Request) -> float:
        return self._deadline_s + _DEADLINE_S_PER_CHARACTER * sum(len(each.text) for each in requests)

    def _described(self) -> Description:
        attempts_left = ATTEMPTS
        while self._description is None:
            attempts_left -= 1
            try:
                self._description = Description.from_bytes(self._guard.call(None, deadline_s=_LISTING_DEADLINE_S))
            except (AttemptError, RefusalError) as error:
                if attempts_left and isinstance(error, AttemptError):
                    continue
                raise VoiceError(
                    f"{ENGINE} cannot list its voices: {error}", hint="`narrate doctor` says what is missing"
                ) from error
        return self._description


def _words(spoken: str, delivery: Delivery) -> Sayable:
    """What espeak-ng is told. Raises SpeechError when that is nothing."""
    words = sayable(spoken, language=_language(delivery.voice))
    if not words.text.strip():
        raise SpeechError(f"nothing to say in “{spoken[:60]!r}”")
    return words


def _request(words: Sayable, delivery: Delivery) -> Request:
    return Request(
        text=words.text,
        voice=delivery.voice,
        rate_wpm=int(delivery.rate_wpm),
        pitch=int(delivery.pitch),
        phonemes=words.phonemes,
    )


def _judged(sound: Rendering, words: Sayable, spoken: str, delivery: Delivery) -> Take:
    """The take. Raises AttemptError when it cannot be what was to be said."""
    from narrate.speech.judge import judge

    return judge(
        sound.pcm,
        ((words.place(character), ms) for character, ms in sound.marks),
        sample_rate=sound.sample_rate,
        spoken=spoken,
        rate_wpm=int(delivery.rate_wpm),
    )


def _language(voice: str) -> str:
    """The language that an espeak-ng voice speaks, by its id ("gmw/en-US+f3"); "" for a voice of another engine."""
    return voice.split("/")[-1].split("+")[0].split("-")[0] if "/" in voice else ""


def _guard() -> Guard:
    if sys.platform == "linux":
        from narrate.speech.forks import ForkGuard

        try:
            return ForkGuard(EspeakChoir)
        except AttemptError as error:
            raise VoiceError(
                f"{ENGINE} cannot be started: {error}", hint="is memory, or room for processes, used up?"
            ) from error
    return WorkerGuard(best_speaker)
