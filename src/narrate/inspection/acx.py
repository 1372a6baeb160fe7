"""What ACX, Audible's shop for producers, asks of every file, and whether a finished book meets it.

In: a book's folder. Out: a line a rule and file, met or not. Nothing is taken from what the build believed: files are
decoded by ffmpeg and their MPEG frames are read. The rules are those of ACX's "Audio Submission Requirements";
docs/sound.md lists them.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from narrate.errors import AudioError
from narrate.process import ffmpeg_path
from narrate.publish.frames import parse_header, split_frames
from narrate.publish.sample import LONGEST_S, SHORTEST_S
from narrate.release import CHAPTERS_FOLDER, SAMPLE_FILE
from narrate.text.credits import is_closing, is_opening
from narrate.units import clock

RMS_DBFS = (-23.0, -18.0)
PEAK_DBFS = -3.0
FLOOR_DBFS = -60.0
HEAD_S, TAIL_S = (0.5, 1.0), (1.0, 5.0)
LONGEST_FILE_S = 120 * 60
SAMPLE_RATE = 44_100
LEAST_KBPS = 192

_BLOCK_S = 0.01
_FLOOR_WINDOW_S = 0.5
"""The floor is the RMS of the quietest half second, as the plug-in "ACX Check" for Audacity takes it."""
_SPEECH_DBFS = -50.0
"""Where speech begins and ends: room tone must lie 10 dB lower than this anyway."""
_DIGITAL_SILENCE_DBFS = -95.0
_READ_BLOCKS = 1000
_TOLERANCE_S = 0.06
"""A soft consonant at either end passes for room tone or doesn't."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One rule and one file: what was found and what is asked for."""

    file: str
    rule: str
    found: str
    wanted: str
    met: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Heard:
    """A file by blocks of 10 ms: mean squares, float64; and its highest sample, linear."""

    powers: NDArray[np.float64]
    peak: float

    @property
    def duration_s(self) -> float:
        return len(self.powers) * _BLOCK_S

    @property
    def rms_dbfs(self) -> float:
        return _db(float(self.powers.mean()))

    @property
    def floor_dbfs(self) -> float:
        """The RMS of the quietest half second; of all of a file that is shorter."""
        size = min(round(_FLOOR_WINDOW_S / _BLOCK_S), len(self.powers))
        total = np.concatenate(([0.0], np.cumsum(self.powers)))
        return _db(float((total[size:] - total[:-size]).min()) / size)

    def edges_s(self) -> tuple[float, float]:
        """How long nothing is said at the head and at the tail."""
        loud = np.flatnonzero(self.powers > 10 ** (_SPEECH_DBFS / 10))
        if not loud.size:
            return self.duration_s, self.duration_s
        return float(loud[0]) * _BLOCK_S, (len(self.powers) - 1 - float(loud[-1])) * _BLOCK_S

    def tone_dbfs(self, length_s: float, *, at_end: bool) -> float:
        """The level of the first or last `length_s` seconds."""
        count = max(1, round(length_s / _BLOCK_S))
        return _db(float((self.powers[-count:] if at_end else self.powers[:count]).mean()))


def check_acx(folder: Path) -> Iterator[Finding]:
    """Every rule, of every chapter's file, of the sample, and of the book as a whole.

    Raises AudioError when there is no book, or a file in it is no sound.
    """
    files = sorted((folder / CHAPTERS_FOLDER).glob("*.mp3"))
    if not files:
        raise AudioError(f"{folder}: no chapters in this folder", hint="give a book's folder: OUT/Author/Title")
    channels = set[int]()
    for path in files:
        yield from _check_sound(path, path.relative_to(folder).as_posix(), channels)
    yield _finding("book", "channels", "mixed" if len(channels) > 1 else "the same in all", "mono or stereo throughout",
                   met=len(channels) == 1)  # fmt: skip
    yield _credits("opening credits", files[0], is_opening(_title(files[0])))
    yield _credits("closing credits", files[-1], is_closing(_title(files[-1])))
    yield from _check_sample(folder, channels)


