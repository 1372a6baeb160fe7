"""The Plan: what a build would do and why, as data, before anything is spoken.

A chapter's *ingredients* are what decided its audio, each by a name that a person understands and a short value that
can be compared. They are written down beside the book (`Record`), so the next plan can say which one changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from narrate.script import Account, Utterance
from narrate.take import Delivery


class Action(StrEnum):
    """What happens to a step."""

    RUN = "run"
    UP_TO_DATE = "up to date"
    MISSING = "missing"  # it was made and is not there any more, or is not what it was


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
class ChapterChoice:
    """A choice and the chapter it was made for, by title; by number when no chapter has that title any more."""

    number: int
    title: str
    choice: Choice


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterRecord:
    """What is remembered of a published chapter.

    `audio_key` decides its samples, `text_key` what its timeline says, `place_key` where in the source that stands,
    `tag_key` the tag of its file. The chapter's MPEG frames are the last `audio_bytes` of its file; its cues in
    `timeline.json` go from byte `cues_start` to `cues_end`.
    """

    number: int
    title: str
    file: str
    audio_key: str
    text_key: str
    place_key: str
    tag_key: str
    ingredients: Mapping[str, str]
    start: int
    frame_count: int
    audio_bytes: int
    cues_start: int
    cues_end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is remembered of a published book. `flags` are those of the command line; `files` names and sizes."""

    book_key: str
    flags: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    choices: tuple[ChapterChoice, ...] = ()
    chapters: tuple[ChapterRecord, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterPlan:
    """What is known of a chapter before it is spoken. `reused` is the published chapter that it can be taken from;
    `fresh` says that it is to be spoken anew even where the store has its takes. `aside` is how descriptions and notes
    are spoken; `voices` are the ids of those that the script's own lines ask for by name, and of those for sentences in
    another language, where the engine has one."""

    number: int
    title: str
    utterances: int
    characters: int
    estimate_s: float
    delivery: Delivery
    aside: Delivery
    choice: Choice | None
    ingredients: Mapping[str, str]
    audio_key: str
    text_key: str
    place_key: str
    reused: ChapterRecord | None
    action: Action
    reason: str
    fresh: bool = False
    voices: Mapping[str, str] = field(default_factory=dict)

    def delivery_of(self, utterance: Utterance) -> Delivery:
        """How one utterance of the chapter is spoken."""
        if utterance.is_aside:
            return self.aside
        voice = self.voices.get(utterance.asks_for)
        return replace(self.delivery, voice=voice) if voice else self.delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The whole book. `publish` says whether the release is written anew, `publish_reason` why; `account` tells what
    became of every block of the source."""

    chapters: tuple[ChapterPlan, ...]
    choices: tuple[ChapterChoice, ...]
    book_key: str
    publish: Action
    publish_reason: str
    warnings: tuple[str, ...] = ()
    account: Account = field(default_factory=Account)


_SPOKEN_OF = ("voice", "descriptions", "rate", "pitch", "engine", "encoder", "language", "profile")


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Why a chapter must be made anew: "text changed", "voice en-gb → en-us", "engine 1.51 → 1.52"."""
    reasons = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "none"), new.get(name, "none")
        if before != after:
            reasons.append(f"{name} {before} → {after}" if name in _SPOKEN_OF else f"{name} changed")
    return ", ".join(reasons)
