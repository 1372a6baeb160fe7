"""Where neural voices speak: an utterance, a model and a delivery in, a checked Take out. In this process nothing of a
model is loaded; a guarded one does that, and a hang or a crash there is another attempt here."""

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from narrate.errors import SpeechError, VoiceError
from narrate.script import PRONOUNCED, plain
from narrate.speech.engine import Delivery
from narrate.speech.guard import ATTEMPTS, AttemptError, Guard, WorkerGuard, insist
from narrate.speech.neural_speaker import NeuralSpeaker, Reading, Script, Segment
from narrate.speech.options import Device
from narrate.speech.rendering import JUDGE_VERSION
from narrate.take import Remarks, Take

OWN_WPM = 175
"""Words a minute at which a neural voice keeps its own tempo: narrate's default rate."""

_SEMITONES = 4.0  # at either end of the scale of pitch
_DEADLINE_S = 60.0
_DEADLINE_S_PER_CHARACTER = 1.0
_TOKEN = re.compile(r"[^\s—–…]+")
_LETTERS_OF_DIGIT = 4.0  # "7" is said with four or five sounds
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A voice inside a model's files."""

    files: tuple[Path, ...]
    speaker: str
    language: str


class Booth:
    """Speaks with the models that `make`, importable by name, can load."""

    def __init__(self, make: Callable[[], NeuralSpeaker], device: Device, guard: Guard | None = None) -> None:
        """Raises VoiceError when CUDA is asked for and ONNX Runtime offers none."""
        self.device = _device(device)
        self._make = make
        self._guard = guard
        self.is_served = guard is None and sys.platform == "linux" and self.device == "cpu"

    def serve(self) -> None:
        """See `ServedEngine.serve`: the fork server of this process is that of all forked from it."""
        with suppress(AttemptError):  # whoever speaks will try again, and tell
            self._at_work()

    def speak(self, spoken: str, part: Part, delivery: Delivery, *, attempt: int) -> Take:
        """See `Engine.speak`."""
        segments = _segments(spoken)
        if not any(each.text.strip() for each in segments):
            raise SpeechError(f"nothing to say in “{spoken[:60]!r}”")
        script = Script(
            files=tuple(map(str, part.files)),
            speaker=part.speaker,
            language=part.language,
            device=self.device,
            segments=segments,
            tokens=tuple((each.start(), _letters(plain(each.group()))) for each in _TOKEN.finditer(spoken)),
            speed=delivery.rate_wpm / OWN_WPM,
            pitch=2.0 ** ((delivery.pitch - 50) / 50 * _SEMITONES / 12),
            attempt=attempt * ATTEMPTS,
        )
        return insist(partial(self._attempt, spoken, [script], delivery), sentence=plain(spoken))

    def _attempt(self, spoken: str, scripts: list[Script], delivery: Delivery) -> Take:
        from narrate.speech.judge import judge

        script = scripts[-1]
        deadline_s = _DEADLINE_S + _DEADLINE_S_PER_CHARACTER * len(spoken)
        reading = Reading.from_bytes(self._at_work().call(script, deadline_s=deadline_s))
        sound = reading.rendering
        try:
            take = judge(
                sound.pcm, sound.marks, sample_rate=sound.sample_rate, spoken=spoken, rate_wpm=delivery.rate_wpm
            )
        except AttemptError:  # the same seed would give the same; after a crash it is the one to try
            scripts.append(replace(script, attempt=script.attempt + 1))
            raise
        return replace(
            take, info=replace(take.info, remarks=Remarks(estimated=reading.estimated or take.info.remarks.estimated))
        )

    def _at_work(self) -> Guard:
        if self._guard is None:
            if self.is_served:
                from narrate.speech.forks import ForkGuard

                self._guard = ForkGuard(self._make)
            else:
                self._guard = WorkerGuard(self._make)
        return self._guard

    def fingerprint(self, package: str, files: str) -> str:
        """Name and version of what decides the samples: the package, ONNX Runtime, the device, the model's files."""
        runtime = "onnxruntime-gpu" if self.device == "cuda" else "onnxruntime"
        parts = (package, version(package), runtime, _version(runtime), files, f"judge {JUDGE_VERSION}")
        return " ".join(parts)


def require(module: str, package: str, extra: str) -> None:
    """Raises VoiceError, with how to install it, when a package is not here. Loads nothing."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise VoiceError(
            f"{extra}: the package {package} is not installed", hint=f'pip install "narrate-road[{extra}]"'
        )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # another build of ONNX Runtime
        return "unknown"


def _device(wanted: Device) -> str:
    if wanted == "cpu":
        return "cpu"
    offered = False
    if wanted == "cuda" or _version("onnxruntime-gpu") != "unknown":
        import onnxruntime

        offered = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if wanted == "cuda" and not offered:
        raise VoiceError("ONNX Runtime offers no CUDA here", hint="pip install onnxruntime-gpu, or --device cpu")
    return "cuda" if offered and (wanted == "cuda" or Path("/dev/nvidia0").exists() or os.name == "nt") else "cpu"


def _segments(spoken: str) -> tuple[Segment, ...]:
    """Plain words and IPA in turn. Phonemes of espeak-ng's own are none that a neural voice knows: there the word."""
    found: list[Segment] = []
    at = 0
    for each in PRONOUNCED.finditer(spoken):
        found.append(Segment(text=_speakable(spoken[at : each.start()])))
        ipa = each[2].strip("/")
        is_ipa = bool(ipa and each[1]) and not each[2].startswith("[[")
        found.append(Segment(text=ipa, word=each[1]) if is_ipa else Segment(text=_speakable(each[1])))
        at = each.end()
    found.append(Segment(text=_speakable(spoken[at:])))
    return tuple(each for each in found if each.text)


def _speakable(text: str) -> str:
    return _UNSPEAKABLE.sub(" ", text)


def _letters(word: str) -> float:
    return sum(_LETTERS_OF_DIGIT if character.isdigit() else 1.0 for character in word if character.isalnum())