def _check_sound(path: Path, name: str, channels: set[int]) -> Iterator[Finding]:
    yield from _encoding(path, name, channels)
    heard = _listen(path)
    low, high = RMS_DBFS
    rms, peak, floor = heard.rms_dbfs, _db(heard.peak**2), heard.floor_dbfs
    yield _finding(name, "RMS", f"{rms:.1f} dB", f"{low:g} to {high:g} dB", met=low <= rms <= high)
    yield _finding(name, "peak", f"{peak:.1f} dB", f"{PEAK_DBFS:g} dB or less", met=peak <= PEAK_DBFS)
    yield _finding(name, "noise floor", f"{floor:.1f} dB", f"{FLOOR_DBFS:g} dB or less", met=floor <= FLOOR_DBFS)
    head_s, tail_s = heard.edges_s()
    yield _room_tone(name, "head", head_s, HEAD_S, heard.tone_dbfs(head_s, at_end=False))
    yield _room_tone(name, "tail", tail_s, TAIL_S, heard.tone_dbfs(tail_s, at_end=True))
    long = heard.duration_s
    yield _finding(name, "length", clock(long), f"{LONGEST_FILE_S // 60} minutes or less", met=long <= LONGEST_FILE_S)


def _room_tone(name: str, end: str, length_s: float, allowed_s: tuple[float, float], level_dbfs: float) -> Finding:
    low, high = allowed_s
    there = level_dbfs > _DIGITAL_SILENCE_DBFS
    found = f"{length_s:.2f} s" + ("" if there else " of digital silence")
    met = there and low - _TOLERANCE_S <= length_s <= high + _TOLERANCE_S
    return _finding(name, f"{end} of room tone", found, f"{low:g} to {high:g} s", met=met)


def _encoding(path: Path, name: str, channels: set[int]) -> Iterator[Finding]:
    data = path.read_bytes()
    offsets = split_frames(data)
    first = parse_header(data[offsets[0] : offsets[0] + 4])
    assert first is not None  # split_frames has read it
    rates = {data[at + 2] >> 4 for at in offsets[:-1]}
    channels.add(first.channels)
    constant = len(rates) == 1
    rate = f"{first.bitrate_kbps} kbit/s, {'constant' if constant else 'variable'}"
    good = constant and first.bitrate_kbps >= LEAST_KBPS
    yield _finding(name, "bitrate", rate, f"{LEAST_KBPS} kbit/s or more, constant", met=good)
    hz = f"{first.sample_rate} Hz"
    yield _finding(name, "sample rate", hz, f"{SAMPLE_RATE} Hz", met=first.sample_rate == SAMPLE_RATE)


def _credits(rule: str, path: Path, there: bool) -> Finding:
    name = f"{CHAPTERS_FOLDER}/{path.name}"
    return _finding(name, rule, "there" if there else "none", "a file of its own", met=there)


def _check_sample(folder: Path, channels: set[int]) -> Iterator[Finding]:
    path = folder / SAMPLE_FILE
    wanted = f"{SHORTEST_S / 60:g} to {LONGEST_S / 60:g} minutes"
    if not path.is_file():
        yield _finding(SAMPLE_FILE, "retail sample", "none", wanted, met=False)
        return
    yield from _encoding(path, SAMPLE_FILE, channels)
    heard = _listen(path)
    peak = _db(heard.peak**2)
    met = SHORTEST_S <= heard.duration_s <= LONGEST_S
    yield _finding(SAMPLE_FILE, "retail sample", clock(heard.duration_s), wanted, met=met)
    yield _finding(SAMPLE_FILE, "peak", f"{peak:.1f} dB", f"{PEAK_DBFS:g} dB or less", met=peak <= PEAK_DBFS)


def _finding(file: str, rule: str, found: str, wanted: str, *, met: bool) -> Finding:
    return Finding(file=file, rule=rule, found=found, wanted=wanted, met=met)


def _title(path: Path) -> str:
    """The file's own title, by its name: `01 - Opening credits.mp3`."""
    return path.stem.partition(" - ")[2]


def _listen(path: Path) -> _Heard:
    """Decode a file and keep 10 ms of it as one number, so that two hours are a few megabytes."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-f", "f32le", "-ac", "1", "-ar", str(SAMPLE_RATE), "pipe:1"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        heard = _blocks(process.stdout)
        assert process.stderr is not None
        complaint = process.stderr.read().decode("utf-8", "replace").strip()
    if process.returncode or not len(heard.powers):
        raise AudioError(f"{path}: no sound in it that ffmpeg can read", hint=complaint[-300:])
    return heard


def _blocks(sound: IO[bytes]) -> _Heard:
    size = round(SAMPLE_RATE * _BLOCK_S)
    powers, peak = [], 0.0
    while data := sound.read(4 * size * _READ_BLOCKS):
        pcm = np.frombuffer(data[: len(data) // 4 * 4], "<f4")
        peak = max(peak, float(np.abs(pcm).max()))
        whole = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float64)
        powers.append((whole**2).mean(axis=1))
    return _Heard(powers=np.concatenate(powers) if powers else np.zeros(0), peak=peak)


def _db(power: float) -> float:
    return 10.0 * float(np.log10(max(power, 1e-12)))
