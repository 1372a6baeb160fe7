"""The Plan: what a build would do and why, as data, before anything is spoken.

A chapter's *ingredients* are what decided its audio, each by a name that a person understands and a short value that
can be compared. They are written down beside the book (`Record`), so the next plan can say which one changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class FormatRecord:
    """What is remembered of a published format beside MP3: its file, and what decided how its sound is encoded."""

    file: str
    codec_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What is remembered of a published book. `flags` are those of the command line; `files` names and sizes; `formats`
    those beside MP3 by their names."""

    book_key: str
    flags: Mapping[str, object] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    choices: tuple[ChapterChoice, ...] = ()
    chapters: tuple[ChapterRecord, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    formats: Mapping[str, FormatRecord] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterPlan:
    """What is known of a chapter before it is spoken. `reused` is the published chapter that it can be taken from;
    `fresh` says that it is to be spoken anew even where the store has its takes. `delivery` is the narrator's; `parts`
    are the others', by the names of `Utterance.parts`. `encodes` names the codecs that it must be encoded with, none
    where all of its sound can be taken over. `scenes` are those of its interludes."""

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
    place_key: str
    reused: ChapterRecord | None
    action: Action
    reason: str
    fresh: bool = False
    encodes: tuple[str, ...] = ("mp3",)
    parts: Mapping[str, Delivery] = field(default_factory=dict)
    scenes: tuple[str, ...] = ()

    def delivery_of(self, utterance: Utterance) -> Delivery:
        """How one utterance of the chapter is spoken."""
        return next((self.parts[part] for part in utterance.parts if part in self.parts), self.delivery)

    @property
    def voices(self) -> frozenset[str]:
        """The ids of all voices that it may need."""
        return frozenset((self.delivery.voice, *(each.voice for each in self.parts.values())))


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatPlan:
    """A format beside MP3 that the book is to be had in. `reused` is the published one whose sound can be taken over,
    for the chapters that are."""

    name: str
    codec: str
    codec_key: str
    reused: FormatRecord | None
    action: Action
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The whole book. `publish` says whether the release is written anew, `publish_reason` why; `account` tells what
    became of every block of the source."""

    chapters: tuple[ChapterPlan, ...]
    choices: tuple[ChapterChoice, ...]
    book_key: str
    publish: Action
    publish_reason: str
    formats: tuple[FormatPlan, ...] = ()
    warnings: tuple[str, ...] = ()
    account: Account = field(default_factory=Account)


VOICE_OF = "voice of "
"""Before the name of a part, among the ingredients."""

_SPOKEN_OF = ("voice", "rate", "pitch", "engine", "encoder", "language", "profile", "effects")


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Why a chapter must be made anew: "text changed", "voice en-gb → en-us", "engine 1.51 → 1.52"."""
    reasons = []
    names = old.keys() | new.keys()
    if old.get("profile") != new.get("profile"):
        names -= {"loudness"}  # the profile's own
    for name in sorted(names):
        before, after = old.get(name, "none"), new.get(name, "none")
        if before != after:
            told = name in _SPOKEN_OF or name.startswith(VOICE_OF)
            reasons.append(f"{name} {before} → {after}" if told else f"{name} changed")
    return ", ".join(reasons)
