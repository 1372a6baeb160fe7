"""The speech stage: an utterance's words and a delivery come in, a checked Take goes out.

It may start processes and load speech libraries, and imports nothing but nouns. Each backend is one module that
meets `engine.Engine` and has one line in `ENGINES`; other packages bring theirs by the entry points `narrate.engines`.
Importing this package loads none of them.
"""

from collections.abc import Callable

from narrate.speech.engine import Delivery, Engine, Traits, Voice
from narrate.speech.ensemble import Ensemble
from narrate.speech.options import SpeechOptions

__all__ = ["ENGINES", "Delivery", "Engine", "Ensemble", "SpeechOptions", "Traits", "Voice", "ensemble"]


def _pyttsx3(_: SpeechOptions) -> Engine:
    from narrate.speech.pyttsx3_engine import Pyttsx3Engine

    return Pyttsx3Engine()


def _piper(options: SpeechOptions) -> Engine:
    from narrate.speech.piper import PiperEngine

    return PiperEngine(options)


def _kokoro(options: SpeechOptions) -> Engine:
    from narrate.speech.kokoro import KokoroEngine

    return KokoroEngine(options)


ENGINES: dict[str, Callable[[SpeechOptions], Engine]] = {"pyttsx3": _pyttsx3, "piper": _piper, "kokoro": _kokoro}
"""narrate's own engines by the name that `--engine` takes."""


def ensemble(options: SpeechOptions) -> Ensemble:
    """All engines of this machine, `options.engine` first."""
    return Ensemble(options, ENGINES)
