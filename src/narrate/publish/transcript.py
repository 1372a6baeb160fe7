"""What is heard in a chapter and when, read back from a published `timeline.json` for whoever shows it.

In: a file that anybody may have written. Out: frozen cues, a chapter at a time, so that no book is ever held whole. The
file has a cue a line (`publish.timeline.TimelineWriter`); what is no such line is damage and is told.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narrate.document import is_language_tag
from narrate.errors import SourceError

_LONGEST_LINE = 1 << 22
_LONGEST_S = 1e6


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardWord:
    """A word of a cue: seconds from the start of the cue; `text_start:text_end` is its place in the cue's text."""

    start_s: float
    duration_s: float
    text_start: int
    text_end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardTongue:
    """`HeardCue.text[start:end]` is in another language than the book: `language` is a BCP 47 tag."""

    start: int
    end: int
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardCue:
    """A cue as it was published. `kind` is utterance, pause or interlude; `start_s` counts from the start of the book.

    `text` is what is shown: of an utterance its words, of an interlude its caption. `role` is an utterance's, `reason`
    a pause's; both are "" elsewhere. So are `spoken`, `about`, `speaker` and `voice` of what is no
    utterance (`script.Utterance`); `place` says where in the source it comes from. `level` is a heading's, 0 elsewhere;
    `tongues` are in order and do not overlap. `scene` is an interlude's, in English whatever its caption is in;
    `under_speech_s` is how long its bed goes on behind its end.
    """

    kind: str
    start_s: float
    duration_s: float
    text: str = ""
    role: str = ""
    reason: str = ""
    words: tuple[HeardWord, ...] = ()
    id: str = ""
    spoken: str = ""
    about: str = ""
    speaker: str = ""
    place: str = ""
    voice: str = ""
    level: int = 0
    tongues: tuple[HeardTongue, ...] = ()
    scene: str = ""
    under_speech_s: float = 0.0

    @property
    def end_s(self) -> float:
        """When it ends, from the start of the book."""
        return self.start_s + self.duration_s

    @property
    def is_aside(self) -> bool:
        """Whether it is a description or a note."""
        return self.role in ("description", "note")

    @property
    def shown(self) -> str:
        """What is to be read: the author's words, or what is said where there are none."""
        return self.text if self.text.strip() else self.spoken


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardChapter:
    """A chapter as it was published: `file` names its MP3 inside the release, `start_s` is its place in the book."""

    number: int
    title: str
    file: str
    start_s: float
    duration_s: float
    cues: tuple[HeardCue, ...]


def read_chapters(timeline: Path) -> Iterator[HeardChapter]:
    """All chapters in order, one in memory at a time. Raises SourceError when the file cannot be read or is damaged."""
    try:
        with timeline.open("rb") as file:
            lines = _whole_lines(iter(lambda: file.readline(_LONGEST_LINE), b""))
            for line in lines:
                if line.startswith(b'{"number":'):
                    yield _chapter(json.loads(line + b"]}"), lines)
    except OSError as error:
        raise SourceError(f"{timeline}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(f"{timeline}: damaged", hint="build the book again") from error


def _chapter(head: dict[str, Any], lines: Iterator[bytes]) -> HeardChapter:
    return HeardChapter(
        number=int(head["number"]),
        title=_encodable(head["title"]),
        file=str(head["file"]),
        start_s=_seconds(head["start_s"]),
        duration_s=_seconds(head["duration_s"]),
        cues=tuple(heard_cue(json.loads(line)) for line in _to_the_end(lines)),
    )


def read_cues_of(timeline: Path, number: int) -> tuple[HeardCue, ...]:
    """The cues of chapter `number` (from 1). Raises SourceError when the file cannot be read or is damaged, or when it
    has no such chapter."""
    try:
        with timeline.open("rb") as file:
            cues = list(_lines_of(_whole_lines(iter(lambda: file.readline(_LONGEST_LINE), b"")), number))
        return tuple(heard_cue(json.loads(line)) for line in cues)
    except OSError as error:
        raise SourceError(f"{timeline}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(f"{timeline}: chapter {number} is missing or damaged", hint="build the book again") from error


def _whole_lines(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if len(line) >= _LONGEST_LINE:
            raise ValueError("a line without end")
        yield line.strip().rstrip(b",")


def _lines_of(lines: Iterator[bytes], number: int) -> Iterator[bytes]:
    for line in lines:
        if line.startswith(b'{"number":') and json.loads(line + b"]}")["number"] == number:
            break
    else:
        raise ValueError("no such chapter")
    yield from _to_the_end(lines)


def _to_the_end(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if line == b"]}":
            return
        yield line
    raise ValueError("cut short")


def heard_cue(entry: dict[str, Any]) -> HeardCue:
    """A line of the file. Raises KeyError, TypeError or ValueError when it is none."""
    kind = entry["kind"]
    text = _encodable(entry.get("caption" if kind == "interlude" else "text", ""))
    origin = entry.get("origin") or {}
    return HeardCue(
        kind=str(kind),
        start_s=_seconds(entry["start_s"]),
        duration_s=_seconds(entry["duration_s"]),
        text=text,
        role=str(entry.get("role", "")),
        reason=str(entry.get("reason", "")),
        words=tuple(_words(entry.get("words", []), _seconds(entry["start_s"]), len(text))),
        id=str(entry.get("id", "")),
        spoken=_encodable(entry.get("spoken", "")),
        about=str(entry.get("about", "")),
        speaker=_encodable(entry.get("speaker", "")),
        voice=str(entry.get("voice", "")),
        under_speech_s=_seconds(entry.get("under_speech_s", 0.0)),
        level=int(entry.get("level", 0)),
        tongues=tuple(_tongues(entry.get("languages", []), len(text))),
        scene=str(entry.get("scene", "")),
        place=_encodable(f"{origin.get('href', '')} {origin.get('line', '')}"),
    )


def _encodable(text: object) -> str:
    # A lone surrogate has no place in UTF-8, and so in no file or answer that is made of this.
    return str(text).encode("utf-8", "replace").decode()


def _words(entries: list[dict[str, Any]], cue_start_s: float, length: int) -> Iterator[HeardWord]:
    done = 0
    for each in entries:
        start, end = int(each["text_start"]), int(each["text_end"])
        # Several words may say one sign, "$5" for instance; it is shown once.
        if done <= start < end <= length:
            done = end
            start_s = max(0.0, _seconds(each["start_s"]) - cue_start_s)
            yield HeardWord(start_s=start_s, duration_s=_seconds(each["duration_s"]), text_start=start, text_end=end)


def _tongues(entries: list[dict[str, Any]], length: int) -> Iterator[HeardTongue]:
    done = 0
    for each in entries:
        start, end, language = int(each["text_start"]), int(each["text_end"]), str(each["language"])
        if done <= start < end <= length and is_language_tag(language):
            done = end
            yield HeardTongue(start=start, end=end, language=language)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= _LONGEST_S:
        raise ValueError("no time")
    return float(value)
