"""Who speaks in an export: the narrator of the book, as its document says or as it was published."""

import re
from dataclasses import replace
from pathlib import Path

from narrate import record
from narrate.errors import VoiceError
from narrate.export.announcing import Announcer
from narrate.export.delivery import Parcel
from narrate.mix.options import MixOptions
from narrate.mix.profiles import DEFAULT, PROFILES
from narrate.project import Project
from narrate.publish.transcript import read_chapters
from narrate.speech import SpeechOptions
from narrate.store import Place
from narrate.take import Delivery

_RATE_WPM = 175


def of_project(project: Project, parcel: Parcel, scratch: Path) -> Announcer:
    """The narrator of a book whose document is at hand."""
    settings = project.config
    return Announcer(
        store=project.request.store,
        scratch=scratch,
        speech=settings.speech,
        delivery=settings.delivery,
        mix=settings.mix,
        mp3=parcel.chapters[0].options,
    )


def of_book(store: Place, parcel: Parcel, scratch: Path) -> Announcer:
    """The narrator of a published book: the voice that said its first sentence. Raises VoiceError when none did."""
    spoken = (cue.voice for each in read_chapters(parcel.book.timeline) for cue in each.cues if cue.voice)
    voice = next(spoken, "")
    if not voice:
        raise VoiceError(f"{parcel.book.folder}: no sentence in it says who speaks", hint="give the document instead")
    return Announcer(
        store=store,
        scratch=scratch,
        speech=SpeechOptions(),
        delivery=Delivery(voice=voice, rate_wpm=_rate(parcel)),
        mix=_mix(parcel),
        mp3=parcel.chapters[0].options,
    )


def _told(parcel: Parcel, name: str) -> str:
    """What the book's first chapter was made with, by its name in the record; "" when that is not known."""
    found = record.read(parcel.book.folder)
    return found.chapters[0].ingredients.get(name, "") if found and found.chapters else ""


def _mix(parcel: Parcel) -> MixOptions:
    """The profile that the book was mastered with, by its name, at the book's loudness."""
    profile = PROFILES.get(_told(parcel, "profile").partition(" ")[0], PROFILES[DEFAULT])
    loudness = re.match(r"(-\d{1,2}(?:\.\d{1,3})?) LUFS", _told(parcel, "loudness"))
    return MixOptions(profile=replace(profile, loudness_lufs=float(loudness[1])) if loudness else profile)


def _rate(parcel: Parcel) -> int:
    told = _told(parcel, "rate")
    return int(told) if told.isdigit() and 80 <= int(told) <= 450 else _RATE_WPM
