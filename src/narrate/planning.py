"""From a project to its Plan: what would be done, chapter by chapter, and why. Looks at files, writes none.

A chapter is as it was published when nothing that decides its samples (`audio_key`) or its texts (`text_key`) has
changed, whatever its number is now. Keys are computed from the source and the settings alone; nothing is spoken.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from narrate import fingerprints, text, work
from narrate.casting import Casting, StandIn, cast_chapter, remarks, unspoken
from narrate.errors import ChapterError, NarrateError
from narrate.plan import (
    Action,
    ChapterChoice,
    ChapterPlan,
    ChapterRecord,
    Choice,
    FormatPlan,
    Plan,
    Record,
    difference,
)
from narrate.process import ffmpeg_version
from narrate.project import Project, chosen
from narrate.publish.codecs import CODECS
from narrate.publish.formats import FORMATS
from narrate.render import Studio
from narrate.script import Account, ChapterScript, Interlude, Omission
from narrate.store import key, open_store


def make_plan(project: Project, *, only: frozenset[int] | None = None, sizes: Mapping[str, int] | None = None) -> Plan:
    """What a build would do.

    `only` names chapters to be made afresh, and only those: every other one stays as it was published, even where
    its source has changed since. Raises ChapterError when there is no such chapter, or when `only` is given and the
    book was published with other chapters. `sizes` are those of the published files, in bytes, where they are not in
    the project's folder.
    """
    before = project.record
    if only is not None:
        _check_chapters(project, only)
    studio = make_studio(project)
    choices = chosen(project.document.chapters, project.choices)
    changed = _changed_files(project.folder, before, sizes)
    chapters, warnings, stand_ins = [], list(project.document.warnings), list[StandIn]()
    account = Account(skipped=_left_out_by_the_reader(project))
    for number in range(1, len(project.document.chapters) + 1):
        script = project.script(number)
        warnings += script.warnings
        account += script.account
        choice = choices.get(number)
        casting = cast_chapter(script, project.config, choice, project.metadata.language)
        stand_ins += casting.stand_ins
        chapter = _chapter_plan(script, casting, studio, choice, before, changed)
        if only is not None:
            chapter = replace(chapter, fresh=number in only)
            if before:
                chapter = _as_asked(chapter, before.chapters[number - 1])
        chapters.append(chapter)
    _check(account, project)
    account = replace(account, unspoken=unspoken(stand_ins))
    formats = _format_plans(project, before, changed)
    chapters = [_with_encodes(each, formats, project) for each in chapters]
    kept = tuple(
        ChapterChoice(number=each.number, title=each.title, choice=each.choice) for each in chapters if each.choice
    )
    book_key = fingerprints.of_book(project, chapters, kept, account)
    publish, reason = _publication(before, book_key, chapters, changed, formats)
    if publish is not Action.UP_TO_DATE:
        formats = tuple(replace(each, action=Action.RUN, reason=each.reason or reason) for each in formats)
    return Plan(
        chapters=tuple(chapters),
        choices=kept,
        book_key=book_key,
        publish=publish,
        publish_reason=reason,
        formats=formats,
        warnings=(*warnings, *remarks(stand_ins)),
        account=account,
    )


def _left_out_by_the_reader(project: Project) -> tuple[Omission, ...]:
    return tuple(
        Omission(
            kind=each.kind,
            reason=each.reason,
            text=each.text,
            line=each.origin.line,
            href=each.origin.href,
            count=each.count,
        )
        for each in project.document.skipped
    )


def _check(account: Account, project: Project) -> None:
    """Every block that the reader saw is voiced, described or skipped for a reason. Raises NarrateError when not."""
    seen = project.document.seen
    if account.blocks == seen:
        return
    skipped = sum(each.count for each in account.skipped)
    raise NarrateError(
        f"{project.request.source}: {seen} blocks were read, but {account.voiced} are voiced, {account.described} "
        f"described and {skipped} skipped, which is {account.blocks}",
        hint="a fault of narrate: please report it, with the document if you can",
    )


def make_studio(project: Project, *, scratch: Path | None = None) -> Studio:
    """What all chapters of a build share; a plan needs no `scratch`."""
    from narrate.mix.beds import bed_fingerprint

    settings = project.config
    return Studio(
        config=settings,
        store=project.request.store,
        scratch=scratch,
        encoder_fingerprint=ffmpeg_version(),
        bed_fingerprint=lambda scene: bed_fingerprint(settings.mix.sound(scene)),
    )


def takes_to_speak(project: Project, chapter: ChapterPlan) -> int:
    """How many of the chapter's sentences a build would speak: those whose take the store does not have."""
    if not chapter.encodes:
        return 0
    kept = open_store(project.request.store)
    prints = fingerprints.of_voices(chapter.voices, project.config.speech)
    said = ((chapter.delivery_of(each), each.spoken) for each in project.script(chapter.number).utterances)
    keys = {work.take_key(prints[delivery.voice], delivery, spoken) for delivery, spoken in said}
    return sum(not kept.has("takes", name) for name in keys)


def _check_chapters(project: Project, only: frozenset[int]) -> None:
    total = len(project.document.chapters)
    beyond = sorted(number for number in only if not 1 <= number <= total)
    source = project.request.source
    if beyond:
        raise ChapterError(f"{source} has no chapter {beyond[0]}", hint=f"it has {total}: narrate plan {source}")
    before = project.record
    if before and [each.title for each in before.chapters] != [each.title for each in project.document.chapters]:
        message = f"the chapters of {source} are not those of the book in {project.folder} any more"
        raise ChapterError(message, hint=f"build the whole book again first: narrate build {source}")


