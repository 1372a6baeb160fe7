"""What the program asks of a speech engine, and nothing more. The rest of the program does not know which one spoke.

`narrate.testing` tries any engine against this contract; `ensemble.Ensemble` puts all of them behind one door.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from narrate.take import Delivery, Take

__all__ = ["BatchEngine", "Delivery", "Engine", "ServedEngine", "Traits", "Voice"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """A voice of this machine.

    `id` is what `--voice` takes, `language` a BCP 47 tag, `gender` "male", "female" or "". `sample_rate` is in Hz, 0
    where only speaking tells it. `timings` says what the engine knows of when a word sounds: "words" or "phonemes" of
    its own, or "estimated".
    """

    id: str
    name: str
    language: str
    gender: str = ""
    engine: str = ""
    sample_rate: int = 0
    timings: str = "estimated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """What an engine is like, for those who plan its work.

    `phonemes`: it understands words that carry phonemes (`script.pronounced`) and signs of stress (`script.Stress`);
    others are given plain words.
    `longest`: characters that it can speak at once; a longer utterance is spoken in parts.
    `forkable`: a process that has spoken may be forked. One that is not is built anew in each worker.
    `varies`: it may skip, repeat or babble, and another attempt gives another take: its takes are judged by ear.
    `batch`: how many utterances `BatchEngine.speak_all` likes at once; 1 for an engine that has none.
    `served`: it is a `ServedEngine`, and what it has in memory is worth sharing.
    """

    phonemes: bool = False
    longest: int = 10_000
    forkable: bool = True
    varies: bool = False
    batch: int = 1
    served: bool = False


class Engine(Protocol):
    """A speech engine. Built once a process; building one is quick, and what is slow waits for the first sentence."""

    name: str
    traits: Traits

    def voices(self) -> tuple[Voice, ...]:
        """Every voice that is installed, in the order of the engine's own list."""

    def resolve(self, wanted: str, language: str) -> Voice:
        """The voice that a person means by `wanted` (an id, a name or a language tag; "" for the language's default).

        Raises VoiceError, with the nearest names as its hint, when there is none.
        """

    def second(self, voice: str) -> str:
        """The id of the voice that speaks what is no running text beside the narrator's `voice` (an id): another one of
        the same language, always the same. "" when there is none: then another pitch has to do."""

    def fingerprint(self, voice: str) -> str:
        """Name and version of whatever decides the samples of `voice` (an id); part of every take's key.

        It is the same until they would change, and needs nothing spoken. Raises VoiceError for a voice that is not
        there.
        """

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> Take:
        """One utterance, trimmed and checked. The same arguments give the same samples, in any order and process.

        `attempt` counts from 0; where `traits.varies`, another one gives another take of the same words. Raises
        SpeechError naming the sentence when it cannot be spoken plausibly within the deadline.
        """


class ServedEngine(Engine, Protocol):
    """An engine that speaks in a process of its own, which holds the models for every process that asks."""

    def serve(self) -> None:
        """Start that process, if it is not running. Processes forked from this one then share it, models and all;
        others start their own when they first speak."""


class BatchEngine(Engine, Protocol):
    """An engine that is quicker when it is given several utterances at once."""

    def speak_all(self, lines: Sequence[tuple[str, Delivery]]) -> Sequence[Take]:
        """The takes of at most `traits.batch` lines (spoken, delivery), in order, each the same as from `speak`."""
