"""The straight way through the house: source → document → script → takes → timeline → release.

    project = open_project(request)     # source, settings, voice, and the book that was published before
    plan = make_plan(project)           # what would be done, and why
    release = run(project, plan)        # do it

`make` does all three, and again if another build of the same book was faster.

A build writes into a folder of its own beside the book, and that folder takes the book's place in one step at the
very end: whatever happens before, the earlier book is whole.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from narrate import work
from narrate.errors import OvertakenError
from narrate.plan import Action, ChapterPlan, Plan, Record
from narrate.planning import make_plan
from narrate.pool import Crew, Inline, workers
from narrate.project import Project, Request, open_project
from narrate.release import Release, ReleaseChapter, book_file_name
from narrate.store import Place, limit_bytes, open_store

if TYPE_CHECKING:
    from narrate.building import Progress

__all__ = ["Project", "Request", "make", "make_plan", "open_project", "run"]

_INLINE_CHARACTERS = 1500
"""A book this short is spoken and encoded before worker processes would have started."""

_SHARED_CHARACTERS = 2_000_000
"""Workers forked from a process that holds a document come to hold a copy of what it touches: of this one 10 MB each,
of one ten times as long 50 MB."""

_BYTES_A_CHARACTER = 3000
_TRIES = 8
"""How often a book is planned anew because others publish it: each of them has then published once."""


def make(prepare: Callable[[Project | None], tuple[Project, Plan]], progress: "Progress") -> tuple[Plan, Release]:
    """Plan by `prepare`, and `run`; anew each time that another build of the same book has published meanwhile.

    `prepare` is given the project of the plan that was overtaken, None at first. What was spoken for that plan is in
    the store, so that little is done twice.
    """
    project, plan = prepare(None)
    for _ in range(_TRIES - 1):
        with suppress(OvertakenError):
            return plan, run(project, plan, progress)
        project, plan = prepare(project)
    return plan, run(project, plan, progress)


def run(project: Project, plan: Plan, progress: "Progress") -> Release:
    """Make the book that `plan` describes.

    Raises SpeechError, AudioError, OutputError; the earlier book is then as it was, and what was spoken is kept.
    Raises OvertakenError when the book is not the one any more that the plan was made with.
    """
    if plan.publish is Action.UP_TO_DATE:
        from narrate.publish.swap import recover

        assert project.record is not None
        recover(project.folder)  # a build that was killed may have left its folder
        return _as_published(project, project.record)
    from narrate.building import Building, build_together  # only loaded where there is something to build

    book = Building(project, plan, Housekeeping(progress, project.request.store))
    with Crew(_executor(project, plan), room=2 * project.request.jobs) as crew:
        (ended,) = build_together(iter([book]), crew)
    open_store(project.request.store).evict(limit_bytes())
    return ended.made()


class Housekeeping:
    """Passes on what a build says of its progress, and looks at the store's size whenever it may have grown by a
    quarter of its limit.

    A take is 16-bit PCM at, say, 22.05 kHz: some 3 KB a character. What is evicted and needed after all is made again.
    """

    def __init__(self, progress: "Progress", store: Place) -> None:
        self.started = progress.started
        self.finished = progress.finished
        self._progress = progress
        self._store = store
        self._limit = limit_bytes()
        self._grown = 0

    def advanced(self, chapter: ChapterPlan, characters: int) -> None:
        """See `Progress.advanced`."""
        self._grown += _BYTES_A_CHARACTER * characters
        if self._grown > self._limit // 4:
            self._grown = 0
            open_store(self._store).evict(self._limit)
        self._progress.advanced(chapter, characters)


def _as_published(project: Project, before: Record) -> Release:
    """The release that is there already, from its record."""
    rate = project.config.mp3.sample_rate
    chapters = tuple(
        ReleaseChapter(
            number=each.number,
            title=each.title,
            file=each.file,
            start=each.start,
            frame_count=each.frame_count,
            sample_rate=rate,
        )
        for each in before.chapters
    )
    book = book_file_name(project.metadata.title)
    formats = {name: each.file for name, each in before.formats.items()}
    return Release(folder=project.folder, metadata=project.metadata, book=book, chapters=chapters, formats=formats)


def _executor(project: Project, plan: Plan) -> Callable[[], Executor]:
    characters = sum(each.characters for each in plan.chapters if each.encodes)
    if project.request.jobs == 1 or characters <= _INLINE_CHARACTERS:
        return Inline
    return partial(workers, project.request.jobs, project.config.speech, apart=_apart(project, plan))


def _apart(project: Project, plan: Plan) -> bool:
    """Whether workers must not be forked from this process: for what runs in it, or for what it holds."""
    door = work.engine(project.config.speech)
    voices = frozenset[str]().union(*(each.voices for each in plan.chapters if each.encodes))
    has_threads = isinstance(project.request.store, str)  # its connections'; beside them nothing should fork
    if has_threads or not all(door.traits(voice).forkable for voice in voices):
        return True
    is_long = sum(each.characters for each in plan.chapters) > _SHARED_CHARACTERS
    # A model is larger than any document: workers that share one are forked however long the book is.
    return not door.serve(voices) and is_long