def _chapter_plan(
    script: ChapterScript,
    casting: Casting,
    studio: Studio,
    choice: Choice | None,
    before: Record | None,
    changed_files: frozenset[str],
) -> ChapterPlan:
    ingredients = fingerprints.ingredients(script, casting, studio)
    audio_key = key("chapter", **ingredients)
    text_key, place_key = fingerprints.of_texts(script)
    published = [each for each in (before.chapters if before else ()) if each.file not in changed_files]
    same = [each for each in published if (each.audio_key, each.text_key) == (audio_key, text_key)]
    reused = min(same, key=lambda each: abs(each.number - script.number)) if same else None
    action, reason = (Action.UP_TO_DATE, "") if reused else _why(script, ingredients, before, changed_files)
    return ChapterPlan(
        number=script.number,
        title=script.title,
        utterances=len(script.utterances),
        characters=sum(len(each.spoken) for each in script.utterances),
        estimate_s=text.estimate_s(script, rate_wpm=casting.narrator.rate_wpm),
        delivery=casting.narrator,
        parts=casting.parts,
        scenes=tuple(dict.fromkeys(cue.scene for cue in script.cues if isinstance(cue, Interlude))),
        choice=choice,
        ingredients=ingredients,
        audio_key=audio_key,
        text_key=text_key,
        place_key=place_key,
        reused=reused,
        action=action,
        reason=reason,
    )


def _format_plans(project: Project, before: Record | None, changed_files: frozenset[str]) -> tuple[FormatPlan, ...]:
    """The formats beside MP3, each with the published one that its sound can be taken from, if that is there and was
    encoded as it would be now."""
    plans = []
    for name in project.config.formats:
        codec = FORMATS[name].codec
        codec_key = key("codec", encoder=ffmpeg_version(), codec=CODECS[codec].fingerprint)[:16] if codec else ""
        earlier = before.formats.get(name) if before else None
        reason = "" if earlier else "not built yet"
        if earlier and earlier.file in changed_files:
            reason = f"{earlier.file} missing or changed"
        elif earlier and earlier.codec_key != codec_key:
            reason = "encoder changed"
        plans.append(
            FormatPlan(
                name=name,
                codec=codec,
                codec_key=codec_key,
                reused=None if reason else earlier,
                action=Action.RUN if reason else Action.UP_TO_DATE,
                reason=reason,
            )
        )
    return tuple(plans)


def _with_encodes(chapter: ChapterPlan, formats: tuple[FormatPlan, ...], project: Project) -> ChapterPlan:
    """The chapter with the codecs that it must be encoded with: MP3 if it is made anew, and those of formats whose
    published file cannot give it.

    Raises ChapterError when that would take the text of a chapter that is to stay as it was.
    """
    taken = [each for each in formats if each.codec and not (chapter.reused and each.reused)]
    if taken and chapter.reused and chapter.reason:
        raise ChapterError(
            f"the {taken[0].name} of chapter {chapter.number} is {taken[0].reason}, and its text is not that of the "
            f"book in {project.folder} any more",
            hint=f"build the whole book again first: narrate build {project.request.source}",
        )
    codecs = [] if chapter.reused else [work.MP3]
    return replace(chapter, encodes=tuple(dict.fromkeys([*codecs, *(each.codec for each in taken)])))


def _why(
    script: ChapterScript, ingredients: Mapping[str, str], before: Record | None, changed_files: frozenset[str]
) -> tuple[Action, str]:
    """What has to happen to a chapter that cannot be taken over, and why."""
    if before is None:
        return Action.RUN, "not built yet"
    earlier = next((each for each in before.chapters if each.title == script.title), None)
    if earlier is None and script.number <= len(before.chapters):
        earlier = before.chapters[script.number - 1]
    if earlier is None:
        return Action.RUN, "new chapter"
    if earlier.file in changed_files and earlier.ingredients == ingredients:
        return Action.MISSING, f"{earlier.file} missing or changed"
    return Action.RUN, difference(earlier.ingredients, ingredients) or "text as displayed changed"


def _as_asked(chapter: ChapterPlan, published: ChapterRecord) -> ChapterPlan:
    if chapter.fresh:
        return replace(chapter, reused=None, action=Action.RUN, reason="asked for")
    kept = chapter.reused is None
    return replace(
        chapter,
        reused=published,
        action=Action.UP_TO_DATE,
        reason=f"{chapter.reason}; left as it is until the next build" if kept else "",
        audio_key=published.audio_key,
        text_key=published.text_key,
        place_key=published.place_key,
        ingredients=published.ingredients,
    )


def _publication(
    before: Record | None,
    book_key: str,
    chapters: list[ChapterPlan],
    changed_files: frozenset[str],
    formats: tuple[FormatPlan, ...],
) -> tuple[Action, str]:
    if before is None:
        return Action.RUN, "not built yet"
    if changed_files:
        return Action.MISSING, f"{min(changed_files)} missing or changed"
    if not all(each.reused for each in chapters):
        return Action.RUN, "chapters changed"
    new = [each for each in formats if each.action is not Action.UP_TO_DATE]
    if new:
        return Action.RUN, f"{new[0].name} {new[0].reason}"
    dropped = sorted(before.formats.keys() - {each.name for each in formats})
    if dropped:
        return Action.RUN, f"{dropped[0]} not asked for any more"
    if before.book_key != book_key:
        return Action.RUN, "title, tags, cover or order changed"
    return Action.UP_TO_DATE, ""


def _changed_files(folder: Path, before: Record | None, sizes: Mapping[str, int] | None) -> frozenset[str]:
    """The published files that are not there any more or have another size."""

    def size(name: str) -> int:
        if sizes is not None:
            return sizes.get(name, -1)
        try:
            return (folder / name).stat().st_size
        except OSError:
            return -1

    return frozenset(name for name, published in (before.files if before else {}).items() if size(name) != published)
