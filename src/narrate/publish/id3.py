"""ID3v2.3 tags for the book and its chapters, as bytes to put in front of the audio.

v2.3 because ffprobe loses chapters of v2.4 that carry a picture or a long title, and Apple's players break on titles
over about 51 characters there. mutagen makes every frame; the frames are laid one behind the other here, because
mutagen sorts a tag's frames by their size and players take chapters in the order of the file.

Who is who: TPE1 and TPE2 (which players group albums by) are the author, TCOM is the narrator, as Plex, Audiobookshelf
and Prologue read them. Without an author both are left out: players then say "unknown" in the listener's own language.
Pure: no file, no process but `ffmpeg -version`, once.
"""

# mypy: disable-error-code="no-untyped-call"
# mutagen types its constructors in part.

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    CTOC,
    ID3,
    SYLT,
    TALB,
    TCOM,
    TCON,
    TIT2,
    TLAN,
    TPE1,
    TPE2,
    TRCK,
    TSSE,
    TYER,
    USLT,
    CTOCFlags,
    Encoding,
    Frame,
    PictureType,
)

from narrate import __version__
from narrate.document import Metadata
from narrate.process import ffmpeg_version
from narrate.release import ReleaseChapter
from narrate.units import milliseconds

PADDING = 2048
"""Zero bytes behind the frames, so that a person's tag editor can mend a title without rewriting the whole book."""

MOST_LYRICS = 250_000
"""Bytes that the text may take in each of its two frames: three hours of speech, or half as much where it is in UTF-16.
Players hold a tag in memory, and some give up on one of several MB; a longer book goes without, not its chapters."""

