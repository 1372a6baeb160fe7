"""The Plan: what a build would do and why, as data, before anything is spoken.

A chapter's *ingredients* are what decided its audio, each by a name that a person understands and a short value that
can be compared. They are written down beside the book (`Record`), so the next plan can say which one changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from narrate.take import Delivery


class Action(StrEnum):
    """What happens to a step."""

    RUN = "run"
    UP_TO_DATE = "up to date"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """How a person asked for one chapter to be spoken, apart from the rest of the book. None: as the book."""

    voice: str | None = None
    rate_wpm: int | None = None
    pitch: int | None = None

    def describe(self) -> str:
        """`voice en-gb, 140 words a minute`, for a table."""
        parts = [
            f"voice {self.voice}" if self.voice else "",
            f"{self.rate_wpm} words a minute" if self.rate_wpm else "",
        ]
        parts.append(f"pitch {self.pitch}" if self.pitch is not None else "")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterPlan:
    """What is known of a chapter before it is spoken. `audio_key` decides its samples, `text_key` its timeline."""

    number: int
    title: str
    utterances: int
    characters: int
    estimate_s: float
    delivery: Delivery
    choice: Choice | None
    ingredients: Mapping[str, str]
    audio_key: str
    text_key: str
    action: Action
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The whole book. `publish` says whether the release is written anew, and `publish_reason` why."""

    chapters: tuple[ChapterPlan, ...]
    publish: Action
    publish_reason: str
    book_key: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterRecord:
    """What is remembered of a published chapter. `audio_start` and `audio_bytes` say where in the file its MPEG
    frames are."""

    number: int
    title: str
    file: str
    audio_key: str
    text_key: str
    ingredients: Mapping[str, str]
    frame_count: int
    audio_start: int
    audio_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is remembered of a published book, in `build.json` beside it. `files` are names and sizes in bytes."""

    book_key: str = ""
    chapters: tuple[ChapterRecord, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)


_NAMES = {"rate": "rate", "voice": "voice", "pitch": "pitch", "engine": "engine"}


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Why a chapter must be made anew: "text changed", "voice en-gb → en-us", "encoder settings"."""
    reasons = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "none"), new.get(name, "none")
        if before != after:
            reasons.append(f"{name} {before} → {after}" if name in _NAMES else f"{name} changed")
    return ", ".join(reasons)
