"""The Edition: a finished release, as the formats beside MP3 are written from it."""

from dataclasses import dataclass
from pathlib import Path

from narrate.publish.packets import ChapterPackets
from narrate.release import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """What a format is written from: the release, whose chapters' MP3s and timeline lie in `folder` already, its cover
    (JPEG), and for a format with a codec each chapter's packets. `scratch` is a folder that goes with the build."""

    release: Release
    folder: Path
    cover: bytes
    scratch: Path
    sound: tuple[ChapterPackets, ...] = ()
