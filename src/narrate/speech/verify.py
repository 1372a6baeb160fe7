"""Takes heard by a speech recogniser that works offline (package sherpa-onnx), and how many words it heard otherwise.

Only where the settings name a model's folder (`[verify] model`). Recognising goes on in a process of its own; where it
fails, a take is simply not verified.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrate.errors import VoiceError
from narrate.speech.guard import AttemptError, Guard, RefusalError, WorkerGuard
from narrate.speech.options import Verify
from narrate.speech.voice_files import digest

if TYPE_CHECKING:
    from narrate.take import Take

PACKAGE = "sherpa-onnx"
SAMPLE_RATE = 16_000
_DEADLINE_S = 60.0
_DEADLINE_S_PER_S = 10.0
_WORD = re.compile(r"[\w’']+")
_KINDS = "encoder, decoder and joiner (transducer), encoder and decoder (Whisper), or one model (NeMo CTC)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hearing:
    """What is to be recognised: mono float32 samples at `sample_rate` as bytes, and in which language."""

    samples: bytes
    sample_rate: int
    language: str


class Listener:
    """Recognises speech. Raises VoiceError when the package or a usable model is not there."""

    def __init__(self, options: Verify, guard: Guard | None = None) -> None:
        self.worst = options.worst
        if guard is None:
            if find_spec("sherpa_onnx") is None:
                hint = 'pip install "narrate-road[verify]", or leave [verify] out'
                raise VoiceError(f"verify: the package {PACKAGE} is not installed", hint=hint)
            files = model_files(Path(options.model))
            heard = f"{PACKAGE} {version(PACKAGE)} {digest(files.values())}"
            guard = WorkerGuard(partial(recogniser, {name: str(path) for name, path in files.items()}))
        else:
            heard = "another"
        self._guard = guard
        self.fingerprint = f"heard by {heard}, at worst {options.worst:g}"

    def word_error_rate(self, take: "Take", words: str, *, language: str) -> float | None:
        """The share of `words` that was heard otherwise, left out or put in; it may exceed 1. None when recognising
        failed, or there are no words."""
        wanted = normalised(words, language)
        if not wanted:
            return None
        hearing = Hearing(
            samples=take.pcm.tobytes(), sample_rate=take.info.sample_rate, language=language.partition("-")[0]
        )
        deadline_s = _DEADLINE_S + _DEADLINE_S_PER_S * take.info.frame_count / take.info.sample_rate
        try:
            heard = self._guard.call(hearing, deadline_s=deadline_s).decode("utf-8", "replace")
        except (AttemptError, RefusalError):
            return None
        return distance(wanted, normalised(heard, language)) / len(wanted)


def model_files(folder: Path) -> dict[str, Path]:
    """The files of a model by what they are. Raises VoiceError when the folder holds none that is understood."""
    hint = f"it must hold tokens.txt and {_KINDS}, as sherpa-onnx's models do"
    try:
        tokens = sorted(folder.glob("*tokens.txt"))
        models = sorted(folder.glob("*.onnx"), key=lambda path: (".int8." not in path.name, path.name))
    except OSError as error:
        raise VoiceError(f"verify: {folder} cannot be read: {error.strerror}", hint=hint) from error
    found = {part: next((path for path in models if part in path.name), None) for part in _PARTS}
    parts = {part: path for part, path in found.items() if path}
    if not tokens or not models or len(parts) == 1 or ("joiner" in parts and len(parts) < len(_PARTS)):
        raise VoiceError(f"verify: no model of speech recognition in {folder}", hint=hint)
    return {"tokens": tokens[0], **(parts or {"model": models[0]})}


_PARTS = ("encoder", "decoder", "joiner")


def normalised(words: str, language: str) -> list[str]:
    """Words to compare: without case, accents of compatibility and punctuation; whole numbers in words."""
    text = unicodedata.normalize("NFKC", words).casefold().replace("’", "'")
    found: list[str] = []
    for word in _WORD.findall(text):
        word = word.strip("'_")
        found += _in_words(int(word), language) if word.isdecimal() and len(word) < 10 else [word] if word else []
    return found


def distance(wanted: list[str], heard: list[str]) -> int:
    """How many words must be put in, left out or changed to make one of the other (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(wanted, start=1):
        before, row = row, [count]
        for index, other in enumerate(heard):
            row.append(min(before[index] + (word != other), before[index + 1] + 1, row[index] + 1))
    return row[-1]


def _in_words(number: int, language: str) -> list[str]:
    from unicode_rbnf import RbnfEngine

    try:
        text = RbnfEngine.for_language(language.partition("-")[0]).format_number(number).text
    except (ValueError, KeyError):
        return [str(number)]
    return _WORD.findall(text.casefold())


# --- what runs in the guarded process


def recogniser(files: dict[str, str]) -> Callable[[Hearing], bytes]:
    """Hears with the model in `files`."""
    made: dict[str, Any] = {}

    def hear(hearing: Hearing) -> bytes:
        import numpy as np

        language = hearing.language if _is_whisper(files) else ""  # another model is one for all
        if language not in made:
            made[language] = _made(files, language)
        stream = made[language].create_stream()
        samples = np.frombuffer(hearing.samples, np.float32)
        if hearing.sample_rate != SAMPLE_RATE:
            import soxr

            samples = soxr.resample(samples, hearing.sample_rate, SAMPLE_RATE)
        stream.accept_waveform(SAMPLE_RATE, samples)
        made[language].decode_stream(stream)
        return str(stream.result.text).encode()

    return hear


def _is_whisper(files: dict[str, str]) -> bool:
    return "encoder" in files and "joiner" not in files


def _made(files: dict[str, str], language: str) -> Any:
    from sherpa_onnx import OfflineRecognizer

    if "joiner" in files:
        return OfflineRecognizer.from_transducer(**files, num_threads=1, model_type="")
    if _is_whisper(files):
        return OfflineRecognizer.from_whisper(**files, language=language, task="transcribe", num_threads=1)
    return OfflineRecognizer.from_nemo_ctc(**files, num_threads=1)
