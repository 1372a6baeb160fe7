"""Packets of encoded sound, stretch after stretch, laid on one grid: what AAC, Opus and FLAC files are written from.

A stretch is kept in the store as `Packets`; a chapter's are gathered in a `PacketSpool`; `joined` gives the book's.
Only spools touch files. Positions and lengths are in frames at 44.1 kHz; `codecs` says how packets lie on them.
"""

import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from narrate.errors import AudioError
from narrate.publish.files import output_error

T = TypeVar("T")

_MAGIC = b"narrate packets 1\n"
_HEAD = struct.Struct("<QI")
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Packets:
    """The packets of a stretch of `frame_count` frames back to back in `data`; their sizes in bytes."""

    frame_count: int
    sizes: "array[int]"
    data: bytes

    def to_bytes(self) -> bytes:
        """As the store keeps them."""
        return b"".join((_MAGIC, _HEAD.pack(self.frame_count, len(self.sizes)), _little(self.sizes), self.data))

    @staticmethod
    def from_bytes(data: bytes) -> "Packets":
        """What `to_bytes` wrote. Raises AudioError when it is something else."""
        at = len(_MAGIC) + _HEAD.size
        if not data.startswith(_MAGIC) or len(data) < at:
            raise AudioError("not a stored stretch of packets")
        frame_count, count = _HEAD.unpack_from(data, len(_MAGIC))
        sizes = array("I", struct.unpack_from(f"<{count}I", data, at))
        rest = data[at + 4 * count :]
        if sum(sizes) != len(rest):
            raise AudioError("a stored stretch of packets is cut short")
        return Packets(frame_count=frame_count, sizes=sizes, data=rest)


@dataclass(frozen=True, kw_only=True, slots=True)
class PacketRange:
    """Packets back to back in a file, from byte `start` on."""

    path: Path
    start: int
    sizes: "array[int]"

    def part(self, first: int, count: int) -> "PacketRange":
        """`count` of them from `first` on. Raises AudioError when there are fewer."""
        if first + count > len(self.sizes):
            raise AudioError(f"{self.path}: has {len(self.sizes)} packets, not {first + count}")
        start = self.start + sum(self.sizes[:first])
        return PacketRange(path=self.path, start=start, sizes=self.sizes[first : first + count])

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb", buffering=_BLOCK) as file:
            file.seek(self.start)
            for size in self.sizes:
                packet = file.read(size)
                if len(packet) < size:
                    raise AudioError(f"{self.path}: ends too early")
                yield packet


class PacketSpool:
    """Gathers a chapter's stretches in `path`, each at the packet nearest to its start, with `silence` in the gaps of
    one packet that rounding leaves. `place` is the codec's (`Codec.place`). Raises OutputError when the disk does."""

    def __init__(self, path: Path, place: Callable[[int], int], silence: bytes) -> None:
        self._path = path
        self._place = place
        self._silence = silence
        self._sizes = array("I")
        self._frame_count = 0
        self._file: BinaryIO = self._guarded(lambda: path.open("wb"))

    def add(self, stretch: Packets) -> None:
        """The next stretch."""
        self._fill(self._place(self._frame_count))
        self._guarded(lambda: self._file.write(stretch.data))
        self._sizes.extend(stretch.sizes)
        self._frame_count += stretch.frame_count

    def finish(self, packet_count: int) -> PacketRange:
        """The chapter as exactly `packet_count` packets, the last ones silence."""
        self._fill(packet_count)
        self.close()
        return PacketRange(path=self._path, start=0, sizes=self._sizes[:packet_count])

    def close(self) -> None:
        """Close the file, finished or not."""
        self._guarded(self._file.close)

    def _fill(self, packet_count: int) -> None:
        while len(self._sizes) < packet_count:
            self._guarded(lambda: self._file.write(self._silence))
            self._sizes.append(len(self._silence))

    def _guarded(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except OSError as error:
            raise output_error(error, self._path) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterPackets:
    """A chapter's packets, and where it lies in the book, in frames."""

    packets: PacketRange
    start: int
    frame_count: int


def joined(chapters: Sequence[ChapterPackets], place: Callable[[int], int], silence: bytes) -> Iterator[bytes]:
    """The book's packets, every chapter at the one nearest to its start."""
    for chapter in chapters:
        yield from chapter.packets
        room = place(chapter.start + chapter.frame_count) - place(chapter.start)
        for _ in range(room - len(chapter.packets.sizes)):
            yield silence


def _little(sizes: "array[int]") -> bytes:
    return struct.pack(f"<{len(sizes)}I", *sizes)
