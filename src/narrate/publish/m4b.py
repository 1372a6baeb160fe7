"""M4B: the book as AAC in an MP4, as Apple's players, car kits and audiobook apps want one.

ffmpeg puts the packets into the file as they are (`-f ipod`, which writes chapters twice: as a QuickTime text track,
and as Nero's list. That ends at 255, so a longer book goes without it: VLC, for one, would not look further); mutagen
adds cover and iTunes' audiobook atoms. No encoding here.
"""

# mypy: disable-error-code="no-untyped-call"
# mutagen types nothing of its MP4.

from collections.abc import Sequence
from pathlib import Path

from mutagen import MutagenError
from mutagen.mp4 import MP4, MP4Cover

from narrate import __version__
from narrate.errors import AudioError
from narrate.process import ffmpeg_path, ffmpeg_version, run
from narrate.publish.codecs import CODECS, RELEASE_RATE, silence
from narrate.publish.edition import Edition
from narrate.publish.files import output_error
from narrate.publish.letters import printable
from narrate.publish.packets import joined
from narrate.release import ReleaseChapter

_MOST_NERO = 255
_AUDIOBOOK = 2  # iTunes' media kind, `stik`
_MUX_S = 1800
_TIMESCALE = ("-movie_timescale", "1000")
"""ffmpeg 9 would take a multiple of all rates that it meets, and then drop every QuickTime chapter over 76 s."""


def write(path: Path, edition: Edition) -> list[str]:
    """Write `path`; see `formats.Format`. Raises AudioError, OutputError."""
    codec = CODECS["aac"]
    adts, marks, made = (edition.scratch / f"m4b.{kind}" for kind in ("aac", "ffmeta", "m4b"))
    try:
        with adts.open("wb") as file:
            file.writelines(joined(edition.sound, codec.place, silence(codec)))
        marks.write_text(_marks(edition.release.chapters), "utf-8", newline="\n")
        _mux(adts, marks, made, nero=len(edition.release.chapters) <= _MOST_NERO)
        adts.unlink()
        _tag(made, edition)
        made.replace(path)
    except OSError as error:
        raise output_error(error, path) from error
    return [path.relative_to(edition.folder).as_posix()]


def _mux(adts: Path, marks: Path, output: Path, *, nero: bool) -> None:
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-f", "aac", "-i", f"file:{adts}"]
    command += ["-f", "ffmetadata", "-i", f"file:{marks}", "-map", "0:a", "-map_chapters", "1"]
    # "bitexact" leaves out the time of day; "faststart" puts the index in front, for whoever listens over a network.
    flags = "+faststart" if nero else "+faststart+disable_chpl"
    command += ["-c", "copy", "-fflags", "+bitexact", "-movflags", flags, *_TIMESCALE, "-f", "ipod", f"file:{output}"]
    run(command, timeout_s=_MUX_S)


def _marks(chapters: Sequence[ReleaseChapter]) -> str:
    """The chapters as ffmpeg's metadata file; times in frames."""
    lines = [";FFMETADATA1"]
    for each in chapters:
        lines += ["[CHAPTER]", f"TIMEBASE=1/{RELEASE_RATE}", f"START={each.start}"]
        lines += [f"END={each.start + each.frame_count}", f"title={_escaped(each.title)}"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "=;#\\" else char for char in " ".join(printable(text).split()))


def _tag(file: Path, edition: Edition) -> None:
    """iTunes' atoms: who and what, as for the MP3s (`id3`: the narrator is the composer), and that this is one."""
    metadata = edition.release.metadata
    texts = {
        "\xa9nam": metadata.title,
        "\xa9alb": metadata.title,
        "\xa9ART": metadata.author,
        "aART": metadata.author,
        "\xa9wrt": metadata.narrator,
        "\xa9nrt": metadata.narrator,
        "\xa9day": metadata.date[:10],
        "\xa9gen": "Audiobook",
        "\xa9too": f"narrate {__version__}, ffmpeg {ffmpeg_version()}",
    }
    try:
        tags = MP4(file)
        for name, text in texts.items():
            line = " ".join(text.encode("utf-8", "replace").decode().split())
            if line:
                tags[name] = [line]
        tags["stik"] = [_AUDIOBOOK]
        tags["pgap"] = True  # gapless
        tags["covr"] = [MP4Cover(edition.cover, imageformat=MP4Cover.FORMAT_JPEG)]
        tags.save()
    except MutagenError as error:
        raise AudioError(f"{file.name}: could not be tagged: {error}") from error
