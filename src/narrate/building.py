"""Books that are being made, one or many, on one Crew: so no core is idle at a book's end while another one waits.

In: projects and their plans. Out: each book's release, or the error that it failed of. One thread does all of it; a
book waits, as an object, for what workers answer.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from narrate.plan import ChapterPlan, Plan
from narrate.planning import make_studio
from narrate.pool import Crew, Done
from narrate.project import Project
from narrate.publishing import ReleaseWriter
from narrate.release import Release
from narrate.render import Part, Rendering
from narrate.store import open_store

_MOST_BOOKS = 8
"""Books in memory at a time: enough that some of them always have tasks, few enough to hold their documents."""


class Progress(Protocol):
    """Who hears how far a build is. Called in the building process, often; must be quick and must not raise."""

    def started(self, plan: Plan) -> None:
        """The build begins."""

    def advanced(self, chapter: ChapterPlan, characters: int) -> None:
        """So many more characters of `chapter` were spoken, or encoded with one of its codecs."""

    def finished(self, chapter: ChapterPlan, file: Path) -> None:
        """`file` holds the whole chapter and can be listened to."""


class Building:
    """One book being made, in a `with` block. Do what each `next` part asks for (`work`), tell `done` what came of it,
    and `publish` when it `is_written`.

    `elsewhere`: workers run on other machines, which see the store but none of this one's files. `name` is whatever
    tells the book from others.
    """

    def __init__(
        self, project: Project, plan: Plan, progress: Progress, *, elsewhere: bool = False, name: str = ""
    ) -> None:
        self.name = name
        self.project = project
        self.plan = plan
        self.retries = 0
        self._progress = progress
        self._elsewhere = elsewhere
        self._writer = ReleaseWriter(project, plan)
        self._written = 0
        self._rendering: Rendering

    def open(self, room: int) -> None:
        """Begin, with as many chapters open as `room` tasks want."""
        _try_what_was_brought(self.project, self.plan)
        self._progress.started(self.plan)
        self._writer.__enter__()
        studio = make_studio(self.project, scratch=None if self._elsewhere else self._writer.scratch)
        if self._elsewhere:
            self._bring_recordings(studio.recordings)
        chapters = (
            (each, self.project.script(each.number), self._writer.sink(each))
            for each in self.plan.chapters
            if each.encodes
        )
        self._rendering = Rendering(chapters, studio, room=room)
        self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, value, trace)

    @property
    def is_written(self) -> bool:
        """Whether every chapter has its file."""
        return self._written == len(self.plan.chapters)

    def next(self) -> "tuple[Part, Callable[[Any], Any], Any] | None":
        """The next part, and the function and the task that make it; None when there is none for now."""
        part = self._rendering.next()
        return (part, *self._rendering.work(part)) if part else None

    def done(self, part: Part, result: Any) -> None:
        """Take what a worker answered. Raises NarrateError."""
        chapter, characters = self._rendering.done(part, result)
        self._progress.advanced(chapter, characters)
        self._write()

    def publish(self) -> Release:
        """Let the book take its place. Raises OutputError, OvertakenError."""
        return self._writer.publish()

    def _write(self) -> None:
        """The files of those chapters whose turn it is."""
        while not self.is_written:
            chapter = self.plan.chapters[self._written]
            rendered = self._rendering.finished() if chapter.encodes else None
            if chapter.encodes and rendered is None:
                return
            if chapter.reused:
                file = self._writer.take_over(chapter, chapter.reused)
            else:
                assert rendered is not None
                file = self._writer.add(rendered)
            self._written += 1
            self._progress.finished(chapter, file)

    def _bring_recordings(self, names: tuple[tuple[str, str], ...]) -> None:
        kept = open_store(self.project.request.store)
        for scene, name in names:
            sound = self.project.config.mix.sound(scene)
            if isinstance(sound, Path) and not kept.has("recordings", name):
                kept.put("recordings", name, sound.read_bytes())


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A book whose building has ended: in a `release`, or by an `error`."""

    book: Building
    release: Release | None = None
    error: Exception | None = None

    def made(self) -> Release:
        """The release. Raises the error."""
        if self.error:
            raise self.error
        assert self.release is not None
        return self.release


def _try_what_was_brought(project: Project, plan: Plan) -> None:
    """Let a cover that is no picture, and a recording that is no audio, be found out before anything is spoken."""
    if isinstance(project.metadata.cover, Path):
        from narrate.publish import cover

        cover.check(project.metadata.cover)
    mix = project.config.mix
    heard = {mix.sound(scene) for chapter in plan.chapters if not chapter.reused for scene in chapter.scenes}
    for recording in sorted(sound for sound in heard if isinstance(sound, Path)):
        from narrate.mix.interlude import load_bed

        load_bed(recording, sample_rate=mix.sample_rate)


def build_together(books: Iterator[Building], crew: Crew) -> Iterator[Ended]:
    """Make `books`, each opened when the ones before leave room; yields each as it ends.

    A book that fails takes none with it. Tasks of earlier books go first, so books end about in their order.
    """
    with ExitStack() as stack:
        together = _Together(books, crew, stack)
        while True:
            yield from together.fill()
            if crew.is_idle:
                return
            for done in crew.results():
                yield from together.take(done)


class _Together:
    def __init__(self, books: Iterator[Building], crew: Crew, stack: ExitStack) -> None:
        self._books = books
        self._crew = crew
        self._open: list[Building] = []
        stack.callback(self._close)

    def fill(self) -> Iterator[Ended]:
        """Hand out tasks while there is room, and open books while there are too few."""
        while self._crew.has_room:
            for book in self._open:
                if following := book.next():
                    part, function, task = following
                    self._crew.submit(function, task, tag=(book, part))
                    break
            else:
                if len(self._open) >= _MOST_BOOKS:
                    return
                book_to_open = next(self._books, None)
                if book_to_open is None:
                    return
                self._open.append(book_to_open)
                yield from self._try(book_to_open, lambda book: book.open(self._crew.room))

    def take(self, done: Done) -> Iterator[Ended]:
        """Hand a result to its book, unless that has ended meanwhile."""
        book, part = done.tag
        if book not in self._open:
            return
        book.retries += done.tries - 1

        def tell(book: Building) -> None:
            if done.error:
                raise done.error
            book.done(part, done.result)

        yield from self._try(book, tell)

    def _try(self, book: Building, step: Callable[[Building], None]) -> Iterator[Ended]:
        try:
            step(book)
            if not book.is_written:
                return
            ended = Ended(book=book, release=book.publish())
        except Exception as error:
            ended = Ended(book=book, error=error)
        self._open.remove(book)
        book.__exit__(None, None, None)
        yield ended

    def _close(self) -> None:
        for book in self._open:
            book.__exit__(None, None, None)
