"""What runs inside a guarded process: a Request comes in, a Rendering goes out as bytes; None asks for a Description.

One of three: espeak-ng, several of it side by side, each to be spoken with once, in a forked child; the same, loaded
afresh for every utterance, in a worker; or the speech of the operating system (SAPI 5, NSSS) behind pyttsx3's driver.
"""

import re
import sys
from typing import Any

from narrate.errors import NarrateError
from narrate.speech import espeak_driver
from narrate.speech.engine import Voice
from narrate.speech.rendering import Description, Request, pack, packed, strung
from narrate.speech.voices import bcp47

ENGINE = "pyttsx3"
_TAG = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


class EspeakSpeaker:
    """espeak-ng through pyttsx3. Only the first utterance has the samples that it should have.

    Building one lists the voices, which leaves no trace in the samples and makes choosing one six times as fast.
    `another`: with an espeak-ng of its own, beside those of this process. Raises VoiceError when it is not to be had.
    """

    def __init__(self, *, another: bool = False) -> None:
        self._engine = espeak_driver.connect(another=another)
        self._rendering: list[bytes] = []
        self._error: Exception | None = None
        self._engine.connect("audio", self._heard)
        self._engine.connect("error", self._failed)
        self._voices = _voices(self._engine, timings="words")

    def __call__(self, request: Request | None) -> bytes:
        """The answer to `request`. Raises whatever the driver raised."""
        if request is None:
            fingerprint = f"{ENGINE}: {espeak_driver.version()}"
            variants = tuple(espeak_driver.variants())
            return Description(fingerprint=fingerprint, voices=self._voices, variants=variants).to_bytes()
        return b"".join(self.render(request))

    def render(self, request: Request) -> list[bytes]:
        """The rendering, as `packed`. Raises whatever the driver raised."""
        self._rendering, self._error = [], None
        self._engine.setProperty("voice", request.voice)
        self._engine.setProperty("rate", request.rate_wpm)
        self._engine.setProperty("pitch", request.pitch)
        self._engine.setProperty("phonemes", request.phonemes)
        self._engine.say(request.text)
        self._engine.runAndWait()
        if self._error is not None:
            raise self._error
        return self._rendering or packed(sample_rate=1, pcm=(), marks=())  # pyttsx3 says nothing for blank text

    def _heard(self, *, pcm: list[bytes], sample_rate: int, marks: list[tuple[int, int]], **_: object) -> None:
        self._rendering = packed(sample_rate=sample_rate, pcm=pcm, marks=marks)

    def _failed(self, *, exception: Exception, **_: object) -> None:
        self._error = self._error or exception


class EspeakChoir:
    """Speakers that have never spoken, as many as the longest batch needs: in a child that is forked from this process
    each says one utterance. A fork and its first touch of every page are then shared by a batch.
    """

    def __init__(self) -> None:
        self._speakers = [EspeakSpeaker()]

    def prepare(self, request: "Request | tuple[Request, ...] | None") -> None:
        """Load what a batch needs, 3 ms each, where its child and later ones will find it. Raises VoiceError."""
        while isinstance(request, tuple) and len(request) > len(self._speakers):
            self._speakers.append(EspeakSpeaker(another=True))

    def __call__(self, request: "Request | tuple[Request, ...] | None") -> bytes:
        """The answer to one request; to several of them, their renderings, `strung`. Raises what the driver raised."""
        if isinstance(request, tuple):
            pairs = zip(self._speakers, request, strict=False)
            return strung([speaker.render(each) for speaker, each in pairs])
        return self._speakers[0](request)


def fresh_espeak(request: Request | None) -> bytes:
    """The answer of an espeak-ng that has never spoken, loaded for it and unloaded after it (about 4 ms)."""
    try:
        return EspeakSpeaker()(request)
    finally:
        espeak_driver.disconnect()


class NativeSpeaker:
    """The speech of the operating system, by pyttsx3's own driver (`driver`; by default the platform's) and a file.

    Each utterance has an engine of its own: a second `runAndWait` of one on NSSS ends before the file is written, since
    its driver says that it is idle when its loop starts (pyttsx3 2.99, `nsss.py`, `onPumpFirst_`).
    """

    def __init__(self, driver: str | None = None) -> None:
        self._driver = driver

    def __call__(self, request: Request | None) -> bytes:
        """The answer to `request`. Raises whatever the driver raised. These engines know no pitch."""
        from pyttsx3.engine import Engine

        engine = Engine(self._driver)  # not by `init`, which gives the same one again
        if request is None:
            fingerprint = f"{ENGINE}: {engine}, {_system()}"
            return Description(fingerprint=fingerprint, voices=_voices(engine)).to_bytes()
        import tempfile
        from pathlib import Path

        errors: list[Exception] = []
        engine.connect("error", lambda exception, **_: errors.append(exception))
        with tempfile.TemporaryDirectory(prefix="narrate-", ignore_cleanup_errors=True) as folder:
            file = Path(folder) / ("take.aiff" if sys.platform == "darwin" else "take.wav")
            engine.setProperty("voice", request.voice)
            engine.setProperty("rate", request.rate_wpm)
            engine.save_to_file(_without_commands(request.text), str(file))
            engine.runAndWait()
            if errors:
                raise errors[0]
            return _read(file)


def best_speaker() -> Any:
    """What a worker speaks with: espeak-ng where it can be loaded, else the speech of the operating system."""
    try:
        fresh_espeak(None)
    except NarrateError:
        if sys.platform not in ("darwin", "win32"):
            raise
        return NativeSpeaker()
    return fresh_espeak


def _without_commands(text: str) -> str:
    """`text`, character for character, without what these engines would obey: NSSS commands between [[ and ]], and
    SAPI 5 takes all for XML that begins with <."""
    text = text.replace("[[", "  ").replace("]]", "  ")
    words = text.lstrip()
    return text if not words.startswith("<") else text.replace("<", " ", 1)


def _read(file: Any) -> bytes:
    import numpy as np

    from narrate.audio import decode

    sample_rate = 22050
    samples = np.rint(decode(file, sample_rate=sample_rate) * 32768.0)
    pcm = np.clip(samples, -32768, 32767).astype(np.int16).tobytes()
    return pack(sample_rate=sample_rate, pcm=(pcm,), marks=())


def _voices(engine: Any, *, timings: str = "estimated") -> tuple[Voice, ...]:
    return tuple(
        Voice(
            id=str(voice.id),
            name=str(voice.name or voice.id),
            language=_language((voice.languages or [""])[0]),
            gender=_gender(voice.gender),
            engine=ENGINE,
            timings=timings,
        )
        for voice in engine.getProperty("voices")
    )


def _language(value: object) -> str:
    """A BCP 47 tag; "und", the standard's for an unknown one, where a driver tells none ("Unknown Locale: 4096")."""
    said = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return bcp47(said) if _TAG.fullmatch(said) else "und"


def _gender(value: object) -> str:
    """pyttsx3's drivers say "Male", "VoiceGenderFemale" or None."""
    said = str(value or "").casefold()
    return "female" if "female" in said else "male" if "male" in said else ""


def _system() -> str:
    import platform

    return f"{platform.system()} {platform.version()}"
