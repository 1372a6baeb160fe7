"""`narrate regenerate`: speak some chapters afresh, leave the others as they are to the byte."""

from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.output import finish
from narrate.cli.progress import listener

Chapters = Annotated[
    list[str], typer.Argument(metavar="N…", help="Chapters: a number, a range (2-4) or a title.", show_default=False)
]


def regenerate(
    source: options.Source,
    chapters: Chapters,
    out: options.Out = options.DEFAULT_OUT,
    voice: options.Voice = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    store: options.StoreDir = None,
    jobs: options.Jobs = None,
    reset: options.Reset = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    plain: options.Plain = False,
) -> None:
    """Speak chapters afresh, with another voice or rate if you like; later builds keep what you chose."""
    from narrate import config, pipeline, work
    from narrate.choosing import choose, find_chapters
    from narrate.plan import Choice, Plan

    request = options.request(source, out, {}, store, jobs)
    config.check(options.flags(source, voice=voice, rate=rate, pitch=pitch), where="command line", folder=source.parent)

    def prepare(before: pipeline.Project | None) -> tuple[pipeline.Project, Plan]:
        # The other chapters were built with the flags of then; the one spoken afresh should sound like them.
        project = pipeline.open_project(request, as_built=True, document=before.document if before else None)
        voice_id = work.engine(project.config.speech).resolve(voice, project.metadata.language).id if voice else None
        numbers = find_chapters(chapters, project.document.chapters, source=source)
        choice = Choice(voice=voice_id, rate_wpm=rate, pitch=pitch)
        project = project.with_choices(choose(project, numbers, choice, reset=reset))
        return project, pipeline.make_plan(project, only=numbers)

    progress = listener(quiet=quiet, plain=plain)
    try:
        plan, release = pipeline.make(prepare, progress)
    finally:
        progress.ended()
    finish(release, plan, as_json=json, quiet=quiet)
