"""What the program asks of a speech engine, and nothing more. The rest of the program does not know which one spoke."""

from dataclasses import dataclass
from typing import Protocol

from narrate.take import Delivery, Take

__all__ = ["Delivery", "Engine", "Voice"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """A voice of this machine.

    `id` is what `--voice` takes, `language` a BCP 47 tag, `gender` "male", "female" or "".
    """

    id: str
    name: str
    language: str
    gender: str = ""
    engine: str = ""


class Engine(Protocol):
    """A speech engine. An instance may be built before worker processes are forked from this one."""

    name: str

    def voices(self) -> tuple[Voice, ...]:
        """Every voice that is installed, in the order of the engine's own list."""

    def resolve(self, wanted: str, language: str) -> Voice:
        """The voice that a person means by `wanted` (an id, a name or a language tag; "" for the language's default).

        Raises VoiceError, with the nearest names as its hint, when there is none.
        """

    def second(self, voice: str) -> str:
        """The id of the voice that speaks what is no running text beside the narrator's `voice` (an id): another one of
        the same language, always the same. "" when there is none: then another pitch has to do."""

    def fingerprint(self) -> str:
        """Name and version of whatever decides the samples; part of every take's key."""

    def speak(self, spoken: str, delivery: Delivery) -> Take:
        """One utterance, trimmed and checked. The same arguments give the same samples, in any order and process.

        Raises SpeechError naming the sentence when it cannot be spoken plausibly within the deadline.
        """
