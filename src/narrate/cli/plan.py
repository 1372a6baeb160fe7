"""`narrate plan`: what a build would do, and why, without speaking."""

from typing import TYPE_CHECKING

from narrate.cli import options
from narrate.cli.coverage import print_coverage
from narrate.cli.output import print_json, shortened, table
from narrate.cli.streams import printable
from narrate.units import clock

if TYPE_CHECKING:
    from narrate.plan import ChapterPlan, FormatPlan, Plan
    from narrate.project import Project


def plan(
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
    coverage: options.Coverage = False,
    json: options.Json = False,
) -> None:
    """Show the chapters, how long they will be, and what a build would do and why; or what becomes of every block."""
    from narrate import pipeline
    from narrate.inspection.review import review
    from narrate.planning import takes_to_speak

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
    project = pipeline.open_project(options.request(source, out, settings, store))
    planned = pipeline.make_plan(project)
    if coverage:
        print_coverage(planned.account, planned.warnings, json=json)
        return
    warnings = (*planned.warnings, *review(project.folder).warnings())
    to_speak = [takes_to_speak(project, each) for each in planned.chapters]
    to_encode = [sum(each.codec in chapter.encodes for chapter in planned.chapters) for each in planned.formats]
    if json:
        print_json(_told(project, planned, to_speak, to_encode) | {"warnings": list(warnings)})
        return
    _print(project, planned, to_speak, to_encode)
    for warning in warnings:
        print(f"warning: {printable(warning)}")


def _told(project: "Project", plan: "Plan", to_speak: list[int], to_encode: list[int]) -> dict[str, object]:
    return {
        "title": project.metadata.title,
        "author": project.metadata.author,
        "folder": str(project.folder),
        "publish": str(plan.publish),
        "reason": plan.publish_reason,
        "chapters": [
            {
                "number": each.number,
                "title": each.title,
                "utterances": each.utterances,
                "estimate_s": round(each.estimate_s, 1),
                "to_speak": to_speak[each.number - 1],
                "action": str(each.action),
                "reason": each.reason,
                "choice": each.choice.describe() if each.choice else "",
            }
            for each in plan.chapters
        ],
        "formats": [
            {"name": each.name, "action": str(each.action), "reason": each.reason, "to_encode": count}
            for each, count in zip(plan.formats, to_encode, strict=True)
        ],
    }


def _print(project: "Project", plan: "Plan", to_speak: list[int], to_encode: list[int]) -> None:
    author = f", by {project.metadata.author}" if project.metadata.author else ""
    print(printable(f"{project.metadata.title}{author}"))
    delivery = project.config.delivery
    print(f"voice {delivery.voice} ({project.voice.name}), {delivery.rate_wpm} words a minute\n")
    rows = [
        [
            str(each.number),
            shortened(each.title, 40),
            str(each.utterances),
            clock(each.estimate_s),
            _speech(each, to_speak[each.number - 1]),
            str(each.action),
            each.reason,
            each.choice.describe() if each.choice else "",
        ]
        for each in plan.chapters
    ]
    print(table(["no", "chapter", "sentences", "about", "speech", "audio", "why", "chosen"], rows, right=(0, 2, 3)))
    total = sum(each.estimate_s for each in plan.chapters)
    print(f"\nin all {sum(each.utterances for each in plan.chapters)} sentences, about {clock(total)}")
    why = f": {plan.publish_reason}" if plan.publish_reason else ""
    print(f"book: {plan.publish}{why} → {project.folder}")
    for each, count in zip(plan.formats, to_encode, strict=True):
        print(f"{each.name}: {_format(each, count)}")


def _format(plan: "FormatPlan", to_encode: int) -> str:
    from narrate.plan import Action

    what = f", {to_encode} chapter{'s' * (to_encode != 1)} to encode" if to_encode else ", sound taken over"
    told = what if plan.codec and plan.action is not Action.UP_TO_DATE else ""
    return f"{plan.action}{f': {plan.reason}' if plan.reason else ''}{told}"


def _speech(chapter: "ChapterPlan", to_speak: int) -> str:
    from narrate.plan import Action

    if not chapter.encodes:
        return str(Action.UP_TO_DATE)
    return f"run: {to_speak} to speak" if to_speak else f"{Action.UP_TO_DATE}: in the store"
