"""The Take: one utterance as an engine spoke it, trimmed, checked and measured.

A take is the unit that the store keeps, so this module also says how one is written down. Nothing here does I/O.
"""

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from narrate.errors import NarrateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

_MAGIC = b"narrate take 1\n"
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
class TakeInfo:
    """All of a take but its samples: enough to lay out a timeline and to find a chapter's gain.

    `block_powers` are the K-weighted mean squares of the take's gating blocks (`mix.loudness.block_powers`).
    """

    frame_count: int
    sample_rate: int
    words: tuple[Word, ...]
    block_powers: tuple[float, ...]


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

    @property
    def words(self) -> "Iterator[Word]":
        """The words, in order."""
        for start, length, spoken_start, spoken_end in _WORD.iter_unpack(self.packed_words):
            yield Word(start=start, length=length, spoken_start=spoken_start, spoken_end=spoken_end)


def measure(info: TakeInfo) -> Measure:
    """`info` without its powers, in 16 bytes a word."""
    words = b"".join(_WORD.pack(w.start, w.length, w.spoken_start, w.spoken_end) for w in info.words)
    return Measure(frame_count=info.frame_count, sample_rate=info.sample_rate, packed_words=words)


def to_bytes(take: Take) -> bytes:
    """A take as the store keeps it: a magic line, the length of a JSON header, the header, 16-bit PCM."""
    import numpy as np

    info = take.info
    header = json.dumps(
        {
            "frames": info.frame_count,
            "rate": info.sample_rate,
            "words": [[w.start, w.length, w.spoken_start, w.spoken_end] for w in info.words],
            "powers": info.block_powers,
        },
        separators=(",", ":"),
    ).encode()
    scaled = take.pcm * np.float32(32768.0)
    np.clip(np.rint(scaled, out=scaled), -32768, 32767, out=scaled)
    return b"".join((_MAGIC, struct.pack("<I", len(header)), header, scaled.astype("<i2").data))


def info_from_bytes(data: bytes) -> TakeInfo:
    """The header of a stored take. Raises NarrateError when `data` is no take of this version."""
    return _parse(data)[0]


def from_bytes(data: bytes) -> Take:
    """A stored take. Raises NarrateError when `data` is no take of this version or is cut short."""
    import numpy as np

    info, at = _parse(data)
    samples = np.frombuffer(data, "<i2", offset=at)
    if len(samples) != info.frame_count:
        raise NarrateError(f"a stored take holds {len(samples)} frames where {info.frame_count} were promised")
    return Take(pcm=full_scale(samples), info=info)


def full_scale(samples: "NDArray[np.int16]") -> "NDArray[np.float32]":
    """16-bit mono samples as PCM: float32 of shape (frames, 1) in [-1, 1), n/32768 exactly."""
    import numpy as np

    pcm = samples.astype(np.float32)
    pcm *= np.float32(1 / 32768)
    return pcm.reshape(-1, 1)


def _parse(data: bytes) -> tuple[TakeInfo, int]:
    if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + 4:
        raise NarrateError("not a stored take")
    start = len(_MAGIC) + 4
    (length,) = struct.unpack_from("<I", data, len(_MAGIC))
    try:
        header = json.loads(data[start : start + length])
        info = TakeInfo(
            frame_count=int(header["frames"]),
            sample_rate=int(header["rate"]),
            words=tuple(Word(start=a, length=b, spoken_start=c, spoken_end=d) for a, b, c, d in header["words"]),
            block_powers=tuple(map(float, header["powers"])),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NarrateError("a stored take has a damaged header") from error
    return info, start + length