_MILLISECONDS = 2  # SYLT's time stamp format
_LYRICS = 1  # SYLT's content type; "text transcription" (2) would be truer, but players look for this
_NO_OFFSET = 0xFFFFFFFF
_MOST_CHILDREN = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A sentence, or a sound in brackets, and when it begins in the file."""

    text: str
    start_ms: int


def book_tag(
    metadata: Metadata,
    chapters: Sequence[ReleaseChapter],
    *,
    cover: bytes,
    comment: str = "",
    lines: Sequence[Line] = (),
) -> bytes:
    """The tag of the whole book: its texts, the cover (JPEG), and a mark for every chapter, from its start to the next;
    and what is heard, `lines`, unless that is more than MOST_LYRICS.

    Times are in whole ms, the nearest to the frame (id3v2-chapters-1.0 has no finer ones). Chapters stand in the order
    given, below one top-level ordered table of contents; more than 255, which its one byte cannot count, in parts.
    """
    frames = _texts(metadata, title=metadata.title, track="1/1", comment=comment)
    ids = [f"ch{chapter.number:0{max(3, len(str(len(chapters))))}d}" for chapter in chapters]
    frames += _contents(ids)
    frames += [_chapter_mark(element, chapter) for element, chapter in zip(ids, chapters, strict=True)]
    return _tag([*frames, _picture(cover), *_lyrics(lines, metadata.language)])


def chapter_tag(
    metadata: Metadata,
    chapter: ReleaseChapter,
    *,
    total: int,
    cover: bytes,
    comment: str = "",
    lines: Sequence[Line] = (),
) -> bytes:
    """The tag of one chapter's file: number `chapter.number` of `total` of the album that the book is. `lines` as in
    `book_tag`."""
    texts = _texts(metadata, title=chapter.title, track=f"{chapter.number}/{total}", comment=comment)
    return _tag([*texts, _picture(cover), *_lyrics(lines, metadata.language)])


def language_code(tag: str) -> str:
    """The ISO 639-2 code that TLAN wants for a BCP 47 tag (the bibliographic one: `ger`), `und` when there is none."""
    from langcodes import Language

    try:
        return Language.get(tag).to_alpha3(variant="B")
    except (LookupError, ValueError):
        return "und"


def _texts(metadata: Metadata, *, title: str, track: str, comment: str) -> list[Frame]:
    frames = [_text(TIT2, title), _text(TALB, metadata.title), _text(TRCK, track), _text(TCON, "Audiobook")]
    if metadata.author.strip():
        frames += [_text(TPE1, metadata.author), _text(TPE2, metadata.author)]
    if metadata.narrator.strip():
        frames.append(_text(TCOM, metadata.narrator))
    if metadata.date[:4].isascii() and metadata.date[:4].isdigit() and len(metadata.date[:4]) == 4:
        frames.append(_text(TYER, metadata.date[:4]))
    code = language_code(metadata.language)
    frames.append(_text(TLAN, code))
    frames.append(_text(TSSE, f"narrate {__version__}, ffmpeg {ffmpeg_version()}"))
    if comment.strip():
        frames.append(COMM(encoding=_encoding(comment), lang=code, desc="", text=_clean(comment)))
    return frames


def _picture(cover: bytes) -> Frame:
    return APIC(encoding=Encoding.LATIN1, mime="image/jpeg", type=PictureType.COVER_FRONT, desc="", data=cover)


def _lyrics(lines: Sequence[Line], language: str) -> list[Frame]:
    """What is heard, as text and as text in time. Last in the tag: whoever reads no further has the picture."""
    cleaned = [(_clean(each.text), each.start_ms) for each in lines]
    text = "\n".join(line for line, _ in cleaned)
    encoding, code = _encoding(text), language_code(language)
    # SYLT ends each line with a NUL and has four bytes of time for it.
    if not text.strip() or len(text) * (1 if text.isascii() else 2) + 8 * len(cleaned) > MOST_LYRICS:
        return []
    return [
        USLT(encoding=encoding, lang=code, desc="", text=text),
        SYLT(encoding=encoding, lang=code, format=_MILLISECONDS, type=_LYRICS, desc="", text=cleaned),
    ]


def _chapter_mark(element: str, chapter: ReleaseChapter) -> Frame:
    return CHAP(
        element_id=element,
        start_time=milliseconds(chapter.start, chapter.sample_rate),
        end_time=milliseconds(chapter.start + chapter.frame_count, chapter.sample_rate),
        start_offset=_NO_OFFSET,
        end_offset=_NO_OFFSET,
        sub_frames=[_text(TIT2, chapter.title)],
    )


def _contents(ids: Sequence[str]) -> list[Frame]:
    """The table of contents over `ids`, the top-level one first; a level of parts holds up to 255 of the one below."""
    parts: list[Frame] = []
    level, height = [(element, index, index) for index, element in enumerate(ids, start=1)], 0
    while len(level) > _MOST_CHILDREN:
        height += 1
        groups = [level[at : at + _MOST_CHILDREN] for at in range(0, len(level), _MOST_CHILDREN)]
        level = []
        for number, group in enumerate(groups, start=1):
            element, first, last = f"toc{height}-{number:03d}", group[0][1], group[-1][2]
            parts.append(_table(element, CTOCFlags.ORDERED, [child for child, _, _ in group], f"{first}–{last}"))
            level.append((element, first, last))
    top = _table("toc", CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED, [child for child, _, _ in level], "Contents")
    return [top, *parts]


def _table(element: str, flags: int, children: Sequence[str], title: str) -> Frame:
    return CTOC(element_id=element, flags=flags, child_element_ids=list(children), sub_frames=[_text(TIT2, title)])


def _text(kind: type[Frame], text: str) -> Frame:
    return kind(encoding=_encoding(text), text=[_clean(text)])


def _encoding(text: str) -> int:
    # Players that should read Latin-1 read the code page of their country instead; ASCII is the same in all of them.
    return int(Encoding.LATIN1 if text.isascii() else Encoding.UTF16)


def _clean(text: str) -> str:
    """`text` on one line, without what would end it early (NUL) or cannot be written at all (lone surrogates)."""
    line = " ".join("".join(c if c.isprintable() or c > "\u009f" else " " for c in text).split())
    return line.encode("utf-16-le", "replace").decode("utf-16-le")


def _tag(frames: Sequence[Frame]) -> bytes:
    body = b"".join(map(_frame_bytes, frames)) + bytes(PADDING)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + body


def _frame_bytes(frame: Frame) -> bytes:
    """One frame as mutagen writes it: a tag of nothing else, without the tag's ten bytes of header."""
    tag, file = ID3(), BytesIO()
    tag.add(frame)
    tag.save(file, v1=0, v2_version=3, padding=lambda _: 0)
    return file.getvalue()[10:]
