"""The Timeline: where each cue of a chapter lies, in integer frames at the release's sample rate.

Captions, chapter marks and the player all read this; nothing re-measures audio that we made. A chapter's timeline
counts from the chapter's own start, so that chapters can be moved without being touched; `published` shifts it to
the start of the book and turns it into seconds, for `timeline.json`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from narrate.script import Interlude, Pause, Utterance
from narrate.units import seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedWord:
    """A word of an utterance: `start` and `length` in frames of the chapter, `text_start:text_end` in `text`."""

    start: int
    length: int
    text_start: int
    text_end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A cue at its place: `start` and `length` in frames, counted from the start of the chapter."""

    cue: Utterance | Pause | Interlude
    start: int
    length: int
    voice: str = ""
    words: tuple[PlacedWord, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterTimeline:
    """A chapter laid out. `frame_count` is exactly the chapter file's length."""

    sample_rate: int
    frame_count: int
    placed: tuple[Placed, ...]


def published(timeline: ChapterTimeline, *, number: int, offset: int) -> Iterator[dict[str, object]]:
    """The cues as `timeline.json` holds them, `offset` frames (the chapter's start in the book) later."""
    rate = timeline.sample_rate
    for index, placed in enumerate(timeline.placed, start=1):
        cue = placed.cue
        entry: dict[str, object] = {
            "kind": type(cue).__name__.lower(),
            "id": f"c{number:03d}-{index:04d}",
            "start_s": seconds(offset + placed.start, rate),
            "duration_s": seconds(placed.length, rate),
        }
        match cue:
            case Utterance():
                origin: dict[str, object] = {"line": cue.line}
                if cue.href:
                    origin["href"] = cue.href
                entry |= {
                    "role": str(cue.role),
                    "voice": placed.voice,
                    "text": cue.text,
                    "spoken": cue.spoken,
                    "origin": origin,
                    "words": [
                        {
                            "start_s": seconds(offset + word.start, rate),
                            "duration_s": seconds(word.length, rate),
                            "text_start": word.text_start,
                            "text_end": word.text_end,
                        }
                        for word in placed.words
                    ],
                }
            case Pause():
                entry["reason"] = str(cue.reason)
            case Interlude():
                entry |= {"scene": cue.scene, "caption": cue.caption}
        yield entry
