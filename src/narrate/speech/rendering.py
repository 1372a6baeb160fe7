"""What goes into the guarded process that speaks, and what comes out of it: a Request, and a Rendering as bytes."""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from narrate.speech.engine import Voice

JUDGE_VERSION = 1
"""Raise when `judge` makes another take of the same rendering. Here, because `judge` itself loads numpy."""

_HEADER = struct.Struct("<II")
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One utterance to be spoken: `text` as `sayable` made it, and the delivery by the engine's own names.

    `phonemes`: what `text` has between [[ and ]] is to be obeyed.
    """

    text: str
    voice: str
    rate_wpm: int
    pitch: int
    phonemes: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendering:
    """Raw sound, neither trimmed nor judged.

    `pcm` is 16-bit mono in this machine's byte order; `marks` say (character of the request's text, counted from 0;
    milliseconds from the start of the sound) where the engine began a word.
    """

    sample_rate: int
    pcm: bytes | bytearray | memoryview
    marks: tuple[tuple[int, int], ...]

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> "Rendering":
        """The inverse of `packed`. Raises struct.error for bytes that are cut short."""
        sample_rate, count = _HEADER.unpack_from(data)
        start = _HEADER.size + 8 * count
        flat = struct.unpack(f"<{2 * count}i", data[_HEADER.size : start])
        marks = tuple(zip(flat[::2], flat[1::2], strict=True))
        return cls(sample_rate=sample_rate, pcm=memoryview(data)[start:], marks=marks)


def packed(*, sample_rate: int, pcm: Iterable[bytes], marks: Sequence[tuple[int, int]]) -> list[bytes]:
    """A rendering as it crosses to the parent process on the same machine, its sound in pieces: to be joined."""
    flat = [number for mark in marks for number in mark]
    return [_HEADER.pack(sample_rate, len(marks)), struct.pack(f"<{len(flat)}i", *flat), *pcm]


def pack(*, sample_rate: int, pcm: Iterable[bytes], marks: Sequence[tuple[int, int]]) -> bytes:
    """The same in one piece."""
    return b"".join(packed(sample_rate=sample_rate, pcm=pcm, marks=marks))


def strung(renderings: Iterable[list[bytes]]) -> bytes:
    """Several renderings, each as `packed`, as one answer."""
    return b"".join(piece for each in renderings for piece in (_LENGTH.pack(sum(map(len, each))), *each))


def unstrung(data: bytes | bytearray) -> Iterator[Rendering]:
    """The inverse of `strung`. Raises struct.error for bytes that are cut short."""
    at, whole = 0, memoryview(data)
    while at < len(whole):
        (length,) = _LENGTH.unpack_from(whole, at)
        at += _LENGTH.size
        yield Rendering.from_bytes(whole[at : at + length])
        at += length


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What a speaker can do: its fingerprint, its voices, and the variants (name, gender) each voice can take on."""

    fingerprint: str
    voices: tuple[Voice, ...]
    variants: tuple[tuple[str, str], ...] = ()

    def to_bytes(self) -> bytes:
        """The description as it crosses to the parent process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray) -> "Description":
        """The inverse of `to_bytes`."""
        fields = json.loads(data)
        return cls(
            fingerprint=fields["fingerprint"],
            voices=tuple(Voice(**voice) for voice in fields["voices"]),
            variants=tuple((name, gender) for name, gender in fields["variants"]),
        )
