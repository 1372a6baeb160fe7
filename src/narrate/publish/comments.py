"""Vorbis comments, which Opus and FLAC share: title, author, chapters, and the cover as a picture block.

A Release comes in, lists and bytes go out; mutagen lays them out. Chapters are in the `CHAPTER001=` form that ffmpeg,
mpv, VLC and foobar2000 read (https://wiki.xiph.org/Chapter_Extension).
"""

# mypy: disable-error-code="no-untyped-call"
# mutagen types nothing of its comments.

from io import BytesIO

from mutagen._vorbis import VComment
from mutagen.flac import Picture
from mutagen.id3 import PictureType

from narrate import __version__
from narrate.release import Release
from narrate.units import milliseconds


def comments(release: Release, *, more: tuple[tuple[str, str], ...] = ()) -> bytes:
    """The comment block, without the framing bit that only Vorbis has. `more` are further comments."""
    metadata = release.metadata
    block = VComment()
    block.vendor = f"narrate {__version__}"
    pairs = [
        ("TITLE", metadata.title),
        ("ALBUM", metadata.title),
        ("ARTIST", metadata.author),
        ("ALBUMARTIST", metadata.author),
        ("COMPOSER", metadata.narrator),
        ("PERFORMER", metadata.narrator),
        ("DATE", metadata.date),
        ("GENRE", "Audiobook"),
        ("LANGUAGE", metadata.language),
    ]
    digits = max(3, len(str(len(release.chapters))))
    for each in release.chapters:
        name = f"CHAPTER{each.number:0{digits}d}"
        pairs += [(name, _clock(milliseconds(each.start, each.sample_rate))), (f"{name}NAME", each.title)]
    for key, value in (*pairs, *more):
        line = " ".join(value.encode("utf-8", "replace").decode().replace("\0", " ").split())
        if line:
            block.append((key, line))
    return bytes(block.write(framing=False))


def picture(cover: bytes) -> bytes:
    """The cover (JPEG) as FLAC's PICTURE block (RFC 9639 clause 8.8)."""
    from PIL import Image

    found = Picture()
    found.type, found.mime, found.data = PictureType.COVER_FRONT, "image/jpeg", cover
    with Image.open(BytesIO(cover)) as image:
        found.width, found.height = image.size
    found.depth = 24
    return bytes(found.write())


def _clock(time_ms: int) -> str:
    seconds, rest = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
