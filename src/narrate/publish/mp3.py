"""PCM into MPEG frames through ffmpeg, and MPEG frames into MP3 files.

A *stretch* of PCM, whole MPEG frames long and silent at both ends, goes to an `Encoder`; what `frames.keep` leaves of
it can stand anywhere in any file (`frames` says why). Chapter and book are the same frames behind different tags, so
nothing is encoded twice. Starts ffmpeg; writes only where it is told to. Memory holds one stretch, never a book.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from narrate.errors import AudioError
from narrate.process import run
from narrate.publish.encoder import PipedEncoder, insist, pcm_command
from narrate.publish.files import whole_file
from narrate.publish.frames import LEAD, TAIL, info_frame, keep, primer_count
from narrate.publish.options import Mp3Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRange:
    """The bytes from `start` to `end` (exclusive) of a file."""

    path: Path
    start: int
    end: int


def encode_command(
    options: Mp3Options, *, output: Path | None, input_rate: int | None = None, filters: str = ""
) -> list[str]:
    """The ffmpeg command that encodes raw little-endian float32 PCM from its standard input into `output`; None is
    its standard output.

    `input_rate` in Hz is the PCM's own where it differs from the release's; `filters` an `-af` chain, a limiter for
    instance, which must neither delay nor lengthen the sound (`alimiter` needs `latency=1`). One thread and every
    "bitexact" switch: the same PCM gives the same bytes.
    """
    rate, channels = str(options.sample_rate), str(options.channels)
    command = pcm_command(
        input_rate or options.sample_rate, channels=options.channels, filters=filters, told_rate=options.sample_rate
    )
    command += ["-ar", rate, "-ac", channels]
    command += ["-c:a", "libmp3lame", "-b:a", f"{options.bitrate_kbps}k", "-reservoir", "0"]
    command += ["-compression_level", str(options.compression_level), "-threads", "1"]
    command += ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
    command += ["-write_xing", "0", "-id3v2_version", "0", "-write_id3v1", "0", "-f", "mp3"]
    return [*command, f"file:{output}" if output else "pipe:1"]


class Encoder(PipedEncoder):
    """A PipedEncoder of a stretch's MPEG frames, silence around them; see `frames` for what of them to keep.

    with Encoder(scratch, options) as encoder:
        for block in blocks:
            encoder.write(block)
    frames = keep(scratch.read_bytes(), encoder.mpeg_frame_count, options=options)
    """

    def __init__(
        self,
        output: Path,
        options: Mp3Options,
        *,
        input_rate: int | None = None,
        filters: str = "",
        timeout_s: float = 120,
    ) -> None:
        self._scale = (input_rate or options.sample_rate) / options.sample_rate
        self._samples = options.samples_per_mpeg_frame
        super().__init__(
            output,
            encode_command(options, output=output, input_rate=input_rate, filters=filters),
            channels=options.channels,
            lead=round(LEAD * self._samples * self._scale),
            tail=round(TAIL * self._samples * self._scale),
            timeout_s=timeout_s,
        )

    @property
    def mpeg_frame_count(self) -> int:
        """The stretch's length so far in MPEG frames. Raises ValueError when it is not a whole number of them."""
        count, rest = divmod(self.frame_count / self._scale, self._samples)
        if rest:
            raise ValueError(f"a stretch of {self.frame_count} frames is not a whole number of MPEG frames long")
        return int(count)

    def check(self) -> None:
        """Raise ValueError when the stretch is not a whole number of MPEG frames long."""
        self.mpeg_frame_count  # noqa: B018 - raises


def encode(
    blocks: Callable[[], Iterable["NDArray[np.float32]"]],
    *,
    options: Mp3Options,
    scratch: Path,
    input_rate: int | None = None,
    filters: str = "",
    timeout_s: float = 120,
) -> bytes:
    """The MPEG frames of one stretch, whose PCM `blocks()` gives from the start, at the release's rate or `input_rate`.

    It is called again when ffmpeg dies of a signal, ATTEMPTS times in all. `scratch` is a file to use and remove.
    Raises AudioError or OutputError as `Encoder` does, ValueError when the stretch is not whole MPEG frames long.
    """

    def attempt() -> bytes:
        with Encoder(scratch, options, input_rate=input_rate, filters=filters, timeout_s=timeout_s) as encoder:
            for block in blocks():
                encoder.write(block)
        try:
            return bytes(keep(scratch.read_bytes(), encoder.mpeg_frame_count, options=options))
        finally:
            scratch.unlink(missing_ok=True)

    return insist(attempt)


@cache
def primer(options: Mp3Options) -> bytes:
    """Encoded silence for the head of every file, `frames.primer_count` MPEG frames of it; made once a process."""
    count = primer_count(options)
    silence = bytes(4 * options.channels * (LEAD + count + TAIL) * options.samples_per_mpeg_frame)
    # Through pipes: a file would outlive a process that is killed, and this little needs none.
    encoded = insist(lambda: run(encode_command(options, output=None), timeout_s=120, stdin=silence).stdout)
    return bytes(keep(encoded, count, options=options))


def write_mp3(
    path: Path, *, tag: bytes, options: Mp3Options, mpeg_frame_count: int, parts: Sequence[bytes | FileRange]
) -> FileRange:
    """Write an MP3 of `mpeg_frame_count` MPEG frames, which `parts` hold in order; return where they lie in it.

    `tag` (ID3v2), Info frame, primer, parts. Decoders that know the Info frame play exactly `mpeg_frame_count` times
    `samples_per_mpeg_frame` samples. The file appears under `path` when it is complete and on the disk.
    Raises AudioError when a part cannot be read or is cut short, OutputError when the file cannot be written.
    """
    silence = primer(options)
    byte_count = sum(len(part) if isinstance(part, bytes) else part.end - part.start for part in parts)
    info = info_frame(options, primer_count(options) + mpeg_frame_count, len(silence) + byte_count)
    with whole_file(path) as file:
        start = file.write(tag + info + silence)
        for part in parts:
            if isinstance(part, bytes):
                file.write(part)
            else:
                _copy(part, file)
    return FileRange(path=path, start=start, end=start + byte_count)


def read_range(part: FileRange, *, most: int) -> bytes:
    """The bytes of a range, `most` of them at most. Raises AudioError when the file cannot be read."""
    try:
        with part.path.open("rb") as source:
            source.seek(part.start)
            return source.read(min(part.end - part.start, most))
    except OSError as error:
        raise AudioError(f"{part.path}: cannot be read: {error.strerror}") from error


def _copy(part: FileRange, file: BinaryIO) -> None:
    try:
        source = part.path.open("rb", buffering=0)
    except OSError as error:
        raise AudioError(f"{part.path}: cannot be read: {error.strerror}") from error
    with source:
        source.seek(part.start)
        left = part.end - part.start
        while left:
            try:
                block = source.read(min(left, _BLOCK))
            except OSError as error:
                raise AudioError(f"{part.path}: cannot be read: {error.strerror}") from error
            if not block:
                raise AudioError(f"{part.path}: ends {left} bytes too early")
            file.write(block)
            left -= len(block)
