"""The Release: what was published, and under which names it lies on a disk, a phone or a USB stick.

Made by the pipeline from what `publish/` wrote, read by the commands and the player. Nothing here touches a file.
Names are safe on ext4, APFS, NTFS and FAT at once, because a book travels from one to the other.
"""

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from narrate.document import Metadata
from narrate.script import Account
from narrate.units import seconds

CHAPTERS_FOLDER = "chapters"
COVER_FILE = "cover.jpg"
MANIFEST_FILE = "publication.json"
RECORD_FILE = "build.json"
TIMELINE_FILE = "timeline.json"
SAMPLE_FILE = "sample/sample.mp3"

# The name space of our identifiers.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://www.w3.org/TR/audiobooks/#narrate")
_LONGEST_CHARACTERS = 100
# ext4, APFS and NTFS hold 255 bytes or UTF-16 units; this leaves room for "10000 - ", ".mp3" and a temporary's affixes.
_LONGEST_BYTES = 180
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
_REPLACED = str.maketrans({"/": "-", "\\": "-", "|": "-", "*": "", "?": "", "<": "‹", ">": "›"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseChapter:
    """One published chapter. `file` is its path inside the release, with `/`.

    `start` (in the book) and `frame_count` are in frames at `sample_rate` Hz, exactly as the files decode.
    """

    number: int
    title: str
    file: str
    start: int
    frame_count: int
    sample_rate: int

    @property
    def start_s(self) -> float:
        """Where the chapter begins in the book, in seconds."""
        return seconds(self.start, self.sample_rate)

    @property
    def duration_s(self) -> float:
        """The chapter's length in seconds."""
        return seconds(self.frame_count, self.sample_rate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A published book: `folder`, the name of the whole-book file in it, and its chapters in order (at least one).

    `formats` names its files in other formats, `sample` its retail sample, if there is one; `account` tells what became
    of every block of the source.
    """

    folder: Path
    metadata: Metadata
    book: str
    chapters: tuple[ReleaseChapter, ...]
    formats: Mapping[str, str] = field(default_factory=dict)
    sample: str = ""
    warnings: tuple[str, ...] = ()
    account: Account = field(default_factory=Account)

    @property
    def frame_count(self) -> int:
        """The whole book's length in frames: the chapters follow one another without a gap."""
        return sum(chapter.frame_count for chapter in self.chapters)

    @property
    def duration_s(self) -> float:
        """The whole book's length in seconds."""
        return seconds(self.frame_count, self.chapters[0].sample_rate)


def identifier(title: str, author: str) -> str:
    """A URN of version 5 from title and author: the same work has the same one on every machine."""
    text = unicodedata.normalize("NFC", f"{author.strip()}\n{title.strip()}")
    name = uuid.uuid5(_NAMESPACE, text.encode("utf-8", "replace").decode())
    return f"urn:uuid:{name}"


def release_folder(metadata: Metadata) -> PurePosixPath:
    """Where a work goes below `--out`: `Author/Title`, or `Title` when the author is not known."""
    title = safe_name(metadata.title)
    return PurePosixPath(safe_name(metadata.author), title) if metadata.author.strip() else PurePosixPath(title)


def book_file_name(title: str, extension: str = "mp3") -> str:
    """The whole book's file name: `Title.mp3`."""
    return f"{safe_name(title)}.{extension}"


def chapter_file_name(number: int, total: int, title: str) -> str:
    """`01 - Title.mp3`: as many digits as `total` needs and at least two, so that a plain sort is the book's order."""
    return f"{number:0{max(2, len(str(total)))}d} - {safe_name(title)}.mp3"


def safe_name(title: str) -> str:
    """`title` as the name of a file or folder, without an extension: never empty, never hidden, NFC.

    Of at most 100 characters and 180 UTF-8 bytes, cut between words where there is one, and never inside what is
    seen as one character. Typographic quotes stay; what Windows or FAT forbid is replaced by what reads alike.
    """
    text = unicodedata.normalize("NFC", title[: _LONGEST_CHARACTERS * 10])
    text = " ".join("".join(map(_printable, text)).split())
    text = re.sub(r"(?<=\d):(?=\d)", ".", text)
    text = re.sub(r" ?: ?", " - ", text).replace("...", "…")
    text = re.sub(r'(^|[\s(\[{‘“—–-])"', r"\1“", text).replace('"', "”").translate(_REPLACED)
    text = _cut(" ".join(text.split()).strip(" .")).rstrip(" .")
    if text.partition(".")[0].rstrip().casefold() in _RESERVED:
        text = f"_{text}"
    return text if text.strip(" -_‹›") else "Untitled"


def _printable(character: str) -> str:
    """A space for any white space and for control characters, nothing for invisible marks and lone surrogates."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    # The joiners carry meaning in Persian, in Indic scripts and between emoji; direction marks only deceive here.
    return "" if category in ("Cf", "Cs") and character not in "\u200c\u200d" else character


def _cut(text: str) -> str:
    end = min(len(text), _LONGEST_CHARACTERS)
    while len(text[:end].encode()) > _LONGEST_BYTES:
        end -= 1
    if end == len(text):
        return text
    space = text.rfind(" ", 0, end + 1)
    if space >= end // 2:
        return text[:space]
    while end > 1 and (continues(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end]


def continues(character: str) -> bool:
    """Whether `character` is drawn as part of the one before it: a mark, a joiner or a skin tone."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
