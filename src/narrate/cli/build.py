"""`narrate build`: a document in, a book out."""

from narrate.cli import options
from narrate.cli.output import finish
from narrate.cli.progress import listener


def build(
    source: options.Source,
    out: options.Out = options.DEFAULT_OUT,
    voice: options.Voice = None,
    engine: options.Engine = None,
    device: options.Device = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    language: options.Language = None,
    interlude: options.InterludeFile = None,
    interludes: options.Interludes = None,
    interlude_seconds: options.InterludeSeconds = None,
    scene: options.Scene = None,
    scenes: options.Scenes = None,
    describe: options.Describe = None,
    profile: options.Profile = None,
    formats: options.Formats = None,
    store: options.StoreDir = None,
    jobs: options.Jobs = None,
    reset: options.Reset = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    plain: options.Plain = False,
) -> None:
    """Make the audiobook, or bring it up to date."""
    from narrate import pipeline
    from narrate.plan import Plan

    settings = options.flags(
        source,
        voice=voice,
        engine=engine,
        device=device,
        rate=rate,
        pitch=pitch,
        language=language,
        interlude=interlude,
        interludes=interludes,
        interlude_seconds=interlude_seconds,
        scene=scene,
        scenes=scenes,
        describe=describe,
        profile=profile,
        formats=formats,
    )
    request = options.request(source, out, settings, store, jobs)

    def prepare(before: pipeline.Project | None) -> tuple[pipeline.Project, Plan]:
        project = pipeline.open_project(request, document=before.document if before else None)
        if reset:
            project = project.with_choices(())
        return project, pipeline.make_plan(project)

    progress = listener(quiet=quiet, plain=plain)
    try:
        plan, release = pipeline.make(prepare, progress)
    finally:
        progress.ended()
    finish(release, plan, as_json=json, quiet=quiet)
