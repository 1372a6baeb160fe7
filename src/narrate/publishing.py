"""The release as it is being written: chapter files, timeline, whole book, manifest, cover, record.

All of it goes into a folder beside the book's own, and takes its place in `publish`, in one step. Chapters that are
taken over from the earlier release are linked, not copied, where nothing in their file changes; all of them at the very
start, so that another build of the same book may publish meanwhile.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from narrate import record
from narrate.editions import Editions
from narrate.plan import ChapterPlan, ChapterRecord, Plan, Record
from narrate.project import Project
from narrate.publish import mp3
from narrate.publish.files import link_or_copy, output_error, whole_file
from narrate.publish.formats import MP3
from narrate.publish.manifest import write_publication
from narrate.publish.swap import Staging, overtaken
from narrate.publish.timeline import CueRange, TimelineWriter, read_cues
from narrate.publish.transcript import heard_cue
from narrate.release import (
    CHAPTERS_FOLDER,
    COVER_FILE,
    MANIFEST_FILE,
    SAMPLE_FILE,
    TIMELINE_FILE,
    Release,
    ReleaseChapter,
    book_file_name,
    chapter_file_name,
)
from narrate.render import Rendered, Sink
from narrate.script import Cue, Interlude, Utterance, plain
from narrate.timeline import cue_id, published, shifted
from narrate.units import milliseconds

if TYPE_CHECKING:
    from narrate.publish import id3


class ReleaseWriter:
    """Writes one release in a `with` block: chapters in order, then `publish`. Without that, nothing of it remains."""

    def __init__(self, project: Project, plan: Plan) -> None:
        self._project = project
        self._plan = plan
        self._options = project.config.mp3
        self._chapters: list[ReleaseChapter] = []
        self._records: list[ChapterRecord] = []
        self._spools: dict[int, BinaryIO] = {}
        self._frame_count = 0
        self._open = ExitStack()
        self._lines: list[id3.Line] = []
        self._editions: Editions

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._staging = stack.enter_context(Staging(self._project.folder))
            self._folder = self._staging.folder
            (self._folder / CHAPTERS_FOLDER).mkdir()
            self.scratch.mkdir()
            self._editions = Editions(self._plan.formats, scratch=self.scratch, earlier=self._project.folder)
            stack.callback(self._editions.close)
            self._pin()
            self._timeline = stack.enter_context(TimelineWriter(self._folder / TIMELINE_FILE))
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for spool in self._spools.values():
            spool.close()
        self._open.__exit__(kind, value, trace)

    @property
    def scratch(self) -> Path:
        """A folder for what encoders write meanwhile; it goes with the build, however that ends."""
        return self._folder / ".scratch"

    def _pin(self) -> None:
        """Link what is taken over from the earlier release, before another one can take its place."""
        reused = [each for each in self._plan.chapters if each.reused]
        if not reused:
            return
        earlier = self._project.folder
        try:
            link_or_copy(earlier / TIMELINE_FILE, self.scratch / TIMELINE_FILE)
            for plan in reused:
                assert plan.reused
                link_or_copy(earlier / plan.reused.file, self._pinned(plan))
            self._editions.pin()
        except FileNotFoundError as error:
            raise overtaken(earlier) from error
        except OSError as error:
            raise output_error(error, earlier) from error
        if not self._is_still_there():
            raise overtaken(earlier)

    def _pinned(self, plan: ChapterPlan) -> Path:
        return self.scratch / f"{plan.number}.mp3"

    def _is_still_there(self) -> bool:
        return record.read(self._project.folder) == self._project.record

    def sink(self, chapter: ChapterPlan) -> Sink:
        """Where the chapter's stretches go, in order, as they are encoded: MPEG frames, and other codecs' packets."""
        path = self._folder / f".{chapter.number}.frames"

        def write(codec: str, data: bytes) -> None:
            if codec != MP3:
                self._editions.take(chapter.number, codec, data)
                return
            try:
                spool = self._spools.get(chapter.number)
                if spool is None:
                    spool = self._spools[chapter.number] = path.open("w+b")
                spool.write(data)
            except OSError as error:
                raise output_error(error, path) from error

        return write

    def add(self, rendered: Rendered) -> Path:
        """The next chapter, whose frames its sink has; returns its file."""
        timeline, plan = rendered.timeline, rendered.plan
        chapter = self._release_chapter(plan, timeline.frame_count)
        spool = self._spools.pop(plan.number)
        path = Path(spool.name)
        try:
            spool.close()
            size = path.stat().st_size
        except OSError as error:
            raise output_error(error, path) from error
        tag = self._tag(chapter, [(_shown(each.cue), each.start) for each in timeline.placed])
        self._write_chapter(chapter, tag, mp3.FileRange(path=path, start=0, end=size))
        path.unlink()
        cues = self._timeline.chapter(_head(chapter), published(timeline, number=plan.number, offset=chapter.start))
        return self._keep(plan, chapter, tag, size, cues)

    def take_over(self, plan: ChapterPlan, before: ChapterRecord) -> Path:
        """The next chapter, as it was published; returns its file."""
        chapter = self._release_chapter(plan, before.frame_count)
        old = self._pinned(plan)
        old_timeline = self.scratch / TIMELINE_FILE
        old_cues = CueRange(start=before.cues_start, end=before.cues_end)
        tag = self._tag(chapter, list(self._published_lines(before, old_timeline, old_cues)))
        if _digest(tag) == before.tag_key:
            old.rename(self._folder / chapter.file)
        else:
            size = old.stat().st_size
            self._write_chapter(chapter, tag, mp3.FileRange(path=old, start=size - before.audio_bytes, end=size))
        in_place = (before.number, before.start, before.place_key) == (plan.number, chapter.start, plan.place_key)
        if in_place:
            cues = self._timeline.copied(_head(chapter), old_timeline, old_cues)
        else:
            cues = self._timeline.chapter(_head(chapter), self._moved(plan, before, chapter, old_timeline, old_cues))
        return self._keep(plan, chapter, tag, before.audio_bytes, cues)

    def publish(self) -> Release:
        """Write what remains, and put the release in its place. Raises OutputError; the earlier book is then whole."""
        from narrate.publish import id3

        self._timeline.close()
        book = book_file_name(self._project.metadata.title)
        release = Release(
            folder=self._project.folder,
            metadata=self._project.metadata,
            book=book,
            chapters=tuple(self._chapters),
            warnings=self._plan.warnings,
            account=self._plan.account,
        )
        tag = id3.book_tag(release.metadata, release.chapters, cover=self._cover, lines=self._lines)
        parts = [self._frames_of(each) for each in self._records]
        mp3.write_mp3(
            self._folder / book,
            tag=tag,
            options=self._options,
            mpeg_frame_count=release.frame_count // self._options.samples_per_mpeg_frame,
            parts=parts,
        )
        sample = self._sample() if self._project.config.mix.profile.sample else ""
        written = self._editions.write(release, self._folder, self._cover)
        release = replace(release, sample=sample, formats={name: each.file for name, each in written.records.items()})
        shutil.rmtree(self.scratch)
        write_publication(self._folder / MANIFEST_FILE, release)
        names = [*self._published_names(book), *written.files, *([sample] if sample else ())]
        files = {name: (self._folder / name).stat().st_size for name in names}
        kept = Record(
            book_key=self._plan.book_key,
            flags=self._project.request.flags,
            defaults=self._project.request.defaults,
            choices=self._plan.choices,
            chapters=tuple(self._records),
            files=files,
            formats=written.records,
        )
        self._write(record.FILE, record.to_json(kept).encode())
        before = self._project.record
        ours = frozenset({record.FILE, *(before.files if before else ())})
        self._staging.publish(replaces=ours, still=self._is_still_there)
        return release

    def _sample(self) -> str:
        """Write the retail sample, which begins where the book itself does, behind its credits; returns its file."""
        from narrate.publish import id3
        from narrate.publish.sample import LONGEST_S, first_frames, sample_end

        credits = self._project.config.mix.profile.credits
        told = list(zip(self._records, self._chapters, strict=True))[credits : len(self._chapters) - credits]
        begins_s = told[0][1].start_s
        length_s = told[-1][1].start_s + told[-1][1].duration_s - begins_s
        read = (heard_cue(entry) for each, _ in told for entry in self._written_cues(each))
        pauses = ((each.start_s - begins_s, each.duration_s) for each in read if each.kind == "pause")
        count = int(sample_end(pauses, length_s) * self._options.sample_rate) // self._options.samples_per_mpeg_frame
        parts, left = [], count
        for each, chapter in told:
            if left > 0:
                data = mp3.read_range(self._frames_of(each), most=round(LONGEST_S * self._options.bitrate_kbps * 126))
                parts.append(first_frames(data, left))
                left -= chapter.frame_count // self._options.samples_per_mpeg_frame
        path = self._folder / SAMPLE_FILE
        path.parent.mkdir()
        piece = replace(told[0][1], number=1, title=self._project.metadata.title, file=SAMPLE_FILE)
        tag = id3.chapter_tag(self._project.metadata, piece, total=1, cover=self._cover, comment="Retail sample")
        mp3.write_mp3(path, tag=tag, options=self._options, mpeg_frame_count=count, parts=parts)
        return SAMPLE_FILE

    def _written_cues(self, chapter: ChapterRecord) -> Iterator[dict[str, object]]:
        written = CueRange(start=chapter.cues_start, end=chapter.cues_end)
        return read_cues(self._folder / TIMELINE_FILE, written)

    def _published_names(self, book: str) -> list[str]:
        return [book, *(each.file for each in self._chapters), COVER_FILE, MANIFEST_FILE, TIMELINE_FILE]

    def _release_chapter(self, plan: ChapterPlan, frame_count: int) -> ReleaseChapter:
        name = chapter_file_name(plan.number, len(self._plan.chapters), plan.title)
        return ReleaseChapter(
            number=plan.number,
            title=plan.title,
            file=f"{CHAPTERS_FOLDER}/{name}",
            start=self._frame_count,
            frame_count=frame_count,
            sample_rate=self._options.sample_rate,
        )

    def _keep(self, plan: ChapterPlan, chapter: ReleaseChapter, tag: bytes, audio_bytes: int, cues: CueRange) -> Path:
        self._chapters.append(chapter)
        self._records.append(
            ChapterRecord(
                number=plan.number,
                title=plan.title,
                file=chapter.file,
                audio_key=plan.audio_key,
                text_key=plan.text_key,
                place_key=plan.place_key,
                tag_key=_digest(tag),
                ingredients=plan.ingredients,
                start=chapter.start,
                frame_count=chapter.frame_count,
                audio_bytes=audio_bytes,
                cues_start=cues.start,
                cues_end=cues.end,
            )
        )
        self._editions.add(plan, start=chapter.start, frame_count=chapter.frame_count, before=plan.reused)
        self._frame_count += chapter.frame_count
        return self._folder / chapter.file

    @cached_property
    def _cover(self) -> bytes:
        # Drawn, and what draws it loaded, when the first chapter needs it: the workers are busy by then.
        from narrate.publish.cover import cover_jpeg

        cover = cover_jpeg(self._project.metadata)
        self._write(COVER_FILE, cover)
        return cover

    def _tag(self, chapter: ReleaseChapter, heard: list[tuple[str, int]]) -> bytes:
        """The chapter's tag, and its share of the book's: `heard` are texts and where they begin in it, in frames."""
        from narrate.publish import id3

        def lines(offset: int) -> list["id3.Line"]:
            rate = chapter.sample_rate
            return [id3.Line(text=text, start_ms=milliseconds(at + offset, rate)) for text, at in heard if text]

        self._lines += lines(chapter.start)
        total = len(self._plan.chapters)
        return id3.chapter_tag(self._project.metadata, chapter, total=total, cover=self._cover, lines=lines(0))

    def _published_lines(self, before: ChapterRecord, timeline: Path, cues: CueRange) -> Iterator[tuple[str, int]]:
        for entry in read_cues(timeline, cues):
            cue = heard_cue(entry)
            yield cue.shown, round(cue.start_s * self._options.sample_rate) - before.start

    def _write_chapter(self, chapter: ReleaseChapter, tag: bytes, frames: mp3.FileRange) -> None:
        count = chapter.frame_count // self._options.samples_per_mpeg_frame
        path = self._folder / chapter.file
        mp3.write_mp3(path, tag=tag, options=self._options, mpeg_frame_count=count, parts=[frames])

    def _frames_of(self, chapter: ChapterRecord) -> mp3.FileRange:
        path = self._folder / chapter.file
        size = path.stat().st_size
        return mp3.FileRange(path=path, start=size - chapter.audio_bytes, end=size)

    def _moved(
        self, plan: ChapterPlan, before: ChapterRecord, chapter: ReleaseChapter, path: Path, cues: CueRange
    ) -> Iterator[dict[str, object]]:
        """The chapter's earlier cues at their new place. Where its source has changed since (a regenerated book keeps
        such chapters), the lines stay those of the text that was spoken."""
        same_text = (before.text_key, before.audio_key) == (plan.text_key, plan.audio_key)
        script = self._project.script(plan.number).cues if same_text and plan.place_key != before.place_key else ()
        for index, entry in enumerate(read_cues(path, cues)):
            yield shifted(
                entry,
                script[index] if script else None,
                new_id=cue_id(plan.number, index + 1),
                by_frames=chapter.start - before.start,
                sample_rate=chapter.sample_rate,
            )

    def _write(self, name: str, data: bytes) -> None:
        with whole_file(self._folder / name) as file:
            file.write(data)


def _shown(cue: Cue) -> str:
    """What is to be read of a cue, as `HeardCue.shown` has it; "" for a pause."""
    match cue:
        case Utterance():
            return cue.text if cue.text.strip() else plain(cue.spoken)
        case Interlude():
            return cue.caption
    return ""


def _head(chapter: ReleaseChapter) -> dict[str, object]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "file": chapter.file,
        "start_s": chapter.start_s,
        "duration_s": chapter.duration_s,
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
