"""MP3s of the very frames of a book's chapters: whole chapters, or parts cut out of them, behind a tag of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from narrate.errors import AudioError
from narrate.export.cutting import Slice
from narrate.publish import mp3
from narrate.publish.frames import first_kept, parse_header, split_frames
from narrate.publish.options import Mp3Options


@dataclass(frozen=True, kw_only=True)
class ChapterSound:
    """A chapter's MP3 as narrate makes them. Raises AudioError when it is none (each property)."""

    path: Path

    @cached_property
    def _offsets(self) -> list[int]:
        """Where its MPEG frames begin, the primer's left out, and at last where they end."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise AudioError(f"{self.path}: cannot be read: {error.strerror}") from error
        start = first_kept(data)
        return [each for each in split_frames(data) if each >= start]

    @cached_property
    def options(self) -> Mp3Options:
        """How it is encoded."""
        with self.path.open("rb") as file:
            file.seek(self._offsets[0])
            header = parse_header(file.read(4))
        if header is None:
            raise AudioError(f"{self.path}: is no MP3 of narrate's")
        return Mp3Options(sample_rate=header.sample_rate, bitrate_kbps=header.bitrate_kbps, channels=header.channels)

    @property
    def mpeg_frame_count(self) -> int:
        """How many MPEG frames it has."""
        return len(self._offsets) - 1

    def range(self, first: int, last: int) -> mp3.FileRange:
        """Its frames from `first` up to `last`."""
        return mp3.FileRange(path=self.path, start=self._offsets[first], end=self._offsets[last])


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """An announcement, as MPEG frames."""

    frames: bytes
    mpeg_frame_count: int


def write_piece(
    path: Path, *, tag: bytes, chapters: Sequence[ChapterSound], slices: Sequence[Slice], opening: Spoken | None
) -> None:
    """Write an MP3 of `slices`, behind `opening` if there is one. Raises AudioError, OutputError."""
    parts: list[bytes | mp3.FileRange] = [opening.frames] if opening else []
    parts += [chapters[each.chapter - 1].range(each.first, each.last) for each in slices]
    count = sum(each.last - each.first for each in slices) + (opening.mpeg_frame_count if opening else 0)
    options = chapters[slices[0].chapter - 1].options
    mp3.write_mp3(path, tag=tag, options=options, mpeg_frame_count=count, parts=parts)
