"""What runs inside the guarded process of a neural engine: a Script to be read comes in, a Reading goes out as bytes.

A model is loaded once and then reads nothing in the process that loaded it: on Linux every sentence is read in a child
forked from there, so that the model's noise, which begins at its seed, is the same for a sentence whatever was read
before. That works because ONNX Runtime is given one thread and so starts none of its own.
"""

import struct
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol

from narrate.speech.rendering import Rendering, pack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20_000
"""Of the first attempt; the next takes the next."""

_ESTIMATED = struct.Struct("<?")
_PAUSES = {",": 3.0, ";": 4.0, ":": 4.0, "—": 4.0, "…": 5.0, ".": 5.0, "!": 5.0, "?": 5.0, " ": 0.5}
_UNSOUNDED = frozenset("ˈˌːˑ_^$'\"()“”«»¡¿")
"""How long a sign lasts beside a sound's 1, where the model does not say: estimates, of no source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of an utterance: plain words, or IPA for `word`."""

    text: str
    word: str = ""

    @property
    def is_ipa(self) -> bool:
        """Whether `text` is IPA."""
        return bool(self.word)


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What is to be read, by which voice of which model.

    `files` are the model's, `speaker` one of its voices, `language` a BCP 47 tag, `device` "cpu" or "cuda". `speed` is
    1 for the voice's own; `pitch` multiplies its frequencies. `tokens` say (character of the utterance, letters) of
    each word. `attempt` counts from 0.
    """

    files: tuple[str, ...]
    speaker: str
    language: str
    device: str
    segments: tuple[Segment, ...]
    tokens: tuple[tuple[int, float], ...]
    speed: float
    pitch: float
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Voiced:
    """What a model gives: float32 samples, nominally in [-1, 1]; the signs that it read, a space between words, and for
    each how many samples it lasts, where the model says."""

    samples: "NDArray[np.float32]"
    sample_rate: int
    signs: Sequence[str]
    lengths: "Sequence[int] | None"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A rendering, and whether its marks are estimates."""

    rendering: Rendering
    estimated: bool

    @classmethod
    def from_bytes(cls, data: bytes | bytearray) -> "Reading":
        """The inverse of what a NeuralSpeaker answers."""
        (estimated,) = _ESTIMATED.unpack_from(data)
        return cls(rendering=Rendering.from_bytes(data[_ESTIMATED.size :]), estimated=estimated)


class Model(Protocol):
    """One loaded model. Built by `load(files, device, seed)`."""

    def read(self, script: Script, speed: float) -> Voiced:
        """The sound of a script's segments."""


class NeuralSpeaker:
    """Models by their files and device, each loaded when it is first needed."""

    def __init__(self, load: Callable[[tuple[str, ...], str, int], Model]) -> None:
        self._load = load
        self._models: dict[tuple[object, ...], Model] = {}

    def prepare(self, script: Script) -> None:
        """Load what reading `script` takes, for all children of this process. Raises whatever loading raises."""
        import soxr  # noqa: F401

        self._model(script, SEED)

    def __call__(self, script: Script) -> bytes:
        """The Reading of `script`, as bytes."""
        # Another attempt is another seed, and a seed is sown when a model is loaded.
        model = self._model(script, SEED + script.attempt) if script.attempt else self._model(script, SEED)
        voiced = model.read(script, script.speed / script.pitch)
        samples, estimated, marks = voiced.samples, voiced.lengths is None, _marks(voiced, script.tokens)
        if script.pitch != 1.0:
            import soxr

            samples = soxr.resample(samples, voiced.sample_rate * script.pitch, voiced.sample_rate)
        rate = voiced.sample_rate * script.pitch
        placed = [(character, round(1000 * at / rate)) for character, at in marks]
        sound = pack(sample_rate=voiced.sample_rate, pcm=(_whole_numbers(samples),), marks=placed)
        return _ESTIMATED.pack(estimated) + sound

    def _model(self, script: Script, seed: int) -> Model:
        name = (script.files, script.device, seed)
        if name not in self._models:
            self._models[name] = self._load(script.files, script.device, seed)
        return self._models[name]


def session(model: str | bytes, device: str, seed: int) -> Any:
    """An ONNX Runtime session of a file's or a model's bytes, with one thread, whose noise begins at `seed`. Raises
    RuntimeError without CUDA where that is asked for."""
    import onnxruntime

    onnxruntime.set_seed(seed)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # workers share the cores
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    if device == "cuda":
        providers.insert(0, "CUDAExecutionProvider")
    made = onnxruntime.InferenceSession(model, sess_options=options, providers=providers)
    if device == "cuda" and "CUDAExecutionProvider" not in made.get_providers():
        raise RuntimeError("ONNX Runtime found no CUDA device that it can use")
    return made


def _whole_numbers(samples: "NDArray[np.float32]") -> bytes:
    import numpy as np

    return bytes(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16).data)


def _marks(voiced: Voiced, tokens: tuple[tuple[int, float], ...]) -> list[tuple[int, int]]:
    """Where words begin: (character, sample). Words and what the model read are matched one to one where they are as
    many; else ("1984" is read as three words) by their share of the whole, at the nearest beginning of a word."""
    starts = [0, *(index + 1 for index, sign in enumerate(voiced.signs) if sign == " ")]
    starts = [index for index in starts if index < len(voiced.signs) and voiced.signs[index] != " "]
    if not starts or not tokens:
        return []
    edges = _edges(voiced)
    if len(starts) == len(tokens):
        chosen = list(zip((character for character, _ in tokens), starts, strict=True))
    else:
        chosen = _shared_out(tokens, starts, len(voiced.signs))
    return [(character, edges[index]) for character, index in chosen]


def _shared_out(tokens: tuple[tuple[int, float], ...], starts: list[int], count: int) -> list[tuple[int, int]]:
    total = sum(letters for _, letters in tokens) or 1.0
    before = accumulate((letters for _, letters in tokens), initial=0.0)
    found: list[tuple[int, int]] = []
    for (character, _), letters in zip(tokens, before, strict=False):
        wanted = letters / total * count
        at = min(bisect_left(starts, wanted), len(starts) - 1)
        if at and wanted - starts[at - 1] < starts[at] - wanted:
            at -= 1
        if not found or starts[at] > found[-1][1]:  # else it is said in one breath with the word before it
            found.append((character, starts[at]))
    return found


def _edges(voiced: Voiced) -> list[int]:
    """Where each sign begins, in samples."""
    if voiced.lengths is not None:
        return list(accumulate(voiced.lengths, initial=0))
    import numpy as np

    loud = np.flatnonzero(np.abs(voiced.samples) > 0.01 * max(1e-9, float(np.abs(voiced.samples).max(initial=0.0))))
    first, last = (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, len(voiced.samples))
    weights = [0.0 if sign in _UNSOUNDED else _PAUSES.get(sign, 1.0) for sign in voiced.signs]
    while (
        weights and voiced.signs[len(weights) - 1] in _PAUSES
    ):  # what follows the last sound is silence, and is cut off
        weights.pop()
    weights += [0.0] * (len(voiced.signs) - len(weights))
    total = sum(weights) or 1.0
    return [round(first + (last - first) * done / total) for done in accumulate(weights, initial=0.0)]
