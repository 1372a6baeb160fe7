"""A finished book, looked at from outside: what its files say of themselves, and what they measure.

In: a release's folder or one sound file. Out: facts. Tags are read back by mutagen, loudness and peaks measured by
ffmpeg's own meter on the decoded sound; nothing is taken from what the build believed.

No second is measured twice. Where a book is, byte by byte, the MPEG frames of its chapters, its peak is the highest of
theirs, which begin and end in silence, and its loudness that of all their gating blocks together. The chapters' blocks
lie on other 100 ms than the book's: that made 0.001 LU on the example book, 0.014 on one of half a minute.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from narrate.errors import AudioError
from narrate.process import cores, ffmpeg_path, run
from narrate.publish.frames import first_kept

_DECODE_TIMEOUT_S = 3600
_LOUDNESS = re.compile(r"^\s+I:\s+(-?[\d.]+|-inf) LUFS", re.MULTILINE)
_PEAK = re.compile(r"^\s+Peak:\s+(-?[\d.]+|-inf) dBFS", re.MULTILINE)
_BLOCK_LOUDNESS = re.compile(rb"^lavfi\.r128\.M=(-?[\d.]+|-inf)", re.MULTILINE)
_OFFSET_LU = 0.691  # ITU-R BS.1770-4, Annex 1, equation 2
_BLOCK = 1 << 20
_HEAD = 1 << 22  # longer than any tag of ours; what is longer is no book that was joined here


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
    books, chapters = _files(path)
    said = [_said(each) for each in (*books, *chapters)]
    joined = {each for each in books if _is_joined(each, chapters)}
    to_measure = [each for each in (*books, *chapters) if each not in joined]
    with ThreadPoolExecutor(cores()) as pool:
        sounds = dict(zip(to_measure, pool.map(partial(_measured, blocks=bool(joined)), to_measure), strict=True))
    for each, facts in zip((*books, *chapters), said, strict=True):
        sound = _together([sounds[chapter] for chapter in chapters]) if each in joined else sounds[each]
        yield facts(loudness_lufs=sound.loudness_lufs, true_peak_dbtp=sound.true_peak_dbtp)


def _files(path: Path) -> tuple[list[Path], list[Path]]:
    if path.is_dir():
        books, chapters = sorted(path.glob("*.mp3")), sorted((path / "chapters").glob("*.mp3"))
        if not books and not chapters:
            raise AudioError(f"{path}: no MP3s in this folder", hint="give a book's folder: OUT/Author/Title")
        return books, chapters
    if path.is_file():
        return [path], []
    what = "neither a file nor a folder" if path.exists() else "no such file or folder"
    raise AudioError(f"{path}: {what}", hint="give a book's folder: OUT/Author/Title")


def _said(path: Path) -> Callable[..., Facts]:
    """The facts that `path` tells of itself, in want of its levels."""
    import mutagen

    try:
        found: Any = mutagen.File(path)
    except (mutagen.MutagenError, OSError) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from error
    if found is None or found.info is None:
        raise AudioError(f"{path}: not a sound file")
    tags = found.tags or {}
    return partial(
        Facts,
        path=path,
        duration_s=found.info.length,
        bitrate_kbps=round(getattr(found.info, "bitrate", 0) / 1000),
        tags={name: _short(value) for name, value in sorted(tags.items()) if not name.startswith(("CHAP", "CTOC"))},
        marks=_marks(tags),
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


def _is_joined(book: Path, chapters: Sequence[Path]) -> bool:
    """Whether `book` is the very frames of `chapters`, one after the other, and nothing else."""
    if not chapters:
        return False
    try:
        with book.open("rb") as whole:
            whole.seek(_first_frame(book))
            for chapter in chapters:
                with chapter.open("rb") as part:
                    part.seek(_first_frame(chapter))
                    while block := part.read(_BLOCK):
                        if whole.read(len(block)) != block:
                            return False
            return not whole.read(1)
    except (AudioError, OSError):
        return False


def _first_frame(path: Path) -> int:
    with path.open("rb") as file:
        return first_kept(file.read(_HEAD))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sound:
    """`blocks_lufs` are the momentary loudness of every gating block, where it was asked for."""

    loudness_lufs: float
    true_peak_dbtp: float
    blocks_lufs: tuple[float, ...]


def _together(chapters: Sequence[_Sound]) -> _Sound:
    import numpy as np

    from narrate.mix.loudness import ABSOLUTE_GATE_LUFS, integrated_lufs

    blocks = np.concatenate([np.asarray(each.blocks_lufs) for each in chapters])
    loudness_lufs = integrated_lufs(10.0 ** ((blocks + _OFFSET_LU) / 10.0))
    return _Sound(
        loudness_lufs=round(max(loudness_lufs, ABSOLUTE_GATE_LUFS), 1),  # as ffmpeg's meter says it
        true_peak_dbtp=max(each.true_peak_dbtp for each in chapters),
        blocks_lufs=(),
    )


def _measured(path: Path, *, blocks: bool) -> _Sound:
    meter = "ebur128=peak=true:framelog=quiet"
    if blocks:
        meter += ":metadata=1,ametadata=print:file=-:key=lavfi.r128.M"
    command = [ffmpeg_path(), "-nostdin", "-nostats", "-hide_banner", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-af", meter, "-f", "null", "-"]
    try:
        done = run(command, timeout_s=_DECODE_TIMEOUT_S)
    except AudioError as error:
        raise AudioError(f"{path}: no sound in it that ffmpeg can read", hint=str(error)) from error
    said = done.stderr.decode("utf-8", "replace")
    loudness, peak = _LOUDNESS.findall(said), _PEAK.findall(said)
    if not loudness or not peak:
        raise AudioError(f"{path}: ffmpeg found nothing to measure")
    return _Sound(
        loudness_lufs=float(loudness[-1]),
        true_peak_dbtp=float(peak[-1]),
        blocks_lufs=tuple(map(float, _BLOCK_LOUDNESS.findall(done.stdout))),
    )
