"""The speech stage: an utterance's words and a delivery come in, a checked Take goes out.

It may start processes and load speech libraries, and imports nothing but nouns. Each backend is one module that
meets `engine.Engine` and has one line in `ENGINES`; importing this package loads none of them.
"""

from collections.abc import Callable

from narrate.errors import VoiceError
from narrate.speech.engine import Delivery, Engine, Voice

__all__ = ["ENGINES", "Delivery", "Engine", "Voice", "engine"]


def _pyttsx3() -> Engine:
    from narrate.speech.pyttsx3_engine import Pyttsx3Engine

    return Pyttsx3Engine()


ENGINES: dict[str, Callable[[], Engine]] = {"pyttsx3": _pyttsx3}
"""Every engine by the name that `--engine` takes."""


def engine(name: str = "pyttsx3") -> Engine:
    """The engine called `name`, ready to speak. Raises VoiceError when there is none or its library is missing."""
    try:
        build = ENGINES[name]
    except KeyError:
        raise VoiceError(f"no speech engine called “{name}”", hint=f"there is {', '.join(ENGINES)}") from None
    return build()
