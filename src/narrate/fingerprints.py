"""By what a chapter, and a book, are known: everything that decides their samples, their texts, their files.

In: a chapter's script, its cast, the settings. Out: hashes, and the ingredients of a chapter by names and values that a
person can compare. Known before anything is spoken; reads nothing but beds and covers.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from narrate import __version__, work
from narrate.casting import Casting
from narrate.errors import ConfigError
from narrate.plan import VOICE_OF, ChapterChoice, ChapterPlan
from narrate.project import Project
from narrate.publish.formats import FORMATS
from narrate.publish.options import TAG_VERSION
from narrate.render import Studio
from narrate.script import Account, ChapterScript, Interlude, Omission, Pause, Utterance, part_kind
from narrate.speech import SpeechOptions
from narrate.store import key

_ASKED = ("voice", "language")
"""Kinds of parts that the text itself asks for: another voice for them is another text."""


def ingredients(script: ChapterScript, casting: Casting, studio: Studio) -> dict[str, str]:
    """What decides the chapter's samples, by names and values that a person can compare."""
    mix, mp3 = studio.config.mix, studio.config.mp3
    delivery = casting.narrator
    said: list[str | list[str]] = []
    pauses: list[float] = []
    drives: list[list[object]] = []
    voices, roles = set[str](), set[str]()
    for cue in script.cues:
        match cue:
            case Utterance():
                part = next((part for part in cue.parts if part in casting.parts), "")
                voice = casting.parts[part].voice if part else delivery.voice
                said.append([cue.spoken, voice if part_kind(part)[0] in _ASKED else part])
                voices.add(voice)
                roles.add(str(cue.role))
            case Pause():
                pauses.append(cue.duration_s)
            case Interlude():
                drives.append([len(said), cue.duration_s, cue.seed, _bed(cue, studio), cue.under_speech_s])
    return {
        "text": _digest(said),
        "pauses": _digest(pauses),
        "voice": delivery.voice,
        "rate": str(delivery.rate_wpm),
        "pitch": str(delivery.pitch),
        **{
            f"{VOICE_OF}{part}": f"{own.voice}, pitch {own.pitch}"
            for part, own in sorted(casting.parts.items())
            if part_kind(part)[0] not in _ASKED
        },
        "engine": "; ".join(sorted(set(of_voices(voices, studio.config.speech).values()))),
        "interludes": _digest([drives, mix.interlude_below_lu, mix.interlude_fade_s]) if drives else "none",
        "effects": ", ".join(f"{role} {name}" for role, name in mix.effects if role in roles) or "none",
        "profile": mix.profile.describe(),
        "loudness": f"{mix.profile.loudness_lufs:g} LUFS, {mix.profile.ceiling_dbtp:g} dBTP",
        "encoder": f"ffmpeg {studio.encoder_fingerprint}",
        "encoder settings": f"{mp3.sample_rate} Hz, {mp3.channels} ch, {mp3.bitrate_kbps}k, {mp3.compression_level}",
        "program": f"{work.TAKE_VERSION}.{work.STRETCH_VERSION}",
    }


def _bed(cue: Interlude, studio: Studio) -> str:
    """The fingerprint of the interlude's bed. Raises ConfigError when there is no such scene."""
    try:
        return studio.bed_fingerprint(cue.scene)
    except ConfigError as error:
        where = f"line {cue.line}: " if cue.line else ""
        hint = "; ".join((error.hint, *(name for name, _ in studio.config.mix.recordings)))
        raise ConfigError(f"{where}{error}", hint=hint) from error


def of_voices(voices: Iterable[str], options: SpeechOptions) -> dict[str, str]:
    """What decides the samples of each voice."""
    engine = work.engine(options)
    return {voice: engine.fingerprint(voice) for voice in voices}


def of_texts(script: ChapterScript) -> tuple[str, str]:
    """Two hashes: of what is shown and when it is said, and of where in the source it stands."""
    shown: list[object] = []
    places: list[object] = []
    for cue in script.cues:
        if isinstance(cue, Utterance):
            spans = [(s.spoken_start, s.spoken_end, s.text_start, s.text_end) for s in cue.spans]
            tongues = [(each.start, each.end, each.language) for each in cue.tongues]
            more = [each for each in (tongues, cue.about, cue.speaker, cue.level) if each]
            shown.append([cue.text, str(cue.role), spans, *more])
            places.append([cue.line, cue.href])
        elif isinstance(cue, Interlude):
            shown.append([cue.scene, cue.caption])
        else:
            shown.append(str(cue.reason))
    return _digest(shown), _digest(places)


def of_book(project: Project, chapters: list[ChapterPlan], choices: tuple[ChapterChoice, ...], account: Account) -> str:
    """The hash of everything that decides the published files."""
    metadata = project.metadata
    formats = [[name, FORMATS[name].version] for name in project.config.formats]
    picture = metadata.cover.read_bytes() if isinstance(metadata.cover, Path) else metadata.cover
    cover = hashlib.sha256(picture).hexdigest() if picture else ""
    return key(
        "book",
        program=__version__,
        tags=TAG_VERSION,
        chapters=[[each.audio_key, each.text_key, each.place_key, each.title] for each in chapters],
        choices=[[each.number, each.title, each.choice.describe()] for each in choices],
        metadata=[metadata.title, metadata.author, metadata.language, metadata.narrator, metadata.date, cover],
        account=[
            account.voiced,
            account.described,
            [_fields(each) for each in account.skipped],
            [[each.language, each.sentences, each.place] for each in account.unspoken],
        ],
        **({"formats": formats} if formats else {}),
    )


def _fields(omission: Omission) -> list[object]:
    return [omission.kind, omission.reason, omission.count, omission.line, omission.href]


def _digest(value: object) -> str:
    canonical = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
