"""The book in its formats beside MP3: sound gathered chapter by chapter, files written when the release is whole.

In: what was encoded, in order, and the formats of the earlier release. Out: a file a format in the release's folder.
Writes into the build's scratch folder and, at the end, beside the MP3s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from narrate.plan import ChapterPlan, ChapterRecord, FormatPlan, FormatRecord
from narrate.publish.codecs import CODECS, Codec, earlier_packets, silence
from narrate.publish.edition import Edition
from narrate.publish.files import link_or_copy, output_error
from narrate.publish.formats import FORMATS
from narrate.publish.packets import ChapterPackets, PacketRange, Packets, PacketSpool
from narrate.release import Release, book_file_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What was written of the formats: a record of each, and the names of all files."""

    records: Mapping[str, FormatRecord]
    files: tuple[str, ...]


class Editions:
    """Gathers what `formats` need of every chapter, in order: `take` while it is encoded, `add` when it is whole, then
    `write`. `scratch` is a folder that goes with the build; `earlier` the folder of the release before this one."""

    def __init__(self, formats: tuple[FormatPlan, ...], *, scratch: Path, earlier: Path) -> None:
        self._formats = formats
        self._scratch = scratch
        self._earlier = earlier
        self._sound: dict[str, list[ChapterPackets]] = {each.codec: [] for each in formats if each.codec}
        self._spools: dict[tuple[int, str], PacketSpool] = {}
        self._opened: dict[str, PacketRange] = {}

    def pin(self) -> None:
        """Link what is taken over, before another release can take its place. Raises FileNotFoundError, OSError."""
        for each in self._reused.values():
            link_or_copy(self._earlier / each.file, self._pinned(each))

    def take(self, number: int, codec: str, stretch: bytes) -> None:
        """The next stretch of chapter `number`, as the store keeps it."""
        spool = self._spools.get((number, codec))
        if spool is None:
            spool = PacketSpool(self._scratch / f"{number}.{codec}", CODECS[codec].place, silence(CODECS[codec]))
            self._spools[number, codec] = spool
        spool.add(Packets.from_bytes(stretch))

    def add(self, plan: ChapterPlan, *, start: int, frame_count: int, before: ChapterRecord | None) -> None:
        """The next chapter, which lies `start` frames from the start of the book; `before` is the published one that
        it is taken from, where it was not encoded."""
        for name, chapters in self._sound.items():
            codec = CODECS[name]
            count = frame_count // codec.packet_frames
            if name in plan.encodes:
                packets = self._spools.pop((plan.number, name)).finish(count)
            else:
                assert before is not None
                packets = self._published(codec).part(codec.place(before.start), count)
            chapters.append(ChapterPackets(packets=packets, start=start, frame_count=frame_count))

    def write(self, release: Release, folder: Path, cover: bytes) -> Written:
        """Write every format's file. Raises AudioError, OutputError."""
        records, files = {}, []
        for each in self._formats:
            kind = FORMATS[each.name]
            edition = Edition(
                release=release,
                folder=folder,
                cover=cover,
                scratch=self._scratch,
                sound=tuple(self._sound.get(each.codec, ())),
            )
            name = book_file_name(release.metadata.title, kind.extension)
            files += kind.write(folder / name, edition)
            records[each.name] = FormatRecord(file=name, codec_key=each.codec_key)
        return Written(records=records, files=tuple(files))

    def close(self) -> None:
        """Close what is open; for a build that ends early."""
        for spool in self._spools.values():
            spool.close()

    @cached_property
    def _reused(self) -> dict[str, FormatRecord]:
        return {each.codec: each.reused for each in self._formats if each.codec and each.reused}

    def _pinned(self, record: FormatRecord) -> Path:
        return self._scratch / f"earlier{Path(record.file).suffix}"

    def _published(self, codec: Codec) -> PacketRange:
        if codec.name not in self._opened:
            record = self._reused[codec.name]
            try:
                self._opened[codec.name] = earlier_packets(self._pinned(record), codec, self._scratch)
            except OSError as error:
                raise output_error(error, self._scratch) from error
        return self._opened[codec.name]
