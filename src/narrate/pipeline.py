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
from pathlib import Path
from typing import Protocol

from narrate import work
from narrate.errors import OvertakenError
from narrate.plan import Action, ChapterPlan, Plan, Record
from narrate.planning import make_plan, make_studio
from narrate.pool import Crew, Inline, workers
from narrate.project import Project, Request, open_project
from narrate.release import Release, ReleaseChapter, book_file_name
from narrate.render import render
from narrate.store import Store, limit_bytes

__all__ = ["Progress", "Project", "Request", "make", "make_plan", "open_project", "run"]

_INLINE_CHARACTERS = 1500
"""A book this short is spoken and encoded before worker processes would have started."""

_SHARED_CHARACTERS = 2_000_000
"""Workers forked from a process that holds a document come to hold a copy of what it touches: of this one 10 MB each,
of one ten times as long 50 MB."""

_BYTES_A_CHARACTER = 3000
_TRIES = 8
"""How often a book is planned anew because others publish it: each of them has then published once."""


class Progress(Protocol):
    """Who hears how far a build is. Called in the building process, often; must be quick and must not raise."""

    def started(self, plan: Plan) -> None:
        """The build begins."""

    def advanced(self, chapter: ChapterPlan, characters: int) -> None:
        """So many more characters of `chapter` were spoken, or encoded: each counts twice."""

    def finished(self, chapter: ChapterPlan, file: Path) -> None:
        """`file` holds the whole chapter and can be listened to."""


def make(prepare: Callable[[Project | None], tuple[Project, Plan]], progress: Progress) -> tuple[Plan, Release]:
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


def run(project: Project, plan: Plan, progress: Progress) -> Release:
    """Make the book that `plan` describes.

    Raises SpeechError, AudioError, OutputError; the earlier book is then as it was, and what was spoken is kept.
    Raises OvertakenError when the book is not the one any more that the plan was made with.
    """
    if plan.publish is Action.UP_TO_DATE:
        from narrate.publish.swap import recover

        assert project.record is not None
        recover(project.folder)  # a build that was killed may have left its folder
        return _as_published(project, project.record)
    from narrate.publishing import ReleaseWriter  # what publishes is only loaded where there is something to publish

    _try_what_was_brought(project, plan)
    progress.started(plan)
    with ReleaseWriter(project, plan) as writer, Crew(_executor(project, plan), room=2 * project.request.jobs) as crew:
        studio = make_studio(project, scratch=writer.scratch)
        to_render = ((each, project.script(each.number), writer.sink(each)) for each in plan.chapters if each.encodes)
        rendered = render(to_render, crew, studio, _housekeeping(project, progress))
        for chapter in plan.chapters:
            made = next(rendered) if chapter.encodes else None
            if chapter.reused:
                file = writer.take_over(chapter, chapter.reused)
            else:
                assert made is not None
                file = writer.add(made)
            progress.finished(chapter, file)
        release = writer.publish()
    Store(project.request.store).evict(limit_bytes())
    return release


def _housekeeping(project: Project, progress: Progress) -> Callable[[ChapterPlan, int], None]:
    """`progress.advanced`, and a look at the store's size whenever it may have grown by a quarter of its limit.

    A take is 16-bit PCM at, say, 22.05 kHz: some 3 KB a character. What is evicted and needed after all is made again.
    """
    most = limit_bytes()
    grown = 0

    def advanced(chapter: ChapterPlan, characters: int) -> None:
        nonlocal grown
        grown += _BYTES_A_CHARACTER * characters
        if grown > most // 4:
            grown = 0
            Store(project.request.store).evict(most)
        progress.advanced(chapter, characters)

    return advanced


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
    long = sum(each.characters for each in plan.chapters) > _SHARED_CHARACTERS
    door = work.engine(project.config.speech)
    forkable = all(door.traits(voice).forkable for each in plan.chapters for voice in each.voices)
    return partial(workers, project.request.jobs, project.config.speech, apart=long or not forkable)
