"""Every format that a book can be had in beside its MP3s, each by one module with a `write` of one shape.

In: an `Edition`, the finished release with its sound in the format's codec. Out: files in the release's folder.
Importing this loads none of the modules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from narrate.publish.edition import Edition

MP3 = "mp3"
"""Always there: chapters, `regenerate`, the player and the feed are made of MP3s, and so are EPUBs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One line of `FORMATS`. `codec` names the one in `codecs.CODECS` that its sound is in, "" for none; `media_type`
    is the file's. `version` is raised when the same edition would give other files.

    `write(path, edition)` writes `path`, and returns the names of all that it wrote, as paths in `edition.folder`.
    """

    codec: str
    extension: str
    media_type: str
    write: Callable[[Path, Edition], list[str]]
    version: int = 1


def _m4b(path: Path, edition: Edition) -> list[str]:
    from narrate.publish import m4b

    return m4b.write(path, edition)


def _opus(path: Path, edition: Edition) -> list[str]:
    from narrate.publish import opus

    return opus.write(path, edition)


def _flac(path: Path, edition: Edition) -> list[str]:
    from narrate.publish import flac

    return flac.write(path, edition)


def _vtt(path: Path, edition: Edition) -> list[str]:
    from narrate.publish import subtitles

    return subtitles.write_vtt(path, edition)


def _srt(path: Path, edition: Edition) -> list[str]:
    from narrate.publish import subtitles

    return subtitles.write_srt(path, edition)


def _epub(path: Path, edition: Edition) -> list[str]:
    from narrate.publish.epub import package

    return package.write(path, edition)


FORMATS: dict[str, Format] = {
    "m4b": Format(codec="aac", extension="m4b", media_type="audio/mp4", write=_m4b, version=2),
    "opus": Format(codec="opus", extension="opus", media_type="audio/ogg; codecs=opus", write=_opus, version=2),
    "flac": Format(codec="flac", extension="flac", media_type="audio/flac", write=_flac, version=2),
    "epub": Format(codec="", extension="epub", media_type="application/epub+zip", write=_epub, version=2),
    "vtt": Format(codec="", extension="vtt", media_type="text/vtt", write=_vtt, version=2),
    "srt": Format(codec="", extension="srt", media_type="application/x-subrip", write=_srt, version=2),
}
"""Every format by the name that `--format` takes, beside `MP3`."""


def formats_of(text: str) -> tuple[str, ...] | None:
    """The formats that "m4b, epub" names, in the order of `FORMATS`, without MP3; None when one is unknown."""
    named = {word.strip().lower() for word in text.replace(",", " ").split()} - {""}
    if not named or not named <= {MP3, *FORMATS}:
        return None
    return tuple(name for name in FORMATS if name in named)
