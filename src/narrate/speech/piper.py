"""Piper (package piper-tts, GPL 3.0 or later) as an Engine: a voice is a file `NAME.onnx` and its `NAME.onnx.json`.

Voices lie in the folder `voice_files.folder_of("piper")`; `narrate voices install` puts them there. One of several
speakers is `NAME#SPEAKER`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.errors import VoiceError
from narrate.speech.booth import Booth, Part, require
from narrate.speech.engine import Delivery, Traits, Voice
from narrate.speech.neural_speaker import NeuralSpeaker, Script, Voiced, session
from narrate.speech.options import SpeechOptions
from narrate.speech.voice_files import digest, folder_of
from narrate.speech.voices import another, bcp47, pick

if TYPE_CHECKING:
    from narrate.take import Take

NAME = "piper"
PACKAGE = "piper-tts"
_EXAMPLE = "en_US-lessac-medium"
_LISTED_SPEAKERS = 10
_SAMPLE_RATES = (8_000, 96_000)  # real voices have 16,000 and 22,050
_LONGEST = 400  # characters; longer ones drift, and a retry of them is dear


@dataclass(frozen=True, kw_only=True, slots=True)
class _Model:
    """One voice's files, as its JSON describes them."""

    name: str
    file: Path
    config: Path
    language: str
    sample_rate: int
    speakers: tuple[str, ...]

    def voice(self, speaker: str = "") -> Voice:
        called = self.name.split("-")[1] if self.name.count("-") > 1 else self.name
        if speaker:
            called = f"{called}, {speaker}"
        elif len(self.speakers) > 1:
            called = f"{called}, {len(self.speakers)} speakers"
        return Voice(
            id=f"{self.name}#{speaker}" if speaker else self.name,
            name=called,
            language=self.language,
            engine=NAME,
            sample_rate=self.sample_rate,
            timings="phonemes" if find_spec("onnx") else "estimated",
        )


class PiperEngine:
    """See `engine.ServedEngine`. Raises VoiceError when the package is not installed."""

    name = NAME

    def __init__(self, options: SpeechOptions, folder: Path | None = None) -> None:
        """`folder` holds the voices; by default the data folder's."""
        require("piper", PACKAGE, NAME)
        self._folder = folder or folder_of(NAME)
        self._booth = Booth(speaker, options.device)
        self.traits = Traits(phonemes=True, longest=_LONGEST, varies=True, served=self._booth.is_served)

    @cached_property
    def _models(self) -> dict[str, _Model]:
        found = (_described(path) for path in sorted(self._folder.glob("*.onnx")))
        return {each.name: each for each in found if each}

    def voices(self) -> tuple[Voice, ...]:
        """See `Engine.voices`. Of a model with more than ten speakers only the model is listed."""
        found: list[Voice] = []
        for each in self._models.values():
            found.append(each.voice())
            if 1 < len(each.speakers) <= _LISTED_SPEAKERS:
                found += map(each.voice, each.speakers)
        return tuple(found)

    def resolve(self, wanted: str, language: str) -> Voice:
        """See `Engine.resolve`."""
        base, _, speaker_wanted = wanted.strip().partition("#")
        try:
            found = pick(self.voices(), base, language)
        except VoiceError as error:
            name = base if base.count("-") > 1 else _EXAMPLE
            hint = f"narrate voices install {name}" if base.count("-") > 1 or not self._models else error.hint
            raise VoiceError(f"{NAME}: {error}", hint=hint) from None
        if not speaker_wanted:
            return found
        model = self._models[found.id.partition("#")[0]]
        named = {each.casefold(): each for each in model.speakers}
        if speaker_wanted.casefold() not in named:
            some = ", ".join(model.speakers[:8]) or "only one"
            raise VoiceError(f"{model.name} has no speaker “{speaker_wanted}”", hint=f"speakers are {some}")
        return model.voice(named[speaker_wanted.casefold()])

    def second(self, voice: str) -> str:
        """See `Engine.second`: the model's next speaker, else another model of the language."""
        name, _, own = voice.partition("#")
        model = self._models.get(name)
        if model and len(model.speakers) > 1:
            at = model.speakers.index(own) if own in model.speakers else 0
            return model.voice(model.speakers[(at + 1) % len(model.speakers)]).id
        return another(tuple(each.voice() for each in self._models.values()), name)

    def fingerprint(self, voice: str) -> str:
        """See `Engine.fingerprint`: package, ONNX Runtime, and a hash of the model and its JSON."""
        model = self._model(voice)
        try:
            files = f"{model.name} {digest((model.file, model.config))}"
        except OSError as error:
            raise VoiceError(f"{NAME}: {model.file} cannot be read: {error.strerror}") from error
        return self._booth.fingerprint(PACKAGE, f"{files}{'' if find_spec('onnx') else ' untimed'}")

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> "Take":
        """See `Engine.speak`."""
        model = self._model(delivery.voice)
        part = Part(files=(model.file, model.config), speaker=delivery.voice.partition("#")[2], language=model.language)
        return self._booth.speak(spoken, part, delivery, attempt=attempt)

    def serve(self) -> None:
        """See `engine.ServedEngine`."""
        self._booth.serve()

    def _model(self, voice: str) -> _Model:
        name = voice.partition("#")[0]
        if name not in self._models:
            raise VoiceError(f"{NAME}: no voice called “{name}”", hint=f"narrate voices install {name}")
        return self._models[name]


