"""What of a published book a person should listen to: takes that stayed doubtful, and how well all were recognised.

In: a book's folder. Out: facts from its `timeline.json`, which may be anybody's. Writes nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from narrate.release import TIMELINE_FILE

_LARGEST = 1 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubtful:
    """A take: the cue's id, where it begins in the book, what it says, and what is odd about it, or "" for nothing."""

    id: str
    start_s: float
    text: str
    doubt: str
    attempts: int
    word_error_rate: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """The doubtful takes, in order; how many were spoken more than once; how many were heard by a recogniser, and the
    share of words that it heard otherwise on average."""

    doubtful: tuple[Doubtful, ...]
    spoken_again: int
    heard: int
    word_error_rate: float

    def warnings(self) -> Iterator[str]:
        """A line for each doubtful take."""
        for each in self.doubtful:
            yield f"{each.id}: {each.doubt}: “{each.text[:60]}”"


def review(folder: Path) -> Review:
    """What is known of the takes of the book in `folder`; nothing where there is no timeline to be read."""
    takes = list(_takes(folder / TIMELINE_FILE))
    rates = [each.word_error_rate for each in takes if each.word_error_rate is not None]
    return Review(
        doubtful=tuple(each for each in takes if each.doubt),
        spoken_again=sum(each.attempts > 1 for each in takes),
        heard=len(rates),
        word_error_rate=fmean(rates) if rates else 0.0,
    )


def _takes(timeline: Path) -> Iterator[Doubtful]:
    try:
        if timeline.stat().st_size > _LARGEST:
            return
        text = timeline.read_text("utf-8")
        if '"attempts"' not in text and '"doubt"' not in text and '"word_error_rate"' not in text:
            return
        for chapter in json.loads(text)["chapters"]:
            yield from (_take(cue) for cue in chapter["cues"] if cue["kind"] == "utterance")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return


def _take(cue: Any) -> Doubtful:
    rate = cue.get("word_error_rate")
    return Doubtful(
        id=str(cue["id"]),
        start_s=float(cue["start_s"]),
        text=str(cue["text"]),
        doubt=str(cue.get("doubt", "")),
        attempts=int(cue.get("attempts", 1)),
        word_error_rate=None if rate is None else float(rate),
    )
