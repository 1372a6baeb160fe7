"""A finished book, looked at from outside: what its files say of themselves, and what they measure.

In: a release's folder or one sound file. Out: facts. Tags are read back by mutagen, loudness and peaks measured by
ffmpeg's own meter on the decoded sound; nothing is taken from what the build believed.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narrate.errors import AudioError
from narrate.process import cores, ffmpeg_path, run

_DECODE_TIMEOUT_S = 3600
_LOUDNESS = re.compile(r"^\s+I:\s+(-?[\d.]+|-inf) LUFS", re.MULTILINE)
_PEAK = re.compile(r"^\s+Peak:\s+(-?[\d.]+|-inf) dBFS", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A chapter mark inside a file: where it begins and its title."""

    start_s: float
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What one file says (tags by their ID3 names, chapter marks) and measures; `loudness_lufs` is the whole file's,
    interludes and all."""

    path: Path
    duration_s: float
    bitrate_kbps: int
    tags: dict[str, str]
    marks: tuple[Mark, ...]
    loudness_lufs: float
    true_peak_dbtp: float


def inspect_path(path: Path) -> Iterator[Facts]:
    """The facts of a file, or of all MP3s of a folder: the whole book first, then its chapters in order.

    Raises AudioError when there is nothing to inspect or a file is no audio.
    """
    if path.is_dir():
        files = sorted(path.glob("*.mp3")) + sorted((path / "chapters").glob("*.mp3"))
        if not files:
            raise AudioError(f"{path}: no MP3s in this folder", hint="give a book's folder: OUT/Author/Title")
    elif path.is_file():
        files = [path]
    else:
        what = "neither a file nor a folder" if path.exists() else "no such file or folder"
        raise AudioError(f"{path}: {what}", hint="give a book's folder: OUT/Author/Title")
    with ThreadPoolExecutor(cores()) as pool:
        yield from pool.map(_facts, files)


def _facts(path: Path) -> Facts:
    import mutagen

    try:
        found: Any = mutagen.File(path)
    except (mutagen.MutagenError, OSError) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from error
    if found is None or found.info is None:
        raise AudioError(f"{path}: not a sound file")
    loudness_lufs, peak_dbtp = _measured(path)
    tags = found.tags or {}
    return Facts(
        path=path,
        duration_s=found.info.length,
        bitrate_kbps=round(getattr(found.info, "bitrate", 0) / 1000),
        tags={name: _short(value) for name, value in sorted(tags.items()) if not name.startswith(("CHAP", "CTOC"))},
        marks=_marks(tags),
        loudness_lufs=loudness_lufs,
        true_peak_dbtp=peak_dbtp,
    )


def _marks(tags: Any) -> tuple[Mark, ...]:
    chapters = [value for name, value in tags.items() if name.startswith("CHAP")]
    chapters.sort(key=lambda each: each.start_time)
    return tuple(Mark(start_s=each.start_time / 1000, title=str(each.sub_frames.get("TIT2", ""))) for each in chapters)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_short, value))
    data = getattr(value, "data", None)
    return f"{getattr(value, 'mime', 'data')}, {len(data)} bytes" if isinstance(data, bytes) else str(value)


def _measured(path: Path) -> tuple[float, float]:
    command = [ffmpeg_path(), "-nostdin", "-nostats", "-hide_banner", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    try:
        said = run(command, timeout_s=_DECODE_TIMEOUT_S).stderr.decode("utf-8", "replace")
    except AudioError as error:
        raise AudioError(f"{path}: no sound in it that ffmpeg can read", hint=str(error)) from error
    loudness, peak = _LOUDNESS.findall(said), _PEAK.findall(said)
    if not loudness or not peak:
        raise AudioError(f"{path}: ffmpeg found nothing to measure")
    return float(loudness[-1]), float(peak[-1])
