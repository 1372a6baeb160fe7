"""A book's chapters side by side: the order in which stretches are spoken, laid out, encoded and handed on.

Speech of a chapter, then its gain (one for the whole chapter, from the loudness of all its takes), then its encodes.
Encodes go before speech, so chapters are finished one after the other while later ones are spoken, and only a few
are in memory at a time. Nothing here touches a file: work is done by `work`, and a chapter's frames go to its `sink`.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from narrate import work
from narrate.config import Config
from narrate.mix.assemble import Layout, Piece, lay_out, stretches
from narrate.mix.options import MixOptions
from narrate.plan import ChapterPlan
from narrate.publish.codecs import CODECS
from narrate.script import ChapterScript, Cue, Interlude, Pause, Utterance
from narrate.store import Place, key, open_store
from narrate.timeline import ChapterTimeline
from narrate.units import frames
from narrate.work import EncodeTask, Line, Sound, SpeakTask, Spoken

Sink = Callable[[str, bytes], None]
"""Takes a codec's name and the next stretch in that codec."""

_OPEN_CHAPTERS = 4
"""Chapters in memory at a time besides those whose work is done; or twice the workers, for short chapters' sake."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Studio:
    """What all chapters of a build share: the settings, the store, a folder to work in, and the fingerprints of the
    encoder and each scene's bed."""

    config: Config
    store: Place
    scratch: Path | None
    encoder_fingerprint: str
    bed_fingerprint: Callable[[str], str]

    @property
    def recordings(self) -> tuple[tuple[str, str], ...]:
        """The listener's own recordings, by their scenes: under which names the store has them for other machines."""
        return tuple(
            (scene, key("recording", sound=self.bed_fingerprint(scene))) for scene, _ in self.config.mix.recordings
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A finished chapter: where everything lies. What was encoded of it went to its sink, in order."""

    plan: ChapterPlan
    timeline: ChapterTimeline


@dataclass(kw_only=True, slots=True)
class _Chapter:
    plan: ChapterPlan
    script: ChapterScript
    sink: Sink
    runs: list[range]
    spoken: dict[int, Spoken] = field(default_factory=dict)
    timeline: ChapterTimeline | None = None
    tasks: list[EncodeTask] = field(default_factory=list)
    encoded: set[int] = field(default_factory=set)
    handed_on: int = 0

    @property
    def is_done(self) -> bool:
        return self.timeline is not None and self.handed_on == len(self.tasks)


ToRender = tuple[ChapterPlan, ChapterScript, Sink]
"""A chapter's plan, its script, and the sink that takes what is encoded of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What a task is about, in chapter `number`: a stretch to be spoken; or, once the chapter is laid out, one of its
    encodes."""

    number: int
    index: int


class Rendering:
    """What is to be done next for a book: encodes before speech, chapters in their order, a few open at a time.

    Give `work` of each `next` part to a worker and what it answers to `done`; then look whether a chapter `finished`.
    """

    def __init__(self, chapters: Iterator[ToRender], studio: Studio, *, room: int) -> None:
        self._most_open = max(_OPEN_CHAPTERS, room)
        self._chapters = chapters
        self._studio = studio
        self._open: dict[int, _Chapter] = {}
        self._to_speak: deque[Part] = deque()
        self._to_encode: deque[Part] = deque()

    def next(self) -> Part | None:
        """The next task; None when there is none for now."""
        while not self._to_encode and not self._to_speak and len(self._open) < self._most_open:
            following = next(self._chapters, None)
            if following is None:
                break
            plan, script, sink = following
            runs = stretches(script.cues, sample_rate=self._studio.config.mix.sample_rate)
            self._open[plan.number] = _Chapter(plan=plan, script=script, sink=sink, runs=runs)
            self._to_speak.extend(Part(number=plan.number, index=index) for index in range(len(runs)))
        waiting = self._to_encode or self._to_speak
        return waiting.popleft() if waiting else None

    def work(self, part: Part) -> "tuple[Callable[[Any], Any], SpeakTask | EncodeTask]":
        """What a worker is to do for it."""
        chapter = self._open[part.number]
        if chapter.timeline is None:
            return work.speak, _speak_task(chapter, part.index, self._studio)
        return work.encode, chapter.tasks[part.index]

    def done(self, part: Part, result: "Spoken | int") -> tuple[ChapterPlan, int]:
        """Take what a worker answered; returns the chapter, and how many characters have come a step further: each does
        so once when it has been spoken, and once for each codec that it has been encoded with."""
        chapter = self._open[part.number]
        if isinstance(result, Spoken):
            chapter.spoken[part.index] = result
            if len(chapter.spoken) == len(chapter.runs):
                _lay_out(chapter, self._studio)
                self._to_encode.extend(Part(number=part.number, index=index) for index in range(len(chapter.tasks)))
        else:
            chapter.encoded.add(part.index)
            self._to_encode.extendleft(
                Part(number=part.number, index=index) for index in _hand_on(chapter, self._studio)
            )
        stretch = part.index if isinstance(result, Spoken) else part.index // len(chapter.plan.encodes)
        return chapter.plan, _characters(chapter, stretch)

    def finished(self) -> Rendered | None:
        """The first chapter, if it is done; it is then forgotten."""
        first = next(iter(self._open.values()), None)
        if first is None or first.timeline is None or not first.is_done:
            return None
        del self._open[first.plan.number]
        return Rendered(plan=first.plan, timeline=first.timeline)


def _line(text: Utterance, plan: ChapterPlan, studio: Studio) -> Line:
    delivery = plan.delivery_of(text)
    key_of_take = work.take_key(work.engine(studio.config.speech).fingerprint(delivery.voice), delivery, text.spoken)
    effect = studio.config.mix.effect(text.role)
    return Line(key=key_of_take, spoken=text.spoken, delivery=delivery, effect=effect)


def _speak_task(chapter: _Chapter, stretch: int, studio: Studio) -> SpeakTask:
    cues = (chapter.script.cues[index] for index in chapter.runs[stretch])
    return SpeakTask(
        store=studio.store,
        speech=studio.config.speech,
        lines=tuple(_line(cue, chapter.plan, studio) for cue in cues if isinstance(cue, Utterance)),
        profile=studio.config.mix.profile,
        fresh=chapter.plan.fresh,
    )


def _characters(chapter: _Chapter, stretch: int) -> int:
    cues = (chapter.script.cues[index] for index in chapter.runs[stretch])
    return sum(len(cue.spoken) for cue in cues if isinstance(cue, Utterance))


def _lay_out(chapter: _Chapter, studio: Studio) -> None:
    spoken = [chapter.spoken[index] for index in range(len(chapter.runs))]
    measures = [measure for each in spoken for measure in each.measures]
    mix = studio.config.mix
    own = chapter.plan.delivery.voice
    layout = lay_out(
        chapter.script,
        measures,
        voice=own,
        voice_of=lambda cue: voice if (voice := chapter.plan.delivery_of(cue).voice) != own else "",
        sample_rate=mix.sample_rate,
    )
    gains = _gains(chapter.plan, layout.timeline, b"".join(each.levels for each in spoken), mix)
    chapter.timeline = layout.timeline
    chapter.tasks = [
        task for index in range(len(layout.stretches)) for task in _encode_tasks(chapter, layout, index, gains, studio)
    ]
    chapter.spoken.clear()


def _gains(plan: ChapterPlan, timeline: ChapterTimeline, levels: bytes, mix: MixOptions) -> dict[str, float]:
    """A gain in dB for each voice of the chapter."""
    from narrate.mix.levels import Drive, Heard, chapter_gains, unpacked

    takes = iter(unpacked(levels))
    heard, drives, driven = [], [], 0
    drive_lufs = mix.profile.loudness_lufs - mix.interlude_below_lu
    for placed in timeline.placed:
        start_s = (placed.start - driven) / timeline.sample_rate
        if isinstance(placed.cue, Utterance):
            heard.append(Heard(start_s=start_s, voice=_voice(plan, placed.cue, mix), levels=next(takes)))
        elif isinstance(placed.cue, Interlude):
            length_s = placed.length / timeline.sample_rate
            drives.append(Drive(start_s=start_s, length_s=length_s, loudness_lufs=drive_lufs))
            driven += placed.length
    length_s = (timeline.frame_count - driven) / timeline.sample_rate
    return chapter_gains(heard, drives, length_s=length_s, loudness_lufs=mix.profile.loudness_lufs)


def _voice(plan: ChapterPlan, utterance: Utterance, mix: MixOptions) -> str:
    """What sounds alike, and so has one gain."""
    delivery = plan.delivery_of(utterance)
    return f"{delivery.voice} {delivery.rate_wpm} {delivery.pitch} {mix.effect(utterance.role)}"


def _encode_tasks(
    chapter: _Chapter, layout: Layout, stretch: int, gains: Mapping[str, float], studio: Studio
) -> Iterator[EncodeTask]:
    sounds = []
    pieces = layout.stretches[stretch]
    for place, piece in enumerate(pieces):
        cue = chapter.script.cues[piece.cue]
        match cue:
            case Utterance():
                line, gain_db = _line(cue, chapter.plan, studio), gains[_voice(chapter.plan, cue, studio.config.mix)]
                sounds.append(Sound(source=line, frame_count=piece.frame_count, gain_db=gain_db))
            case Interlude():
                under = _under(cue, pieces[place + 1 :], chapter.script.cues, layout.mix_rate)
                sounds.append(Sound(source=cue, frame_count=piece.frame_count, under=under))
            case Pause():
                sounds.append(Sound(source=None, frame_count=piece.frame_count))
    for codec in chapter.plan.encodes:
        yield EncodeTask(
            store=studio.store,
            scratch=studio.scratch,
            speech=studio.config.speech,
            encoder_fingerprint=studio.encoder_fingerprint,
            recordings=() if studio.scratch else studio.recordings,
            key=_stretch_key(sounds, layout.mix_rate, codec, studio),
            sounds=tuple(sounds),
            mix_rate=layout.mix_rate,
            mix=studio.config.mix,
            mp3=studio.config.mp3,
            codec=codec,
        )


def _under(interlude: Interlude, behind: Sequence[Piece], cues: Sequence[Cue], mix_rate: int) -> int:
    """For how many frames the interlude's bed goes on under the pieces `behind` it: through the pause and the first
    seconds of speech, but not into another interlude, nor into the silence in which a stretch must end."""
    if not interlude.under_speech_s or not any(isinstance(cues[piece.cue], Utterance) for piece in behind):
        return 0
    pause = next((index for index, piece in enumerate(behind) if isinstance(cues[piece.cue], Utterance)), 0)
    wanted = sum(piece.frame_count for piece in behind[:pause]) + frames(interlude.under_speech_s, mix_rate)
    room = 0
    for index, piece in enumerate(behind):
        following = [cues[each.cue] for each in behind[index : index + 2]]
        if len(following) < 2 or isinstance(following[1], Interlude):
            break  # the pause before another interlude, or at the stretch's end
        room += piece.frame_count
    return min(wanted, room)


def _stretch_key(sounds: list[Sound], mix_rate: int, codec: str, studio: Studio) -> str:
    mix, mp3 = studio.config.mix, studio.config.mp3
    coded: dict[str, object] = {"mp3": [mp3.sample_rate, mp3.bitrate_kbps, mp3.channels, mp3.compression_level]}
    if codec != work.MP3:
        coded = {"codec": CODECS[codec].fingerprint}

    def named(sound: Sound) -> list[object]:
        match sound.source:
            case Line(key=name, effect=effect):
                return [sound.frame_count, name, effect, sound.gain_db]
            case Interlude(scene=scene, seed=seed):
                interlude = [seed, studio.bed_fingerprint(scene), mix.interlude_below_lu, mix.interlude_fade_s]
                return [sound.frame_count, sound.under, *interlude]
            case None:
                return [sound.frame_count]

    return key(
        "stretch",
        version=work.STRETCH_VERSION,
        encoder=studio.encoder_fingerprint,
        **coded,
        mix=[mix_rate, *mix.profile.mastering],
        sounds=[named(sound) for sound in sounds],
    )


def _hand_on(chapter: _Chapter, studio: Studio) -> list[int]:
    """Give the sink what is ready and next in order; returns stretches that must be encoded again.

    A stretch can be gone from the store by now (pruned, damaged): then it is simply made once more.
    """
    kept = open_store(studio.store)
    ready = itertools.takewhile(chapter.encoded.__contains__, itertools.count(chapter.handed_on))
    kept.fetch("stretches", [chapter.tasks[index].key for index in ready])
    while chapter.handed_on in chapter.encoded:
        task = chapter.tasks[chapter.handed_on]
        data = kept.get("stretches", task.key)
        if data is None:
            chapter.encoded.discard(chapter.handed_on)
            return [chapter.handed_on]
        chapter.sink(task.codec, data)
        chapter.handed_on += 1
    return []