def _described(file: Path) -> _Model | None:
    """The model in `file`, if its JSON is there and says what a Piper voice must: a stranger may have written it."""
    config = file.with_name(f"{file.name}.json")
    try:
        table: Any = json.loads(config.read_text("utf-8"))
        code = str((table.get("language") or {}).get("code") or table["espeak"]["voice"])
        ids: Mapping[str, int] = table.get("speaker_id_map") or {}
        sample_rate = int(table["audio"]["sample_rate"])
        if not _SAMPLE_RATES[0] <= sample_rate <= _SAMPLE_RATES[1] or not all(isinstance(n, int) for n in ids.values()):
            return None
        return _Model(
            name=file.name.removesuffix(".onnx"),
            file=file,
            config=config,
            language=bcp47(code),
            sample_rate=sample_rate,
            speakers=tuple(sorted(ids, key=lambda name: ids[name])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


# --- what runs in the guarded process


def speaker() -> NeuralSpeaker:
    """Reads with Piper's models."""
    import piper  # noqa: F401  its extension, before anything is forked

    return NeuralSpeaker(PiperModel)


class PiperModel:
    """One loaded voice."""

    def __init__(self, files: tuple[str, ...], device: str, seed: int) -> None:
        from piper.config import PiperConfig
        from piper.voice import PiperVoice

        model, config = files
        settings = PiperConfig.from_dict(json.loads(Path(config).read_text("utf-8")))
        # Not by PiperVoice.load: that lets every session start a thread for every core.
        self._voice = PiperVoice(config=settings, session=session(_timed(model), device, seed))

    def read(self, script: Script, speed: float) -> Voiced:
        """See `neural_speaker.Model.read`."""
        import numpy as np
        from piper.config import SynthesisConfig

        settings = self._voice.config
        how = SynthesisConfig(
            speaker_id=settings.speaker_id_map.get(script.speaker),
            length_scale=settings.length_scale / speed,
            normalize_audio=False,  # that would make every sentence as loud as its loudest sample allows
        )
        chunks = list(self._voice.synthesize(self._text(script), how, include_alignments=True))
        signs: list[str] = []
        lengths: list[int] | None = []
        for each in chunks:
            signs += each.phonemes if each.phoneme_alignments is None else (a.phoneme for a in each.phoneme_alignments)
            signs.append(" ")
            if each.phoneme_alignments is None:
                lengths = None
            elif lengths is not None:
                own = [a.num_samples for a in each.phoneme_alignments]
                lengths += [*own, len(each.audio_float_array) - sum(own)]
        samples = np.concatenate([each.audio_float_array for each in chunks] or [np.zeros(0, np.float32)])
        return Voiced(samples=samples, sample_rate=settings.sample_rate, signs=signs, lengths=lengths)

    def _text(self, script: Script) -> str:
        """The words, with IPA in Piper's own brackets where its phonemes are espeak-ng's; the author's brackets are
        none."""
        from piper.config import PhonemeType

        takes_ipa = self._voice.config.phoneme_type == PhonemeType.ESPEAK
        known = self._voice.config.phoneme_id_map
        parts = []
        for each in script.segments:
            if not each.is_ipa:
                parts.append(each.text.replace("[[", "  ").replace("]]", "  "))
            elif takes_ipa and all(sign in known for sign in each.text):
                parts.append(f"[[{each.text}]]")
            else:
                parts.append(each.word)
        return "".join(parts)


def _timed(model: str) -> str | bytes:
    """The model with the lengths of its phonemes among its outputs, where `onnx` is here to add them."""
    if find_spec("onnx") is None:
        return model
    import onnx
    from piper.patch_voice_with_alignment import add_alignment_output

    graph = onnx.load(model)
    try:
        add_alignment_output(graph)
    except ValueError:  # it has them already, or none that can be told
        return model
    patched: bytes = graph.SerializeToString()
    return patched
