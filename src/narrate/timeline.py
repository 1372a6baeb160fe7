"""The Timeline: where each cue of a chapter lies, in integer frames at the release's sample rate.

Captions, chapter marks and the player all read this; nothing re-measures audio that we made. A chapter's timeline
counts from the chapter's own start, so that chapters can be moved without being touched; `published` shifts it to
the start of the book and turns it into seconds, for `timeline.json`.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from narrate.script import Interlude, Pause, Utterance, plain
from narrate.take import Remarks
from narrate.units import seconds

_WORD = struct.Struct("<4I")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedWord:
    """A word of an utterance: `start` (from the utterance's own) and `length` in frames; `text_start:text_end` is
    its place in the utterance's `text`."""

    start: int
    length: int
    text_start: int
    text_end: int


def pack_words(words: Iterable[PlacedWord]) -> bytes:
    """Words in 16 bytes each: a long chapter has a hundred thousand, and as objects they would fill the memory."""
    return b"".join(_WORD.pack(word.start, word.length, word.text_start, word.text_end) for word in words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A cue at its place: `start` and `length` in frames, counted from the start of the chapter.

    `voice` speaks an utterance; "" is the chapter's own. `remarks` are its take's.
    """

    cue: Utterance | Pause | Interlude
    start: int
    length: int
    packed_words: bytes = b""
    voice: str = ""
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def words(self) -> Iterator[PlacedWord]:
        """The words of an utterance, in order."""
        for start, length, text_start, text_end in _WORD.iter_unpack(self.packed_words):
            yield PlacedWord(start=start, length=length, text_start=text_start, text_end=text_end)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterTimeline:
    """A chapter laid out, spoken by `voice`. `frame_count` is exactly the chapter file's length."""

    sample_rate: int
    frame_count: int
    voice: str
    placed: tuple[Placed, ...]


def cue_id(number: int, index: int) -> str:
    """The id of cue `index` (from 1) of chapter `number`: `c003-0042`."""
    return f"c{number:03d}-{index:04d}"


def published(timeline: ChapterTimeline, *, number: int, offset: int) -> Iterator[dict[str, object]]:
    """The cues as `timeline.json` holds them, `offset` frames (the chapter's start in the book) later."""
    rate = timeline.sample_rate
    for index, placed in enumerate(timeline.placed, start=1):
        cue = placed.cue
        start = offset + placed.start
        entry: dict[str, object] = {
            "kind": type(cue).__name__.lower(),
            "id": cue_id(number, index),
            "start_s": seconds(start, rate),
            "duration_s": seconds(placed.length, rate),
        }
        match cue:
            case Utterance():
                entry |= {
                    "role": str(cue.role),
                    **({"about": cue.about} if cue.about else {}),
                    **({"speaker": cue.speaker} if cue.speaker else {}),
                    "voice": placed.voice or timeline.voice,
                    **({"level": cue.level} if cue.level else {}),
                    "text": cue.text,
                    "spoken": plain(cue.spoken),
                    "origin": _origin(cue),
                    "words": [
                        {
                            "start_s": seconds(start + word.start, rate),
                            "duration_s": seconds(word.length, rate),
                            "text_start": word.text_start,
                            "text_end": word.text_end,
                        }
                        for word in placed.words
                    ],
                    **_languages(cue),
                    **_noticed(placed.remarks),
                }
            case Pause():
                entry["reason"] = str(cue.reason)
            case Interlude():
                entry |= {"scene": cue.scene, "caption": cue.caption}
                if cue.under_speech_s:
                    entry["under_speech_s"] = cue.under_speech_s
        yield entry


def shifted(
    entry: dict[str, object],
    cue: Utterance | Pause | Interlude | None,
    *,
    new_id: str,
    by_frames: int,
    sample_rate: int,
) -> dict[str, object]:
    """A cue of an earlier `timeline.json` at its new place, exactly as `published` would write it.

    The chapter's audio is the same; it lies `by_frames` later, and `cue`, if given, tells its place in the source.
    """

    def later(start_s: object) -> float:
        return seconds(round(float(start_s) * sample_rate) + by_frames, sample_rate)  # type: ignore[arg-type]

    moved = entry | {"id": new_id, "start_s": later(entry["start_s"])}
    if isinstance(cue, Utterance):
        moved["origin"] = _origin(cue)
    words: list[dict[str, object]] | None = entry.get("words")  # type: ignore[assignment]
    if words:
        moved["words"] = [word | {"start_s": later(word["start_s"])} for word in words]
    return moved


def _noticed(remarks: Remarks) -> dict[str, object]:
    """What is out of the ordinary about a take."""
    found: dict[str, object] = {}
    if remarks.estimated:
        found["timing"] = "estimated"
    if remarks.attempts > 1:
        found["attempts"] = remarks.attempts
    if remarks.doubt:
        found["doubt"] = remarks.doubt
    if remarks.word_error_rate is not None:
        found["word_error_rate"] = round(remarks.word_error_rate, 3)
    return found


def _languages(cue: Utterance) -> dict[str, object]:
    """Stretches of the text in other languages than the book's."""
    found = [{"text_start": each.start, "text_end": each.end, "language": each.language} for each in cue.tongues]
    return {"languages": found} if found else {}


def _origin(cue: Utterance) -> dict[str, object]:
    return {"line": cue.line, "href": cue.href} if cue.href else {"line": cue.line}
