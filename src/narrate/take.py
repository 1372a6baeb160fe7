"""The Take: one utterance as an engine spoke it, trimmed, checked and measured.

A take is the unit that the store keeps, so this module also says how one is written down. Nothing here does I/O.
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from narrate.errors import NarrateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

_MAGIC = b"narrate take 4\n"
_HEAD = struct.Struct("<4I")  # frames, sample rate, bytes of remarks, of packed words
_START = len(_MAGIC) + _HEAD.size
_WORD = struct.Struct("<4I")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How something is spoken: a voice's id, the rate in words a minute (80 to 450), the pitch from 0 to 100.

    Pitch 50 is the voice's own.
    """

    voice: str
    rate_wpm: int = 175
    pitch: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """When a word of the utterance sounds, in frames of the take, and where it stands in `spoken` (characters)."""

    start: int
    length: int
    spoken_start: int
    spoken_end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Remarks:
    """What was noticed of a take when it was made.

    `estimated`: its words were placed by their length, not by the engine. `attempts`: how often it was spoken.
    `doubt`: what is odd about it still, "" for nothing. `word_error_rate`: of what was said, as a speech recogniser
    heard it (0 is as written; None when none listened).
    """

    estimated: bool = False
    attempts: int = 1
    doubt: str = ""
    word_error_rate: float | None = None


_NOTHING = Remarks()


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeInfo:
    """All of a take but its samples: enough to lay out a timeline."""

    frame_count: int
    sample_rate: int
    words: tuple[Word, ...]
    remarks: Remarks = _NOTHING


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Take:
    """One rendered utterance: `pcm` is float32 of shape (frames, 1) in [-1, 1], without leading or trailing silence."""

    pcm: "NDArray[np.float32]"
    info: TakeInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What a worker says of a take that it keeps in the store: its length, and its words in packed form."""

    frame_count: int
    sample_rate: int
    packed_words: bytes
    remarks: Remarks = _NOTHING

    @property
    def words(self) -> "Iterator[Word]":
        """The words, in order."""
        for start, length, spoken_start, spoken_end in _WORD.iter_unpack(self.packed_words):
            yield Word(start=start, length=length, spoken_start=spoken_start, spoken_end=spoken_end)


def measure(info: TakeInfo) -> Measure:
    """`info` in 16 bytes a word."""
    words = b"".join(_WORD.pack(w.start, w.length, w.spoken_start, w.spoken_end) for w in info.words)
    return Measure(frame_count=info.frame_count, sample_rate=info.sample_rate, packed_words=words, remarks=info.remarks)


def to_bytes(take: Take) -> bytes:
    """A take as the store keeps it: a magic line, counts, remarks, packed words, PCM of 16 bits."""
    import numpy as np

    scaled = take.pcm * np.float32(32768.0)
    np.clip(np.rint(scaled, out=scaled), -32768, 32767, out=scaled)
    measured = measure(take.info)
    remarks = _remarks_to_bytes(take.info.remarks)
    head = _HEAD.pack(measured.frame_count, measured.sample_rate, len(remarks), len(measured.packed_words))
    return b"".join((_MAGIC, head, remarks, measured.packed_words, scaled.astype("<i2").data))


def measure_from_bytes(data: bytes) -> Measure:
    """The measure of a stored take. Raises NarrateError when `data` is no take of this version or is cut short."""
    frame_count, sample_rate, remarks_end, words_end = _parse(data)
    return Measure(
        frame_count=frame_count,
        sample_rate=sample_rate,
        packed_words=data[remarks_end:words_end],
        remarks=_remarks_from_bytes(data[_START:remarks_end]),
    )


def samples_from_bytes(data: bytes) -> "tuple[NDArray[np.int16], int]":
    """The samples of a stored take, shape (frames,), and its sample rate. Raises as `measure_from_bytes`."""
    import numpy as np

    _, sample_rate, _, words_end = _parse(data)
    return np.frombuffer(data, "<i2", offset=words_end), sample_rate


def _parse(data: bytes) -> tuple[int, int, int, int]:
    """Frames, sample rate, and where remarks and words end."""
    if not data.startswith(_MAGIC) or len(data) < _START:
        raise NarrateError("not a stored take")
    frame_count, sample_rate, remarks, words = _HEAD.unpack_from(data, len(_MAGIC))
    if len(data) != _START + remarks + words + 2 * frame_count:
        raise NarrateError(f"a stored take has {len(data)} bytes, which do not fit its header")
    return frame_count, sample_rate, _START + remarks, _START + remarks + words


def _remarks_to_bytes(remarks: Remarks) -> bytes:
    return b"" if remarks == _NOTHING else json.dumps(asdict(remarks)).encode()


def _remarks_from_bytes(data: bytes) -> Remarks:
    return Remarks(**json.loads(data)) if data else _NOTHING


def full_scale(samples: "NDArray[np.int16]") -> "NDArray[np.float32]":
    """16-bit mono samples as PCM: float32 of shape (frames, 1) in [-1, 1), n/32768 exactly."""
    import numpy as np

    pcm = samples.astype(np.float32)
    pcm *= np.float32(1 / 32768)
    return pcm.reshape(-1, 1)
