"""Opus: the book in an Ogg file (RFC 7845) with chapter comments and the cover. No encoding here."""

import base64
import struct
import zlib
from itertools import chain, islice, repeat
from pathlib import Path

from narrate.publish import ogg
from narrate.publish.codecs import CODECS, RELEASE_RATE, silence
from narrate.publish.comments import comments, picture
from narrate.publish.edition import Edition
from narrate.publish.files import output_error
from narrate.publish.packets import joined
from narrate.release import identifier
from narrate.units import frames

_PRE_SKIP = 312
"""What libopus delays its input by at 48 kHz, in frames; the player drops them."""

_GRANULE = 960


def write(path: Path, edition: Edition) -> list[str]:
    """Write `path`; see `formats.Format`. Raises OutputError."""
    codec, release = CODECS["opus"], edition.release
    # Clause 5.1: version 1, one channel, pre-skip, the rate that it was recorded at, no gain, mapping family 0.
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _PRE_SKIP, RELEASE_RATE, 0, 0)
    cover = ("METADATA_BLOCK_PICTURE", base64.b64encode(picture(edition.cover)).decode())
    tags = b"OpusTags" + comments(release, more=(cover,))
    last = _PRE_SKIP + frames(release.duration_s, codec.sample_rate)
    # Its last frames come late, since the codec delays them; but no packet may lie behind the end (clause 4.4).
    sound = chain(joined(edition.sound, codec.place, silence(codec)), repeat(silence(codec)))
    packets = islice(sound, -(-last // _GRANULE))
    serial = zlib.crc32(identifier(release.metadata.title, release.metadata.author).encode())
    try:
        with path.open("wb") as file:
            ogg.write_pages(file, [head, tags], packets, serial=serial, granule=_GRANULE, last=last)
    except OSError as error:
        raise output_error(error, path) from error
    return [path.relative_to(edition.folder).as_posix()]
