"""A finished book, looked at from outside: what its files say of themselves, and what they measure.

In: a release's folder or one sound file. Out: facts. Tags are read back by mutagen, all levels by ffmpeg on the decoded
sound; nothing is taken from what the build believed.

No second is measured twice. Where a book is, byte by byte, the MPEG frames of its chapters, its peak is the highest of
theirs, which begin and end in silence, and its loudness that of all their gating blocks together. The chapters' blocks
lie on other 100 ms than the book's: that made 0.001 LU on the example book, 0.014 on one of half a minute.
"""

import math
import re
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from narrate.errors import AudioError
from narrate.process import cores, ffmpeg_path, run, stream
from narrate.publish.frames import first_kept

SILENCE_S = 4.0
"""Silence as long as this is looked for: below -60 dBFS, which is what ACX asks of a room's floor."""

BLOCK_S = 0.1
"""From one momentary loudness to the next (EBU Tech 3341: 400 ms that overlap by 75 %)."""

_DECODE_TIMEOUT_S = 3600
_LOUDNESS = re.compile(r"^\s+I:\s+(-?[\d.]+|-inf) LUFS", re.MULTILINE)
_PEAK = re.compile(r"^\s+Peak:\s+(-?[\d.]+|-inf) dBFS", re.MULTILINE)
_SAMPLE_PEAK = re.compile(r"Peak level dB: (-?[\d.]+|-inf)")
_SILENCE = re.compile(r"silence_(start|end): (-?[\d.]+)")
_BLOCK_LOUDNESS = b"lavfi.r128.M="
_FIRST_BLOCK = 3  # the meter says -120.7 until it has 400 ms
_OFFSET_LU = 0.691  # ITU-R BS.1770-4, Annex 1, equation 2
_BLOCK = 1 << 20
_TOP_LEVEL = 1  # of a CTOC's flags (id3v2-chapters-1.0, 3.2)
_HEAD = 1 << 22  # longer than any tag of ours; what is longer is no book that was joined here


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A chapter mark inside a file: its id, where it begins and its title."""

    id: str
    start_s: float
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What one file says (tags by their ID3 names, chapter marks in the file's order) and measures.

    `loudness_lufs` is the whole file's, interludes and all; `blocks_lufs` the momentary loudness every BLOCK_S, the
    first of the file's first 400 ms. `silences` are those of SILENCE_S and more, (start, end) in seconds. A book that
    is its chapters (`joined`) has neither: theirs are its own. `contents` are the ids of a table of contents, in order.
    """

    path: Path
    duration_s: float
    bitrate_kbps: int
    tags: dict[str, str]
    marks: tuple[Mark, ...]
    contents: tuple[str, ...]
    loudness_lufs: float
    true_peak_dbtp: float
    peak_dbfs: float
    silences: tuple[tuple[float, float], ...] = ()
    blocks_lufs: "array[float]"
    joined: bool = False


def inspect_path(path: Path) -> Iterator[Facts]:
    """The facts of a file, or of all MP3s of a folder: the whole book first, then its chapters in order.

    Raises AudioError when there is nothing to inspect or a file is no audio.
    """
    books, chapters = _files(path)
    said = [_said(each) for each in (*books, *chapters)]
    joined = {each for each in books if _is_joined(each, chapters)}
    to_measure = [each for each in (*books, *chapters) if each not in joined]
    with ThreadPoolExecutor(cores()) as pool:
        sounds = dict(zip(to_measure, pool.map(_measured, to_measure), strict=True))
    for each, facts in zip((*books, *chapters), said, strict=True):
        sound = _together([sounds[chapter] for chapter in chapters]) if each in joined else sounds[each]
        yield facts(
            loudness_lufs=sound.loudness_lufs,
            true_peak_dbtp=sound.true_peak_dbtp,
            peak_dbfs=sound.peak_dbfs,
            silences=sound.silences,
            blocks_lufs=sound.blocks_lufs,
            joined=each in joined,
        )


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
        contents=_contents(tags),
    )


def _marks(tags: Any) -> tuple[Mark, ...]:
    chapters = [value for name, value in tags.items() if name.startswith("CHAP")]
    return tuple(
        Mark(id=each.element_id, start_s=each.start_time / 1000, title=str(each.sub_frames.get("TIT2", "")))
        for each in chapters
    )


