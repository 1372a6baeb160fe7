"""Kokoro (package kokoro-onnx, MIT; its phonemizer GPL 3.0) as an Engine: a model `*.onnx`, many voices in one `*.bin`.

Both lie in the folder `voice_files.folder_of("kokoro")`. A voice's name says its language and gender: `af_heart`
is American and female.
"""

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from narrate.errors import VoiceError
from narrate.speech.booth import Booth, Part, require
from narrate.speech.engine import Delivery, Traits, Voice
from narrate.speech.neural_speaker import NeuralSpeaker, Script, Voiced, session
from narrate.speech.options import SpeechOptions
from narrate.speech.voice_files import digest, folder_of
from narrate.speech.voices import another, pick

if TYPE_CHECKING:
    from narrate.take import Take

NAME = "kokoro"
PACKAGE = "kokoro-onnx"
SAMPLE_RATE = 24_000
_SLOWEST, _FASTEST = 0.5, 2.0  # what the package takes
_LONGEST = 400  # characters: the model's context is 510 phonemes
_LANGUAGES = {
    "a": ("en-US", "en-us"),
    "b": ("en-GB", "en-gb"),
    "e": ("es", "es"),
    "f": ("fr-FR", "fr-fr"),
    "h": ("hi", "hi"),
    "i": ("it", "it"),
    "j": ("ja", "ja"),
    "p": ("pt-BR", "pt-br"),
    "z": ("cmn", "cmn"),
}
"""By the first letter of a voice's name: its language, and what espeak-ng calls that."""
_GENDERS = {"f": "female", "m": "male"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Files:
    model: Path
    voices: Path
    names: tuple[str, ...]


class KokoroEngine:
    """See `engine.ServedEngine`. Raises VoiceError when the package is not installed."""

    name = NAME

    def __init__(self, options: SpeechOptions, folder: Path | None = None) -> None:
        """`folder` holds the model; by default the data folder's."""
        require("kokoro_onnx", PACKAGE, NAME)
        self._folder = folder or folder_of(NAME)
        self._booth = Booth(speaker, options.device)
        self.traits = Traits(phonemes=True, longest=_LONGEST, varies=True, served=self._booth.is_served)

    @cached_property
    def _files(self) -> _Files | None:
        models, voices = sorted(self._folder.glob("*.onnx")), sorted(self._folder.glob("*.bin"))
        if not models or not voices:
            return None
        return _Files(model=models[-1], voices=voices[-1], names=_names(voices[-1]))

    def voices(self) -> tuple[Voice, ...]:
        """See `Engine.voices`."""
        return tuple(map(_voice, self._files.names)) if self._files else ()

    def resolve(self, wanted: str, language: str) -> Voice:
        """See `Engine.resolve`."""
        if not self._files:
            raise VoiceError(f"{NAME}: no model in {self._folder}", hint="narrate voices install kokoro")
        return pick(self.voices(), wanted.strip(), language)

    def second(self, voice: str) -> str:
        """See `Engine.second`."""
        return another(self.voices(), voice)

    def fingerprint(self, voice: str) -> str:
        """See `Engine.fingerprint`: package, ONNX Runtime, and a hash of model and voices."""
        files = self._known(voice)
        try:
            return self._booth.fingerprint(PACKAGE, f"{files.model.name} {digest((files.model, files.voices))}")
        except OSError as error:
            raise VoiceError(f"{NAME}: {files.model} cannot be read: {error.strerror}") from error

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> "Take":
        """See `Engine.speak`."""
        files = self._known(delivery.voice)
        part = Part(files=(files.model, files.voices), speaker=delivery.voice, language=_voice(delivery.voice).language)
        return self._booth.speak(spoken, part, delivery, attempt=attempt)

    def serve(self) -> None:
        """See `engine.ServedEngine`."""
        self._booth.serve()

    def _known(self, voice: str) -> _Files:
        if not self._files or voice not in self._files.names:
            raise VoiceError(f"{NAME}: no voice called “{voice}”", hint="see: narrate voices")
        return self._files


def _names(voices: Path) -> tuple[str, ...]:
    """The voices of a file, which is a zip of arrays."""
    try:
        with zipfile.ZipFile(voices) as archive:
            return tuple(sorted(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")))
    except (OSError, zipfile.BadZipFile):
        return ()


def _voice(name: str) -> Voice:
    language, _ = _LANGUAGES.get(name[:1], ("en-US", "en-us"))
    return Voice(
        id=name,
        name=name.partition("_")[2].title() or name,
        language=language,
        gender=_GENDERS.get(name[1:2], "") if name[2:3] == "_" else "",
        engine=NAME,
        sample_rate=SAMPLE_RATE,
        timings="phonemes, if the model has them",
    )


# --- what runs in the guarded process


def speaker() -> NeuralSpeaker:
    """Reads with Kokoro's model."""
    import kokoro_onnx  # noqa: F401

    return NeuralSpeaker(KokoroModel)


class KokoroModel:
    """The loaded model, with all its voices."""

    def __init__(self, files: tuple[str, ...], device: str, seed: int) -> None:
        from kokoro_onnx import Kokoro

        model, voices = files
        # Not by Kokoro(...): that lets the session start a thread for every core.
        self._kokoro = Kokoro.from_session(session(model, device, seed), voices)

    def read(self, script: Script, speed: float) -> Voiced:
        """See `neural_speaker.Model.read`."""
        import numpy as np

        said = self._kokoro.tokenizer.known(self._phonemes(script))
        samples, sample_rate, timings = self._kokoro.create_timed(
            said, script.speaker, min(_FASTEST, max(_SLOWEST, speed)), is_phonemes=True
        )
        signs = [each.phoneme for each in timings] or list(" ".join(said.split()))
        lengths = None
        if timings:
            starts = [round(each.start * sample_rate) for each in timings]
            lengths = [int(length) for length in np.diff([*starts, len(samples)])]
            signs, lengths = ["", *signs], [starts[0], *lengths]
        return Voiced(samples=samples.astype(np.float32), sample_rate=sample_rate, signs=signs, lengths=lengths)

    def _phonemes(self, script: Script) -> str:
        _, language = _LANGUAGES.get(script.speaker[:1], ("", "en-us"))
        known = self._kokoro.tokenizer.vocab
        parts = []
        for each in script.segments:
            if each.is_ipa and all(sign in known for sign in each.text):
                parts.append(each.text)
            else:
                words = each.word if each.is_ipa else each.text
                said = self._kokoro.tokenizer.phonemize(words, language) if words.strip() else ""
                parts.append(f"{' ' * words[:1].isspace()}{said}{' ' * words[-1:].isspace()}")
        return "".join(parts)