def _contents(tags: Any) -> tuple[str, ...]:
    """The marks in the order of the tables of contents, whose top level names marks or further tables."""
    tables = {each.element_id: each for name, each in tags.items() if name.startswith("CTOC")}
    top = next((each for each in tables.values() if each.flags & _TOP_LEVEL), None)
    found: list[str] = []
    for child in top.child_element_ids if top else ():
        found += tables[child].child_element_ids if child in tables else [child]
    return tuple(found)


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
    loudness_lufs: float
    true_peak_dbtp: float
    peak_dbfs: float
    silences: tuple[tuple[float, float], ...]
    blocks_lufs: "array[float]"


def _together(chapters: Sequence[_Sound]) -> _Sound:
    from narrate.mix.loudness import ABSOLUTE_GATE_LUFS

    loudness_lufs = gated_lufs([each.blocks_lufs for each in chapters])
    return _Sound(
        loudness_lufs=round(max(loudness_lufs, ABSOLUTE_GATE_LUFS), 1),  # as ffmpeg's meter says it
        true_peak_dbtp=max(each.true_peak_dbtp for each in chapters),
        peak_dbfs=max(each.peak_dbfs for each in chapters),
        silences=(),
        blocks_lufs=array("f"),
    )


def clipped(path: Path, duration_s: float, level_dbfs: float) -> tuple[int, float]:
    """How many samples of a sound file, `duration_s` long, are at or above `level_dbfs`, and at what second the first
    is: (0, 0.0) for none. Raises AudioError when it cannot be decoded."""
    import numpy as np

    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-f", "f32le", "-"]
    limit = 10.0 ** (level_dbfs / 20)
    count, first, total, odd = 0, 0, 0, b""
    for block in stream(command, timeout_s=_DECODE_TIMEOUT_S):
        block = odd + block
        whole = len(block) // 4 * 4
        over = np.flatnonzero(np.abs(np.frombuffer(block[:whole], "<f4")) >= limit)
        if len(over) and not count:
            first = total + int(over[0])
        count, total, odd = count + len(over), total + whole // 4, block[whole:]
    return count, duration_s * first / max(1, total)


def gated_lufs(blocks_lufs: "Sequence[array[float]]") -> float:
    """The integrated loudness of momentary blocks, whatever files they are from (ITU-R BS.1770-4)."""
    import numpy as np

    from narrate.mix.loudness import integrated_lufs

    blocks = np.concatenate([np.asarray(each, np.float64) for each in blocks_lufs])
    return integrated_lufs(10.0 ** ((blocks + _OFFSET_LU) / 10.0))


def _measured(path: Path) -> _Sound:
    meters = f"astats=measure_perchannel=none:measure_overall=Peak_level,silencedetect=noise=-60dB:duration={SILENCE_S}"
    meters += ",ebur128=peak=true:framelog=quiet:metadata=1,ametadata=print:file=-:key=lavfi.r128.M"
    command = [ffmpeg_path(), "-nostdin", "-nostats", "-hide_banner", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-af", meters, "-f", "null", "-"]
    with tempfile.TemporaryFile() as printed:  # 60 bytes each 100 ms: of a day 50 MB
        try:
            done = run(command, timeout_s=_DECODE_TIMEOUT_S, stdout=printed)
        except AudioError as error:
            raise AudioError(f"{path}: no sound in it that ffmpeg can read", hint=str(error)) from error
        printed.seek(0)
        blocks = array("f")
        for line in printed:
            if line.startswith(_BLOCK_LOUDNESS):
                lufs = float(line[len(_BLOCK_LOUDNESS) :])
                blocks.append(-math.inf if math.isnan(lufs) else lufs)  # of digital silence it says "nan"
    said = done.stderr.decode("utf-8", "replace")
    loudness, true_peak, peak = _LOUDNESS.findall(said), _PEAK.findall(said), _SAMPLE_PEAK.findall(said)
    if not loudness or not true_peak or not peak:
        raise AudioError(f"{path}: ffmpeg found nothing to measure")
    return _Sound(
        loudness_lufs=float(loudness[-1]),
        true_peak_dbtp=float(true_peak[-1]),
        peak_dbfs=float(peak[-1]),
        silences=tuple(_silences(said)),
        blocks_lufs=blocks[_FIRST_BLOCK:],
    )


def _silences(said: str) -> Iterator[tuple[float, float]]:
    start = math.nan
    for kind, at in _SILENCE.findall(said):
        if kind == "start":
            start = max(0.0, float(at))
        elif not math.isnan(start):
            yield start, float(at)
            start = math.nan
    if not math.isnan(start):
        yield start, math.inf
